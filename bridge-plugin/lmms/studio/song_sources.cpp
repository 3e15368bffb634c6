// SPDX-License-Identifier: GPL-3.0-or-later
// What is in the song, as notes to work on.
#include <algorithm>

#include "drum_kit.h"
#include "shared/midi/lmms_units.h"
#include "song_link.h"

namespace continuo::fx
{

namespace
{

constexpr int rimPitch = 37;

bool isHeard(const Pattern* pattern) { return pattern != nullptr && !pattern->notes().empty() && !pattern->isMuted(); }

//! A beat's own place is its number in the editor of beats
PlacedPattern asItStands(Pattern* pattern)
{
	const bool ofBeat = pattern->instrumentTrack()->trackContainer() == beatEditor();
	return {pattern, ofBeat ? 0 : static_cast<int>(pattern->startPosition()), pattern->length()};
}

QVector<PlacedPattern> audiblePatterns(const InstrumentTrack& track)
{
	QVector<PlacedPattern> found;
	if (track.isMuted()) { return found; }
	for (auto* object : clipsOf(track))
	{
		auto* pattern = dynamic_cast<Pattern*>(object);
		if (isHeard(pattern)) { found.push_back(asItStands(pattern)); }
	}
	return found;
}

//! Of a beat, as often as the song has it; once, where it has it nowhere
QVector<PlacedPattern> audiblePatterns(BeatTrack* track)
{
	const int beat = beatOf(track);
	const int length = std::max(1, barsOfBeat(beat)) * std::max(1, songTicksPerBar(*Engine::getSong()));
	QVector<QPair<int, int>> turns; // where each begins, and how long it is
	for (auto* clip : clipsOf(*track))
	{
		if (clip->isMuted()) { continue; }
		for (int at = 0; at < clip->length(); at += length)
		{
			turns.push_back({clip->startPosition() + at, std::min<int>(length, clip->length() - at)});
		}
	}
	if (turns.isEmpty()) { turns.push_back({0, length}); }
	QVector<PlacedPattern> found;
	for (auto* own : beatEditor()->tracks())
	{
		const auto& clips = clipsOf(*own);
		if (own->isMuted() || beat >= static_cast<int>(clips.size())) { continue; }
		auto* pattern = dynamic_cast<Pattern*>(clips[beat]);
		if (!isHeard(pattern)) { continue; }
		for (const auto& turn : turns)
		{
			found.push_back({pattern, turn.first, std::min<int>(turn.second, pattern->length())});
		}
	}
	return found;
}

} // namespace


QVector<NoteSource> SongLink::sources() const
{
	QVector<NoteSource> found;
	const auto add = [&found](const QString& name, const QVector<PlacedPattern>& patterns) {
		if (!patterns.isEmpty()) { found.push_back({name, patterns}); }
	};
	QVector<PlacedPattern> selected;
	for (auto* pattern : selectedPatterns())
	{
		if (!pattern->notes().empty()) { selected.push_back(asItStands(pattern)); }
	}
	add(tr("selected patterns"), selected);
	auto* open = openPattern();
	if (open != nullptr && !open->notes().empty())
	{
		add(tr("the piano roll: %1").arg(open->name()), {asItStands(open)});
	}
	QVector<PlacedPattern> drums;
	for (const auto& track : tracks())
	{
		if (drumRoleOf(*track) != noDrums) { drums += audiblePatterns(*track); }
	}
	add(tr("drums of the song"), drums);
	for (auto* track : Engine::getSong()->tracks())
	{
		auto* beat = dynamic_cast<BeatTrack*>(track);
		if (beat != nullptr && !beat->isMuted()) { add(tr("beat %1").arg(beat->name()), audiblePatterns(beat)); }
	}
	for (const auto& track : tracks()) { add(tr("track %1").arg(track->name()), audiblePatterns(*track)); }
	return found;
}

TakenNotes SongLink::take(const NoteSource& source) const
{
	TakenNotes taken;
	QVector<PlacedPattern> patterns;
	for (const auto& placed : source.patterns)
	{
		if (placed.pattern) { patterns.push_back(placed); }
	}
	if (patterns.isEmpty()) { return taken; }
	int first = patterns.front().start;
	for (const auto& placed : patterns) { first = std::min(first, placed.start); }
	const int bar = std::max(1, songTicksPerBar(*Engine::getSong()));
	first = first / bar * bar;

	const auto time = songTimeAt(first);
	auto& notes = taken.notes;
	notes.tempo_bpm = time.tempo;
	notes.numerator = time.numerator;
	notes.denominator = time.denominator;
	QVector<const InstrumentTrack*> owners; // of the parts; null: of the drums
	for (const auto& placed : patterns)
	{
		const auto* track = placed.pattern->instrumentTrack();
		const int role = drumRoleOf(*track);
		const auto* owner = role != noDrums ? nullptr : track;
		if (!owners.contains(owner))
		{
			owners.push_back(owner);
			notes.parts.push_back({owner == nullptr ? "drums" : track->name().toStdString(), owner == nullptr});
		}
		const int part = owners.indexOf(owner);
		const int start = placed.start - first;
		for (const auto* note : placed.pattern->notes())
		{
			const int at = note->pos();
			// What stands behind a pattern's end is not heard; steps of a beat have no length.
			if (at >= placed.length) { continue; }
			const int lasting = note->length() > 0 ? static_cast<int>(note->length()) : bar / 16;
			const int pitch = role >= 0 ? drumSounds()[role].pitches.value(0, rimPitch) : note->key() + keyOffset;
			notes.notes.push_back({part, start + at, std::min(lasting, placed.length - at), std::clamp(pitch, 0, 127),
				midi::VelocityOfLmms(note->getVolume())});
		}
		notes.end = std::max<std::int64_t>(notes.end, start + placed.length);
	}
	taken.firstBar = first / bar + 1;
	const auto ownBar = studio::TicksPerBar(time.numerator, time.denominator);
	taken.bars = static_cast<int>((notes.end + ownBar - 1) / ownBar);
	taken.nextBar = static_cast<int>((first + taken.bars * ownBar + bar - 1) / bar) + 1;
	return taken;
}

} // namespace continuo::fx
