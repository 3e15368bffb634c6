// SPDX-License-Identifier: Apache-2.0
// The composer of four-part music: harmonises melodies, completes voices and bars, goes on,
// varies, and writes chorales from nothing (chorale_score.h says which task does what).
//
// Each cell that is open is drawn from the network's logits by the request's temperature and
// top_p, after a bias: what the voice cannot or may not sing is ruled out, breaches of voice
// leading (chorale_rules.h) and notes foreign to the chords of the request cost nats.
#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "continuo/v1/model.pb.h"
#include "daemon/executor/decoder.h"
#include "daemon/generate/composer.h"

namespace continuo::generate {

// INVALID_ARGUMENT where the decoder's shape or its metadata is not of this kind.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Composer>> CreateChoraleComposer(
    const v1::ModelManifest& manifest, const executor::Decoder& decoder);

}  // namespace continuo::generate
