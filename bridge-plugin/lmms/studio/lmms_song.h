// SPDX-License-Identifier: GPL-3.0-or-later
// What the studio takes from LMMS beside what lmms_compat.h has: tracks, patterns, notes, tools; and
// what of it differs between LMMS 1.2.2 and LMMS master.
//
// Master hides from plugins what has no LMMS_EXPORT: the views of the song (SongEditor, TrackView,
// ClipView, PianoRoll and their windows) and NotePlayHandleManager. Of those only inline functions
// are called here, and what Qt knows by name; a dynamic_cast to one would need what is hidden.
#pragma once

#include "GuiApplication.h"
#include "Instrument.h"
#include "InstrumentTrack.h"
#include "Mixer.h"
#include "Note.h"
#include "NotePlayHandle.h"
#include "PianoRoll.h"
#include "Song.h"
#include "SongEditor.h"
#include "ToolPlugin.h"
#include "ToolPluginView.h"
#include "Track.h"
#include "TrackContainer.h"
#include "TrackContainerView.h"
#include "lmms_compat.h"

#if __has_include("SampleFrame.h")
#include <algorithm>
#include <vector>

#include "EffectChain.h"
#include "MidiClip.h"
#include "MidiClipView.h"
#include "MidiEvent.h"
#include "PatternStore.h"
#include "PatternTrack.h"
#include "TrackView.h"

namespace continuo::fx
{

using HostNote = lmms::Note;
using MidiTime = TimePos;
using Pattern = MidiClip;

//! LMMS's key of a MIDI pitch is this much lower
inline constexpr int keyOffset = 0;

inline const auto& clipsOf(const Track& track) { return track.getClips(); }
inline Pattern* makePattern(InstrumentTrack* track, int start)
{
	return dynamic_cast<Pattern*>(track->createClip(MidiTime(start)));
}
inline InstrumentTrack* makeInstrumentTrack(TrackContainer* container)
{
	return dynamic_cast<InstrumentTrack*>(Track::create(Track::Type::Instrument, container));
}
inline AutomatableModel* tempoModel(Song* song) { return &song->tempoModel(); }
inline EffectChain* masterEffects() { return &Engine::mixer()->mixerChannel(0)->m_fxChain; }

//! The editor of beats has a clip of each of its tracks for each beat; a track of the song plays one of them
using BeatTrack = PatternTrack;
inline TrackContainer* beatEditor() { return Engine::patternStore(); }
inline int beatOf(BeatTrack* track) { return track->patternIndex(); }
inline int barsOfBeat(int beat) { return Engine::patternStore()->lengthOfPattern(beat); }

//! Those whose views are selected in the song's editor
inline QVector<Pattern*> selectedPatterns()
{
	QVector<Pattern*> found;
	for (auto* widget : GuiApplication::instance()->songEditor()->findChildren<QWidget*>())
	{
		if (!widget->inherits("lmms::gui::MidiClipView")) { continue; }
		auto* view = static_cast<MidiClipView*>(widget);
		if (view->isSelected()) { found.push_back(static_cast<Pattern*>(view->getClip())); }
	}
	return found;
}

//! The one in the piano roll; may be null
inline Pattern* openPattern()
{
	for (auto* widget : GuiApplication::instance()->pianoRoll()->findChildren<QWidget*>())
	{
		if (!widget->inherits("lmms::gui::PianoRoll")) { continue; }
		// It is only read; LMMS gives no other pointer to it.
		return const_cast<Pattern*>(static_cast<PianoRoll*>(widget)->currentMidiClip());
	}
	return nullptr;
}

//! Of the song. A track's view has to go before it, and to be told
inline void removeTrack(const Track* track)
{
	auto* editor = GuiApplication::instance()->songEditor()->m_editor;
	for (auto* view : editor->trackViews())
	{
		if (view->getTrack() != track) { continue; }
		QMetaObject::invokeMethod(editor, "deleteTrackView", Qt::DirectConnection, Q_ARG(lmms::gui::TrackView*, view));
		return;
	}
}

//! Plays notes for a while each, beside the song. Master keeps its pool of note handles to itself, so
//! they are played as from a keyboard: on and off, each at its frame.
class NotePlayer
{
public:
	//! Forgets what sounds, and has room for so many  [main-thread] with the engine stopped
	void reset(int most)
	{
		m_notes.clear();
		m_notes.reserve(static_cast<std::size_t>(most));
	}
	//! Once between two periods, before start(): ends what ends in the one that comes  [audio-thread]
	void advance(int periodFrames)
	{
		for (auto& note : m_notes)
		{
			note.frames = std::max(0, note.frames - periodFrames);
			if (note.frames >= periodFrames) { continue; }
			end(note, note.frames);
			note.track = nullptr;
		}
		std::erase_if(m_notes, [](const Sounding& note) { return note.track == nullptr; });
	}
	//! From a frame of the coming period on. It lasts until the next one at least, for an instrument that
	//! takes MIDI hears nothing of a note that ends before it was played  [audio-thread]
	void start(InstrumentTrack* track, int key, int volume, int offset, int frames)
	{
		// A key of a track sounds once.
		std::erase_if(m_notes, [&](const Sounding& note) {
			const bool same = note.track == track && note.key == key;
			if (same) { end(note, offset); }
			return same;
		});
		const int velocity = (volume * track->midiPort()->baseVelocity() + DefaultVolume / 2) / DefaultVolume;
		const MidiEvent on(MidiNoteOn, 0, static_cast<qint16>(key), static_cast<qint16>(std::clamp(velocity, 1, 127)));
		track->processInEvent(on, MidiTime(), static_cast<f_cnt_t>(offset));
		m_notes.push_back({track, key, offset + frames});
	}
	//! False while there is a note to end
	bool isDone() const { return m_notes.empty(); }

private:
	struct Sounding
	{
		InstrumentTrack* track;
		int key;
		int frames; //!< from the beginning of the coming period to its end
	};

