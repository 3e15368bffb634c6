// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fake/fake_decoder.h"

#include <time.h>
#include <unistd.h>

#include <bit>
#include <cstdlib>
#include <utility>

namespace continuo::executor {
namespace {

constexpr std::uint32_t kWidth = 4;

std::uint64_t Mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL;
  return hash ^ (hash >> 29);
}

// -4 to 4.
float ToFloat(std::uint64_t hash) {
  return static_cast<float>(static_cast<double>(hash >> 40) / (1 << 21) - 4);
}

double NowUs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + 1e-3 * static_cast<double>(now.tv_nsec);
}

class FakeSequence final : public Sequence {
 public:
  void Reset() override { *this = FakeSequence(); }
  void CopyFrom(const Sequence& other) override { *this = static_cast<const FakeSequence&>(other); }
  [[nodiscard]] std::uint64_t size() const override { return cells; }

  std::uint64_t hash = 1;
  std::uint64_t cells = 0;
};

class FakeDecoder final : public Decoder {
 public:
  FakeDecoder(const std::map<std::string, std::string>& keys, std::string weights)
      : weights_(std::move(weights)),
        cell_us_(Number(keys, "cell_us")),
        abort_at_(Number(keys, "abort_at")),
        fail_at_(Number(keys, "fail_at")),
        hang_at_(Number(keys, "hang_at")) {
    shape_.width = kWidth;
    shape_.grid_fields = {128};
    shape_.token_fields = {129, 64};
    shape_.vocabulary = 129;
    shape_.token_window = 1024;
    shape_.parameter_count = 1;
    shape_.metadata["kind"] = "\"fake\"";
  }

  [[nodiscard]] const DecoderShape& shape() const override { return shape_; }

  [[nodiscard]] absl::StatusOr<std::vector<float>> Encode(absl::Span<const std::int32_t> grid,
                                                          std::uint32_t steps) const override {
    if (steps == 0 || steps > 4096 || grid.size() != steps) {
      return absl::InvalidArgumentError("steps is not 1 to 4096, or the grid has another size");
    }
    std::uint64_t all = 1;  // from both sides
    for (const std::int32_t value : grid) all = Mix(all, static_cast<std::uint64_t>(value));
    std::vector<float> rows;
    for (std::uint32_t i = 0; i < steps * kWidth; ++i) rows.push_back(ToFloat(Mix(all, i)));
    return rows;
  }

  [[nodiscard]] std::unique_ptr<Sequence> CreateSequence() const override {
    return std::make_unique<FakeSequence>();
  }

  [[nodiscard]] absl::Status Next(absl::Span<const Cell> cells) const override {
    if (cells.empty() || cells.size() > 64) {
      return absl::InvalidArgumentError("the number of cells is not 1 to 64");
    }
    const double end = NowUs() + cell_us_ * static_cast<double>(cells.size());
    for (const Cell& cell : cells) {
      auto* const sequence = static_cast<FakeSequence*>(cell.sequence);
      const auto count = static_cast<double>(++sequence->cells);
      if (count == abort_at_) std::abort();
      while (count == hang_at_) pause();
      if (count == fail_at_) return absl::InternalError("told to fail");
      std::uint64_t& hash = sequence->hash;
      for (std::size_t i = 0; i < shape_.token_fields.size(); ++i) {
        hash = Mix(hash, static_cast<std::uint64_t>(cell.token[i]));
      }
      for (std::uint32_t i = 0; i < kWidth; ++i) {
        hash = Mix(hash, std::bit_cast<std::uint32_t>(cell.encoded[i]));
      }
      hash = Mix(hash, static_cast<std::uint64_t>(cell.position));
      if (cell.logits == nullptr) continue;
      for (std::uint32_t i = 0; i < shape_.vocabulary; ++i) cell.logits[i] = ToFloat(Mix(hash, i));
    }
    while (cell_us_ > 0 && NowUs() < end) {
    }
    return absl::OkStatus();
  }

 private:
  static double Number(const std::map<std::string, std::string>& keys, const char* key) {
    const auto found = keys.find(key);
    return found == keys.end() ? -1 : std::atof(found->second.c_str());
  }

  DecoderShape shape_;
  const std::string weights_;
  const double cell_us_;
  const double abort_at_;
  const double fail_at_;
  const double hang_at_;
};

}  // namespace

std::unique_ptr<Decoder> MakeFakeDecoder(const std::map<std::string, std::string>& keys,
                                         std::string weights) {
  return std::make_unique<FakeDecoder>(keys, std::move(weights));
}

}  // namespace continuo::executor
