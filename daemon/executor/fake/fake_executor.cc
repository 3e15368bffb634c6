// SPDX-License-Identifier: Apache-2.0
// An executor whose result is known exactly, and that can be told to misbehave.
//
// output = gain × input, delayed by the manifest's latency_frames. Parameters, by
// id, all optional:
//   gain      factor, frame by frame
//   crash     above 0.5: the process ends by SIGABRT
//   hang_ms   sleeps that long before each block
//   fail      above 0.5: Process reports a failure
//   nan       above 0.5: the output is not a number
//   burn_us   computes for so long, block by block
//   notes     above 0.5: adds velocity / 127 at the frame of each note that begins
//   position  above 0.5: adds the host's position in quarter notes, frame by frame, a
//             thousandth as loud, below 0 while it loops; 1 where it is not known
//   intrude   above 0.5: the output is what an intruder can do (intruder.h), its bits as a
//             number divided by 1024
// Weights file: its first word must be "fake"; anything else does not load. All of it is held in
// memory as long as the model is.
// Inspect reads lines KEY=VALUE after that word, all optional:
//   name, author, license, note, rate, latency
//   models    how many the file holds, by option "method": "forward", "m1", "m2" …
//   self_test "failed": refused
//   inspect   "abort", "hang", "allocate" (without end)
#include <absl/strings/str_cat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <utility>
#include <vector>

#include "daemon/base/read_file.h"
#include "daemon/executor/executor.h"
#include "daemon/executor/fake/fake_decoder.h"
#include "daemon/executor/fake/intruder.h"

namespace continuo::executor {
namespace {

constexpr std::size_t kMaximumBytes = std::size_t{1} << 30;

struct ParameterIndices {
  explicit ParameterIndices(const std::vector<std::string>& ids)
      : gain(Find(ids, "gain")),
        crash(Find(ids, "crash")),
        hang_ms(Find(ids, "hang_ms")),
        fail(Find(ids, "fail")),
        nan(Find(ids, "nan")),
        burn_us(Find(ids, "burn_us")),
        notes(Find(ids, "notes")),
        position(Find(ids, "position")),
        intrude(Find(ids, "intrude")) {}

  static int Find(const std::vector<std::string>& ids, const char* id) {
    const auto found = std::find(ids.begin(), ids.end(), id);
    return found == ids.end() ? -1 : static_cast<int>(found - ids.begin());
  }

  int gain, crash, hang_ms, fail, nan, burn_us, notes, position, intrude;
};

float At(const float* const* parameters, int index, std::uint32_t frame, float otherwise) {
  return index < 0 ? otherwise : parameters[index][frame];
}

void Burn(double us) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const double end_us =
      static_cast<double>(now.tv_sec) * 1e6 + 1e-3 * static_cast<double>(now.tv_nsec) + us;
  do {
    clock_gettime(CLOCK_MONOTONIC, &now);
  } while (static_cast<double>(now.tv_sec) * 1e6 + 1e-3 * static_cast<double>(now.tv_nsec) <
           end_us);
}

// What the notes that begin at `frame` sound like.
float NotesAt(const Block& block, std::uint32_t frame) {
  float sum = 0.0F;
  for (std::uint32_t i = 0; i < block.midi_count; ++i) {
    const MidiEvent& event = block.midi[i];
    if (event.frame != frame || event.size < 3 || (event.data[0] & 0xF0U) != 0x90U) continue;
    sum += static_cast<float>(event.data[2]) / 127.0F;
  }
  return sum;
}

float PositionAt(const Block& block, std::uint32_t frame, std::uint32_t rate_hz) {
  if (block.transport == nullptr) return 1.0F;
  const double passed =
      block.transport->playing ? frame * block.transport->tempo_bpm / 60.0 / rate_hz : 0.0;
  const double scale = block.transport->looping ? -0.001 : 0.001;
  return static_cast<float>(scale * (block.transport->position_quarters + passed));
}

class FakeState final : public State {
 public:
  FakeState(const Description& description, const ParameterIndices& indices)
      : description_(description),
        indices_(indices),
        delay_(std::size_t{description.input_channels} * description.latency_frames, 0.0F) {}

  ProcessError Process(const Block& block) noexcept override {
    const float* const* const in = block.in;
    float* const* const out = block.out;
    const float* const* const parameters = block.parameters;
    const std::uint32_t frames = block.frames;
    const std::uint32_t last = frames - 1;
    if (At(parameters, indices_.crash, last, 0.0F) > 0.5F) std::abort();
    if (const float hang_ms = At(parameters, indices_.hang_ms, last, 0.0F); hang_ms > 0.0F) {
      const double seconds = hang_ms / 1000.0;
      timespec time{};
      time.tv_sec = static_cast<time_t>(seconds);
      time.tv_nsec = static_cast<long>((seconds - static_cast<double>(time.tv_sec)) * 1e9);
      nanosleep(&time, nullptr);
    }
    if (const float us = At(parameters, indices_.burn_us, last, 0.0F); us > 0.0F) Burn(us);
    if (At(parameters, indices_.fail, last, 0.0F) > 0.5F) return ProcessError::kFailed;
    if (At(parameters, indices_.intrude, last, 0.0F) > 0.5F) {
      const float deeds = static_cast<float>(Intrude()) / 1024.0F;
      for (std::uint32_t channel = 0; channel < description_.output_channels; ++channel) {
        std::fill_n(out[channel], frames, deeds);
      }
      return ProcessError::kNone;
    }
    const std::uint32_t latency = description_.latency_frames;
    std::uint32_t place = place_;
    for (std::uint32_t channel = 0; channel < description_.output_channels; ++channel) {
      float* delay = delay_.data() + std::size_t{channel} * latency;
      place = place_;
      for (std::uint32_t i = 0; i < frames; ++i) {
        float sample = in[channel][i] * At(parameters, indices_.gain, i, 1.0F);
        if (At(parameters, indices_.notes, i, 0.0F) > 0.5F) sample += NotesAt(block, i);
        if (At(parameters, indices_.position, i, 0.0F) > 0.5F) {
          sample += PositionAt(block, i, description_.sample_rate_hz);
        }
        if (latency > 0) {
          std::swap(sample, delay[place]);
          place = (place + 1) % latency;
        }
        out[channel][i] = At(parameters, indices_.nan, i, 0.0F) > 0.5F
                              ? std::numeric_limits<float>::quiet_NaN()
                              : sample;
      }
    }
    place_ = place;
    return ProcessError::kNone;
  }

