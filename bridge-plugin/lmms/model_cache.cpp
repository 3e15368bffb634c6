// SPDX-License-Identifier: GPL-3.0-or-later
#include "model_cache.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>
#include <QStandardPaths>

namespace continuo::fx
{

namespace
{

constexpr qint64 longestFile = 4 << 20; // more than the daemon's answer may have

QString cachePath()
{
	return QStandardPaths::writableLocation(QStandardPaths::GenericCacheLocation) + "/continuo/lmms-models.json";
}

QJsonObject toJson(const ModelEntry& model)
{
	return {
		{"id", model.id},
		{"version", model.version},
		{"name", model.name},
		{"summary", model.summary},
		{"licence", model.licence},
		{"author", model.author},
		{"latency_frames", static_cast<double>(model.latencyFrames)},
		{"sample_rate_hz", static_cast<double>(model.sampleRate)},
		{"used", model.used},
		{"fit", model.fit},
	};
}

ModelEntry fromJson(const QJsonObject& object)
{
	ModelEntry model;
	model.id = object["id"].toString();
	model.version = object["version"].toString();
	model.name = object["name"].toString();
	model.summary = object["summary"].toString();
	model.licence = object["licence"].toString();
	model.author = object["author"].toString();
	model.latencyFrames = static_cast<quint32>(qMax(0, object["latency_frames"].toInt()));
	model.sampleRate = static_cast<quint32>(qMax(0, object["sample_rate_hz"].toInt()));
	model.used = object["used"].toBool();
	model.fit = object["fit"].toString();
	return model;
}

} // namespace


QVector<ModelEntry> readModelCache()
{
	QVector<ModelEntry> models;
	QFile file(cachePath());
	if (!file.open(QIODevice::ReadOnly)) { return models; }
	for (const auto& value : QJsonDocument::fromJson(file.read(longestFile)).array())
	{
		const auto model = fromJson(value.toObject());
		if (!model.id.isEmpty() && !model.name.isEmpty()) { models.push_back(model); }
	}
	return models;
}

void writeModelCache(const QVector<ModelEntry>& models)
{
	QDir().mkpath(QFileInfo(cachePath()).path());
	QSaveFile file(cachePath());
	if (!file.open(QIODevice::WriteOnly)) { return; }
	QJsonArray array;
	for (const auto& model : models) { array.append(toJson(model)); }
	file.write(QJsonDocument(array).toJson(QJsonDocument::Compact));
	file.commit();
}

} // namespace continuo::fx
