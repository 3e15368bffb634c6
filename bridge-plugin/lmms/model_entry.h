// SPDX-License-Identifier: GPL-3.0-or-later
// One model that the daemon has for effects, in one of its versions.
#pragma once

#include <QMetaType>
#include <QString>
#include <QVector>
#include <vector>

#include "shared/client/model_query.h"

namespace continuo::fx
{

struct ModelEntry
{
	QString id;
	QString version;
	QString name;
	QString summary;
	QString licence;
	QString author;
	quint32 latencyFrames = 0;                //!< of the model itself
	quint32 sampleRate = 0;                   //!< at which they are counted
	bool used = false;                        //!< where no version is asked for
	QString fit;                              //!< whether it runs on this machine, in words; empty: not known
	std::vector<client::ModelPreset> presets; //!< empty until the daemon has told: the cache has none

	bool operator==(const ModelEntry& other) const
	{
		return id == other.id && version == other.version && name == other.name && summary == other.summary
			&& licence == other.licence && author == other.author && latencyFrames == other.latencyFrames
			&& sampleRate == other.sampleRate && used == other.used && fit == other.fit && presets == other.presets;
	}
};

} // namespace continuo::fx

Q_DECLARE_METATYPE(QVector<continuo::fx::ModelEntry>)
