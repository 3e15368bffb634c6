// SPDX-License-Identifier: Apache-2.0
// Transforms one after the other, by name and as text:
// "quantise:grid=16,strength=0.8,swing=0.2;transpose:semitones=-12".
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "shared/midi/transform/arrange.h"
#include "shared/midi/transform/dynamics.h"
#include "shared/midi/transform/phrase.h"
#include "shared/midi/transform/pitch.h"
#include "shared/midi/transform/timing.h"

namespace continuo::midi {

using Transform = std::variant<Quantise, Humanise, Transpose, Invert, Retrograde, Snap, Legato,
                               Staccato, Velocity, Ramp, Stretch, Crop, Repeat>;
using Chain = std::vector<Transform>;

// INVALID_ARGUMENT for a name or parameter that is none, with those that there are;
// OUT_OF_RANGE for a value, with its range.
[[nodiscard]] absl::StatusOr<Chain> ParseChain(std::string_view text);

// Text that ParseChain() reads as the same chain; every parameter is in it.
[[nodiscard]] std::string FormatChain(const Chain& chain);

// A line for each transform and each of its parameters, with range and default.
[[nodiscard]] std::string DescribeTransforms();

// OUT_OF_RANGE that names transform, parameter and range.
[[nodiscard]] absl::Status CheckChain(const Chain& chain);

// Applies a chain to a song. Transforms of notes are for the tracks that `tracks`
// names (indices; empty: all), those of time (stretch, crop, repeat) always for the
// whole song. Checks song and chain first; errors begin with the transform's name.
[[nodiscard]] absl::StatusOr<Song> ApplyChain(const Chain& chain, Song song,
                                              const std::vector<std::size_t>& tracks = {});

}  // namespace continuo::midi
