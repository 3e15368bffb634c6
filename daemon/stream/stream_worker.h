// SPDX-License-Identifier: Apache-2.0
// One stream in the runner: the audio thread between a segment's two rings.
//
// Threads: one audio thread of its own, or a lane's (worker_lane.h). The other functions
// [control-thread].
// Real time: between wake-up and publication no allocation, lock, log, exception
// or system call but the wake-up itself (tests/realtime, with an executor that
// keeps to it).
// Priority: priority_keeper.h. Waiting: block_waiter.h, as wake_plan.h decides.
// Trust: what the client writes is checked in ipc; a client that writes nothing
// valid kMaxViolationsInARow times has ended its stream, as has one that cuts its segment short
// (mapping_guard.h).
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "daemon/stream/block_pace.h"
#include "daemon/stream/block_waiter.h"
#include "daemon/stream/core_hint.h"
#include "daemon/stream/priority_keeper.h"
#include "daemon/stream/signal_path.h"
#include "daemon/stream/wake_plan.h"
#include "shared/ipc/block_ring.h"
#include "shared/ipc/segment.h"
#include "shared/ipc/statistics.h"

namespace continuo::stream {

class StreamWorker {
 public:
  static constexpr std::uint32_t kMaxViolationsInARow = 1000;
  static constexpr std::uint32_t kMaxFailuresInARow = 100;

  StreamWorker(std::unique_ptr<ipc::Segment> segment, std::unique_ptr<SignalPath> path,
               std::uint32_t parameter_count, int realtime_priority, PriorityBroker broker = {});
  ~StreamWorker();  // stops the audio thread and waits for it

  // The audio thread starts here, on any core and at the full priority.
  void Start() { StartOn(0, realtime_priority_); }
  // The same on one core, counted from 1, or any: 0. `claimed`: a lane's; the thread takes it
  // for good, as soon as no block is in hand there, and steps from then on.
  void StartOn(std::uint32_t core, int realtime_priority, std::atomic<bool>* claimed = nullptr);
  // Ends the audio thread, after the block in hand: for a lane, or to start another. The thread
  // itself sets `claimed` to false as the last it does: whoever waits for that may step. Where it
  // has ended already, or there was none, this does; nobody touches `claimed` afterwards.
  void Join(std::atomic<bool>* claimed = nullptr);
  // [audio-thread] One look at the ring; true: there was a block, look again at once.
  bool Step() noexcept;
  // [audio-thread] The same in two steps, for who runs several streams at once: each kBlock has to
  // be followed by a Finish with it. Of several as together() allows, all frames_in_hand() are the
  // same; each is counted with its share of the time.
  enum class Taken : std::uint8_t { kNothing, kRefused, kBlock };
  [[nodiscard]] Taken Take() noexcept;
  static void Finish(std::span<StreamWorker* const> taken) noexcept;
  [[nodiscard]] std::uint32_t frames_in_hand() const noexcept { return storage_.block.frames; }
  [[nodiscard]] Together together() const noexcept { return path_->together(); }
  // [audio-thread] When Step() is due: later than now where the client sends more than its
  // sound lasts, and does not export. For who has others to step.
  [[nodiscard]] std::uint64_t due_ns() const noexcept { return offline() ? 0 : pace_.due_ns(); }
  [[nodiscard]] ipc::Signal& input_signal() const noexcept { return segment_->input_signal(); }
  // The client exports: it takes all the time that there is.
  [[nodiscard]] bool offline() const noexcept { return offline_.load(std::memory_order_relaxed); }
  // Index and value as in the manifest; taken at the next block.
  void SetParameter(std::uint32_t index, float value) noexcept;
  // Heartbeat, priority, a look at where the client runs; to be called about every 50 ms.
  void Housekeep();
  // How it does since the call before, for a plan; `asked` and `last` are left alone.
  void Measure(std::uint64_t now_ns, StreamFacts* facts);
  void Follow(const WakePlan& plan);
  // In a lane: what scheduling() is to say, until it has a thread of its own again.
  void TellLane(const std::string& words);

  [[nodiscard]] ipc::Statistics statistics() const noexcept;
  [[nodiscard]] std::uint64_t missed_blocks() const noexcept;
  // Share of one core's time over the time of the frames processed.
  [[nodiscard]] double Load(const ipc::Statistics& figures) const noexcept;
  // Its model takes longer than its blocks last. By the thread that steps it.
  [[nodiscard]] bool fallen() const noexcept { return priority_.fallen(); }
  // Why the thread has ended by itself; empty while it runs.
  [[nodiscard]] std::string ended_reason() const;
  // How long the block in hand has taken until now; 0 between blocks.
  [[nodiscard]] std::uint64_t busy_ns() const noexcept;
  // "SCHED_FIFO 10; sleeps on core 1 with its client (auto: 2 cores, 0.2 to spare)".
  [[nodiscard]] std::string scheduling() const;

 private:
  enum class End : std::uint8_t { kNot, kViolations, kFailures };

  void Run();
  [[nodiscard]] bool ended() const noexcept {
    return end_.load(std::memory_order_relaxed) != End::kNot || segment_->cut();
  }
  void Begin() noexcept;
  void Answer(bool ran, std::uint64_t process_ns) noexcept;
  [[nodiscard]] std::uint64_t DurationNs(std::uint32_t frames) const noexcept;
  void NoteViolation() noexcept;
  void TakeOrderedParameters() noexcept;

  const std::unique_ptr<ipc::Segment> segment_;
  const std::unique_ptr<SignalPath> path_;
  const std::uint32_t parameter_count_;
  const int realtime_priority_;

  ipc::InputConsumer input_;
  ipc::OutputProducer output_;
  ipc::InputStorage storage_{};
  std::vector<float> audio_;
  std::vector<float*> out_rows_;
  ipc::Statistics figures_;  // [audio-thread]
  std::uint32_t violations_in_a_row_ = 0;
  std::uint32_t failures_in_a_row_ = 0;
  std::uint64_t start_ns_ = 0;  // of the block in hand
  BlockPace pace_;
  BlockWaiter waiter_;
  PriorityKeeper priority_;

  std::atomic<float> ordered_values_[ipc::kMaxParameters]{};
  std::atomic<std::uint64_t> ordered_{0};
  std::atomic<std::uint64_t> busy_since_ns_{0};
  std::atomic<bool> offline_{false};
  std::atomic<bool> stop_{false};
  std::atomic<bool> ended_{false};                 // the audio thread has
  std::atomic<std::atomic<bool>*> heir_{nullptr};  // Join's claim
  std::atomic<End> end_{End::kNot};
  // For whoever decides how it waits.
  std::atomic<std::uint32_t> client_processor_{0};
  std::atomic<std::uint64_t> blocks_{0};
  std::atomic<std::uint64_t> process_ns_{0};
  std::atomic<std::uint32_t> placed_{0};  // StartOn's core
  // [control-thread]
  CoreHint client_core_;
  std::uint64_t looked_blocks_ = 0;
  std::uint64_t measured_ns_ = 0, measured_blocks_ = 0, measured_process_ns_ = 0;
  std::uint64_t played_ns_ = 0;  // when blocks had come at a look, lately
  mutable std::mutex plan_mutex_;
  WakePlan plan_;
  std::string lane_words_;
  std::thread thread_;
};

}  // namespace continuo::stream
