// SPDX-License-Identifier: Apache-2.0
// Drums: new patterns by style and density, velocities and timing for a given one, voices or
// bars that are missing, what comes next, variations. Of the model in models/groove.
//
//   DRUMS     `bars` new ones
//   CONTINUE  the input, and `bars` more; the network hears its last kMemoryBars
//   INFILL    the bars, or single voices, of `regions` anew; voices that lack: all bars of them
//   VARY      bars of single voices anew, the share `variation` of them, as the seed has it
//   HUMANIZE  velocity and timing of each hit anew; no hit comes or goes
// VARY and HUMANIZE keep to `regions`, where there are any.
//
// What stands is given back as it came, the pitches of each drum and the tempo with it; only
// drums are: what else the input has is left out, and told. New hits have General MIDI's
// pitches. Macros: "human" scales the timing that is drawn (0 on the grid, 0.5 as played),
// "swing" moves each second 16th towards the triplet.
#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "continuo/v1/model.pb.h"
#include "daemon/executor/decoder.h"
#include "daemon/generate/composer.h"

namespace continuo::generate {

inline constexpr int kMemoryBars = 8;

[[nodiscard]] absl::StatusOr<std::unique_ptr<Composer>> CreateGroove(
    const v1::ModelManifest& manifest, const executor::Decoder& decoder);

}  // namespace continuo::generate
