// SPDX-License-Identifier: Apache-2.0
// Two candidates beside each other: which notes both have, and what can be said in figures.
// Threads: [any-thread], values only.
#pragma once

#include <map>
#include <string>

#include "shared/midi/note_identity.h"
#include "shared/studio/types.h"

namespace continuo::studio {

// Of the notes as they come into a song of LMMS, at its ticks.
[[nodiscard]] midi::MatchedNotes Compare(const Notes& left, const Notes& right);

// By name: score, notes, bars, lowest_pitch, highest_pitch, and what the score is made of.
[[nodiscard]] std::map<std::string, double> FiguresOf(const Candidate& candidate);

}  // namespace continuo::studio
