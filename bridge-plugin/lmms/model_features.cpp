// SPDX-License-Identifier: GPL-3.0-or-later
#include "model_features.h"

#include <QApplication>
#include <QLabel>
#include <QTimer>
#include <algorithm>

#include "model_list.h"

namespace continuo::fx
{

namespace
{

const QString modelAttribute = QStringLiteral("model");
constexpr int descriptionWidth = 420; // of LMMS's dialog, beside the picture

QString row(const QString& name, const QString& value)
{
	const QString paragraph = "<p style='margin: 0 0 5px 0'><b>%1:</b> %2</p>";
	return value.isEmpty() ? QString() : paragraph.arg(name, value.toHtmlEscaped());
}

QString latencyWords(const ModelEntry& model)
{
	if (model.latencyFrames == 0 || model.sampleRate == 0) { return QObject::tr("none of its own"); }
	return QObject::tr("%1 frames (%2 ms)")
		.arg(model.latencyFrames)
		.arg(1000.0 * model.latencyFrames / model.sampleRate, 0, 'f', 1);
}

QString describe(const ModelEntry& model)
{
	return row(QObject::tr("Name"), model.name + " " + model.version) + row(QObject::tr("Description"), model.summary)
		+ row(QObject::tr("Author"), model.author) + row(QObject::tr("Licence"), model.licence)
		+ row(QObject::tr("Latency"), latencyWords(model)) + row(QObject::tr("On this machine"), model.fit);
}

QString describePlain(const Plugin::Descriptor& descriptor)
{
	const auto& list = ModelList::instance();
	const auto models = list.problem().isEmpty() ? QObject::tr("to be chosen on its panel") : list.problem();
	return row(QObject::tr("Name"), descriptor.displayName)
		+ row(QObject::tr("Description"), QObject::tr(descriptor.description))
		+ row(QObject::tr("Author"), descriptor.author) + row(QObject::tr("Model"), models);
}

} // namespace


ModelFeatures::ModelFeatures() : SubPluginFeatures(effectPluginType)
{
	if (QCoreApplication::instance() == nullptr) { return; }
	// Where nothing was ever told, the first list would lack the models. An LMMS that only renders
	// shows none.
	QTimer::singleShot(0, [] {
		const bool hasWindow = qobject_cast<QApplication*>(QCoreApplication::instance()) != nullptr;
		if (hasWindow && ModelList::instance().models().isEmpty()) { ModelList::instance().ask(); }
	});
}

void ModelFeatures::listSubPluginKeys(const Plugin::Descriptor* descriptor, KeyList& keys) const
{
	keys.push_back(Key(descriptor, descriptor->displayName));
	auto& list = ModelList::instance();
	list.askBriefly();
	const auto& models = list.models();
	for (const auto& model : models)
	{
		if (!model.used) { continue; }
		const auto sameName = [&model](const ModelEntry& other) { return other.used && other.name == model.name; };
		const bool several = std::count_if(models.begin(), models.end(), sameName) > 1;
		Key key(descriptor, several ? model.name + " (" + model.id + ")" : model.name);
		setModelOf(key, model.id);
		keys.push_back(key);
	}
}

void ModelFeatures::fillDescriptionWidget(QWidget* parent, const Key* key) const
{
	const auto* model = ModelList::instance().find(modelOf(*key));
	auto* label = new QLabel(parent);
	label->setTextFormat(Qt::RichText);
	label->setWordWrap(true);
	label->setFixedWidth(descriptionWidth);
	label->setText(model == nullptr ? describePlain(*key->desc) : describe(*model));
}

QString modelOf(const Plugin::Descriptor::SubPluginFeatures::Key& key) { return key.attributes.value(modelAttribute); }

void setModelOf(Plugin::Descriptor::SubPluginFeatures::Key& key, const QString& id)
{
	if (id.isEmpty()) { key.attributes.remove(modelAttribute); }
	else { key.attributes[modelAttribute] = id; }
}

} // namespace continuo::fx
