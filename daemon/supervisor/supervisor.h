// SPDX-License-Identifier: Apache-2.0
// The control plane: which streams there are, which models, and which runners hold them.
//
// Problem: models crash, hang and are slow to load; musicians open, close and turn knobs
// meanwhile. A stream goes on through all of that: it gets a new segment from each runner
// that takes it over, with the parameters that it has now.
//
//   OpenStream ──► reserved ──Attach──► waiting for the model ──► waiting for the runner ──► ready
//                     │ not attached in time      ▲                                            │
//                     ▼                           └──────────── the runner ended ──────────────┘
//                   closed
//
// Threads: the public functions are [any-thread]: they check what needs the disk on the
// caller's thread, then post to the loop, which owns all state. Replies, the observer and
// the streams' clients are called there and must not wait.
// Errors: INVALID_ARGUMENT names field, value and limit; NOT_FOUND what there is;
// RESOURCE_EXHAUSTED the limit; UNAVAILABLE while stopping. Nothing has changed then.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "continuo/v1/stream_service.pb.h"
#include "daemon/base/background_worker.h"
#include "daemon/model/store.h"
#include "daemon/supervisor/core_ledger.h"
#include "daemon/supervisor/event_loop.h"
#include "daemon/supervisor/importer.h"
#include "daemon/supervisor/lane_table.h"
#include "daemon/supervisor/link_groups.h"
#include "daemon/supervisor/memory_keeper.h"
#include "daemon/supervisor/pending_loads.h"
#include "daemon/supervisor/placement.h"
#include "daemon/supervisor/types.h"

namespace continuo::supervisor {

struct SupervisorOptions {
  RunnerOptions runner;
  std::string wake = "auto";          // of streams that ask for nothing else
  bool one_runner_per_model = false;  // else one an executor
  double hang_timeout_s = 10;
  double start_timeout_s = 30;
  std::size_t restart_limit = 5;
  double restart_window_s = 60;
  double keep_loaded_s = 300;
  std::size_t maximum_streams = 256;
  AdmissionPolicy admission = AdmissionPolicy::kAdvise;
  double attach_timeout_s = 10;
  double import_timeout_s = 120;
  MemoryKeeper* memory = nullptr;  // never null when it runs; outlives all that have it
};

class Supervisor : private Placement::Host, private Importer::Host {
 public:
  // `observer` outlives this object. Removes what a daemon that was killed left in /dev/shm.
  Supervisor(const SupervisorOptions& options, std::shared_ptr<model::ModelStore> store,
             Observer* observer);
  ~Supervisor() override;
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  void OpenStream(const v1::OpenStreamRequest& request, const Reply<v1::OpenStreamResponse>& reply);
  // From OK on the client is told of everything, until OnFailed or Detach.
  void AttachStream(std::uint64_t id, const std::shared_ptr<StreamClient>& client,
                    const Done& done);
  void ConfirmSegment(std::uint64_t id, std::uint32_t generation, const Done& done);
  // Closes the stream if this client is the one that is attached to it; null: if none is.
  void Detach(std::uint64_t id, const std::shared_ptr<StreamClient>& client);
  void SetParameters(const v1::SetParametersRequest& request, const Done& done);
  // What a stream's own client says of its link group (link_groups.h).
  void JoinLink(std::uint64_t id, const v1::JoinLink& join, const Done& done);
  void TurnParameter(std::uint64_t id, const v1::ParameterTurned& turned, const Done& done);
  // Which key buses it writes and reads from now on.
  void SetKeys(std::uint64_t id, const v1::KeyWish& wish, const Done& done);
  // A sender without a stream. The client is called until its OnEnd, or EndKey.
  void SendKey(const v1::SendKeyRequest& request, const std::shared_ptr<KeySendClient>& client);
  void EndKey(const std::shared_ptr<KeySendClient>& client);
  void ListKeys(const std::function<void(const v1::ListKeysResponse&)>& reply);
  // Has its client asked to join.
  void SetLink(const v1::SetLinkRequest& request, const Done& done);
  void GetStatistics(std::uint64_t id, const Reply<v1::GetStatisticsResponse>& reply);
  void CloseStream(std::uint64_t id, const Done& done);

