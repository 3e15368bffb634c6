// SPDX-License-Identifier: Apache-2.0
// Microseconds a block of NAM's standard WaveNet where one stream runs alone, and where a
// hundred take turns, each with a memory that the others have pushed out of the cache. Builds
// of the executor are measured beside each other, in turns too:
//
//   turns_bench [DIRECTORY…]     folders of executors; without any, that of this build
//
// Medians of a round's blocks, then of the rounds. CONTINUO_SIMD chooses the kernels. Pin it to
// one core (taskset), and quote ratios of one run only.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/thread.h"
#include "daemon/executor/module.h"
#include "tests/unit/nam_reference.h"
#include "tests/unit/temporary_directory.h"

namespace continuo::test {
namespace {

constexpr std::uint32_t kMostFrames = 256, kMostStreams = 100;
constexpr int kRounds = 15, kBlocks = 600;  // of a round

struct Case {
  std::size_t streams;
  std::uint32_t frames;
};
constexpr Case kCases[] = {{1, 16},
                           {1, 64},
                           {1, kMostFrames},
                           {kMostStreams, 16},
                           {kMostStreams, 64},
                           {kMostStreams, kMostFrames}};

struct Subject {
  std::string directory;
  std::unique_ptr<executor::Executor> executor;
  std::unique_ptr<executor::Model> model;
  std::vector<std::unique_ptr<executor::State>> states;
  std::vector<double> medians[std::size(kCases)];
};

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double Round(const Subject& subject, const Case& of, const std::vector<float>& in) {
  std::vector<float> out(kMostFrames);
  const float* const from = in.data();
  float* const to = out.data();
  std::vector<double> took;
  for (int i = 0; i < kBlocks; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    static_cast<void>(subject.states[static_cast<std::size_t>(i) % of.streams]->Process(
        {&from, &to, nullptr, of.frames}));
    const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - begin;
    if (i >= static_cast<int>(of.streams)) took.push_back(time.count());
  }
  return Median(std::move(took));
}

bool Open(const std::string& directory, const std::string& file, Subject& subject) {
  subject.directory = directory;
  executor::LoadRequest request;
  request.weights_path = file;
  request.description.sample_rate_hz = 48000;
  auto opened = executor::OpenExecutor(directory, "fused");
  absl::Status status = opened.status();
  if (opened.ok()) {
    subject.executor = *std::move(opened);
    auto loaded = subject.executor->Load(request);
    status = loaded.status();
    if (loaded.ok()) subject.model = *std::move(loaded);
  }
  for (std::uint32_t s = 0; status.ok() && s < kMostStreams; ++s) {
    auto state = subject.model->CreateState();
    status = state.status();
    if (state.ok()) subject.states.push_back(*std::move(state));
  }
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok();
}

int Main(const std::vector<std::string>& directories) {
  base::FlushDenormals();
  const TemporaryDirectory folder;
  const std::string file = folder / "model.nam";
  WriteFile(file, RandomStandardWaveNet(1).dump());
  std::vector<Subject> subjects(directories.size());
  for (std::size_t s = 0; s < subjects.size(); ++s) {
    if (!Open(directories[s], file, subjects[s])) return 1;
  }
  const auto in = TestSignal(kMostFrames, 1);
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t c = 0; c < std::size(kCases); ++c) {
      for (Subject& subject : subjects) subject.medians[c].push_back(Round(subject, kCases[c], in));
    }
  }
  for (std::size_t c = 0; c < std::size(kCases); ++c) {
    for (const Subject& subject : subjects) {
      std::printf("%3zu streams, %3u frames: %6.2f us  %s\n", kCases[c].streams, kCases[c].frames,
                  Median(subject.medians[c]), subject.directory.c_str());
    }
  }
  return 0;
}

}  // namespace
}  // namespace continuo::test

int main(int count, char** arguments) {
  std::vector<std::string> directories(arguments + 1, arguments + count);
  if (directories.empty()) directories.emplace_back(CONTINUO_EXECUTOR_DIR);
  return continuo::test::Main(directories);
}
