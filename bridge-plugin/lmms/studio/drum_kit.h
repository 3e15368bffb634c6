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
};

const QVector<DrumSound>& drumSounds();
//! Index into drumSounds(); what has no sound of its own gets the last one
int drumSoundOf(int pitch);
//! Of a track as loadDrumSound() made it: a sampler with the drum's name; -1: it is none
int drumSoundOf(const InstrumentTrack& track);
//! Makes a track play that sample; false, where LMMS has no sampler
bool loadDrumSound(InstrumentTrack* track, const DrumSound& sound);

} // namespace continuo::fx
