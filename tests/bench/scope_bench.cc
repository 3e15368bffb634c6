// SPDX-License-Identifier: Apache-2.0
// What a panel costs: the audio thread a block, with and without somebody who watches, and the
// window a picture.
#include <benchmark/benchmark.h>

#include <cmath>

#include "shared/scope/spectrum.h"
#include "shared/scope/transfer_curve.h"

namespace continuo::scope {
namespace {

std::vector<float> Sound(std::size_t frames) {
  std::vector<float> sound(frames);
  for (std::size_t i = 0; i < frames; ++i)
    sound[i] = 0.5F * std::sin(0.05F * static_cast<float>(i));
  return sound;
}

void Block(benchmark::State& state, bool watched) {
  const auto frames = static_cast<std::uint32_t>(state.range(0));
  const auto sound = Sound(frames);
  const float* const both[] = {sound.data(), sound.data()};
  SignalTap tap;
  tap.Watch(watched);
  for (auto _ : state) {
    tap.TakeInput(both, frames);
    tap.TakeOutput(both, frames);
    benchmark::ClobberMemory();
  }
}

void Watched(benchmark::State& state) { Block(state, true); }
void Unwatched(benchmark::State& state) { Block(state, false); }
BENCHMARK(Watched)->Arg(64)->Arg(256)->Arg(1024);
BENCHMARK(Unwatched)->Arg(256);

void Pictures(benchmark::State& state) {
  const auto sound = Sound(8192);
  const Excerpt excerpt{{sound, sound}, {sound, sound}};
  Spectrum input, output;
  TransferCurve curve;
  for (auto _ : state) {
    if (state.range(0) == 0) {
      curve.Update(excerpt, 0.04);
      benchmark::DoNotOptimize(curve);
      continue;
    }
    input.Update(excerpt.input, 0.04);
    output.Update(excerpt.output, 0.04);
    benchmark::DoNotOptimize(output.Columns(150, 20, 20000, 44100));
    benchmark::DoNotOptimize(input.Columns(150, 20, 20000, 44100));
  }
}
BENCHMARK(Pictures)->ArgName("spectrum")->Arg(0)->Arg(1);

}  // namespace
}  // namespace continuo::scope

BENCHMARK_MAIN();
