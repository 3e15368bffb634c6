// SPDX-License-Identifier: Apache-2.0
// One knob over several parameters: what the model gets, and from which frame on.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "daemon/stream/parameter_values.h"
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

enum : std::uint32_t { kMacro, kGain, kLevel, kCutoff, kFree };

// A macro over a gain, a level that has to give way, and a cutoff; and a parameter of its own.
std::vector<ParameterSpec> Specs() {
  return {
      {0,
       10,
       5,
       0,
       5,
       false,
       {{kGain, 2, 9, false}, {kLevel, 9, -12, false}, {kCutoff, 100, 8000, true}}},
      {0, 10, 5, 0, 5, false, {}},
      {-24, 12, 0, 0, 0, false, {}},
      {20, 20000, 1000, 0, 1000, true, {}},
      {0, 1, 0.25F, 0, 0, false, {}},
  };
}

TEST_CASE("ParameterValues: a macro leads from `from` by the defaults to `to`") {
  ParameterValues values(Specs());
  values.Set(kMacro, 0);
  CHECK(values.Effective(kGain) == 2);
  CHECK(values.Effective(kLevel) == 9);
  CHECK(values.Effective(kCutoff) == Approx(100));
  values.Set(kMacro, 5);
  CHECK(values.Effective(kGain) == 5);
  CHECK(values.Effective(kLevel) == 0);
  CHECK(values.Effective(kCutoff) == 1000);
  values.Set(kMacro, 10);
  CHECK(values.Effective(kGain) == 9);
  CHECK(values.Effective(kLevel) == -12);
  CHECK(values.Effective(kCutoff) == Approx(8000));
  CHECK(values.Effective(kFree) == 0.25F);
}

TEST_CASE("ParameterValues: half of the travel is half of the difference, or of the ratio") {
  ParameterValues values(Specs());
  values.Set(kMacro, 7.5F);
  CHECK(values.Effective(kGain) == Approx(7));
  CHECK(values.Effective(kLevel) == Approx(-6));
  CHECK(values.Effective(kCutoff) == Approx(1000 * std::sqrt(8.0)));
  values.Set(kMacro, 2.5F);
  CHECK(values.Effective(kGain) == Approx(3.5));
  CHECK(values.Effective(kCutoff) == Approx(1000 / std::sqrt(10.0)));
}

TEST_CASE("ParameterValues: a macro moves from where a parameter's own knob is, inside its range") {
  ParameterValues values(Specs());
  values.Set(kGain, 4);
  values.Set(kCutoff, 500);
  values.Set(kLevel, -20);
  values.Set(kMacro, 7.5F);
  CHECK(values.Effective(kGain) == Approx(6));
  CHECK(values.Effective(kCutoff) == Approx(500 * std::sqrt(8.0)));
  CHECK(values.Effective(kLevel) == -24);
  values.Set(kGain, 9.5F);
  values.Set(kCutoff, 15000);
  CHECK(values.Effective(kGain) == 10);
  CHECK(values.Effective(kCutoff) == 20000);
  // Back at its default it has left nothing behind.
  values.Set(kMacro, 5);
  CHECK(values.Effective(kGain) == 9.5F);
  CHECK(values.Effective(kCutoff) == 15000);
  CHECK(values.Effective(kLevel) == -20);
}

TEST_CASE("ParameterValues: whichever is set last, the same values give the model the same") {
  std::vector<std::pair<std::uint32_t, float>> settings = {
      {kMacro, 8.5F}, {kGain, 1.5F}, {kLevel, 3}, {kCutoff, 777}};
  std::vector<float> first;
  do {
    ParameterValues values(Specs());
    for (const auto& setting : settings) values.Set(setting.first, setting.second);
    std::vector<float> given;
    for (std::uint32_t i = kGain; i < values.count(); ++i) given.push_back(values.Effective(i));
    if (first.empty()) first = given;
    REQUIRE(given == first);
  } while (std::next_permutation(settings.begin(), settings.end()));
}

TEST_CASE("ParameterValues: a macro whose default is an end, or whose travel is by ratio") {
  std::vector<ParameterSpec> specs = Specs();
  specs[kMacro].default_value = specs[kMacro].value = 0;
  specs[kMacro].targets = {{kGain, 5, 9, false}};
  ParameterValues from_left(specs);
  CHECK(from_left.Effective(kGain) == 5);
  from_left.Set(kMacro, 5);
  CHECK(from_left.Effective(kGain) == Approx(7));
  specs[kMacro] = {1, 100, 1, 0, 10, true, {{kGain, 1, 9, false}}};
  ParameterValues by_ratio(specs);
  CHECK(by_ratio.Effective(kGain) == 1);
  by_ratio.Set(kMacro, std::sqrt(1000.0F));
  CHECK(by_ratio.Effective(kGain) == Approx(7));
}