  // `keep_alive_s`: how long it stays when nothing uses it; below 0: as configured.
  void LoadModel(const std::string& id, const std::string& version, std::uint32_t sample_rate_hz,
                 double keep_alive_s, const Reply<LoadedVariant>& reply);
  void UnloadModel(const std::string& id, const std::string& version,
                   const Reply<std::uint32_t>& reply);

  // The client is called until its OnEnd.
  void ImportModel(const v1::ImportModelRequest& request,
                   const std::shared_ptr<ImportClient>& client);
  void CancelImport(const std::shared_ptr<ImportClient>& client);
  // Replies with the directories that were.
  void RemoveModel(const std::string& id, const std::string& version,
                   const Reply<std::vector<std::string>>& reply);

  void GetSnapshot(const std::function<void(Snapshot)>& reply);
  void GetMetrics(const std::function<void(const Metrics&)>& reply);
  [[nodiscard]] std::size_t stream_count() const { return stream_count_.load(); }

  // Fails all streams, ends all runners; `stopped` when none is left. Requests are refused
  // from here on.
  void Stop(const std::function<void()>& stopped);

 private:
  enum class Phase : std::uint8_t { kReserved, kWaitingForModel, kWaitingForRunner, kReady };
  struct Stream {
    StreamInfo info;
    PackagePtr package;
    int variant = 0;
    std::string model_key;
    std::string substitution;  // model::InPlaceOf
    Placement* place = nullptr;
    std::vector<float> parameters;  // in manifest order
    v1::ChannelMode channel_mode = v1::CHANNEL_MODE_UNSPECIFIED;
    std::uint32_t key_channels = 0;
    std::string key_bus;  // shared memory of what it sends; empty: none
    v1::KeyBuses told_buses;
    std::string wake;
    std::shared_ptr<StreamClient> client;
    Phase phase = Phase::kReserved;
    std::uint32_t generation = 0;
    std::string segment_name;  // empty once the name is removed
    std::uint64_t opening_ticks = 0;
    std::set<std::uint32_t> set_while_opening;    // parameters: the runner has older values
    std::map<std::string, std::uint32_t> turned;  // by its client, while it was attached
    EventLoop::TimerId attach_timer = EventLoop::kNoTimer;
    StreamModeAsked asked = StreamModeAsked::kAny;
    // By itself: its blocks may be longer than what is measured of them says.
    bool left_direct = false;
    std::string cost_key;    // what costs the same
    std::string scheduling;  // of the runner's thread, in its words
    StreamMeter meter;
  };
  struct KeySender {
    v1::SendKeyRequest request;
    std::string bus;
    v1::KeyBuses told;
    std::shared_ptr<KeySendClient> client;
  };
  // Of one model in streams of one format and with the same parameters.
  struct Cost {
    std::uint64_t taken_ns = 0;  // when it was warmed up last
    double least_us = 0;         // of a block alone, when warming up
    double crowded_us = 0;       // the same among others
  };
  // Placement::Host
  void OnRunnerStarted(Placement& place) override;
  void OnRunnerEnded(Placement& place, pid_t pid, const std::string& reason, bool asked) override;
  void OnModelLoaded(Placement& place, const std::string& key) override;
  void OnModelFailed(Placement& place, const std::string& key, const absl::Status& status) override;
  void OnModelUnloaded(Placement& place, const std::string& key) override;
  void OnStreamMessage(Placement& place, const internal::FromRunner& message) override;
  std::size_t UsersOf(const Placement& place, const std::string& key) override;
  std::string UsersInWords(const Placement& place, const std::string& key) override;
  bool StreamsAreOpening(const Placement& place) override;

  // Importer::Host
  absl::Status GiveUp(const std::string& id, const std::string& version) override;
  void OnModelsInstalled() override { observer_->OnModelsChanged(); }

  // Runs `task` on the loop, or refuses where the daemon is stopping.
  template <typename ReplyType, typename Task>
  void Run(const ReplyType& reply, Task task);
  [[nodiscard]] std::string PlaceKey(const v1::ModelManifest& manifest, int variant) const;
  // [any-thread] For a host of this rate, and for the memory that there is.
  [[nodiscard]] int ChooseVariant(const model::Runnable& run, std::uint32_t sample_rate_hz) const;
  Placement* PlaceFor(const PackagePtr& package, int variant);
  void ScheduleTick();
  void Tick();
  void ScheduleHeartbeat();
  [[nodiscard]] Snapshot MakeSnapshot() const;
  [[nodiscard]] std::vector<RunnerInfo> RunnerInfos() const;
  void FinishStop();