  void Reset() noexcept override {
    std::fill(delay_.begin(), delay_.end(), 0.0F);
    place_ = 0;
  }

 private:
  const Description description_;
  const ParameterIndices indices_;
  std::vector<float> delay_;
  std::uint32_t place_ = 0;
};

class FakeModel final : public Model {
 public:
  FakeModel(const LoadRequest& request, std::string weights)
      : description_(request.description),
        indices_(request.parameter_ids),
        weights_(std::move(weights)) {
    description_.real_time_safe = true;
  }
  [[nodiscard]] const Description& description() const override { return description_; }
  absl::StatusOr<std::unique_ptr<State>> CreateState() override {
    return std::make_unique<FakeState>(description_, indices_);
  }

 private:
  Description description_;
  ParameterIndices indices_;
  std::string weights_;
};

std::map<std::string, std::string> ReadKeys(const std::string& path) {
  std::map<std::string, std::string> keys;
  std::string head(4096, '\0');  // what comes after is ballast
  std::ifstream file_on_disk(path);
  file_on_disk.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(file_on_disk.gcount()));
  std::istringstream file(head);
  for (std::string line; std::getline(file, line);) {
    if (const auto equals = line.find('='); equals != std::string::npos) {
      keys[line.substr(0, equals)] = line.substr(equals + 1);
    }
  }
  return keys;
}

void Misbehave(const std::string& how) {
  if (how == "abort") std::abort();
  while (how == "hang") pause();
  std::vector<std::unique_ptr<std::vector<char>>> held;
  while (how == "allocate") held.push_back(std::make_unique<std::vector<char>>(1 << 24, 'x'));
}

class FakeExecutor final : public Executor {
 public:
  absl::StatusOr<std::vector<Inspection>> Inspect(const std::string& path) override {
    std::map<std::string, std::string> keys = ReadKeys(path);
    const auto number = [&](const char* key, int otherwise) {
      return keys.contains(key) ? std::atoi(keys[key].c_str()) : otherwise;
    };
    std::string word;
    std::ifstream(path) >> word;
    if (word != "fake") return Executor::Inspect(path);
    Misbehave(keys["inspect"]);
    if (keys["self_test"] == "failed") {
      return absl::InvalidArgumentError(absl::StrCat(path, ": the self-test is off by 0.5"));
    }
    Inspection found;
    found.format = "Fake 1";
    found.architecture = "Gain";
    found.name = keys["name"];
    found.author = keys["author"];
    found.license = keys["license"];
    found.description.sample_rate_hz = static_cast<std::uint32_t>(number("rate", 48000));
    found.sample_rate_stated = keys.contains("rate");
    found.description.latency_frames = static_cast<std::uint32_t>(number("latency", 0));
    found.parameters = {{"gain", "Gain", 0, 4, 1}};
    found.weight_count = 1;
    found.self_test_passed = keys.contains("self_test");
    if (keys.contains("note")) found.notes = {keys["note"]};
    std::vector<Inspection> all(1, found);
    for (int i = 1; i < number("models", 1); ++i) {
      all.push_back(found);
      all.back().options["method"] = absl::StrCat("m", i);
    }
    if (all.size() > 1) all.front().options["method"] = "forward";
    return all;
  }

  absl::StatusOr<std::unique_ptr<Model>> Load(const LoadRequest& request) override {
    auto weights = base::ReadFile(request.weights_path, kMaximumBytes);
    if (!weights.ok()) return weights.status();
    if (weights->rfind("fake", 0) != 0) {
      return absl::InvalidArgumentError(request.weights_path + ": does not say 'fake'");
    }
    if (request.description.input_channels != request.description.output_channels) {
      return absl::InvalidArgumentError(request.model_id + ": input and output channels differ");
    }
    return std::make_unique<FakeModel>(request, *std::move(weights));
  }

  absl::StatusOr<std::unique_ptr<Decoder>> LoadDecoder(const LoadRequest& request) override {
    auto weights = base::ReadFile(request.weights_path, kMaximumBytes);
    if (!weights.ok()) return weights.status();
    if (weights->rfind("fake", 0) != 0) {
      return absl::InvalidArgumentError(request.weights_path + ": does not say 'fake'");
    }
    return MakeFakeDecoder(ReadKeys(request.weights_path), *std::move(weights));
  }
};

}  // namespace
}  // namespace continuo::executor

extern "C" __attribute__((visibility("default")))
const continuo::executor::ExecutorModule continuo_executor;
const continuo::executor::ExecutorModule continuo_executor = {
    continuo::executor::kInterfaceVersion, "fake",
    []() -> continuo::executor::Executor* { return new continuo::executor::FakeExecutor; }};
