// SPDX-License-Identifier: GPL-3.0-or-later
// Tempo and time signature at a place of the song, as its automation has them there.
//
// LMMS has one box for each, which automation moves while the song plays: afterwards it shows what was
// played last. Where no automation has begun, LMMS leaves the box as it is, and so it counts here too.
//
// Threads: [main-thread].
#pragma once

#include <vector>

#include "shared/midi/lmms_units.h"
#include "shared/midi/song.h"

namespace continuo::fx
{

struct SongTime
{
	int tempo; //!< quarters a minute
	int numerator;
	int denominator;

	double ticksPerSecond() const { return tempo * midi::kLmmsTicksPerQuarter / 60.0; }
};

SongTime songTimeAt(int tick);

//! The tempos of so many ticks of the song, counted from `tick` on. Empty: no automation moves it there,
//! and the box counts
std::vector<midi::Tempo> automatedTempos(int tick, int length);

} // namespace continuo::fx
