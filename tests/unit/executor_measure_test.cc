// SPDX-License-Identifier: Apache-2.0
// Measure finds what the models here are known to have.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <random>

#include "daemon/executor/measure.h"

namespace continuo::executor {
namespace {

using Sample = std::function<float(float)>;  // one frame of a mono model, with its memory
using MakeSample = std::function<Sample()>;

class SampleState final : public State {
 public:
  explicit SampleState(const MakeSample& make) : make_(make), sample_(make()) {}
  ProcessError Process(const Block& block) noexcept override {
    for (std::uint32_t i = 0; i < block.frames; ++i) block.out[0][i] = sample_(block.in[0][i]);
    return ProcessError::kNone;
  }
  void Reset() noexcept override { sample_ = make_(); }

 private:
  MakeSample make_;
  Sample sample_;
};

class SampleModel final : public Model {
 public:
  explicit SampleModel(MakeSample make, std::uint32_t stated_latency = 0) : make_(std::move(make)) {
    description_.sample_rate_hz = 48000;
    description_.latency_frames = stated_latency;
  }
  [[nodiscard]] const Description& description() const override { return description_; }
  absl::StatusOr<std::unique_ptr<State>> CreateState() override {
    return std::make_unique<SampleState>(make_);
  }

 private:
  MakeSample make_;
  Description description_;
};

Measured MeasureModel(const MakeSample& make, std::uint32_t chunk = 0, std::uint32_t stated = 0) {
  SampleModel model(make, stated);
  return Measure(model, {}, chunk).value();
}

MakeSample Delay(std::size_t frames, const std::function<float(float)>& shape) {
  return [=]() -> Sample {
    return [=, line = std::vector<float>(frames, 0.0F), at = std::size_t{0}](float x) mutable {
      if (frames == 0) return shape(x);
      std::swap(x, line[at]);
      at = (at + 1) % frames;
      return shape(x);
    };
  };
}

TEST_CASE("Measure: the latency of a delay is exact, through a nonlinearity and inverted too") {
  for (const std::size_t frames : {0, 1, 63, 2047, 16000}) {
    CAPTURE(frames);
    const auto plain = MeasureModel(Delay(frames, [](float x) { return x; }));
    CHECK(plain.evidence == LatencyEvidence::kCorrelation);
    CHECK(plain.latency_frames == frames);
    CHECK(plain.has_state == (frames > 0));
    const auto bent =
        MeasureModel(Delay(frames, [](float x) { return -std::tanh(20 * x) + 0.3F; }));
    CHECK(bent.latency_frames == frames);
  }
}

TEST_CASE("Measure: a linear-phase filter is as late as its middle") {
  const auto measured = MeasureModel([]() -> Sample {
    return [line = std::vector<float>(65, 0.0F)](float x) mutable {
      std::rotate(line.rbegin(), line.rbegin() + 1, line.rend());
      line[0] = x;
      float sum = 0;
      for (int i = 0; i < 65; ++i) {
        const double t = (i - 32) * 0.5;
        const double sinc = i == 32 ? 1 : std::sin(M_PI * t) / (M_PI * t);
        sum += line[static_cast<std::size_t>(i)] * static_cast<float>(sinc * 0.5);
      }
      return sum;
    };
  });
  CHECK(measured.latency_frames == 32);
}

TEST_CASE("Measure: where the output is unlike the input, its onset is found") {
  const auto measured = MeasureModel([]() -> Sample {
    return [inner = Delay(300, [](float x) { return std::abs(x); })(), phase = 0.0,
            level = 0.0F](float x) mutable {
      level = 0.9F * level + 0.1F * inner(x);
      phase += 0.3;
      return level * static_cast<float>(std::sin(phase));
    };
  });
  CHECK(measured.evidence == LatencyEvidence::kOnset);
  CHECK(measured.latency_frames >= 300);
  CHECK(measured.latency_frames < 330);
}

TEST_CASE("Measure: a model that does not listen has no latency to be found") {
  const auto silent = MeasureModel([] { return [](float) { return 0.0F; }; });
  CHECK(silent.evidence == LatencyEvidence::kNone);
  CHECK(silent.latency_frames == 0);
  CHECK_FALSE(silent.has_state);
}

TEST_CASE("Measure: memory, chance and tails are told apart") {
  const auto none = MeasureModel(Delay(0, [](float x) { return std::tanh(x) + 0.25F; }));
  CHECK_FALSE(none.has_state);
  CHECK_FALSE(none.is_random);
  CHECK_FALSE(none.depends_on_blocks);
  CHECK(none.tail_ms == 0);  // it rests at 0.25: no sound

  // Falls by 80 dB in ln(1e4)/0.001 = 9210 frames = 192 ms.
  const auto ringing = MeasureModel([]() -> Sample {
    return [last = 0.0F](float x) mutable { return last = 0.999F * last + x; };
  });
  CHECK(ringing.has_state);
  CHECK(ringing.tail_ms == Approx(192).margin(60));

  const auto random = MeasureModel([]() -> Sample {
    static std::uint32_t seed = 1;
    return [generator = std::mt19937(seed++)](float x) mutable {
      return x + static_cast<float>(generator()) * 1e-10F;
    };
  });
  CHECK(random.is_random);
  CHECK(random.tail_ms == kEndlessTailMs);
}

// Takes the mean of the block off, as a module without memory may do.
class BlockModel final : public Model {
 public:
  BlockModel() { description_.sample_rate_hz = 48000; }
  [[nodiscard]] const Description& description() const override { return description_; }
  absl::StatusOr<std::unique_ptr<State>> CreateState() override {
    class MeanState final : public State {
     public:
      ProcessError Process(const Block& block) noexcept override {
        float sum = 0;
        for (std::uint32_t i = 0; i < block.frames; ++i) sum += block.in[0][i];
        for (std::uint32_t i = 0; i < block.frames; ++i) {
          block.out[0][i] = block.in[0][i] - sum / static_cast<float>(block.frames);
        }
        return ProcessError::kNone;
      }
      void Reset() noexcept override {}
    };
    return std::make_unique<MeanState>();
  }

