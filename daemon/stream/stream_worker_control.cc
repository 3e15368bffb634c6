// SPDX-License-Identifier: Apache-2.0
// What the control threads ask of a stream, and tell it.
#include <algorithm>
#include <utility>

#include "daemon/base/processors.h"
#include "daemon/stream/stream_worker.h"
#include "shared/ipc/wakeup.h"

namespace continuo::stream {
namespace {

// A block that takes longer than this is no sign of life any more.
constexpr std::uint64_t kAliveNs = 5'000'000'000;

}  // namespace

void StreamWorker::SetParameter(std::uint32_t index, float value) noexcept {
  if (index >= parameter_count_ || index >= ipc::kMaxParameters) return;
  ordered_values_[index].store(value, std::memory_order_relaxed);
  ordered_.fetch_or(std::uint64_t{1} << index, std::memory_order_release);
}

void StreamWorker::Housekeep() {
  const std::uint64_t busy = busy_ns();
  if (busy < kAliveNs && end_.load() == End::kNot) {
    segment_->runner().heartbeat_ns.store(ipc::MonotonicNs(), std::memory_order_relaxed);
  }
  bool realtime = true;
  {
    const std::lock_guard lock(plan_mutex_);
    realtime = plan_.realtime;
  }
  // An export never waits: at a real-time priority it would take all there is.
  priority_.Housekeep(realtime && !offline(), busy);
  const std::uint64_t blocks = blocks_.load(std::memory_order_relaxed);
  if (std::exchange(looked_blocks_, blocks) != blocks) {
    client_core_.Look(client_processor_.load(std::memory_order_relaxed));
  }
}

void StreamWorker::Measure(std::uint64_t now_ns, StreamFacts* facts) {
  const std::uint64_t blocks = blocks_.load(std::memory_order_relaxed);
  const std::uint64_t process_ns = process_ns_.load(std::memory_order_relaxed);
  const std::uint64_t passed_ns = now_ns - std::exchange(measured_ns_, now_ns);
  if (std::exchange(measured_blocks_, blocks) != blocks) played_ns_ = now_ns;
  facts->playing = played_ns_ != 0 && now_ns - played_ns_ < BlockWaiter::kIdleAfterNs && !offline();
  const std::uint64_t worked_ns = process_ns - std::exchange(measured_process_ns_, process_ns);
  facts->load = std::min(1.0, static_cast<double>(worked_ns) /
                                  static_cast<double>(std::max<std::uint64_t>(passed_ns, 1)));
  facts->direct = segment_->client().pipelined_frames.load(std::memory_order_relaxed) == 0;
  facts->placed = placed_.load();
  facts->client = client_core_.core();
}

void StreamWorker::Follow(const WakePlan& plan) {
  const std::lock_guard lock(plan_mutex_);
  const std::uint32_t before = std::exchange(plan_, plan).processor;
  const pid_t thread = priority_.thread();
  if (thread == 0) return;
  if (before != plan.processor) base::KeepOnProcessor(thread, plan.processor);
  waiter_.SetPredict(plan.predict);
}

void StreamWorker::TellLane(const std::string& words) {
  const std::lock_guard lock(plan_mutex_);
  lane_words_ = words;
}

ipc::Statistics StreamWorker::statistics() const noexcept {
  ipc::Statistics figures;
  // The block is in memory that the client can write: what it spoils is its own.
  static_cast<void>(ipc::TryReadUntrusted(segment_->statistics(), &figures));
  return figures;
}

std::uint64_t StreamWorker::missed_blocks() const noexcept {
  return segment_->client().missed_blocks.load(std::memory_order_relaxed);
}

double StreamWorker::Load(const ipc::Statistics& figures) const noexcept {
  if (figures.frames == 0) return 0.0;
  const double stream_ns =
      1e9 * static_cast<double>(figures.frames) / segment_->geometry().sample_rate_hz;
  return static_cast<double>(figures.process_total_ns) / stream_ns;
}

std::string StreamWorker::ended_reason() const {
  if (segment_->cut()) return "the client cut its shared memory short";
  switch (end_.load()) {
    case End::kNot:
      return {};
    case End::kViolations:
      return "the client wrote nothing valid into its segment " +
             std::to_string(kMaxViolationsInARow) + " times in a row";
    case End::kFailures:
      return "the model failed on " + std::to_string(kMaxFailuresInARow) + " blocks in a row";
  }
  return {};
}

std::uint64_t StreamWorker::busy_ns() const noexcept {
  const std::uint64_t since_ns = busy_since_ns_.load(std::memory_order_relaxed);
  const std::uint64_t now_ns = ipc::MonotonicNs();
  return since_ns == 0 || now_ns < since_ns ? 0 : now_ns - since_ns;
}

std::string StreamWorker::scheduling() const {
  const std::string priority = priority_.words();
  const std::lock_guard lock(plan_mutex_);
  if (!lane_words_.empty()) return lane_words_;
  return plan_.why.empty() ? priority : priority + "; " + plan_.why;
}

}  // namespace continuo::stream
