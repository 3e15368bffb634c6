// SPDX-License-Identifier: Apache-2.0
// The rules of voice leading that chorale cells are drawn by. A breach makes a value less
// likely by a penalty and does not rule it out: Bach breaks them too, where he has to.
//
//   - no parallel fifths, octaves or unisons: two voices that both move, in the same
//     direction, from one of these to the same
//   - no voice above one that it should be below
#pragma once

#include <array>
#include <cstdint>

#include "daemon/generate/chorale_fields.h"

namespace continuo::generate::chorale {

// Breaches of each value that `voice` may take: `last` is the step before, `now` this one, with
// kNone where a voice is not known yet.
[[nodiscard]] std::array<std::uint8_t, kVocabulary> Breaches(int voice, const Step& last,
                                                             const Step& now);

}  // namespace continuo::generate::chorale
