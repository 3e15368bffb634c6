// SPDX-License-Identifier: GPL-3.0-or-later
// What sample clips and a song of their own need of LMMS, and what of it differs between LMMS 1.2.2
// and LMMS master.
//
// Master hides SampleTrack and SampleClip from plugins: both are spoken to by the state that songs
// are saved in, which 1.2.2 has too.
#pragma once

#include <QDomDocument>
#include <QStringList>

#include "ConfigManager.h"
#include "Controller.h"
#include "DataFile.h"
#include "lmms_song.h"

#if __has_include("SampleFrame.h")
#include "Mixer.h"

namespace continuo::fx
{

using HostClip = Clip;
inline constexpr auto sampleTrackType = Track::Type::Sample;
inline constexpr const char* sampleClipTag = "sampleclip";
inline constexpr const char* patternTag = "midiclip";

inline HostClip* makeClip(Track* track) { return track->createClip(MidiTime(0)); }
inline int mixerChannelOf(InstrumentTrack* track) { return track->mixerChannelModel()->value(); }
inline JournallingObject* mixerChannels() { return Engine::mixer(); }
//! For a render at the rate that is asked for
inline QStringList renderOptions() { return {}; }

} // namespace continuo::fx

#else // LMMS 1.2.2
#include "FxMixer.h"

namespace continuo::fx
{

using HostClip = ::TrackContentObject;
inline constexpr auto sampleTrackType = Track::SampleTrack;
inline constexpr const char* sampleClipTag = "sampletco";
inline constexpr const char* patternTag = "pattern";

inline HostClip* makeClip(Track* track) { return track->createTCO(MidiTime(0)); }
inline int mixerChannelOf(InstrumentTrack* track) { return track->effectChannelModel()->value(); }
inline JournallingObject* mixerChannels() { return Engine::fxMixer(); }
//! For a render at the rate that is asked for, where twice that is usual
inline QStringList renderOptions() { return {"-x", "1"}; }

} // namespace continuo::fx

#endif

namespace continuo::fx
{

//! As a song has it, also of what is in no undo: of that 1.2.2 keeps the state to itself
inline QDomElement stateOf(SerializingObject* object, QDomDocument& document, QDomElement& parent)
{
	return object->SerializingObject::saveState(document, parent);
}

inline HostClip* makeSampleClip(Track* track, int start, int length, const QString& file)
{
	QDomDocument document;
	auto state = document.createElement(sampleClipTag);
	state.setAttribute("pos", start);
	state.setAttribute("len", length);
	state.setAttribute("muted", 0);
	state.setAttribute("src", file);
	auto* clip = makeClip(track);
	clip->restoreState(state);
	return clip;
}

//! As LMMS names it; empty for another clip
inline QString sampleFileOf(HostClip* clip)
{
	QDomDocument document;
	auto parent = document.createElement("parent");
	const auto state = stateOf(clip, document, parent);
	return state.tagName() == sampleClipTag ? state.attribute("src") : QString();
}

} // namespace continuo::fx