 private:
  Description description_;
};

TEST_CASE("Measure: an output that depends on the cut is found") {
  BlockModel model;
  const auto measured = Measure(model, {}, 0);
  REQUIRE(measured.ok());
  CHECK(measured->depends_on_blocks);
  CHECK_FALSE(measured->has_state);
}

TEST_CASE("Measure: gathering chunks is the stated latency, and no memory") {
  // Gives each chunk of 512 frames when it is complete, as executor/torch does.
  const auto measured = MeasureModel(Delay(511, [](float x) { return x; }), 512, 511);
  CHECK(measured.latency_frames == 511);
  CHECK_FALSE(measured.depends_on_blocks);
}

TEST_CASE("Measure: output that is not finite, and failure, are refused") {
  SampleModel infinite(
      [] { return [](float x) { return x > 0.3F ? std::numeric_limits<float>::infinity() : x; }; });
  const auto measured = Measure(infinite, {}, 0);
  REQUIRE(absl::IsInvalidArgument(measured.status()));
  CHECK_THAT(std::string(measured.status().message()), Catch::Contains("not finite"));
}

TEST_CASE("Measure: cost is processor time, and grows with the work") {
  const auto work = [](int turns) {
    return Delay(0, [turns](float x) {
      float y = x;
      for (int i = 0; i < turns; ++i) y = std::tanh(y) * 1.01F;
      return y;
    });
  };
  const Measured light = MeasureModel(work(2));
  const Measured heavy = MeasureModel(work(200));
  CHECK(light.block_cost_us > 0);
  CHECK(heavy.block_cost_us > 10 * light.block_cost_us);
  CHECK(heavy.peak_block_cost_us >= heavy.block_cost_us * 0.99);
}

}  // namespace
}  // namespace continuo::executor
