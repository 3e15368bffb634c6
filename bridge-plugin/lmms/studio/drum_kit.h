// SPDX-License-Identifier: GPL-3.0-or-later
// Which of LMMS's own drum samples plays which pitch of the General MIDI drum map.
#pragma once

#include <QVector>

#include "lmms_song.h"

namespace continuo::fx
{

struct DrumSound
{
	const char* name;
	const char* sample; //!< file of LMMS's samples
	QVector<int> pitches;
	const char* words; //!< what people call a track of it: a regular expression
};

const QVector<DrumSound>& drumSounds();
//! Index into drumSounds(); what has no sound of its own gets the last one
int drumSoundOf(int pitch);
//! What a track plays of a kit: one sound, as index into drumSounds(), or one of these
enum DrumRole
{
	noDrums = -1,
	wholeKit = -2 //!< its keys are General MIDI's drum map
};
//! A sampler, or LMMS's Kicker, with a drum in its name is a sound; a SoundFont player on bank 128 is a
//! kit, and so is another instrument that calls itself drums
int drumRoleOf(const InstrumentTrack& track);
//! Makes a track play that sample; false, where LMMS has no sampler
bool loadDrumSound(InstrumentTrack* track, const DrumSound& sound);

} // namespace continuo::fx
