// SPDX-License-Identifier: Apache-2.0
// One audio thread that steps many streams, a block each in turn.
//
// Problem: a thread a stream is a wake-up a stream, and with hundreds of pipelined streams
// the wake-ups take more than some models do. Pipelined streams can wait a moment: a lane
// wakes with the first block, lets the host send the others (kGatherNs), and takes all that
// are there before it sleeps again.
// What it costs: a stream's block waits for those before it, and one that hangs holds up
// the rest, but those of its batch, until Rescue() gives them to another lane (the caller looks
// every 50 ms) or the runner's watchdog ends it all. Direct streams have threads of their own.
// Fairness: a block each in turn, and of none more than its sound lasts (block_pace.h).
// Batches: blocks of one model and length that are there together run at once where that is faster
// (SignalPath::together). They are answered together, none is waited for, and where one hangs all
// of them do.
// Threads: one audio thread of its own; the functions [control-thread].
// Real time: as StreamWorker; the list of streams is swapped, never locked. Its priority
// (priority_keeper.h) is one below that of direct streams, which so come first. A model that
// takes longer than its blocks last brings its lane to normal priority, until it has recovered, is
// silent or elsewhere; one that was silent does so again with its next block. Who works without a
// sleep for kLongestRunNs pauses for kPauseNs; a lane that has had nothing else for kMaxPauses
// takes a core, and goes to normal priority until it sleeps.
// Invariant: a stream is stepped by one thread at a time, whoever has claimed it, even while
// it is in two lanes' lists.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "daemon/stream/stream_worker.h"

namespace continuo::stream {

class WorkerLane {
 public:
  static constexpr std::size_t kMaxWorkers = 127;
  static constexpr std::uint64_t kGatherNs = 200'000;
  // A block that takes longer holds up the others too long.
  static constexpr std::uint64_t kStuckNs = 50'000'000;
  static constexpr std::uint64_t kLongestRunNs = 20'000'000;
  static constexpr std::uint64_t kPauseNs = 1'000'000;
  static constexpr std::uint32_t kMaxPauses = 100;  // 2 s
  // No block lasts so long: who has sent nothing since is silent.
  static constexpr std::uint64_t kSilentNs = 2'000'000'000;

  // `core` counts from 1; 0: free. Where SignalGroup is not supported there are no lanes.
  // The broker may take its time; without `ask` whoever made the lane asks.
  WorkerLane(std::uint32_t core, int realtime_priority, PriorityBroker broker = {},
             bool ask = true);
  ~WorkerLane();  // waits for the block in hand
  WorkerLane(const WorkerLane&) = delete;
  WorkerLane& operator=(const WorkerLane&) = delete;

  // Takes the worker from the lane `from`, else from its own thread if it has one: at no time is
  // it on neither, however long the calling thread waits for a processor. It outlives its being
  // here. False where the lane is full; then it stays where it was.
  [[nodiscard]] bool Add(StreamWorker* worker, WorkerLane* from = nullptr);
  // Waits for the block in hand, if it is this worker's. False where it was not here.
  bool Remove(StreamWorker* worker);
  // The same, to a thread of its own: it is stepped here until that runs.
  bool Leave(StreamWorker* worker, std::uint32_t core, int realtime_priority);
  [[nodiscard]] bool Has(const StreamWorker* worker) const;
  // Returns when nothing that was in another lane's list after Rescue() is looked at here.
  void Settle() const;
  [[nodiscard]] std::size_t size() const { return members_.size(); }

  // Where some of several streams have been at their blocks for kStuckNs: all others are in the
  // lane returned, of the same core. Null: nothing was to be done.
  [[nodiscard]] std::unique_ptr<WorkerLane> Rescue();

  // To be called about every 50 ms: its priority, and what its streams say of it.
  void Housekeep();

  // "SCHED_FIFO 9", or why not.
  [[nodiscard]] std::string scheduling() const { return priority_.words(); }

 private:
  struct Member {
    explicit Member(StreamWorker* stepped) : worker(stepped), together(stepped->together()) {}
    // After a step, by who has claimed it: does it hold the lane at normal priority?
    [[nodiscard]] bool TooSlow(bool had_block) noexcept;
    StreamWorker* const worker;
    const Together together;
    std::atomic<bool> claimed{false};  // by a lane for a step, or for good by Remove
    std::uint64_t slow_block_ns = 0;   // when the last one came of those since it has fallen
  };
  using Members = std::vector<std::shared_ptr<Member>>;
  struct Roster;
  // Members that are claimed, with blocks in hand.
  struct Batch {
    [[nodiscard]] bool Takes(const Member& member) const noexcept;
    void Add(Member* member) noexcept;
    std::array<Member*, executor::kMaxStatesTogether> members;
    std::uint32_t size = 0;
    std::uint32_t states = 0;
  };

  void Publish();
  [[nodiscard]] std::shared_ptr<Member> Find(const StreamWorker* worker) const;
  void Erase(const std::shared_ptr<Member>& member);
  void Run();
  // [audio-thread] True: there were blocks.
  [[nodiscard]] bool StepAll(Roster& roster) noexcept;
  [[nodiscard]] StreamWorker::Taken TakeTurn(StreamWorker& worker) noexcept;
  void Finish(Batch* batch) noexcept;
  void Release(Member& member, bool had_block) noexcept;
  void Sleep(std::uint64_t ns) noexcept;
  // How long the blocks in hand have taken until now; 0 between blocks. [any-thread]
  [[nodiscard]] std::uint64_t busy_ns() const noexcept;

  const std::uint32_t core_;
  const int realtime_priority_;
  const PriorityBroker broker_;
  PriorityKeeper priority_;
  Members members_;
  std::string told_;                              // to all members
  std::vector<std::unique_ptr<Roster>> rosters_;  // the newest last; older ones may be in use
  std::atomic<Roster*> newest_{nullptr};
  std::atomic<Roster*> in_use_{nullptr};  // by the audio thread
  ipc::Signal changed_{};                 // rises with newest_
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> busy_since_ns_{0};
  // [audio-thread]
  std::uint64_t now_ns_ = 0;    // of the last look
  std::uint64_t due_ns_ = 0;    // of the first stream that is held back
  std::uint64_t slept_ns_ = 0;  // when it did last
  std::uint32_t pauses_ = 0;    // since it slept for want of blocks
  bool fallen_ = false;         // by what this round knows yet
  std::thread thread_;
};

}  // namespace continuo::stream
