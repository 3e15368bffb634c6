// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "daemon/stream/signal_path.h"
#include "tests/unit/probe_model.h"
#include "tests/unit/rows.h"

namespace continuo::stream {
namespace {

using executor::ProcessError;
using ipc::ParameterEvent;
using test::Mono;
using test::ProbeCall;
using test::ProbeModel;
using test::Rows;

SignalPathConfig Config(std::uint32_t channels, std::uint32_t rate = 48000,
                        std::uint32_t maximum = 1024) {
  SignalPathConfig config;
  config.sample_rate_hz = rate;
  config.channels = channels;
  config.maximum_block_frames = maximum;
  config.parameters = {{0.0F, 10.0F, 1.0F, 0.0}};
  return config;
}

std::unique_ptr<SignalPath> Make(executor::Model& model, const SignalPathConfig& config) {
  auto made = SignalPath::Make(model, config);
  REQUIRE(made.ok());
  return *std::move(made);
}

TEST_CASE("SignalPath: an event takes effect at its frame, not one before or after") {
  const std::uint32_t frames = GENERATE(1U, 63U, 64U, 65U, 256U, 441U, 1024U);
  const std::uint32_t at = GENERATE_COPY(0U, frames / 2, frames - 1);
  ProbeModel model(Mono(48000), ProbeModel::Gain);
  auto path = Make(model, Config(1));
  Rows in(1, frames), out(1, frames);
  std::fill_n(in[0], frames, 1.0F);
  const ParameterEvent event{at, 0, 3.0F, 0};
  REQUIRE(path->Process(in.From(), out.From(), frames, {{&event, 1}}));
  for (std::uint32_t i = 0; i < frames; ++i) REQUIRE(out[0][i] == (i < at ? 1.0F : 3.0F));
}

TEST_CASE("SignalPath: of events at one frame the last is in force, and bounds are kept") {
  ProbeModel model(Mono(48000), ProbeModel::Gain);
  auto path = Make(model, Config(1));
  Rows in(1, 64), out(1, 64);
  std::fill_n(in[0], 64, 1.0F);
  const ParameterEvent events[] = {{8, 0, 3.0F, 0}, {8, 0, 99.0F, 0}, {32, 0, -5.0F, 0}};
  REQUIRE(path->Process(in.From(), out.From(), 64, {events}));
  CHECK(out[0][7] == 1.0F);
  CHECK(out[0][8] == 10.0F);
  CHECK(out[0][31] == 10.0F);
  CHECK(out[0][32] == 0.0F);
}

TEST_CASE("SignalPath: a parameter set from outside is checked and in force at the next block") {
  ProbeModel model(Mono(48000), ProbeModel::Gain);
  auto path = Make(model, Config(1));
  Rows in(1, 1), out(1, 1);
  in[0][0] = 1.0F;
  const auto output = [&] {
    in[0][0] = 1.0F;
    CHECK(path->Process(in.From(), out.From(), 1, {}));
    return out[0][0];
  };
  path->SetParameter(0, 2.0F);
  CHECK(output() == 2.0F);
  path->SetParameter(0, std::numeric_limits<float>::quiet_NaN());
  path->SetParameter(1, 5.0F);
  path->SetParameter(0xFFFFFFFF, 5.0F);
  CHECK(output() == 2.0F);
  path->SetParameter(0, 1e30F);
  CHECK(output() == 10.0F);
}

TEST_CASE("SignalPath: a change is smoothed over its time, but for one before the first sound") {
  ProbeModel model(Mono(48000), ProbeModel::Gain);
  SignalPathConfig config = Config(1);
  config.parameters[0].smoothing_ms = 1.0;  // 48 frames
  auto path = Make(model, config);
  Rows in(1, 128), out(1, 128);
  std::fill_n(in[0], 128, 1.0F);
  path->SetParameter(0, 2.0F);
  REQUIRE(path->Process(in.From(), out.From(), 128, {}));
  CHECK(out[0][0] == 2.0F);
  const ParameterEvent event{10, 0, 5.0F, 0};
  REQUIRE(path->Process(in.From(), out.From(), 128, {{&event, 1}}));
  CHECK(out[0][9] == 2.0F);
  CHECK(out[0][10] == Approx(2.0F + 3.0F / 48));
  CHECK(out[0][33] == Approx(3.5F));
  CHECK(out[0][57] == 5.0F);
  CHECK(out[0][127] == 5.0F);
}

TEST_CASE("SignalPath: what is not finite becomes silence and is counted") {
  ProbeModel model(Mono(48000));
  auto path = Make(model, Config(2));
  Rows in(2, 64), out(2, 64);
  for (std::uint32_t i = 0; i < 64; ++i) in[0][i] = in[1][i] = 0.5F;
  in[0][0] = std::numeric_limits<float>::quiet_NaN();
  in[1][63] = std::numeric_limits<float>::infinity();
  in[1][5] = -std::numeric_limits<float>::infinity();
  REQUIRE(path->Process(in.From(), out.From(), 64, {}));
  CHECK(path->non_finite_samples() == 3);
  CHECK(out[0][0] == 0.0F);
  CHECK(out[1][63] == 0.0F);
  CHECK(out[1][5] == 0.0F);
  CHECK(out[0][1] == 0.5F);
  CHECK(out[1][62] == 0.5F);
}

TEST_CASE("SignalPath: a mono model runs once a channel, each with its own state") {
  const std::uint32_t channels = GENERATE(1U, 2U, 8U);
  ProbeModel model(Mono(48000), [](const ProbeCall& call) {
    for (std::uint32_t i = 0; i < call.frames; ++i) {
      call.out[0][i] = call.in[0][i] + 100.0F * static_cast<float>(call.state);
    }
    return ProcessError::kNone;
  });
  auto path = Make(model, Config(channels));
  CHECK(model.states == channels);
  Rows in(channels, 64), out(channels, 64);
  for (std::uint32_t channel = 0; channel < channels; ++channel) {
    in[channel][3] = static_cast<float>(channel + 1);
  }
  REQUIRE(path->Process(in.From(), out.From(), 64, {}));
  for (std::uint32_t channel = 0; channel < channels; ++channel) {
    CHECK(out[channel][3] == 101.0F * static_cast<float>(channel) + 1.0F);
  }
}

executor::Description Stereo(std::uint32_t rate) {
  executor::Description description = Mono(rate);
  description.input_channels = description.output_channels = 2;
  return description;
}

// Changes the sides, the left one doubled.
ProcessError Swap(const ProbeCall& call) {
  for (std::uint32_t i = 0; i < call.frames; ++i) {
    call.out[0][i] = 2.0F * call.in[1][i];
    call.out[1][i] = call.in[0][i];
  }
  return ProcessError::kNone;
}

TEST_CASE("SignalPath: a model with the stream's channels takes them all at once") {
  ProbeModel model(Stereo(48000), Swap);
  auto path = Make(model, Config(2));
  CHECK(model.states == 1);
  Rows in(2, 64), out(2, 64);
  in[0][9] = 1.0F;
  in[1][9] = 10.0F;
  REQUIRE(path->Process(in.From(), out.From(), 64, {}));
  CHECK(out[0][9] == 20.0F);
  CHECK(out[1][9] == 1.0F);
}

TEST_CASE("SignalPath: a stereo model in a mono stream gets its input twice and gives the mean") {
  ProbeModel model(Stereo(48000), Swap);
  auto path = Make(model, Config(1));
  Rows in(1, 64), out(1, 64);
  in[0][9] = 10.0F;
  REQUIRE(path->Process(in.From(), out.From(), 64, {}));
  CHECK(out[0][9] == 15.0F);
}

TEST_CASE("SignalPath: channels that cannot be matched are refused in words") {
  ProbeModel model(Stereo(48000), Swap);
  const auto made = SignalPath::Make(model, Config(3));
  REQUIRE(made.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(std::string(made.status().message()), Catch::Contains("3"));
}

TEST_CASE("SignalPath: a model that states no rate or no block is refused") {
  ProbeModel no_rate(Mono(0));
  ProbeModel no_block(Mono(48000, 0));
  CHECK_FALSE(SignalPath::Make(no_rate, Config(1)).ok());
  CHECK_FALSE(SignalPath::Make(no_block, Config(1)).ok());
}

TEST_CASE("SignalPath: a model is never given more than its longest block") {
  const std::uint32_t longest = GENERATE(1U, 64U, 441U);
  const std::uint32_t host_rate = GENERATE(48000U, 22050U);
  std::uint32_t most = 0;
  ProbeModel model(Mono(48000, longest), [&most](const ProbeCall& call) {
    most = std::max(most, call.frames);
    return ProbeModel::Gain(call);
  });
  auto path = Make(model, Config(1, host_rate));
  Rows in(1, 1024), out(1, 1024);
  std::fill_n(in[0], 1024, 1.0F);
  const ParameterEvent event{700, 0, 4.0F, 0};
  REQUIRE(path->Process(in.From(), out.From(), 1024, {{&event, 1}}));
  CHECK(most == longest);
  if (host_rate == 48000) {
    CHECK(out[0][699] == 1.0F);
    CHECK(out[0][700] == 4.0F);
  }
}

TEST_CASE("SignalPath: a failure leaves the path at rest, and the next block is processed") {
  const std::uint32_t host_rate = GENERATE(48000U, 44100U);
  bool fail = false;
  ProbeModel model(Mono(48000), [&fail](const ProbeCall& call) {
    return fail ? ProcessError::kFailed : ProbeModel::Gain(call);
  });
  SignalPathConfig config = Config(2, host_rate);
  config.parameters[0].smoothing_ms = 50.0;
  auto path = Make(model, config);
  Rows in(2, 256), out(2, 256);
  REQUIRE(path->Process(in.From(), out.From(), 256, {}));
  fail = true;
  bool failed = false;
  for (int i = 0; i < 4; ++i) failed = !path->Process(in.From(), out.From(), 256, {}) || failed;
  REQUIRE(failed);
  CHECK(model.resets >= 2);
  fail = false;
  path->SetParameter(0, 7.0F);  // at rest: no ramp
  std::fill_n(in[0], 256, 1.0F);
  REQUIRE(path->Process(in.From(), out.From(), 256, {}));
  if (host_rate == 48000) CHECK(out[0][0] == 7.0F);
}

TEST_CASE("SignalPath: a state that is no number any more is put to rest") {
  const std::uint32_t host_rate = GENERATE(48000U, 44100U);
  ProbeModel* self = nullptr;
  // As a recurrent network: what was not a number stays so until Reset.
  bool poisoned = false;
  ProbeModel model(Mono(48000), [&](const ProbeCall& call) {
    if (self->resets > 0) poisoned = false;
    if (call.in[0][0] > 1e6F) poisoned = true;
    std::fill_n(call.out[0], call.frames,
                poisoned ? std::numeric_limits<float>::quiet_NaN() : 0.25F);
    return ProcessError::kNone;
  });
  self = &model;
  auto path = Make(model, Config(1, host_rate));
  Rows in(1, 256), out(1, 256);
  bool not_finite = false;
  const auto play = [&](float level, int blocks) {
    for (int i = 0; i < blocks; ++i) {
      std::fill_n(in[0], 256, level);
      REQUIRE(path->Process(in.From(), out.From(), 256, {}));
      for (int frame = 0; frame < 256; ++frame)
        not_finite = not_finite || !std::isfinite(out[0][frame]);
    }
  };
  play(0.0F, 8);
  REQUIRE_FALSE(not_finite);
  play(1e20F, 1);
  play(0.0F, 8);
  CHECK(not_finite);
  not_finite = false;
  play(0.0F, 8);
  CHECK_FALSE(not_finite);
  CHECK(out[0][255] == Approx(0.25F));
}

// A recurrent gain, so that order and cutting matter.
ProcessError Recurrent(float* memory, const ProbeCall& call) {
  for (std::uint32_t i = 0; i < call.frames; ++i) {
    *memory = 0.9F * *memory + call.parameters[0][i] * call.in[0][i];
    call.out[0][i] = *memory;
  }
  return ProcessError::kNone;
}

std::vector<float> PlayCut(std::uint32_t host_rate, const std::vector<std::uint32_t>& lengths,
                           bool with_events) {
  float memory = 0.0F;
  ProbeModel model(Mono(48000, 300),
                   [&](const ProbeCall& call) { return Recurrent(&memory, call); });
  SignalPathConfig config = Config(1, host_rate);
  config.parameters[0].smoothing_ms = 3.0;
  auto path = Make(model, config);
  constexpr std::uint32_t kFrames = 8192;
  // Ascending and in absolute frames.
  const ParameterEvent changes[] = {
      {5, 0, 2.0F, 0}, {700, 0, 0.5F, 0}, {701, 0, 6.0F, 0}, {5000, 0, 1.0F, 0}};
  std::vector<float> result;
  Rows in(1, 1024), out(1, 1024);
  for (std::size_t block = 0; result.size() < kFrames; ++block) {
    const std::uint32_t length = lengths[block % lengths.size()];
    const auto begin = static_cast<std::uint32_t>(result.size());
    std::vector<ParameterEvent> events;
    for (ParameterEvent event : changes) {
      if (!with_events || event.frame < begin || event.frame >= begin + length) continue;
      event.frame -= begin;
      events.push_back(event);
    }
    for (std::uint32_t i = 0; i < length; ++i)
      in[0][i] = std::sin(0.03F * static_cast<float>(begin + i));
    CHECK(path->Process(in.From(), out.From(), length, {events}));
    result.insert(result.end(), out[0], out[0] + length);
  }
  result.resize(kFrames);
  return result;
}

TEST_CASE("SignalPath: at the model's rate the output does not depend on the cutting at all") {
  const std::uint32_t length = GENERATE(1U, 63U, 64U, 65U, 256U, 441U, 1024U);
  CHECK(PlayCut(48000, {length}, true) == PlayCut(48000, {1024, 1, 63, 441}, true));
}

TEST_CASE("SignalPath: at another rate the output depends on the cutting by rounding only") {
  const std::uint32_t length = GENERATE(1U, 63U, 64U, 65U, 256U, 441U, 1024U);
  const auto one = PlayCut(88200, {length}, false);
  const auto other = PlayCut(88200, {1024, 1, 63, 441}, false);
  float worst = 0.0F;
  for (std::size_t i = 0; i < one.size(); ++i)
    worst = std::max(worst, std::fabs(one[i] - other[i]));
  CHECK(worst <= 1e-6F);
}

TEST_CASE("SignalPath: an event of a block that gives the model no frame is not lost") {
  ProbeModel model(Mono(44100), ProbeModel::Gain);
  auto path = Make(model, Config(1, 384000));
  Rows in(1, 1024), out(1, 1024);
  std::fill_n(in[0], 1024, 1.0F);
  const ParameterEvent event{0, 0, 5.0F, 0};
  for (int i = 0; i < 4; ++i) REQUIRE(path->Process(in.From(), out.From(), 1024, {}));
  CHECK(out[0][1023] == Approx(1.0F).margin(1e-4));
  // One of nine blocks of one frame at most gives a frame at the model's rate.
  REQUIRE(path->Process(in.From(), out.From(), 1, {{&event, 1}}));
  for (int i = 0; i < 4; ++i) REQUIRE(path->Process(in.From(), out.From(), 1024, {}));
  CHECK(out[0][1023] == Approx(5.0F).margin(1e-4));
}

TEST_CASE("SignalPath: the latency is the model's and the converter's, in frames of the stream") {
  executor::Description description = Mono(48000);
  description.latency_frames = 480;
  ProbeModel model(description);
  CHECK(Make(model, Config(1, 48000))->latency_frames() == 480);
  const auto converter = RateConverter::Make(1, 96000, 48000, 1024);
  REQUIRE(converter.ok());
  CHECK(Make(model, Config(1, 96000))->latency_frames() == 960 + (*converter)->latency_frames());
}

TEST_CASE("SignalPath: warming up leaves the path as new, and counts nothing") {
  const std::uint32_t maximum = GENERATE(1U, 64U, 1024U);
  ProbeModel model(Mono(48000), ProbeModel::Gain);
  SignalPathConfig config = Config(2, 48000, maximum);
  config.parameters[0].smoothing_ms = 10.0;
  auto path = Make(model, config);
  const auto cost = path->WarmUp();
  REQUIRE(cost.ok());
  CHECK(cost->alone_us >= 0.0);
  CHECK(cost->crowded_us >= cost->alone_us);
  CHECK(path->non_finite_samples() == 0);
  CHECK(model.resets == 2);
  path->SetParameter(0, 4.0F);  // at rest: no ramp
  Rows in(2, maximum), out(2, maximum);
  in[1][0] = 1.0F;
  REQUIRE(path->Process(in.From(), out.From(), maximum, {}));
  CHECK(out[1][0] == 4.0F);
}

TEST_CASE("SignalPath: a model that fails while warming up is told of") {
  ProbeModel model(Mono(48000), [](const ProbeCall&) { return ProcessError::kFailed; });
  CHECK(Make(model, Config(1))->WarmUp().status().code() == absl::StatusCode::kInternal);
}

// The sound times one more than the key: hears both.
executor::ProcessError ByKey(const ProbeCall& call) {
  for (std::uint32_t i = 0; i < call.frames; ++i) {
    call.out[0][i] = call.in[0][i] * (1.0F + call.in[1][i]);
  }
  return ProcessError::kNone;
}

executor::Description Keyed() {
  executor::Description description = Mono(48000);
  description.input_channels = 2;
  return description;
}

SignalPathConfig WithKey(std::uint32_t sound, std::uint32_t key) {
  SignalPathConfig config = Config(sound + key);
  config.key_channels = key;
  config.model_key_channels = 1;
  return config;
}

TEST_CASE(
    "SignalPath: each channel has its key, or the last there is, and the key comes back silent") {
  const std::uint32_t keys = GENERATE(1U, 2U);
  ProbeModel model(Keyed(), ByKey);
  auto path = Make(model, WithKey(2, keys));
  Rows in(2 + keys, 64), out(2 + keys, 64);
  for (std::uint32_t channel = 0; channel < 2 + keys; ++channel) {
    std::fill_n(in[channel], 64, static_cast<float>(channel + 1));
    std::fill_n(out[channel], 64, 9.0F);
  }
  REQUIRE(path->Process(in.From(), out.From(), 64, {}));
  CHECK(out[0][63] == 1.0F * (1 + 3));
  CHECK(out[1][63] == 2.0F * (1 + (keys == 1 ? 3 : 4)));
  for (std::uint32_t channel = 2; channel < 2 + keys; ++channel) CHECK(out[channel][63] == 0.0F);
}

TEST_CASE("SignalPath: without a key a model that listens to one hears its own input") {
  ProbeModel model(Keyed(), ByKey);
  auto path = Make(model, WithKey(2, 0));
  Rows in(2, 64), out(2, 64);
  std::fill_n(in[0], 64, 1.0F);
  std::fill_n(in[1], 64, 2.0F);
  REQUIRE(path->Process(in.From(), out.From(), 64, {}));
  CHECK(out[0][63] == 2.0F);
  CHECK(out[1][63] == 6.0F);
}

TEST_CASE("SignalPath: a model that takes no key does not hear it") {
  ProbeModel model(Mono(48000), ProbeModel::Copy);
  SignalPathConfig config = Config(3);
  config.key_channels = 1;
  auto path = Make(model, config);
  CHECK(model.states == 2);
  Rows in(3, 64), out(3, 64);
  std::fill_n(in[1], 64, 0.5F);
  std::fill_n(in[2], 64, 0.75F);
  REQUIRE(path->Process(in.From(), out.From(), 64, {}));
  CHECK(out[0][63] == 0.0F);
  CHECK(out[1][63] == 0.5F);
  CHECK(out[2][63] == 0.0F);
}

TEST_CASE("SignalPath: the mean of the sound has the mean of the key") {
  ProbeModel model(Keyed(), ByKey);
  SignalPathConfig config = WithKey(2, 2);
  config.mid = true;
  auto path = Make(model, config);
  CHECK(model.states == 1);
  Rows in(4, 64), out(4, 64);
  const float values[] = {1, 2, 3, 5};
  for (std::uint32_t channel = 0; channel < 4; ++channel)
    std::fill_n(in[channel], 64, values[channel]);
  REQUIRE(path->Process(in.From(), out.From(), 64, {}));
  CHECK(out[0][63] == 1.5F * 5);
  CHECK(out[1][63] == 1.5F * 5);
  CHECK(out[3][63] == 0.0F);
}

TEST_CASE("SignalPath: sound and key stay together through resampling") {
  ProbeModel model(Keyed(), ByKey);
  SignalPathConfig config = WithKey(1, 1);
  config.sample_rate_hz = 44100;
  auto path = Make(model, config);
  Rows in(2, 1024), out(2, 1024);
  for (int block = 0; block < 8; ++block) {
    std::fill_n(in[0], 1024, 0.5F);
    std::fill_n(in[1], 1024, 0.25F);
    REQUIRE(path->Process(in.From(), out.From(), 1024, {}));
  }
  CHECK(out[0][512] == Approx(0.625).margin(1e-4));
  CHECK(out[1][512] == 0.0F);
}

}  // namespace
}  // namespace continuo::stream
