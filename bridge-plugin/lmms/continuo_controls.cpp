// SPDX-License-Identifier: GPL-3.0-or-later
#include "continuo_controls.h"

#include <QApplication>
#include <QRegularExpression>

#include "continuo_dialog.h"
#include "continuo_effect.h"
#include "model_list.h"

namespace continuo::fx
{

namespace
{
constexpr int currentSchema = 1;
constexpr int sharingMilliseconds = 50;
QVector<ContinuoControls*> instances;
constexpr client::Mode modes[] = {client::Mode::kAuto, client::Mode::kDirect, client::Mode::kPipelined};

//! What the daemon takes: short, without control characters
QString linkName(const QString& text)
{
	QString name = text.simplified();
	name.remove(QRegularExpression("\\p{Cc}"));
	while (name.toUtf8().size() > ContinuoControls::longestLink) { name.chop(1); }
	return name;
}
} // namespace


ContinuoControls::ContinuoControls(ContinuoEffect* effect) :
	EffectControls(effect),
	m_effect(effect),
	m_mode(client::ToWords(client::Mode::kAuto)),
	m_channelMode(client::ToWords(client::ChannelMode::kEach)),
	m_sideA(this, false),
	m_sideB(this, true),
	m_schema(currentSchema),
	m_parameters(this)
{
	instances.push_back(this);
	connect(&m_sharing, &QTimer::timeout, this, [this] {
		if (!Engine::getSong()->isExporting()) { m_parameters.push(stream()); }
	});
	connect(&ModelList::instance(), &ModelList::answered, this, &ContinuoControls::takeOnlyModel);
}

ContinuoControls::~ContinuoControls() { instances.removeOne(this); }

const QVector<ContinuoControls*>& ContinuoControls::all() { return instances; }

client::Stream& ContinuoControls::stream() { return m_effect->stream(); }

scope::SignalTap& ContinuoControls::tap() { return m_effect->tap(); }

client::Mode ContinuoControls::mode() const
{
	for (const auto mode : modes)
	{
		if (m_mode == client::ToWords(mode)) { return mode; }
	}
	return client::Mode::kAuto;
}

client::ChannelMode ContinuoControls::channelMode() const
{
	return m_channelMode == client::ToWords(client::ChannelMode::kMid) ? client::ChannelMode::kMid
																	   : client::ChannelMode::kEach;
}

//! LMMS makes the view with the effect's row in the rack, whether it is opened or not
EffectControlDialog* ContinuoControls::createView()
{
	ModelList::instance().ask(); // for the name in the row
	takeOnlyModel();
	auto* dialog = new ContinuoDialog(this);
	connect(m_effect, &Model::dataChanged, dialog, [this, dialog] { dialog->setWindowTitle(m_effect->displayName()); });
	return dialog;
}


void ContinuoControls::saveSettings(QDomDocument& document, QDomElement& element)
{
	m_rest.write(document, element);
	element.setAttribute("schema", m_schema);
	writeSide(document, element);
	if (m_isSideB) { element.setAttribute("side", "B"); }
	const auto other = m_otherSide.documentElement();
	if (!other.isNull()) { element.appendChild(document.importNode(other, true)); }
	if (!m_link.isEmpty()) { element.setAttribute("link", m_link); }
	if (!m_sendKey.isEmpty()) { element.setAttribute("send_key", m_sendKey); }
	if (!m_takeKey.isEmpty()) { element.setAttribute("take_key", m_takeKey); }
	m_generated.save(document, element);
	const auto problem = m_generated.keepRecipes(Engine::getSong()->projectFileName());
	if (!problem.isEmpty()) { qWarning("continuo: %s", qPrintable(problem)); }
}

void ContinuoControls::loadSettings(const QDomElement& element)
{
	m_untouched = false;
	m_schema = qMax(currentSchema, element.attribute("schema").toInt());
	readSide(element);
	m_sendKey = linkName(element.attribute("send_key"));
	m_takeKey = linkName(element.attribute("take_key"));
	setLink(linkName(element.attribute("link")));
	m_parameters.load(element);
	m_isSideB = element.attribute("side") == "B";
	m_otherSide = QDomDocument();
	const auto other = element.firstChildElement(otherSideTag);
	if (!other.isNull())
	{
		m_otherSide.appendChild(m_otherSide.importNode(other, true));
		m_parameters.loadAside(other);
	}
	const bool listIsOurs = m_generated.load(element, Engine::getSong()->projectFileName());
	m_rest.read(element, [this, listIsOurs](const QString& name) {
		if (name == project::kGenerated) { return listIsOurs; }
		static const QStringList own{"schema", "model", "model_version", "mode", "channels", "preset", "side",
			otherSideTag, "link", "send_key", "take_key", "journallingObject"};
		return own.contains(name) || m_parameters.owns(name);
	});
	m_effect->reopen();
	emit parametersChanged();
}


void ContinuoControls::beginWith(const QString& id)
{
	m_untouched = false;
	m_modelId = id;
	// Of a list from an earlier day the version may be gone.
	const auto& list = ModelList::instance();
	const auto* model = list.hasAnswer() ? list.find(id) : nullptr;
	m_modelVersion = model == nullptr ? QString() : model->version;
}

void ContinuoControls::chooseModel(const QString& id, const QString& version)
{
	m_untouched = false;
	if (id == m_modelId && version == m_modelVersion) { return; }
	// Another version of the same model is not another sound: its knobs stay where they are.
	if (id != m_modelId)
	{
		m_parameters.forget();
		m_preset.clear();
	}
	m_modelId = id;
	m_modelVersion = version;
	m_effect->reopen();
	Engine::getSong()->setModified();
	emit parametersChanged();
}

//! Where there is nothing to choose from, a new effect sounds at once
void ContinuoControls::takeOnlyModel()
{
	const auto& models = ModelList::instance().models();
	if (m_untouched && models.size() == 1) { chooseModel(models[0].id, models[0].version); }
}

void ContinuoControls::chooseMode(client::Mode mode)
{
	const QString word = client::ToWords(mode);
	if (word == m_mode) { return; }
	m_mode = word;
	m_effect->reopen();
	Engine::getSong()->setModified();
}

void ContinuoControls::chooseChannelMode(client::ChannelMode mode)
{
	const QString word = client::ToWords(mode);
	if (word == m_channelMode) { return; }
	m_channelMode = word;
	m_effect->reopen();
	Engine::getSong()->setModified();
}

void ContinuoControls::choosePreset(const QString& preset, const std::map<std::string, float>& values)
{
	m_parameters.set(values);
	namePreset(preset);
}

void ContinuoControls::namePreset(const QString& preset)
{
	m_preset = preset;
	Engine::getSong()->setModified();
}


QString ContinuoControls::activeLink() const
{
	return qobject_cast<QApplication*>(QCoreApplication::instance()) ? m_link : QString();
}

void ContinuoControls::chooseLink(const QString& link)
{
	const QString name = linkName(link);
	if (name == m_link) { return; }
	setLink(name);
	stream().SetLinkGroup(activeLink().toStdString());
	Engine::getSong()->setModified();
}

void ContinuoControls::chooseKeys(const QString& send, const QString& take)
{
	if (linkName(send) == m_sendKey && linkName(take) == m_takeKey) { return; }
	m_sendKey = linkName(send);
	m_takeKey = linkName(take);
	m_effect->reopen();
	Engine::getSong()->setModified();
	emit linkChanged();
}

void ContinuoControls::setLink(const QString& link)
{
	m_link = link;
	if (activeLink().isEmpty()) { m_sharing.stop(); }
	else { m_sharing.start(sharingMilliseconds); }
	emit linkChanged();
}

QString ContinuoControls::words(const client::Snapshot& snapshot) const
{
	const bool idle = m_modelId.isEmpty() && m_sendKey.isEmpty();
	const QString words = idle ? tr("no model chosen") : QString::fromStdString(snapshot.words);
	if (m_schema == currentSchema) { return words; }
	return tr("%1; the project comes from a later version of this effect (schema %2, this one knows %3): "
			  "what is not known here is kept")
		.arg(words)
		.arg(m_schema)
		.arg(currentSchema);
}

void ContinuoControls::bindParameters() { m_parameters.bind(stream().snapshot().parameters); }

void ContinuoControls::adopt()
{
	const auto snapshot = stream().snapshot();
	const auto before = m_parameters.listed();
	m_parameters.adopt(snapshot.parameters);
	if (m_parameters.listed() != before) { emit parametersChanged(); }
	m_parameters.pull(stream());
	const auto link = QString::fromStdString(snapshot.link_group);
	if (link == activeLink()) { return; }
	setLink(link); // somebody else has asked for it
	Engine::getSong()->setModified();
}

} // namespace continuo::fx