  // An empty version: all. FAILED_PRECONDITION while streams use one.
  [[nodiscard]] absl::StatusOr<std::uint32_t> UnloadNow(const std::string& id,
                                                        const std::string& version);
  [[nodiscard]] absl::StatusOr<Stream*> FindStream(std::uint64_t id);
  void OpenOnRunner(Stream* stream);
  void SendParameter(const Stream& stream, std::uint32_t index);
  void RemoveSegmentName(Stream* stream);
  void Refuse(std::uint64_t id, const absl::Status& status);
  void Close(std::uint64_t id, StreamState state, const std::string& reason);
  void OnStreamReady(const internal::StreamReady& ready);
  void OnStreamEnded(const internal::StreamEnded& ended);

  // supervisor_links.cc
  void TakeGroupValues(Stream* stream);
  void ShareParameter(const Stream& stream, const std::string& parameter_id, float value);
  void SetByLink(Stream* stream, const std::string& parameter_id, float value);

  // supervisor_keys.cc
  void RemoveKeyBus(Stream* stream);
  // By name: who is heard under it, and its bus.
  using HeardKeys = std::map<std::string, std::pair<std::uint64_t, std::string>>;
  [[nodiscard]] HeardKeys Heard() const;
  [[nodiscard]] v1::ListKeysResponse KeySenders() const;
  void TellKeyBuses();
  void CloseKey(std::uint64_t id, const absl::Status& status);

  // supervisor_cores.cc
  [[nodiscard]] absl::Status Admit(Stream* stream);
  [[nodiscard]] bool CostIsFresh(const std::string& key) const;
  void TakeCost(Stream* stream, double least_us, double crowded_us);
  void PlaceOnCore(Stream* stream);
  void FollowMode(Stream* stream);
  void MeasureAndBalance();
  void TellOverloads();
  [[nodiscard]] std::vector<std::string> Warnings() const;
  [[nodiscard]] Metrics ReadMetrics();

  const SupervisorOptions options_;
  const EventLoop::Clock::duration tick_interval_;
  PlacementOptions placement_options_;
  const std::shared_ptr<model::ModelStore> store_;
  Observer* const observer_;

  // [loop-thread] from here on.
  std::map<std::string, std::unique_ptr<Placement>> places_;  // by placement key
  std::map<std::uint64_t, Stream> streams_;
  std::map<std::uint64_t, KeySender> key_senders_;  // their ids are of the streams' count
  std::unique_ptr<Importer> importer_;
  PendingLoads pending_loads_;
  std::map<std::string, Cost> costs_;  // by cost key
  CoreLedger ledger_;
  LaneTable lanes_;
  LinkGroups links_;
  StreamFigures closed_figures_;  // of streams that are no more
  std::uint64_t streams_refused_ = 0;
  std::uint64_t streams_moved_ = 0;
  std::vector<Overload> overloads_;
  std::uint64_t next_stream_id_ = 1;
  EventLoop::TimerId tick_timer_ = EventLoop::kNoTimer;
  EventLoop::TimerId heartbeat_timer_ = EventLoop::kNoTimer;
  bool stopping_ = false;
  std::function<void()> stopped_;
  std::atomic<std::size_t> stream_count_{0};

  std::unique_ptr<base::BackgroundWorker> worker_;  // posts to the loop, so it ends first
  std::unique_ptr<EventLoop> loop_;                 // ends before the state it works on
};

template <typename ReplyType, typename Task>
void Supervisor::Run(const ReplyType& reply, Task task) {
  loop_->Post([this, reply, task] {
    if (stopping_) {
      reply(absl::UnavailableError("the daemon is stopping"));
    } else {
      task();
    }
  });
}

// What placements take of the options, whose ticks come in this interval.
[[nodiscard]] EventLoop::Clock::duration TickInterval(double hang_timeout_s);
[[nodiscard]] PlacementOptions ForPlacements(const SupervisorOptions& options,
                                             EventLoop::Clock::duration interval);

// `seconds` may be memory::kForever.
[[nodiscard]] EventLoop::Clock::duration ToDuration(double seconds);

// "id/version/variant".
[[nodiscard]] std::string ModelKey(const v1::ModelManifest& manifest, int variant);

}  // namespace continuo::supervisor
