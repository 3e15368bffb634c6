// SPDX-License-Identifier: Apache-2.0
// Microseconds a block of the fused executor with each instruction set, and of the
// same shapes through LibTorch where tests/bench/torchscript_models.py has written
// them:
//
//   torchscript_models.py DIR; CONTINUO_BENCH_TORCH=DIR fused_bench
//
// Counters: `GFLOPS`, two a multiply-accumulate; `of_peak`, their share of what
// independent multiply-adds reach with the widest vectors in the same run; `cycles_mac`,
// cycles of the core a multiply-accumulate. At the end how many times LibTorch's time is ours.
// Pin it to one core (taskset) and quote ratios of one run only.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "daemon/base/thread.h"
#include "daemon/executor/fused/kernels.h"
#include "daemon/executor/module.h"
#include "tests/unit/keras_reference.h"
#include "tests/unit/nam_reference.h"
#include "tests/unit/scoped_environment.h"
#include "tests/unit/temporary_directory.h"

namespace continuo::test {
namespace {

#ifdef __x86_64__
#define CONTINUO_WIDEST __attribute__((target_clones("avx512f", "arch=haswell", "default")))
#else
#define CONTINUO_WIDEST
#endif

// 192 independent sums: twelve vectors of sixteen lanes, kept in registers.
CONTINUO_WIDEST __attribute__((optimize("O3", "fp-contract=fast", "unroll-loops"))) void
MultiplyAdd(float* sums, float factor, int rounds) {
  typedef float Vec __attribute__((vector_size(64), may_alias));
  auto* v = reinterpret_cast<Vec*>(sums);
  Vec a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7], i = v[8],
      j = v[9], k = v[10], l = v[11];
  for (int r = 0; r < rounds; ++r) {
    a = a * factor + 1e-3F, b = b * factor + 1e-3F, c = c * factor + 1e-3F;
    d = d * factor + 1e-3F, e = e * factor + 1e-3F, f = f * factor + 1e-3F;
    g = g * factor + 1e-3F, h = h * factor + 1e-3F, i = i * factor + 1e-3F;
    j = j * factor + 1e-3F, k = k * factor + 1e-3F, l = l * factor + 1e-3F;
  }
  v[0] = a + b + c + d + e + f + g + h + i + j + k + l;
}

double PeakGflops() {
  alignas(64) float sums[192] = {};
  double best = 0;
  constexpr int kRounds = 200000;
  for (int attempt = 0; attempt < 20; ++attempt) {
    const auto begin = std::chrono::steady_clock::now();
    MultiplyAdd(sums, 0.5F, kRounds);
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    best = std::max(best, 2.0 * 192 * kRounds / took.count());
  }
  return best;
}

// Cycles a nanosecond while this ran: each addition waits for the one before, one cycle each.
double CyclesPerNs() {
  double best = 0;
  constexpr int kRounds = 100000, kAdditions = 8;
  for (int attempt = 0; attempt < 20; ++attempt) {
    std::uint64_t sum = 1;
    const auto begin = std::chrono::steady_clock::now();
    for (int r = 0; r < kRounds; ++r) {
      for (int i = 0; i < kAdditions; ++i) {
        sum += sum;
        asm volatile("" : "+r"(sum));
      }
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    best = std::max(best, 1.0 * kRounds * kAdditions / took.count());
  }
  return best;
}

// What the machine does in this run.
struct Machine {
  double peak_gflops, cycles_per_ns;
};
// Shape, block length, and who ran it: microseconds a block, the least of the repetitions.
using Times = std::map<std::string, std::map<std::int64_t, std::map<std::string, double>>>;

double WaveNetMacs() {
  double macs = 0;
  for (const double c : {16.0, 8.0}) macs += 10 * (3 * c * c + c + c * c);
  return macs + 16 + 16 * 8 + 16 * 8 + 8;
}
// NAM's A2, full: 23 layers, and the sum of their heads convolved over 16 frames.
json A2() {
  json array = {{"input_size", 1}, {"condition_size", 1}, {"channels", 8}};
  array["head"] = {{"out_channels", 1}, {"kernel_size", 16}, {"bias", true}};
  array["activation"] = "LeakyReLU";
  array["kernel_sizes"] = {6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 15, 15, 6, 6, 6, 6, 6, 6, 6};
  array["dilations"] = {1,   3,   7, 17, 41, 101, 239, 1,  3,  7,   17, 41,
                        101, 239, 1, 13, 1,  3,   7,   17, 41, 101, 239};
  return WithRandomWeights("WaveNet", {{"layers", json::array({array})}}, 1);
}
double A2Macs() { return (21 * 6 + 2 * 15) * 64 + 23 * (8 + 64) + 8 + 16 * 8; }
json Impulse(std::uint32_t taps) {
  return WithRandomWeights("Linear", {{"receptive_field", taps}, {"bias", false}}, 1);
}
double LstmMacs(double hidden) { return 4 * hidden * (1 + hidden) + hidden; }
double GruMacs(double hidden) { return 3 * hidden * (1 + hidden) + hidden; }
// Ten of 16 channels and 3 taps, normalised and bent.
json Convolutions() {
  std::vector<KerasLayer> shape;
  for (const std::size_t dilation : {1U, 2U, 4U, 8U, 16U, 32U, 64U, 128U, 256U, 512U}) {
    shape.push_back({"conv1d", 16, "", 3, dilation});
    shape.push_back({"batchnorm", 16, ""});
    shape.push_back({"prelu", 16, ""});
  }
  shape.push_back({"dense", 1, ""});
  return RandomKeras(shape, 1, 1);
}

// `count` states at once, as of a stereo stream or of several streams in a lane; the work of all
// is counted.
void Run(benchmark::State& bench, executor::Model& model, double macs, const Machine& machine,
         std::uint32_t count, double* least_us) {
  const auto frames = static_cast<std::uint32_t>(bench.range(0));
  const auto in = TestSignal(frames, 1);
  std::vector<float> out(frames);
  const float* from = in.data();
  float* to = out.data();
  std::vector<std::unique_ptr<executor::State>> owned;
  std::vector<executor::State*> states;
  for (std::uint32_t i = 0; i < count; ++i) {
    owned.push_back(*model.CreateState());
    states.push_back(owned.back().get());
  }
  const std::vector<executor::Block> blocks(count, {&from, &to, nullptr, frames});
  const std::clock_t begin = std::clock();  // of this process alone
  for (auto _ : bench)
    benchmark::DoNotOptimize(model.ProcessTogether(states.data(), blocks.data(), count));
  const double took_ns = 1e9 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  macs *= count;
  const double flops = 2 * macs * frames * static_cast<double>(bench.iterations());
  bench.counters["GFLOPS"] = flops / took_ns;
  bench.counters["of_peak"] = flops / took_ns / machine.peak_gflops;
  bench.counters["cycles_mac"] = 2 * took_ns * machine.cycles_per_ns / flops;
  const double us = took_ns / 1e3 / static_cast<double>(bench.iterations());
  *least_us = *least_us == 0 ? us : std::min(*least_us, us);
}

struct Shape {
  std::string name;
  json model;
  double macs;
};

std::unique_ptr<executor::Model> Load(executor::Executor& executor, const std::string& path) {
  executor::LoadRequest request;
  if (path.find("int16") != std::string::npos) request.options["precision"] = "int16";
  request.weights_path = path;
  request.description.sample_rate_hz = 48000;
  auto loaded = executor.Load(request);
  if (loaded.ok()) return *std::move(loaded);
  std::fprintf(stderr, "%s\n", loaded.status().ToString().c_str());
  return nullptr;
}

void PrintRatios(const Times& times) {
  for (const auto& [shape, lengths] : times) {
    for (const auto& [frames, subjects] : lengths) {
      const auto torch = subjects.find("torch");
      if (torch == subjects.end() || torch->second == 0) continue;
      std::printf("%s, %d frames: LibTorch %.1f us;", shape.c_str(), static_cast<int>(frames),
                  torch->second);
      for (const auto& [subject, us] : subjects) {
        if (subject == "torch" || us == 0) continue;
        std::printf(" %s %.2f us, %.1f times;", subject.c_str(), us, torch->second / us);
      }
      std::printf("\n");
    }
  }
}

int Main(int count, char** arguments) {
  benchmark::Initialize(&count, arguments);
  base::FlushDenormals();
  const Machine machine{PeakGflops(), CyclesPerNs()};
  std::printf("peak of this core: %.0f GFLOP/s; %.2f GHz\n", machine.peak_gflops,
              machine.cycles_per_ns);
  // Of impulse responses what it would be to multiply them out.
  std::vector<Shape> shapes = {{"wavenet", RandomStandardWaveNet(1), WaveNetMacs()},
                               {"a2", A2(), A2Macs()},
                               {"linear1024", Impulse(1024), 1024},
                               {"linear48000", Impulse(48000), 48000},
                               {"gru40", RandomCell("gru", 40, 1), GruMacs(40)},
                               {"gru8", RandomCell("gru", 8, 1), GruMacs(8)},
                               {"conv16", Convolutions(), 16 * 3 + 9 * 16 * 16 * 3 + 16},
                               {"gru40_int16", RandomCell("gru", 40, 1), GruMacs(40)},
                               {"lstm40_int16", RandomCell("lstm", 40, 1), LstmMacs(40)}};
  for (const std::uint32_t hidden : {16U, 24U, 32U, 40U, 64U, 96U}) {
    const std::string name = "lstm" + std::to_string(hidden);
    const json model = RandomLstm(hidden, 1, 1);
    shapes.push_back({name, model, LstmMacs(hidden)});
    shapes.push_back({"nam_" + name + "_int16", model, LstmMacs(hidden)});
  }
  std::vector<std::unique_ptr<executor::Model>> models;
  Times times;
  const auto add = [&](const Shape& shape, const std::string& subject) {
    executor::Model* model = models.back().get();
    if (model == nullptr) return;
    for (const std::uint32_t at_once : {1U, 2U, 4U}) {
      const std::string together = at_once == 1 ? "" : "/" + std::to_string(at_once) + "_together";
      for (const std::int64_t frames : {32, 64, 128, 256}) {
        double* const least_us = &times[shape.name + together][frames][subject];
        benchmark::RegisterBenchmark((shape.name + "/" + subject + together).c_str(),
                                     [=, macs = shape.macs](benchmark::State& state) {
                                       Run(state, *model, macs, machine, at_once, least_us);
                                     })
            ->Arg(frames)
            ->Unit(benchmark::kMicrosecond);
      }
    }
  };
  const TemporaryDirectory directory;
  const auto fused = executor::OpenExecutor(CONTINUO_EXECUTOR_DIR, "fused");
  const auto torch = executor::OpenExecutor(CONTINUO_EXECUTOR_DIR, "torch");
  const char* torch_models = std::getenv("CONTINUO_BENCH_TORCH");
  for (const Shape& shape : shapes) {
    const std::string file = directory / (shape.name + ".nam");
    WriteFile(file, shape.model.dump());
    for (const auto* kernels : executor::fused::AvailableKernels()) {
      const ScopedEnvironment forced("CONTINUO_SIMD", kernels->name);
      models.push_back(Load(**fused, file));
      add(shape, kernels->name);
    }
    const std::string script =
        std::string(torch_models == nullptr ? "" : torch_models) + "/" + shape.name + ".pt";
    if (torch.ok() && torch_models != nullptr && std::filesystem::exists(script)) {
      models.push_back(Load(**torch, script));
      add(shape, "torch");
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  PrintRatios(times);
  return 0;
}

}  // namespace
}  // namespace continuo::test

int main(int count, char** arguments) { return continuo::test::Main(count, arguments); }
