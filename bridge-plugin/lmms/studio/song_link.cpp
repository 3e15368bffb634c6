// SPDX-License-Identifier: GPL-3.0-or-later
#include "song_link.h"

#include <algorithm>

#include "drum_kit.h"
#include "shared/midi/lmms_units.h"

namespace continuo::fx
{

namespace
{

constexpr int longestUndo = 100;

} // namespace

int SongLink::tickOf(int bar) { return (bar - 1) * songTicksPerBar(*Engine::getSong()); }

QVector<QPointer<InstrumentTrack>> SongLink::tracks() const
{
	QVector<QPointer<InstrumentTrack>> found;
	for (auto* track : Engine::getSong()->tracks())
	{
		if (auto* instrumentTrack = dynamic_cast<InstrumentTrack*>(track)) { found.push_back(instrumentTrack); }
	}
	return found;
}

SongLink::Placed SongLink::addPattern(
	InstrumentTrack* track, int start, const QString& name, const QVector<Note>& notes)
{
	auto* pattern = makePattern(track, start);
	pattern->saveJournallingState(false);
	pattern->movePosition(MidiTime(start));
	for (const auto& note : notes)
	{
		pattern->addNote(
			HostNote(MidiTime(note.length), MidiTime(note.start), note.key, static_cast<volume_t>(note.volume)), false);
	}
	pattern->setName(name);
	pattern->restoreJournallingState();
	return {track, false, start, name, notesOf(*pattern), {}};
}

QString SongLink::place(const studio::Notes& notes, const Place& place)
{
	if (notes.notes.empty()) { return tr("there are no notes in it"); }
	const int start = tickOf(place.bar);
	const auto toLmms = [](const studio::Note& note, int key) -> Note {
		return {static_cast<int>(note.start), static_cast<int>(note.length), std::clamp(key, 0, NumKeys - 1),
			midi::LmmsVolumeOf(note.velocity)};
	};
	Placement placement{++m_lastId, {place.record, place.candidate, place.bar, {}, {}}, {}};
	auto& patterns = placement.clips;
	if (auto* instrumentTrack = dynamic_cast<InstrumentTrack*>(place.track.data()))
	{
		QVector<Note> all;
		for (const auto& note : notes.notes) { all.push_back(toLmms(note, note.pitch - keyOffset)); }
		instrumentTrack->addJournalCheckPoint();
		patterns.push_back(addPattern(instrumentTrack, start, place.name, all));
	}
	else
	{
		// Each part, and of drums each sound.
		QVector<QVector<Note>> ofPart(static_cast<int>(notes.parts.size()));
		QVector<QVector<Note>> ofDrum(drumSounds().size());
		for (const auto& note : notes.notes)
		{
			if (notes.parts[static_cast<size_t>(note.part)].drums)
			{
				ofDrum[drumSoundOf(note.pitch)].push_back(toLmms(note, DefaultKey));
			}
			else { ofPart[note.part].push_back(toLmms(note, note.pitch - keyOffset)); }
		}
		const auto add = [&](const QVector<Note>& own, const QString& name, const DrumSound* sound) {
			if (own.isEmpty()) { return; }
			auto* track = makeInstrumentTrack(Engine::getSong());
			if (sound == nullptr || !loadDrumSound(track, *sound)) { track->loadInstrument("tripleoscillator"); }
			track->setName(name);
			patterns.push_back(addPattern(track, start, place.name, own));
			patterns.back().isNewTrack = true;
		};
		for (int part = 0; part < ofPart.size(); ++part)
		{
			const auto name = QString::fromStdString(notes.parts[static_cast<size_t>(part)].name);
			add(ofPart[part], name.isEmpty() ? place.name : name, nullptr);
		}
		for (int drum = 0; drum < ofDrum.size(); ++drum)
		{
			add(ofDrum[drum], tr(drumSounds()[drum].name), &drumSounds()[drum]);
		}
	}
	keep(placement);
	return {};
}

void SongLink::keep(Placement placement)
{
	for (const auto& clip : placement.clips) { placement.origin.tracks << clip.track->name(); }
	Engine::getSong()->setModified();
	m_placements.push_back(placement);
	if (m_placements.size() > longestUndo) { m_placements.removeFirst(); }
	emit placed(placement.id);
}

Origin SongLink::originOf(quint64 placement) const
{
	for (const auto& one : m_placements)
	{
		if (one.id == placement) { return one.origin; }
	}
	return {};
}

QVector<SongLink::Note> SongLink::notesOf(const Pattern& pattern)
{
	QVector<Note> notes;
	for (const auto* note : pattern.notes())
	{
		notes.push_back({note->pos(), note->length(), note->key(), note->getVolume()});
	}
	return notes;
}

//! By what is said of it: LMMS's undo and redo make patterns anew
HostClip* SongLink::find(const Placed& placed)
{
	if (!placed.track) { return nullptr; }
	for (auto* clip : clipsOf(*placed.track))
	{
		if (clip->startPosition() != placed.start) { continue; }
		const auto* pattern = dynamic_cast<Pattern*>(clip);
		const bool same = pattern == nullptr ? !placed.file.isEmpty() && sampleFileOf(clip) == placed.file
											 : pattern->name() == placed.name && notesOf(*pattern) == placed.notes;
		if (same) { return clip; }
	}
	return nullptr;
}

QString SongLink::undoText() const
{
	if (m_placements.isEmpty()) { return {}; }
	const auto& placed = m_placements.back().clips.front();
	return tr("Takes '%1' out again, which was placed at bar %2")
		.arg(placed.name)
		.arg(placed.start / std::max(1, songTicksPerBar(*Engine::getSong())) + 1);
}

QString SongLink::undo()
{
	if (m_placements.isEmpty()) { return tr("nothing was placed"); }
	const auto placement = m_placements.takeLast();
	int kept = 0;
	for (const auto& placed : placement.clips)
	{
		auto* clip = find(placed);
		if (clip == nullptr)
		{
			++kept;
			continue;
		}
		const bool wholeTrack = placed.isNewTrack && clipsOf(*placed.track).size() == 1;
		if (!placed.isNewTrack) { placed.track->addJournalCheckPoint(); }
		if (wholeTrack) { removeTrack(placed.track); }
		else
		{
			const EngineStopped stopped;
			delete clip;
		}
	}
	Engine::getSong()->setModified();
	if (kept == 0)
	{
		emit takenOut(placement.id);
		return {};
	}
	const int all = placement.clips.size();
	return kept == all
		? tr("'%1' was moved, changed or taken out since: it stays as it is").arg(placement.clips.front().name)
		: tr("%1 of %2 patterns were changed since and stay").arg(kept).arg(all);
}

} // namespace continuo::fx