	static void end(const Sounding& note, int offset)
	{
		const MidiEvent off(MidiNoteOff, 0, static_cast<qint16>(note.key), 0);
		note.track->processInEvent(off, MidiTime(), static_cast<f_cnt_t>(offset));
	}

	std::vector<Sounding> m_notes;
};

} // namespace continuo::fx

#else // LMMS 1.2.2
#include "BBTrack.h"
#include "BBTrackContainer.h"
#include "FxMixer.h"
#include "Pattern.h"

namespace continuo::fx
{

using HostNote = ::Note;

//! LMMS's key of a MIDI pitch is this much lower
inline constexpr int keyOffset = 12;

inline const auto& clipsOf(const Track& track) { return track.getTCOs(); }
inline Pattern* makePattern(InstrumentTrack* track, int start)
{
	return dynamic_cast<Pattern*>(track->createTCO(MidiTime(start)));
}
inline InstrumentTrack* makeInstrumentTrack(TrackContainer* container)
{
	return dynamic_cast<InstrumentTrack*>(Track::create(Track::InstrumentTrack, container));
}
//! LMMS gives it to nobody: of the song's own it is the one with a tempo's range
inline AutomatableModel* tempoModel(Song* song)
{
	for (auto* model : song->findChildren<AutomatableModel*>(QString(), Qt::FindDirectChildrenOnly))
	{
		if (model->minValue<int>() == MinTempo && model->maxValue<int>() == MaxTempo) { return model; }
	}
	return nullptr;
}
inline EffectChain* masterEffects() { return &Engine::fxMixer()->effectChannel(0)->m_fxChain; }

//! The editor of beats has a pattern of each of its tracks for each beat; a track of the song plays one of them
using BeatTrack = BBTrack;
inline TrackContainer* beatEditor() { return Engine::getBBTrackContainer(); }
inline int beatOf(BeatTrack* track) { return track->index(); }
inline int barsOfBeat(int beat) { return Engine::getBBTrackContainer()->lengthOfBB(beat); }

//! Those whose views are selected in the song's editor
inline QVector<Pattern*> selectedPatterns()
{
	QVector<Pattern*> found;
	for (auto* object : GuiApplication::instance()->songEditor()->m_editor->selectedObjects())
	{
		auto* view = dynamic_cast<PatternView*>(object);
		auto* pattern = view == nullptr ? nullptr : dynamic_cast<Pattern*>(view->getTrackContentObject());
		if (pattern != nullptr) { found.push_back(pattern); }
	}
	return found;
}

//! The one in the piano roll; may be null
inline Pattern* openPattern()
{
	// It is only read; LMMS gives no other pointer to it.
	return const_cast<Pattern*>(GuiApplication::instance()->pianoRoll()->currentPattern());
}

//! Of the song. A track's view has to go before it, and to be told
inline void removeTrack(const Track* track)
{
	auto* editor = GuiApplication::instance()->songEditor()->m_editor;
	for (auto* view : editor->trackViews())
	{
		if (view->getTrack() != track) { continue; }
		editor->deleteTrackView(view);
		return;
	}
}

//! Plays notes for a while each, beside the song: LMMS's own note handles, which end by themselves
class NotePlayer
{
public:
	//! Forgets what sounds, and has room for so many  [main-thread] with the engine stopped
	void reset(int) {}
	//! Once between two periods, before start(): ends what ends in the one that comes  [audio-thread]
	void advance(int) {}
	//! From a frame of the coming period on  [audio-thread]
	void start(InstrumentTrack* track, int key, int volume, int offset, int frames)
	{
		const HostNote note(MidiTime(static_cast<tick_t>(frames / Engine::framesPerTick())), MidiTime(0), key,
			static_cast<volume_t>(volume));
		hostEngine()->addPlayHandle(NotePlayHandleManager::acquire(track, offset, frames, note));
	}
	//! False while there is a note to end
	bool isDone() const { return true; }
};

} // namespace continuo::fx

#endif

namespace continuo::fx
{

//! Stops the engine between two periods while it lives
class EngineStopped
{
public:
	EngineStopped() { hostEngine()->requestChangeInModel(); }
	~EngineStopped() { hostEngine()->doneChangeInModel(); }
	EngineStopped(const EngineStopped&) = delete;
	EngineStopped& operator=(const EngineStopped&) = delete;
};

} // namespace continuo::fx
