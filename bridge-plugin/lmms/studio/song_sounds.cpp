// SPDX-License-Identifier: GPL-3.0-or-later
// Sounds in the song: the tracks that take them, and clips of them.
#include <QFileInfo>
#include <algorithm>
#include <cmath>

#include "shared/project/recipes.h"
#include "song_link.h"

namespace continuo::fx
{

namespace
{
constexpr const char* foldersName = "continuo"; // among the user's samples
} // namespace


QVector<QPointer<Track>> SongLink::sampleTracks() const
{
	QVector<QPointer<Track>> found;
	for (auto* track : Engine::getSong()->tracks())
	{
		if (track->type() == sampleTrackType) { found.push_back(track); }
	}
	return found;
}

bool SongLink::hasFile() const { return !Engine::getSong()->projectFileName().isEmpty(); }

QString SongLink::soundFolder() const
{
	if (!hasFile()) { return ConfigManager::inst()->userSamplesDir() + foldersName; }
	// LMMS has it as it was given; a clip needs a name that is right from anywhere.
	const auto song = QFileInfo(Engine::getSong()->projectFileName()).absoluteFilePath();
	return QString::fromStdString(project::RecipeFolder(song.toStdString()).path());
}

void SongLink::placeSound(const KeptFile& sound, const Place& place)
{
	const double ticks = sound.seconds * timeAtBar(place.bar).ticksPerSecond();
	const int length = std::max(1, static_cast<int>(std::ceil(ticks)));
	Placement placement{++m_lastId, {place.record, place.candidate, place.bar, {}, sound.sha256}, {}};
	Track* track = place.track;
	if (track != nullptr) { track->addJournalCheckPoint(); }
	else
	{
		track = Track::create(sampleTrackType, Engine::getSong());
		track->setName(place.name);
	}
	auto* clip = makeSampleClip(track, tickOf(place.bar), length, sound.path);
	placement.clips.push_back({track, place.track.isNull(), tickOf(place.bar), place.name, {}, sampleFileOf(clip)});
	keep(placement);
}

} // namespace continuo::fx
