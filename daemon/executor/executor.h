// SPDX-License-Identifier: Apache-2.0
// What can run a model: the interface that every executor module implements.
//
// Problem: the runner must not know (nor load) the machinery behind a model.
// An executor is a shared object `libcontinuo-executor-<name>.so` that exports
// `continuo_executor`, opened by OpenExecutor() (module.h) when the first model
// needs it.
//
// Layout: audio is planar float32, [channel][frame], nominal ±1, at the
// variant's rate. Parameters are [parameter][frame] in natural units, smoothed.
// Threads: Executor and Model from any one thread at a time, not an audio thread.
// A State belongs to one audio thread; a Model is read by all its states at once.
// Real time: State::Process is called on an audio thread. Where `real_time_safe`
// is true it neither allocates, locks, nor makes a system call.
// Ownership: a Model outlives its States, an Executor its Models; modules are
// never closed.
// Errors: absl::Status off the audio thread; ProcessError on it.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/executor/decoder.h"

namespace continuo::executor {

inline constexpr std::uint32_t kInterfaceVersion = 6;
// No model gains by more states at once.
inline constexpr std::uint32_t kMaxStatesTogether = 16;

enum class [[nodiscard]] ProcessError : std::uint8_t{
    kNone,
    kFailed,  // the output is undefined; the state has to be made anew
};

// Where the host is in its song at a block's first frame.
struct Transport {
  double position_quarters = 0;   // since the song's start, in quarter notes
  double bar_start_quarters = 0;  // where the present bar began
  double tempo_bpm = 0;
  std::uint16_t signature_numerator = 4;
  std::uint16_t signature_denominator = 4;
  bool playing = false;
  bool looping = false;
  bool exporting = false;
};

struct MidiEvent {
  std::uint32_t frame;  // within the block
  std::uint32_t size;   // bytes used of `data`, 1 to 8
  std::uint8_t data[8];
};

// `in` has Description::input_channels rows, `out` output_channels, `parameters`
// one row a parameter of the manifest; all have `frames` frames, from 1 to
// maximum_block_frames. `in` and `out` do not overlap.
struct Block {
  const float* const* in = nullptr;
  float* const* out = nullptr;
  const float* const* parameters = nullptr;
  std::uint32_t frames = 0;
  const Transport* transport = nullptr;  // null: not known
  const MidiEvent* midi = nullptr;       // ascending frames
  std::uint32_t midi_count = 0;
};

class State {
 public:
  virtual ~State() = default;
  virtual ProcessError Process(const Block& block) noexcept = 0;  // [audio-thread]
  // Back to the state of rest.
  virtual void Reset() noexcept = 0;  // [audio-thread]
};

struct Description {
  std::uint32_t sample_rate_hz = 0;
  std::uint32_t input_channels = 1;
  std::uint32_t output_channels = 1;
  std::uint32_t latency_frames = 0;
  std::uint32_t maximum_block_frames = 4096;
  bool real_time_safe = false;
};

class Model {
 public:
  virtual ~Model() = default;
  [[nodiscard]] virtual const Description& description() const = 0;
  [[nodiscard]] virtual absl::StatusOr<std::unique_ptr<State>> CreateState() = 0;
  // How many states take the least time each in one ProcessTogether(), as far as was measured when
  // the model was loaded: 1 where nothing is gained, at most kMaxStatesTogether. Above 1 only where
  // no state ever fails, as all of a call would be taken for failed.
  [[nodiscard]] virtual std::uint32_t states_together() const { return 1; }
  // Several of its states over blocks of one length, such as the channels of a stereo
  // stream: the same as one after the other, any number of them.
  virtual ProcessError ProcessTogether(State* const* states, const Block* blocks,
                                       std::uint32_t count) noexcept {  // [audio-thread]
    for (std::uint32_t i = 0; i < count; ++i) {
      if (states[i]->Process(blocks[i]) != ProcessError::kNone) return ProcessError::kFailed;
    }
    return ProcessError::kNone;
  }
};

// Plain values: a module carries no protobuf messages of its own.
struct LoadRequest {
  std::string model_id;
  std::string weights_path;
  Description description;  // as the manifest states it
  std::vector<std::string> parameter_ids;
  std::map<std::string, std::string> options;  // the variant's, such as "method": "encode"
  // Of a network that writes notes: what its weights may take, streamed; 0: all of them stay.
  std::uint64_t weight_window_bytes = 0;
};

// A parameter that a foreign file has: `id` fits a manifest.
struct FoundParameter {
  std::string id;
  std::string name;
  float minimum = 0;
  float maximum = 1;
  float default_value = 0;
  bool whole = false;  // a switch or a count: nothing is between its values, so it jumps
};

// What a foreign file is, as far as it says so: one model that can be made of it.
struct Inspection {
  std::string format;        // "NAM 0.5.4", "AIDA-X", "TorchScript (nn~)"
  std::string architecture;  // "WaveNet", "LSTM-40"
  std::string name;          // empty where the file has none; so too the next two
  std::string author;
  std::string license;
  Description description;
  std::vector<FoundParameter> parameters;
  std::map<std::string, std::string> options;  // for LoadRequest
  std::uint64_t weight_count = 0;
  double tail_ms = 0;               // how long it may sound after its input
  bool latency_stated = true;       // else `description` has the least, and it has to be probed
  bool sample_rate_stated = false;  // else the format's usual one is in `description`
  bool self_test_passed = false;    // there was one in the file
  std::vector<std::string> notes;   // for people: what was assumed, what the author wrote
};

// The weights of a file in other numbers.
struct Conversion {
  std::string weights_path;
  std::string precision;  // "fp32", "fp16", "bf16", "int8": of what is stored
  double prune = 0;       // share of the units that are left out, the least important first
  bool sparse = false;    // zeros are not stored
};

struct Converted {
  std::string file;                            // its bytes, which Load or LoadDecoder take
  std::map<std::string, std::string> options;  // the variant's, besides those of the original
  std::string remark;                          // for people: what is to be known of it
};

// What a fixed piece of work takes here, with the kernels that models get: of a block of 256
// frames of an effect at 48 kHz, and of a cell of a network that writes notes. One thread.
struct Benchmark {
  double block_us = 0;
  double cell_us = 0;
};

class Executor {
 public:
  virtual ~Executor() = default;
  [[nodiscard]] virtual absl::StatusOr<std::unique_ptr<Model>> Load(const LoadRequest& request) = 0;
  // A network that writes notes (decoder.h). `request` names the file and the variant's options,
  // such as "precision": "int8"; its description is not used.
  [[nodiscard]] virtual absl::StatusOr<std::unique_ptr<Decoder>> LoadDecoder(
      const LoadRequest& request) {
    return absl::UnimplementedError(request.weights_path + ": this executor writes no notes");
  }
  // Reads a file that comes without a manifest, which may be hostile, and runs the self-test
  // that it may carry. INVALID_ARGUMENT names the field, what it is and what is expected;
  // UNIMPLEMENTED where the executor reads no foreign files.
  [[nodiscard]] virtual absl::StatusOr<std::vector<Inspection>> Inspect(const std::string& path) {
    return absl::UnimplementedError(path + ": this executor reads no files without a manifest");
  }
  // UNIMPLEMENTED where the executor, or the file's format, does not know how.
  [[nodiscard]] virtual absl::StatusOr<Converted> Convert(const Conversion& conversion) {
    return absl::UnimplementedError(conversion.weights_path +
                                    ": this executor converts no weights");
  }
  // Takes some tenths of a second.
  [[nodiscard]] virtual absl::StatusOr<Benchmark> RunBenchmark() {
    return absl::UnimplementedError("this executor has no benchmark");
  }
};

// What a module exports, as `extern "C" const ExecutorModule continuo_executor`.
struct ExecutorModule {
  std::uint32_t interface_version;  // kInterfaceVersion
  const char* name;
  Executor* (*create)();  // never fails; owned by the caller
};

}  // namespace continuo::executor
