// SPDX-License-Identifier: Apache-2.0
// What the supervisor tells others of its streams and runners. Plain values.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace continuo::supervisor {

// Of a request: called once, on the loop's thread or from within the request.
template <typename T>
using Reply = std::function<void(absl::StatusOr<T>)>;
using Done = std::function<void(absl::Status)>;

enum class StreamState : std::uint8_t {
  kOpening,     // not attached yet, or its model is being loaded
  kReady,       // its segment has been offered
  kRestarting,  // its runner has ended, another is coming
  kFailed,      // closed with an error
};

struct StreamInfo {
  std::uint64_t id = 0;
  std::string model_id;
  std::string model_version;
  std::string variant;
  std::string client_name;
  std::uint32_t sample_rate_hz = 0;
  std::uint32_t channels = 0;
  std::uint32_t maximum_block_frames = 0;
  StreamState state = StreamState::kOpening;
  pid_t runner_pid = 0;  // 0: none now
};

struct RunnerInfo {
  pid_t pid = 0;
  std::string executor;
  std::vector<std::string> models;  // keys of those it holds
  std::uint32_t streams = 0;
  std::uint32_t restarts = 0;
  std::string placement_reason;
  std::string scheduling;
};

struct Snapshot {
  std::vector<RunnerInfo> runners;
  std::vector<StreamInfo> streams;
};

struct LoadedVariant {
  std::string variant;
  pid_t runner_pid = 0;
};

// Told of what changes, on the loop's thread.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void OnRunnerStarted(pid_t pid) = 0;
  virtual void OnRunnerEnded(pid_t pid, const std::string& reason, bool asked) = 0;
  virtual void OnStreamChanged(const StreamInfo& stream, bool closed) = 0;
  virtual void OnModelsChanged() = 0;
};

struct SegmentOffer {
  std::string name;
  std::uint32_t generation = 0;
  std::uint32_t latency_frames = 0;
  double block_cost_us = 0;
  std::uint32_t model_rate_hz = 0;
  pid_t runner_pid = 0;
};

// The client of one attached stream. Called on the loop's thread; must not wait.
class StreamClient {
 public:
  virtual ~StreamClient() = default;
  virtual void OnSegment(const SegmentOffer& offer) = 0;
  virtual void OnRunnerLost(const std::string& reason) = 0;
  virtual void OnParameterChanged(const std::string& id, float value) = 0;
  // Every second: the loop turns.
  virtual void OnHeartbeat() = 0;
  // Nothing follows; the stream is no more.
  virtual void OnFailed(const std::string& reason) = 0;
};

}  // namespace continuo::supervisor
