// SPDX-License-Identifier: GPL-3.0-or-later
// What the studio takes from LMMS 1.2.2 beside what lmms_compat.h has: tracks, patterns, notes,
// tools.
#pragma once

#include "FxMixer.h"
#include "GuiApplication.h"
#include "Instrument.h"
#include "InstrumentTrack.h"
#include "Mixer.h"
#include "Note.h"
#include "NotePlayHandle.h"
#include "Pattern.h"
#include "PianoRoll.h"
#include "Song.h"
#include "SongEditor.h"
#include "ToolPlugin.h"
#include "ToolPluginView.h"
#include "Track.h"
#include "TrackContainer.h"
#include "TrackContainerView.h"
#include "lmms_compat.h"

namespace continuo::fx
{

//! LMMS's key of a MIDI pitch is this much lower
inline constexpr int keyOffset = 12;

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
