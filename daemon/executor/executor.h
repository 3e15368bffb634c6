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
#include <memory>
#include <string>
#include <vector>

namespace continuo::executor {

inline constexpr std::uint32_t kInterfaceVersion = 1;

enum class [[nodiscard]] ProcessError : std::uint8_t{
    kNone,
    kFailed,  // the output is undefined; the state has to be made anew
};

class State {
 public:
  virtual ~State() = default;
  // `in` has Description::input_channels rows, `out` output_channels, `parameters`
  // one row a parameter of the manifest; all have `frames` frames, from 1 to
  // maximum_block_frames. `in` and `out` do not overlap.
  virtual ProcessError Process(const float* const* in, float* const* out,
                               const float* const* parameters,
                               std::uint32_t frames) noexcept = 0;  // [audio-thread]
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
};

// Plain values: a module carries no protobuf messages of its own.
struct LoadRequest {
  std::string model_id;
  std::string weights_path;
  Description description;  // as the manifest states it
  std::vector<std::string> parameter_ids;
};

class Executor {
 public:
  virtual ~Executor() = default;
  [[nodiscard]] virtual absl::StatusOr<std::unique_ptr<Model>> Load(const LoadRequest& request) = 0;
};

// What a module exports, as `extern "C" const ExecutorModule continuo_executor`.
struct ExecutorModule {
  std::uint32_t interface_version;  // kInterfaceVersion
  const char* name;
  Executor* (*create)();  // never fails; owned by the caller
};

}  // namespace continuo::executor
