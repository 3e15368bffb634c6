// SPDX-License-Identifier: GPL-3.0-or-later
#include "audition.h"

#include <algorithm>
#include <map>

#include "drum_kit.h"
#include "shared/midi/lmms_units.h"
#include "song_time.h"

namespace continuo::fx
{

namespace
{
constexpr int melodicSound = -1;
constexpr int overMilliseconds = 40;
} // namespace

//! Tracks that are in no song, as those that LMMS plays presets with
class Audition::OwnTracks : public TrackContainer
{
public:
	OwnTracks() { setJournalling(false); }
	QString nodeName() const override { return "continuostudioaudition"; }

	std::map<int, InstrumentTrack*> tracks;
};


Audition::Audition()
{
	// The audio thread tells nobody: that would lock and allocate.
	connect(&m_over, &QTimer::timeout, this, &Audition::finish);
}

Audition::~Audition()
{
	stop();
	const EngineStopped stopped;
	if (m_own) { m_own->clearAllTracks(); }
}

InstrumentTrack* Audition::ownTrack(int sound)
{
	if (!m_own) { m_own = std::make_unique<OwnTracks>(); }
	auto& track = m_own->tracks[sound];
	if (track != nullptr) { return track; }
	track = makeInstrumentTrack(m_own.get());
	track->setJournalling(false);
	if (sound == melodicSound) { track->loadInstrument("tripleoscillator"); }
	else { loadDrumSound(track, drumSounds()[sound]); }
	return track;
}

QVector<Audition::Sound> Audition::sounds(const studio::Notes& notes, InstrumentTrack* track)
{
	QVector<Sound> sounds;
	for (const auto& note : notes.notes)
	{
		const bool drums = notes.parts[static_cast<size_t>(note.part)].drums;
		auto* on = track != nullptr ? track : ownTrack(drums ? drumSoundOf(note.pitch) : melodicSound);
		const bool sampled = drums && track == nullptr;
		const int key = sampled ? int{DefaultKey} : note.pitch - keyOffset;
		if (key < 0 || key >= NumKeys || on->instrument() == nullptr) { continue; }
		sounds.push_back({on, key, midi::LmmsVolumeOf(note.velocity), note.start, note.length});
	}
	std::stable_sort(sounds.begin(), sounds.end(), [](const Sound& a, const Sound& b) { return a.start < b.start; });
	return sounds;
}

void Audition::play(const studio::Notes& notes, InstrumentTrack* track, int songTick)
{
	stop();
	midi::Song time;
	time.ticks_per_quarter = studio::kTicksPerQuarter;
	time.tempos = automatedTempos(songTick, static_cast<int>(notes.end));
	const bool automated = !time.tempos.empty();
	if (!automated) { time.tempos.push_back({0, midi::UsPerQuarterOfLmms(Engine::getSong()->getTempo())}); }
	m_tempos = midi::TempoMap(time);
	m_used.clear();
	QVector<Timed> timed;
	double last = 0;
	for (const auto& sound : sounds(notes, track))
	{
		const double start = m_tempos.SecondsAt(sound.start);
		const double end = m_tempos.SecondsAt(sound.start + sound.length);
		timed.push_back({sound.track, sound.key, sound.volume, start, end - start});
		last = std::max(last, end);
		if (!m_used.contains(sound.track)) { m_used.push_back(sound.track); }
	}
	if (timed.isEmpty())
	{
		emit ended();
		return;
	}
	for (auto* used : m_used)
	{
		// It silences its notes by itself, and is no instrument track any more when it says so.
		connect(
			used, &Track::destroyedTrack, this,
			[this, used] {
				m_used.removeAll(used);
				stop();
			},
			Qt::DirectConnection);
	}
	const EngineStopped stopped;
	m_active = true;
	m_sounds.swap(timed); // shared with nobody, or the audio thread would copy it
	m_player.reset(m_sounds.size());
	m_next = 0;
	m_boxFramesPerTick = automated ? 0 : Engine::framesPerTick();
	m_now = m_sounds.constFirst().start;
	m_end = last;
	m_playing = true;
	m_over.start(overMilliseconds);
	m_clock = connect(
		hostEngine(), &HostEngine::nextAudioBuffer, this, [this] { tick(); }, Qt::DirectConnection);
}

void Audition::letGo(bool silence)
{
	m_over.stop();
	{
		const EngineStopped stopped;
		disconnect(m_clock);
		m_playing = false;
		m_sounds.clear();
		for (auto* track : m_used)
		{
			track->disconnect(this);
			if (silence) { track->silenceAllNotes(); }
		}
		m_used.clear();
		m_player.reset(0);
		m_active = false;
	}
	emit ended();
}

void Audition::stop()
{
	if (m_active) { letGo(true); }
}

//! The last note is over, and rings out by itself
void Audition::finish()
{
	if (m_active && !isPlaying()) { letGo(false); }
}

void Audition::tick()
{
	if (!m_playing.load(std::memory_order_relaxed)) { return; }
	if (Engine::getSong()->isExporting()) { return; }
	const double slower = m_boxFramesPerTick > 0 ? Engine::framesPerTick() / m_boxFramesPerTick : 1;
	const double framesPerSecond = hostSampleRate() * slower;
	const int frames = static_cast<int>(hostEngine()->framesPerPeriod());
	const double end = m_now + frames / framesPerSecond;
	m_player.advance(frames);
	for (; m_next < m_sounds.size() && m_sounds.at(m_next).start < end; ++m_next)
	{
		const auto& sound = m_sounds.at(m_next);
		const auto offset = std::clamp(static_cast<int>((sound.start - m_now) * framesPerSecond), 0, frames - 1);
		const auto length = std::max(1, static_cast<int>(sound.length * framesPerSecond));
		m_player.start(sound.track, sound.key, sound.volume, offset, length);
	}
	m_now = end;
	m_position.store(m_now, std::memory_order_relaxed);
	if (m_now < m_end || !m_player.isDone()) { return; }
	m_playing.store(false, std::memory_order_release);
}

} // namespace continuo::fx
