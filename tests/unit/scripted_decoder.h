// SPDX-License-Identifier: Apache-2.0
// A network in the shape of the chorale model whose logits are a function of a cell's token: small,
// and the same everywhere.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/executor/decoder.h"
#include "daemon/generate/chorale_fields.h"
#include "shared/midi/random.h"

namespace continuo {

class ScriptedDecoder : public executor::Decoder {
 public:
  using Logit = std::function<float(const std::int32_t* token, std::int32_t value)>;

  explicit ScriptedDecoder(Logit logit = Chaotic()) : logit_(std::move(logit)) {
    using namespace generate::chorale;
    shape_.width = 2;
    shape_.grid_fields.assign(kGridSizes.begin(), kGridSizes.end());
    shape_.token_fields.assign(kTokenSizes.begin(), kTokenSizes.end());
    shape_.vocabulary = kVocabulary;
    shape_.token_window = 512;
    shape_.metadata = {{"format", R"("chorale")"},
                       {"format_version", "1"},
                       {"low", "36"},
                       {"high", "84"},
                       {"order", R"(["soprano", "bass", "tenor", "alto"])"},
                       {"steps_per_quarter", "4"},
                       {"beats_left", "32"},
                       {"longest_hold", "16"},
                       {"grid_fields", Names(kGridFields)},
                       {"token_fields", Names(kTokenFields)},
                       {"ranges", "[[58, 83], [36, 66], [44, 71], [50, 76]]"},
                       {"temperature", "1.0"},
                       {"top_p", "1.0"},
                       {"penalty", "6.0"}};
  }

  // Anything may come, but voices rather stay.
  static Logit Chaotic() {
    return [](const std::int32_t* token, std::int32_t value) {
      std::uint64_t hash = 0;
      for (int i = 0; i < 18; ++i) hash = hash * 31 + static_cast<std::uint64_t>(token[i]);
      const std::uint64_t bits = midi::Random(hash, static_cast<std::uint64_t>(value)).Next();
      return static_cast<float>(bits >> 40) * 0x1p-22F + (value == token[2] ? 5.0F : 0.0F);
    };
  }

  executor::DecoderShape& mutable_shape() { return shape_; }
  [[nodiscard]] const std::vector<std::int32_t>& grid() const { return grid_; }

  [[nodiscard]] const executor::DecoderShape& shape() const override { return shape_; }
  [[nodiscard]] absl::StatusOr<std::vector<float>> Encode(absl::Span<const std::int32_t> grid,
                                                          std::uint32_t steps) const override {
    grid_.assign(grid.begin(), grid.end());
    return std::vector<float>(std::size_t{steps} * shape_.width, 0.0F);
  }
  [[nodiscard]] std::unique_ptr<executor::Sequence> CreateSequence() const override {
    return std::make_unique<Counter>();
  }
  [[nodiscard]] absl::Status Next(absl::Span<const executor::Cell> cells) const override {
    for (const executor::Cell& cell : cells) {
      ++static_cast<Counter*>(cell.sequence)->count;
      if (cell.logits == nullptr) continue;
      for (std::uint32_t value = 0; value < shape_.vocabulary; ++value) {
        cell.logits[value] = logit_(cell.token, static_cast<std::int32_t>(value));
      }
    }
    return absl::OkStatus();
  }

 private:
  struct Counter : executor::Sequence {
    void Reset() override { count = 0; }
    void CopyFrom(const executor::Sequence& other) override {
      count = static_cast<const Counter&>(other).count;
    }
    [[nodiscard]] std::uint64_t size() const override { return count; }
    std::uint64_t count = 0;
  };

  template <class List>
  static std::string Names(const List& list) {
    std::string text;
    for (const auto& name : list) {
      text += (text.empty() ? "[\"" : "\", \"") + std::string(name);
    }
    return text + "\"]";
  }

  Logit logit_;
  executor::DecoderShape shape_;
  mutable std::vector<std::int32_t> grid_;  // of the last Encode()
};

}  // namespace continuo
