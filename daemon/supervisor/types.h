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

#include "continuo/v1/key_service.pb.h"
#include "continuo/v1/stream_service.pb.h"
#include "daemon/supervisor/stream_meter.h"

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
  // What it is counted for (core_ledger.h): as admitted, then as its client does.
  v1::StreamMode mode = v1::STREAM_MODE_UNSPECIFIED;
  double share = 0;
  int core = -1;  // -1: none yet
  std::string admission;
  std::string link_group;  // empty: none
  std::string sends_key;   // likewise
  std::string takes_key;
};

struct RunnerInfo {
  pid_t pid = 0;
  std::string executor;
  std::vector<std::string> models;  // keys of those it holds
  std::uint32_t streams = 0;
  std::uint32_t restarts = 0;
  std::string placement_reason;
  std::string scheduling;
  std::string confinement;
};

struct Snapshot {
  std::vector<RunnerInfo> runners;
  std::vector<StreamInfo> streams;
  std::vector<std::string> warnings;  // GetStatusResponse has what they are
};

struct StreamReading {
  StreamInfo info;
  StreamFigures figures;
  double load = 0;  // of the last second
};

struct CoreInfo {
  std::uint32_t core = 0;
  double capacity = 0;
  double planned = 0;
  std::uint32_t streams = 0;
};

// Everything at one moment.
struct Metrics {
  std::vector<RunnerInfo> runners;
  std::vector<StreamReading> streams;
  std::vector<CoreInfo> cores;
  StreamFigures total;  // of closed streams too
  std::uint64_t streams_opened = 0;
  std::uint64_t streams_refused = 0;
  std::uint64_t streams_moved = 0;
  std::uint64_t runner_restarts = 0;
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
  // All that there are now.
  virtual void OnWarningsChanged(const std::vector<std::string>& warnings) = 0;
};

struct SegmentOffer {
  std::string name;
  std::uint32_t generation = 0;
  std::uint32_t latency_frames = 0;
  double block_cost_us = 0;
  std::uint32_t model_rate_hz = 0;
  pid_t runner_pid = 0;
  v1::StreamMode mode = v1::STREAM_MODE_UNSPECIFIED;
  std::string admission;
};

// As v1::ParameterChanged.
struct ParameterChange {
  std::string id;
  float value = 0;
  bool by_link = false;
  std::uint32_t turned = 0;
};

// The client of one attached stream. Called on the loop's thread; must not wait.
class StreamClient {
 public:
  virtual ~StreamClient() = default;
  virtual void OnSegment(const SegmentOffer& offer) = 0;
  virtual void OnRunnerLost(const std::string& reason) = 0;
  virtual void OnParameterChanged(const ParameterChange& change) = 0;
  virtual void OnLinkAsked(const std::string& group) = 0;
  virtual void OnKeyBuses(const v1::KeyBuses& buses) = 0;
  // Every second: the loop turns.
  virtual void OnHeartbeat() = 0;
  // Nothing follows; the stream is no more.
  virtual void OnFailed(const std::string& reason) = 0;
  // The same, for want of room.
  virtual void OnRefused(const absl::Status& status) = 0;
};

// Who sends a key without a stream. Called on the loop's thread; must not wait.
class KeySendClient {
 public:
  virtual ~KeySendClient() = default;
  virtual void OnKeyBuses(const v1::KeyBuses& buses) = 0;
  // Nothing follows.
  virtual void OnEnd(const absl::Status& status) = 0;
};

}  // namespace continuo::supervisor
