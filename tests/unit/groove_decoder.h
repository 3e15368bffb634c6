// SPDX-License-Identifier: Apache-2.0
// A network in the shape of the groove model whose logits are a function of the cell and its grid
// row: small, and the same everywhere. It refuses what the real one could not read.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/executor/decoder.h"
#include "daemon/generate/groove_format.h"
#include "shared/midi/random.h"

namespace continuo::test {

class GrooveDecoder : public executor::Decoder {
 public:
  // Of a cell's hash and a value.
  using Logit = std::function<float(std::uint64_t cell, std::int32_t value)>;

  explicit GrooveDecoder(Logit logit = Chaotic()) : logit_(std::move(logit)) {
    using namespace generate::groove;
    shape_.width = kFieldCount;
    shape_.grid_fields = {19, 19, 19, 19, 19, 19, 19, 19, 19, 26, 33, 6, 4, 9, 9, 3};
    shape_.token_fields = {kCellValues + 1, kOffsets + 1, kVoices + 1};
    shape_.vocabulary = kVocabulary;
    shape_.token_window = 256;
    std::string of_pitch = "[-1";
    for (int pitch = 1; pitch < 128; ++pitch) {
      of_pitch += ',';
      of_pitch += std::to_string(VoiceOf(pitch));
    }
    of_pitch += ']';
    shape_.metadata = {
        {"format", R"("groove")"},
        {"format_version", "1"},
        {"voices", R"(["kick","snare","closed hat","open hat","low tom","mid tom","high tom",
                      "crash","ride"])"},
        {"styles", R"(["funk","jazz","rock"])"},
        {"signatures", R"(["4/4","3/4","6/8","5/4"])"},
        {"density_edges", "[6,10,13,16,19,22,26]"},
        {"tempo_edges", "[70,85,100,115,130,150,180]"},
        {"voice_pitches", "[36,38,42,46,43,47,50,49,51]"},
        {"voice_of_pitch", of_pitch},
        {"temperature", "1.0"},
        {"top_p", "1.0"}};
  }

  // Two or three hits a step.
  static Logit Chaotic() {
    return [](std::uint64_t cell, std::int32_t value) {
      const std::uint64_t bits = midi::Random(cell, static_cast<std::uint64_t>(value)).Next();
      return static_cast<float>(bits >> 40) * 0x1p-23F +
             (value == generate::groove::kEnd ? 5.0F : 0.0F);
    };
  }

  [[nodiscard]] executor::DecoderShape& mutable_shape() { return shape_; }
  [[nodiscard]] const std::vector<std::int32_t>& grid() const { return grid_; }

  [[nodiscard]] const executor::DecoderShape& shape() const override { return shape_; }
  [[nodiscard]] absl::StatusOr<std::vector<float>> Encode(absl::Span<const std::int32_t> grid,
                                                          std::uint32_t steps) const override {
    const std::size_t fields = shape_.grid_fields.size();
    if (grid.size() != steps * fields) return absl::InvalidArgumentError("grid: size");
    for (std::size_t i = 0; i < grid.size(); ++i) {
      if (!IsBelow(grid[i], shape_.grid_fields[i % fields])) {
        return absl::InvalidArgumentError("grid: range");
      }
    }
    grid_.assign(grid.begin(), grid.end());
    return std::vector<float>(grid.begin(), grid.end());
  }
  [[nodiscard]] std::unique_ptr<executor::Sequence> CreateSequence() const override {
    return std::make_unique<Count>();
  }
  [[nodiscard]] absl::Status Next(absl::Span<const executor::Cell> cells) const override {
    for (const executor::Cell& cell : cells) {
      ++static_cast<Count*>(cell.sequence)->cells;
      auto hash = static_cast<std::uint64_t>(cell.position);
      for (std::size_t f = 0; f < shape_.token_fields.size(); ++f) {
        if (!IsBelow(cell.token[f], shape_.token_fields[f])) {
          return absl::InvalidArgumentError("token: range");
        }
        hash = hash * 1000003 + static_cast<std::uint64_t>(cell.token[f]);
      }
      for (std::uint32_t f = 0; f < shape_.width; ++f) {
        hash = hash * 1000003 + static_cast<std::uint64_t>(cell.encoded[f]);
      }
      if (cell.logits == nullptr) continue;
      for (std::uint32_t value = 0; value < shape_.vocabulary; ++value) {
        cell.logits[value] = logit_(hash, static_cast<std::int32_t>(value));
      }
    }
    return absl::OkStatus();
  }

 private:
  struct Count : executor::Sequence {
    void Reset() override { cells = 0; }
    void CopyFrom(const Sequence& other) override {
      cells = static_cast<const Count&>(other).cells;
    }
    [[nodiscard]] std::uint64_t size() const override { return cells; }
    std::uint64_t cells = 0;
  };

  static bool IsBelow(std::int32_t value, std::uint32_t count) {
    return value >= 0 && static_cast<std::uint32_t>(value) < count;
  }
  static int VoiceOf(int pitch) {
    switch (pitch) {
      case 36:
        return 0;
      case 38:
        return 1;
      case 42:
      case 44:
        return 2;
      case 46:
        return 3;
      case 51:
        return 8;
      default:
        return -1;
    }
  }

  Logit logit_;
  executor::DecoderShape shape_;
  mutable std::vector<std::int32_t> grid_;  // of the last Encode()
};

}  // namespace continuo::test
