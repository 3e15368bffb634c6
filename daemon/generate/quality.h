// SPDX-License-Identifier: Apache-2.0
// How good a song is, as one number and in words, against the songs that its model should sound
// like (reference.h).
//
// What it cannot know: whether anybody likes it. It knows how usual a song is for its kind, and
// whether it breaks the rules of four-part writing.
#pragma once

#include <optional>

#include "continuo/v1/generation_service.pb.h"
#include "daemon/generate/reference.h"
#include "shared/midi/song.h"

namespace continuo::generate {

// Score, reasons (largest effect first), metrics and log likelihood. `likelihood` counts where the
// reference knows what is usual of songs that were heard the same way. Without a reference (null)
// the score is 0.5 and the reasons say why. Of a song that midi::Validate() accepts; the same song
// gives the same answer.
[[nodiscard]] v1::Quality Assess(const midi::Song& song, const Reference* reference,
                                 const std::optional<SongLikelihood>& likelihood);

}  // namespace continuo::generate
