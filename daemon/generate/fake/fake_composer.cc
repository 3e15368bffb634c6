// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/fake/fake_composer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "daemon/generate/sampler.h"

namespace continuo::generate {
namespace {

constexpr std::uint32_t kStepsPerBar = 4;
constexpr std::int32_t kRest = 128;
constexpr std::uint32_t kWidth = 4;

class FakePiece final : public Piece {
 public:
  FakePiece(const executor::Decoder& decoder, const std::vector<float>& encoded,
            const v1::GenerateRequest& request, std::uint64_t seed)
      : encoded_(encoded),
        request_(request),
        sequence_(decoder.CreateSequence()),
        logits_(decoder.shape().vocabulary),
        sampler_({request.temperature() == 0 ? 1.0 : request.temperature(),
                  request.top_p() == 0 ? 1.0 : request.top_p()}),
        random_(seed) {
    Fill();
  }

  [[nodiscard]] const executor::Cell* Next() override {
    return taken() < cells() ? &cell_ : nullptr;
  }
  void Take() override {
    const auto last = static_cast<std::int32_t>(logits_.size());
    const Draw draw = sampler_.Take(logits_, 0, last, {}, random_);
    log_likelihood_ += draw.log_likelihood;
    values_.push_back(draw.value);
    if (taken() < cells()) Fill();
  }
  [[nodiscard]] std::uint64_t taken() const override { return values_.size(); }
  [[nodiscard]] std::uint64_t cells() const override { return request_.bars() * kStepsPerBar; }
  [[nodiscard]] midi::Song song() const override {
    midi::Song song;
    song.tracks.push_back({"Fake"});
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (values_[i] == kRest) continue;
      midi::Note note;
      note.start = static_cast<midi::Tick>(i) * song.ticks_per_quarter;
      note.length = song.ticks_per_quarter;
      note.pitch = static_cast<std::uint8_t>(values_[i]);
      song.tracks[0].notes.push_back(note);
    }
    midi::Normalise(song);
    return song;
  }
  [[nodiscard]] double log_likelihood() const override { return log_likelihood_; }
  [[nodiscard]] std::uint64_t drawn() const override { return values_.size(); }

 private:
  void Fill() {
    const std::size_t step = values_.size();
    token_ = {values_.empty() ? kRest : values_.back(), static_cast<std::int32_t>(step % 64)};
    cell_ = {sequence_.get(), token_.data(), encoded_.data() + step * kWidth,
             static_cast<std::int32_t>(step), logits_.data()};
  }

  const std::vector<float>& encoded_;
  const v1::GenerateRequest& request_;
  std::unique_ptr<executor::Sequence> sequence_;
  std::vector<float> logits_;
  Sampler sampler_;
  midi::Random random_;
  std::array<std::int32_t, 2> token_{};
  executor::Cell cell_;
  std::vector<std::int32_t> values_;
  double log_likelihood_ = 0;
};

class FakePlan final : public Plan {
 public:
  FakePlan(const executor::Decoder& decoder, v1::GenerateRequest request,
           std::vector<float> encoded)
      : decoder_(decoder), request_(std::move(request)), encoded_(std::move(encoded)) {}
  [[nodiscard]] const v1::GenerateRequest& request() const override { return request_; }
  [[nodiscard]] std::uint64_t cells() const override { return request_.bars() * kStepsPerBar; }
  [[nodiscard]] const std::vector<std::string>& notes() const override { return notes_; }
  [[nodiscard]] absl::StatusOr<std::unique_ptr<Piece>> Begin(std::uint64_t seed) const override {
    return std::make_unique<FakePiece>(decoder_, encoded_, request_, seed);
  }
  [[nodiscard]] absl::StatusOr<std::unique_ptr<Piece>> Retrace(const midi::Song& /*song*/,
                                                               std::uint64_t) const override {
    return absl::UnimplementedError("the fake composer writes its own songs alone");
  }

 private:
  const executor::Decoder& decoder_;
  const v1::GenerateRequest request_;
  const std::vector<float> encoded_;
  const std::vector<std::string> notes_ = {"made by hashing"};
};

class FakeComposer final : public Composer {
 public:
  explicit FakeComposer(const executor::Decoder& decoder) : decoder_(decoder) {}
  [[nodiscard]] absl::StatusOr<std::unique_ptr<Plan>> Prepare(
      const v1::GenerateRequest& request) const override {
    if (request.key() == "H") return absl::InvalidArgumentError("key is 'H', which is none");
    v1::GenerateRequest decided = request;
    if (decided.bars() == 0) decided.set_bars(4);
    std::vector<std::int32_t> grid(decided.bars() * kStepsPerBar, 0);
    for (std::size_t i = 0; i < request.input().size(); ++i) {
      std::int32_t& value = grid[i % grid.size()];
      value = (value * 31 + static_cast<unsigned char>(request.input()[i])) % 128;
    }
    absl::StatusOr<std::vector<float>> encoded =
        decoder_.Encode(grid, static_cast<std::uint32_t>(grid.size()));
    if (!encoded.ok()) return encoded.status();
    return std::make_unique<FakePlan>(decoder_, std::move(decided), *std::move(encoded));
  }

 private:
  const executor::Decoder& decoder_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Composer>> CreateFakeComposer(const executor::Decoder& decoder) {
  const auto kind = decoder.shape().metadata.find("kind");
  if (kind == decoder.shape().metadata.end() || kind->second != "\"fake\"") {
    return absl::InvalidArgumentError("notes.composer is \"fake\", whose decoder is the fake one");
  }
  return std::make_unique<FakeComposer>(decoder);
}

}  // namespace continuo::generate
