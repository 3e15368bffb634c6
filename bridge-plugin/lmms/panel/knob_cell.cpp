// SPDX-License-Identifier: GPL-3.0-or-later
#include "panel/knob_cell.h"

#include <QVBoxLayout>
#include <cmath>
#include <limits>

#include "panel/panel_style.h"

namespace continuo::fx
{

namespace
{

constexpr int valueHeight = 12;
constexpr int labelGap = 4; // to the next one's

QString text(const std::string& utf8) { return QString::fromStdString(utf8); }

//! LMMS prints a knob's name under it in small capitals, at this size
QString knobLabel(const QString& name, QFont font)
{
	font.setPointSizeF(6.5);
	return QFontMetrics(font).elidedText(name.toUpper(), Qt::ElideRight, KnobCell::cellWidth - labelGap);
}

//! Three digits that say something
QString number(float value)
{
	if (std::abs(value) < 1e-6F) { return "0"; }
	const int digits = qBound(0, 2 - static_cast<int>(std::floor(std::log10(std::abs(value)))), 3);
	return QString::number(value, 'f', digits);
}

QString withUnit(float value, const client::ParameterInfo& info)
{
	if (info.unit == "Hz" && std::abs(value) >= 1000) { return number(value / 1000) + " kHz"; }
	return info.unit.empty() ? number(value) : number(value) + " " + text(info.unit);
}

QString about(const ParameterModel& parameter)
{
	const auto& info = parameter.info();
	QString words = "<b>" + text(info.name).toHtmlEscaped() + "</b>";
	if (!info.description.empty()) { words += "<br>" + text(info.description).toHtmlEscaped(); }
	if (parameter.isDescribed())
	{
		words += "<br>"
			+ KnobCell::tr("%1 to %2, default %3")
				  .arg(withUnit(info.minimum, info), withUnit(info.maximum, info), withUnit(info.default_value, info))
				  .toHtmlEscaped();
	}
	return words + "<br><i>"
		+ KnobCell::tr("Middle click: default. Double click: type a value. Right click: automation, controllers")
		+ "</i>";
}

} // namespace


KnobCell::KnobCell(ParameterModel* parameter, QWidget* parent) :
	QWidget(parent),
	m_parameter(parameter),
	m_shown(std::numeric_limits<float>::quiet_NaN())
{
	setFixedSize(cellWidth, cellHeight);
	QSizePolicy policy = sizePolicy();
	policy.setRetainSizeWhenHidden(true);
	setSizePolicy(policy);
	const auto& info = parameter->info();
	auto* knob = makeKnob(knobLabel(text(info.name), font()), this);
	knob->setModel(parameter);
	knob->setHintText(text(info.name) + ":", info.unit.empty() ? QString() : " " + text(info.unit));
	setToolTip(about(*parameter));
	m_value = new QLabel(this);
	m_value->setAlignment(Qt::AlignCenter);
	m_value->setFont(panelFont(font(), smallTextPixels));
	m_value->setFixedHeight(valueHeight);

	auto* column = new QVBoxLayout(this);
	column->setContentsMargins(0, 0, 0, 0);
	column->setSpacing(0);
	column->addWidget(knob, 0, Qt::AlignHCenter);
	column->addWidget(m_value);
	column->addStretch();
	showValue();
}

bool KnobCell::matches(const QString& words) const
{
	const auto& info = m_parameter->info();
	const QString all = text(info.name + " " + info.id + " " + info.description);
	for (const auto& word : words.split(' ', Qt::SkipEmptyParts))
	{
		if (!all.contains(word, Qt::CaseInsensitive)) { return false; }
	}
	return true;
}

void KnobCell::showValue()
{
	const float value = m_parameter->value();
	if (value == m_shown) { return; }
	m_shown = value;
	m_value->setText(withUnit(value, m_parameter->info()));
}

} // namespace continuo::fx
