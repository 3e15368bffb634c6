// SPDX-License-Identifier: Apache-2.0
// What writing notes costs with each instruction set, of each NAME.safetensors and NAME.pt in a
// folder, such as that of a model that ships, or what decoder_models.py writes:
//
//   decoder_bench FOLDER [ROUNDS]
//
// Processor time of the calling thread, since others may use the machine too: all subjects take
// turns in every round, and the least of all rounds counts. Quote ratios of one run only.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "daemon/executor/fused/kernels.h"
#include "daemon/executor/module.h"
#include "tests/unit/scoped_environment.h"

namespace continuo {
namespace {

namespace fs = std::filesystem;

// A piece of four bars of 4/4: a step is a sixteenth, a chord on each beat and a note a step.
constexpr std::uint32_t kSteps = 64, kCells = 80, kFirstBarCells = 20;
constexpr std::uint32_t kPast = 100, kTimedCells = 24;

double NowUs() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) * 1e-3;
}

struct Subject {
  std::string name;
  std::unique_ptr<executor::Decoder> decoder;
  std::map<std::string, double> least_us;
  void Took(const std::string& what, double us) {
    const auto [found, added] = least_us.try_emplace(what, us);
    if (!added) found->second = std::min(found->second, us);
  }
};

void Fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

std::vector<std::int32_t> Drawn(const std::vector<std::uint32_t>& counts, std::size_t times) {
  static std::mt19937 random(1);
  std::vector<std::int32_t> values;
  for (std::size_t i = 0; i < times; ++i) {
    for (const std::uint32_t count : counts) {
      values.push_back(static_cast<std::int32_t>(random() % count));
    }
  }
  return values;
}

// `batch` sequences of one decoder, cell by cell.
class Batch {
 public:
  Batch(const executor::Decoder& decoder, std::size_t size)
      : decoder_(decoder), tokens_(Drawn(decoder.shape().token_fields, kPast + kTimedCells)) {
    for (std::size_t i = 0; i < size; ++i) {
      sequences_.push_back(decoder.CreateSequence());
      logits_.emplace_back(decoder.shape().vocabulary);
    }
  }
  void Next(const std::vector<float>& encoded, std::uint32_t cell) {
    const auto& shape = decoder_.shape();
    const std::uint32_t step = cell * kSteps / kCells % kSteps;
    std::vector<executor::Cell> cells;
    for (std::size_t i = 0; i < sequences_.size(); ++i) {
      cells.push_back({sequences_[i].get(), tokens_.data() + cell * shape.token_fields.size(),
                       encoded.data() + std::size_t{step} * shape.width,
                       static_cast<std::int32_t>(step), logits_[i].data()});
    }
    if (const auto status = decoder_.Next(cells); !status.ok()) Fail(status.ToString());
  }

 private:
  const executor::Decoder& decoder_;
  std::vector<std::int32_t> tokens_;
  std::vector<std::unique_ptr<executor::Sequence>> sequences_;
  std::vector<std::vector<float>> logits_;
};

std::vector<float> Encoded(const executor::Decoder& decoder) {
  static std::map<std::size_t, std::vector<std::int32_t>> grids;
  auto& grid = grids[decoder.shape().grid_fields.size()];
  if (grid.empty()) grid.resize(kSteps * decoder.shape().grid_fields.size(), 1);
  auto rows = decoder.Encode(grid, kSteps);
  if (!rows.ok()) Fail(rows.status().ToString());
  return *std::move(rows);
}

// From nothing: what a request has to wait for, choosing notes aside.
void FourBars(Subject& subject, std::size_t batch) {
  const std::string name = "four bars, " + std::to_string(batch);
  const double begin = NowUs();
  const auto encoded = Encoded(*subject.decoder);
  const double rows = NowUs();
  Batch sequences(*subject.decoder, batch);
  for (std::uint32_t cell = 0; cell < kCells; ++cell) {
    if (cell == kFirstBarCells) subject.Took(name + ", first bar", NowUs() - begin);
    sequences.Next(encoded, cell);
  }
  subject.Took(name, NowUs() - begin);
  subject.Took("encoding", rows - begin);
}

void Cells(Subject& subject, std::size_t batch) {
  const auto encoded = Encoded(*subject.decoder);
  Batch sequences(*subject.decoder, batch);
  for (std::uint32_t cell = 0; cell < kPast; ++cell) sequences.Next(encoded, cell);
  const double begin = NowUs();
  for (std::uint32_t cell = 0; cell < kTimedCells; ++cell) sequences.Next(encoded, kPast + cell);
  subject.Took("cell, " + std::to_string(batch), (NowUs() - begin) / kTimedCells);
}

std::vector<Subject> Load(const fs::path& folder) {
  std::vector<Subject> subjects;
  static std::vector<std::unique_ptr<executor::Executor>> opened;
  const auto add = [&](const std::string& executor, const char* suffix, const std::string& kernels,
                       const std::string& precision) {
    auto module = executor::OpenExecutor(CONTINUO_EXECUTOR_DIR, executor);
    if (!module.ok()) return;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() != suffix) continue;
      executor::LoadRequest request;
      request.weights_path = entry.path();
      if (!precision.empty()) request.options["precision"] = precision;
      auto decoder = (*module)->LoadDecoder(request);
      if (!decoder.ok()) Fail(decoder.status().ToString());
      std::string name = entry.path().stem().string() + ", " + executor;
      if (!kernels.empty()) name += " " + kernels + " " + precision;
      subjects.push_back({name, *std::move(decoder), {}});
    }
    opened.push_back(*std::move(module));
  };
  for (const auto* kernels : executor::fused::AvailableKernels()) {
    const ScopedEnvironment forced("CONTINUO_SIMD", kernels->name);
    add("fused", ".safetensors", kernels->name, "fp32");
    add("fused", ".safetensors", kernels->name, "int8");
  }
  add("torch", ".pt", "", "");
  return subjects;
}

int Main(const fs::path& folder, int rounds) {
  auto subjects = Load(folder);
  for (int round = 0; round < rounds; ++round) {
    for (Subject& subject : subjects) {
      const bool torch = subject.name.find("torch") != std::string::npos;
      if (torch && round % 4 != 0) continue;  // it takes long
      // It runs candidates one after the other.
      for (const std::size_t batch : {1U, 4U, 8U}) {
        if (torch && batch > 1) continue;
        Cells(subject, batch);
        if (batch < 8) FourBars(subject, batch);
      }
    }
  }
  for (const Subject& subject : subjects) {
    std::printf("%s\n", subject.name.c_str());
    for (const auto& [what, us] : subject.least_us)
      std::printf("  %-24s %10.1f us\n", what.c_str(), us);
    const std::string model = subject.name.substr(0, subject.name.find(','));
    for (const Subject& other : subjects) {
      if (other.name != model + ", torch" || &other == &subject) continue;
      std::printf("  %-24s %10.1f\n", "torch's cell to this",
                  other.least_us.at("cell, 1") / subject.least_us.at("cell, 1"));
    }
    if (subject.least_us.contains("cell, 4")) {
      std::printf("  %-24s %10.2f\n", "four cells to one",
                  subject.least_us.at("cell, 4") / subject.least_us.at("cell, 1"));
      std::printf("  %-24s %10.2f\n", "four pieces to one",
                  subject.least_us.at("four bars, 4") / subject.least_us.at("four bars, 1"));
    }
  }
  return 0;
}

}  // namespace
}  // namespace continuo

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "Usage: decoder_bench FOLDER [ROUNDS]\n");
    return 2;
  }
  return continuo::Main(argv[1], argc > 2 ? std::atoi(argv[2]) : 40);
}