// What the model gets, row by row, at each frame: three outputs are too many for a mono model, so
// it is one number.
ProcessError Given(const ProbeCall& call) {
  for (std::uint32_t i = 0; i < call.frames; ++i) {
    call.out[0][i] =
        call.parameters[0][i] + 1000 * call.parameters[1][i] + 1e6F * call.parameters[2][i];
  }
  return ProcessError::kNone;
}

// A macro in the middle: the model's rows are not the indices of the stream.
SignalPathConfig Config(double smoothing_ms) {
  SignalPathConfig config;
  config.sample_rate_hz = 48000;
  config.channels = 1;
  config.maximum_block_frames = 512;
  config.parameters = {{0, 8, 4, smoothing_ms, 4, false, {}},
                       {0, 8, 4, 0, 4, false, {{0, 0, 8, false}, {3, 4, 0, false}}},
                       {0, 8, 1, 0, 1, false, {}},
                       {0, 4, 2, 0, 2, false, {}}};
  return config;
}

std::vector<float> Play(double smoothing_ms, const std::vector<ipc::ParameterEvent>& events,
                        std::uint32_t total, std::uint32_t length) {
  ProbeModel model(Mono(48000, 100), Given);
  auto path = SignalPath::Make(model, Config(smoothing_ms));
  REQUIRE(path.ok());
  std::vector<float> result;
  Rows in(1, 512), out(1, 512);
  for (std::uint32_t begin = 0; begin < total; begin += length) {
    std::vector<ipc::ParameterEvent> within;
    for (ipc::ParameterEvent event : events) {
      if (event.frame < begin || event.frame >= begin + length) continue;
      event.frame -= begin;
      within.push_back(event);
    }
    REQUIRE((*path)->Process(in.From(), out.From(), length, {within, {}, nullptr}));
    result.insert(result.end(), out[0], out[0] + length);
  }
  return result;
}

TEST_CASE("SignalPath: a macro moves all that it moves from its very frame on, however cut") {
  const std::uint32_t length = GENERATE(1U, 63U, 64U, 65U, 256U, 441U, 512U);
  const std::vector<ipc::ParameterEvent> events = {
      {99, 1, 6, 0}, {100, 2, 7, 0}, {501, 1, 0, 0}, {700, 0, 5, 0}, {901, 1, 4, 0}};
  const auto given = Play(0, events, 1024, length);
  const auto wanted = [](std::uint32_t frame) {
    if (frame < 99) return 4 + 1000.0F + 2e6F;
    if (frame < 100) return 6 + 1000.0F + 1e6F;
    if (frame < 501) return 6 + 7000.0F + 1e6F;
    if (frame < 700) return 0 + 7000.0F + 4e6F;
    return frame < 901 ? 1 + 7000.0F + 4e6F : 5 + 7000.0F + 2e6F;
  };
  for (std::uint32_t i = 0; i < 1024; ++i) REQUIRE(given[i] == wanted(i));
}

TEST_CASE("SignalPath: what a macro moves takes the smoothing of what is moved") {
  const auto given = Play(1.0, {{200, 1, 8, 0}}, 512, 128);  // 48 frames
  CHECK(given[199] == 4 + 1000.0F + 2e6F);
  CHECK(given[200] == Approx(4 + 4.0 / 48 + 1000));  // the other has none
  CHECK(given[223] == Approx(6 + 1000));
  CHECK(given[247] == 8 + 1000.0F);
  CHECK(given[400] == 8 + 1000.0F);
}

TEST_CASE("SignalPath: a macro that is set at the beginning is there from the first frame on") {
  ProbeModel model(Mono(48000, 100), Given);
  SignalPathConfig config = Config(50.0);
  config.parameters[1].value = 8;
  auto path = SignalPath::Make(model, config);
  REQUIRE(path.ok());
  Rows in(1, 64), out(1, 64);
  REQUIRE((*path)->Process(in.From(), out.From(), 64, {}));
  CHECK(out[0][0] == 8 + 1000.0F);
  (*path)->SetParameter(1, 4);
  (*path)->Reset();
  REQUIRE((*path)->Process(in.From(), out.From(), 64, {}));
  CHECK(out[0][0] == 4 + 1000.0F + 2e6F);
}

}  // namespace
}  // namespace continuo::stream
