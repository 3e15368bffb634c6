// SPDX-License-Identifier: Apache-2.0
// Paths of one model that are run at once.
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <deque>
#include <memory>
#include <vector>

#include "daemon/stream/signal_path.h"
#include "tests/unit/probe_model.h"
#include "tests/unit/rows.h"

namespace continuo::stream {
namespace {

using executor::ProcessError;
using test::Mono;
using test::ProbeCall;
using test::ProbeModel;
using test::Rows;

TEST_CASE("SignalPath: only whole blocks of mono models are run with others") {
  ProbeModel model(Mono(48000));
  model.together = 4;
  const auto gains = [&](executor::Model& of, const SignalPathConfig& config) {
    auto path = SignalPath::Make(of, config);
    REQUIRE(path.ok());
    return (*path)->together().model != nullptr;
  };
  SignalPathConfig config;
  config.sample_rate_hz = 48000;
  config.channels = 1;
  config.maximum_block_frames = 256;
  CHECK(gains(model, config));
  SignalPathConfig changed = config;
  changed.channels = 2;
  CHECK(gains(model, changed));
  changed.channels = 3;  // nobody else has room beside it
  CHECK_FALSE(gains(model, changed));
  changed.mid = true;
  CHECK(gains(model, changed));
  changed = config;
  changed.wants_transport = true;
  CHECK_FALSE(gains(model, changed));
  changed = config;
  changed.sample_rate_hz = 44100;
  CHECK_FALSE(gains(model, changed));
  changed = config;
  changed.maximum_block_frames = 8192;
  CHECK_FALSE(gains(model, changed));
  executor::Description stereo = Mono(48000);
  stereo.input_channels = stereo.output_channels = 2;
  ProbeModel wide(stereo);
  wide.together = 4;
  changed = config;
  changed.channels = 2;
  CHECK_FALSE(gains(wide, changed));
}

TEST_CASE(
    "SignalPath: several at once give what each gives alone, events and keys at their frame") {
  const auto work = [](const ProbeCall& call) {
    for (std::uint32_t i = 0; i < call.frames; ++i) {
      call.out[0][i] = call.parameters[0][i] * call.in[0][i] + call.in[1][i];
    }
    return ProcessError::kNone;
  };
  executor::Description keyed = Mono(48000);
  keyed.input_channels = 2;
  ProbeModel model(keyed, work);
  model.together = 8;
  SignalPathConfig config;
  config.sample_rate_hz = 48000;
  config.channels = 3;
  config.key_channels = 1;
  config.model_key_channels = 1;
  config.maximum_block_frames = 64;
  config.parameters = {{0.0F, 10.0F, 1.0F, 0.5}};
  constexpr std::size_t kPaths = 3;
  std::vector<std::unique_ptr<SignalPath>> together, alone;
  for (std::size_t i = 0; i < kPaths; ++i) {
    for (auto* paths : {&together, &alone}) {
      auto made = SignalPath::Make(model, config);
      REQUIRE(made.ok());
      paths->push_back(*std::move(made));
    }
  }
  for (const std::uint32_t frames : {64U, 1U, 63U, 17U}) {
    std::deque<Rows> in, out, expected;
    std::array<SignalPath*, kPaths> begun{};
    for (std::size_t p = 0; p < kPaths; ++p) {
      in.emplace_back(3, frames);
      out.emplace_back(3, frames);
      expected.emplace_back(3, frames);
      for (std::uint32_t c = 0; c < 3; ++c) {
        for (std::uint32_t i = 0; i < frames; ++i) {
          in[p][c][i] = 0.01F * static_cast<float>((p + 1) * (c + 2) * (i + 1) % 97);
        }
      }
      const ipc::ParameterEvent event{frames / 2, 0, static_cast<float>(p + 2), 0};
      Rows copy = in[p];
      REQUIRE(alone[p]->Process(copy.From(), expected[p].From(), frames, {{&event, 1}}));
      together[p]->Begin(in[p].From(), out[p].From(), frames, {{&event, 1}});
      begun[p] = together[p].get();
    }
    SignalPath::Run(begun);
    for (std::size_t p = 0; p < kPaths; ++p) {
      REQUIRE(together[p]->End());
      for (std::uint32_t c = 0; c < 3; ++c) {
        CHECK(std::memcmp(out[p][c], expected[p][c], frames * sizeof(float)) == 0);
      }
    }
  }
  CHECK(model.largest_batch == 2 * kPaths);
}

}  // namespace
}  // namespace continuo::stream
