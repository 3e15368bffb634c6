// SPDX-License-Identifier: Apache-2.0
// What a block of each shipped model costs, variant by variant: knobs still, and moving.
// Names: MODEL/VARIANT/still|moving/FRAMES. For figures, one core and several repetitions:
// taskset -c 1 model_bench --benchmark_repetitions=9 --benchmark_enable_random_interleaving=true
#include <benchmark/benchmark.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/thread.h"
#include "daemon/executor/module.h"
#include "daemon/model/package.h"
#include "daemon/model/parameters.h"
#include "daemon/model/variant.h"

namespace continuo {
namespace {

constexpr std::uint32_t kSignalFrames = 48000;

// Decaying notes, loud enough to drive what is driven by loudness.
std::vector<float> Signal() {
  std::vector<float> signal(kSignalFrames);
  for (std::uint32_t i = 0; i < kSignalFrames; ++i) {
    const std::uint32_t note = i / 12000;
    const double t = (i % 12000) / 48000.0;
    signal[i] = static_cast<float>(0.5 * std::exp(-3 * t) *
                                   std::sin(2 * 3.14159265358979 * 110 * (note + 2) * t));
  }
  return signal;
}

struct Subject {
  std::unique_ptr<executor::Model> model;
  std::vector<std::vector<float>> still, moving;  // [parameter][frame]
};

executor::Executor* Opened(const std::string& name) {
  static std::map<std::string, std::unique_ptr<executor::Executor>> opened;
  auto& slot = opened[name];
  if (slot == nullptr) {
    auto found = executor::OpenExecutor(CONTINUO_EXECUTOR_DIR, name);
    if (found.ok()) slot = *std::move(found);
  }
  return slot.get();
}

std::unique_ptr<Subject> Load(const model::Package& package, const v1::Variant& variant) {
  executor::Executor* const executor = Opened(model::ExecutorOf(package.manifest, variant));
  if (executor == nullptr) return nullptr;
  const auto& manifest = package.manifest;
  executor::LoadRequest request;
  request.model_id = manifest.id();
  request.weights_path = package.directory + "/" + variant.file();
  request.description.sample_rate_hz = variant.sample_rate_hz();
  request.description.input_channels = manifest.audio().input_channels();
  request.description.output_channels = manifest.audio().output_channels();
  request.description.latency_frames = manifest.audio().latency_frames();
  auto subject = std::make_unique<Subject>();
  for (const auto& parameter : manifest.parameters()) {
    if (model::IsMacro(parameter)) continue;
    request.parameter_ids.push_back(parameter.id());
    std::vector<float> still(kSignalFrames, parameter.default_value());
    std::vector<float> moving(kSignalFrames);
    for (std::uint32_t i = 0; i < kSignalFrames; ++i) {
      moving[i] = parameter.minimum() + (parameter.maximum() - parameter.minimum()) *
                                            static_cast<float>(i) / kSignalFrames;
    }
    subject->still.push_back(std::move(still));
    subject->moving.push_back(std::move(moving));
  }
  auto loaded = executor->Load(request);
  if (!loaded.ok()) return nullptr;
  subject->model = *std::move(loaded);
  return subject;
}

void Measure(benchmark::State& bench, const Subject& subject,
             const std::vector<std::vector<float>>& parameters, std::uint32_t frames) {
  static const std::vector<float> signal = Signal();
  const auto state = subject.model->CreateState();
  std::vector<float> out(frames);
  float* to = out.data();
  std::vector<const float*> at(parameters.size());
  std::uint32_t done = 0;
  for (auto _ : bench) {
    const float* from = signal.data() + done;
    for (std::size_t p = 0; p < at.size(); ++p) at[p] = parameters[p].data() + done;
    if ((*state)->Process({&from, &to, at.data(), frames}) != executor::ProcessError::kNone) {
      bench.SkipWithError("failed");
      break;
    }
    benchmark::DoNotOptimize(to[0]);
    done += frames;
    if (done + frames > kSignalFrames) done = 0;
  }
}

}  // namespace
}  // namespace continuo

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  benchmark::Initialize(&argc, argv);
  continuo::base::FlushDenormals();
  std::vector<std::unique_ptr<continuo::Subject>> subjects;
  for (const auto& entry : fs::directory_iterator(CONTINUO_MODEL_SOURCE_DIR)) {
    if (!fs::exists(entry.path() / "model.json")) continue;
    const auto package = continuo::model::LoadPackage(entry.path());
    if (!package.ok()) continue;
    for (const auto& variant : package->manifest.variants()) {
      auto subject = continuo::Load(*package, variant);
      if (subject == nullptr) continue;
      for (const bool moves : {false, true}) {
        for (const std::uint32_t frames : {64U, 256U}) {
          const std::string name = package->manifest.id() + "/" + variant.id() +
                                   (moves ? "/moving/" : "/still/") + std::to_string(frames);
          benchmark::RegisterBenchmark(
              name.c_str(), [raw = subject.get(), moves, frames](benchmark::State& bench) {
                continuo::Measure(bench, *raw, moves ? raw->moving : raw->still, frames);
              });
        }
      }
      subjects.push_back(std::move(subject));
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
