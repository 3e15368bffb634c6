// SPDX-License-Identifier: Apache-2.0
// One melody with chords being written.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "daemon/generate/composer.h"
#include "daemon/generate/context.h"
#include "daemon/generate/melody_sheet.h"

namespace continuo::generate::melody {

// What pieces of one plan share.
struct Task {
  MusicalContext context;
  const executor::Decoder* decoder = nullptr;
  std::vector<float> bias;  // a value; see BiasOf()
};

// `encoded`: the rows of the sheet's grid. `followed`: the cells to take instead of drawing them.
[[nodiscard]] std::unique_ptr<Piece> BeginPiece(std::shared_ptr<const Task> task, Sheet sheet,
                                                std::shared_ptr<const std::vector<float>> encoded,
                                                std::uint64_t seed,
                                                std::optional<Followed> followed);

// What is added to the logits: minus infinity for notes that may not be written and for chords with
// a tone outside the scale, a little for every other note that begins.
[[nodiscard]] std::vector<float> BiasOf(const MusicalContext& context);

}  // namespace continuo::generate::melody
