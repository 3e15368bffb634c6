// SPDX-License-Identifier: Apache-2.0
// The composer of the melody model: a new melody with chords, what comes after one, bars between
// others, and variations.
#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "daemon/generate/composer.h"

namespace continuo::generate {

// INVALID_ARGUMENT where the weights are not of format 1 (melody_cells.h).
[[nodiscard]] absl::StatusOr<std::unique_ptr<Composer>> CreateMelodyComposer(
    const v1::ModelManifest& manifest, const executor::Decoder& decoder);

}  // namespace continuo::generate
