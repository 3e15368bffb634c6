// SPDX-License-Identifier: GPL-3.0-or-later
// A song that plays some notes alone, as the open song would at a place: its tempo, the tracks' instruments and
// effects, and the mixer's channels that they go through. The master channel does nothing in it, for
// what is made of it goes through the open song's again; automation is not in it.
//
// Threads: [main-thread].
#pragma once

#include <QByteArray>

#include "audition.h"

namespace continuo::fx
{

//! As a file has it, with the tempo that the song has at that tick; its end leaves room for what rings out
QByteArray bounceSong(const QVector<Audition::Sound>& sounds, int songTick);

} // namespace continuo::fx
