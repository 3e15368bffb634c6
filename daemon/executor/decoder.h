// SPDX-License-Identifier: Apache-2.0
// A network that writes music cell by cell: the interface of what generates notes.
//
// The network is that of models/common/grid_transformer.py, whose head has the equations.
// What is given lies on a grid of equal steps and is encoded once, from both sides; cells
// are then decoded one after the other, each with the encoder's row of its own step.
//
// Layout: a grid is [step][grid field], a cell's token [token field], values below the
// shape's counts; encoded rows are [step][width]; logits [vocabulary], before softmax.
// Determinism: the logits of a sequence depend on its own cells alone, bit for bit,
// whatever else is in the batch and however its cells are split into calls.
// Threads: a Decoder is read by any number of threads at once; a Sequence belongs to one
// call at a time. Ownership: a Decoder outlives its Sequences.
// Errors: INVALID_ARGUMENT that names the field and its range; nothing is done then.
#pragma once

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace continuo::executor {

struct DecoderShape {
  std::uint32_t width = 0;
  std::vector<std::uint32_t> grid_fields;   // how many values each has
  std::vector<std::uint32_t> token_fields;  // the same; field 0 is the cell before
  std::uint32_t vocabulary = 0;
  std::uint32_t token_window = 0;  // cells that a cell can look back at, itself among them
  std::uint64_t parameter_count = 0;
  // What the model's training wrote beside the weights, by key, as JSON: the meaning of fields.
  std::map<std::string, std::string> metadata;
  // The most of its weights that is in memory, where they are streamed; 0: all of them are.
  std::uint64_t window_bytes = 0;
};

// What one piece has had so far: its keys and values.
class Sequence {
 public:
  virtual ~Sequence() = default;
  // Back to the beginning.
  virtual void Reset() = 0;
  // Becomes a copy of `other`, of the same Decoder: candidates that share a beginning.
  virtual void CopyFrom(const Sequence& other) = 0;
  // Cells so far.
  [[nodiscard]] virtual std::uint64_t size() const = 0;
};

// One cell of one sequence.
struct Cell {
  Sequence* sequence = nullptr;
  const std::int32_t* token = nullptr;
  const float* encoded = nullptr;  // its step's row
  std::int32_t position = 0;       // for the rotary embedding; 0 to 2^20
  float* logits = nullptr;         // null: not wanted, as for a cell that is given anyway
};

class Decoder {
 public:
  virtual ~Decoder() = default;
  [[nodiscard]] virtual const DecoderShape& shape() const = 0;
  // Rows for `steps` steps of a grid, 1 to 4096.
  [[nodiscard]] virtual absl::StatusOr<std::vector<float>> Encode(
      absl::Span<const std::int32_t> grid, std::uint32_t steps) const = 0;
  [[nodiscard]] virtual std::unique_ptr<Sequence> CreateSequence() const = 0;
  // 1 to 64 cells, together cheaper than each alone. Those of one sequence follow one another
  // in their order: so cells that are given anyway go in one call.
  [[nodiscard]] virtual absl::Status Next(absl::Span<const Cell> cells) const = 0;
};

}  // namespace continuo::executor
