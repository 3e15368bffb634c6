// SPDX-License-Identifier: GPL-3.0-or-later
// A and B: what of the controls' belongs to a side, and the way from one to the other.
#include "compared_side.h"

#include "continuo_controls.h"
#include "continuo_effect.h"

namespace continuo::fx
{

void ComparedSide::saveSettings(QDomDocument& document, QDomElement& element)
{
	const QDomDocument side = m_controls->side(m_isB);
	if (!side.documentElement().isNull()) { element.appendChild(document.importNode(side.documentElement(), true)); }
}

void ComparedSide::loadSettings(const QDomElement& element)
{
	QDomDocument side;
	const auto saved = element.firstChildElement(otherSideTag);
	if (!saved.isNull()) { side.appendChild(side.importNode(saved, true)); }
	m_controls->setSide(m_isB, side);
}


void ContinuoControls::writeSide(QDomDocument& document, QDomElement& element)
{
	element.setAttribute("model", m_modelId);
	element.setAttribute("model_version", m_modelVersion);
	element.setAttribute("mode", m_mode);
	element.setAttribute("channels", m_channelMode);
	if (!m_preset.isEmpty()) { element.setAttribute("preset", m_preset); }
	m_parameters.save(document, element);
}

void ContinuoControls::readSide(const QDomElement& element)
{
	m_modelId = element.attribute("model");
	m_modelVersion = element.attribute("model_version");
	m_mode = element.attribute("mode", client::ToWords(client::Mode::kAuto));
	m_channelMode = element.attribute("channels", client::ToWords(client::ChannelMode::kEach));
	m_preset = element.attribute("preset");
}

QDomDocument ContinuoControls::captured()
{
	QDomDocument document;
	QDomElement side = document.createElement(otherSideTag);
	document.appendChild(side);
	writeSide(document, side);
	return document;
}

QDomDocument ContinuoControls::side(bool isB) { return isB == m_isSideB ? captured() : m_otherSide; }

void ContinuoControls::setSide(bool isB, const QDomDocument& settings)
{
	if (isB != m_isSideB) { m_otherSide = settings; }
	else if (!settings.documentElement().isNull())
	{
		sound(settings.documentElement());
		emit parametersChanged();
	}
	Engine::getSong()->setModified();
}

void ContinuoControls::copyToOtherSide()
{
	(m_isSideB ? m_sideA : m_sideB).addJournalCheckPoint();
	setSide(!m_isSideB, captured());
}

void ContinuoControls::switchSides()
{
	const QDomDocument here = captured();
	const QDomDocument there = m_otherSide.documentElement().isNull() ? here : m_otherSide;
	sound(there.documentElement());
	m_isSideB = !m_isSideB;
	m_otherSide = here;
	Engine::getSong()->setModified();
	emit parametersChanged();
}

void ContinuoControls::sound(const QDomElement& side)
{
	const auto stream = [this] { return QStringList{m_modelId, m_modelVersion, m_mode, m_channelMode}; };
	const auto before = stream();
	readSide(side);
	// The old indices are not those of another model.
	if (m_modelId != before.first()) { m_parameters.forget(); }
	m_parameters.take(side);
	m_untouched = false;
	if (stream() != before) { m_effect->reopen(); }
	// What the side was saved without: its model was not known yet, or has grown since.
	else { m_parameters.adopt(m_effect->stream().snapshot().parameters); }
}

} // namespace continuo::fx
