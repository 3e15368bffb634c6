// SPDX-License-Identifier: Apache-2.0
#include "daemon/stream/stream_worker.h"

#include <sched.h>
#include <unistd.h>

#include <bit>
#include <future>
#include <utility>

#include "daemon/base/thread.h"
#include "shared/ipc/histogram.h"
#include "shared/ipc/wakeup.h"

namespace continuo::stream {
namespace {

constexpr std::uint64_t kIdleWaitNs = 100'000'000;
constexpr std::uint64_t kSpinNs = 0;
constexpr std::uint32_t kMaxViolationsInARow = 1000;
constexpr std::uint32_t kMaxFailuresInARow = 100;
// A client that only wakes us is looked at once in a while, lest this thread starve
// others at its priority.
constexpr std::uint32_t kMaxEmptyWakeups = 64;
constexpr std::uint64_t kNapNs = 1'000'000;
// A block that takes longer than this is no sign of life any more.
constexpr std::uint64_t kAliveNs = 5'000'000'000;

}  // namespace

StreamWorker::StreamWorker(std::unique_ptr<ipc::Segment> segment, std::unique_ptr<SignalPath> path,
                           std::uint32_t parameter_count, int realtime_priority)
    : segment_(std::move(segment)),
      path_(std::move(path)),
      parameter_count_(parameter_count),
      realtime_priority_(realtime_priority),
      input_(*segment_, parameter_count),
      output_(*segment_),
      audio_(std::size_t{2} * segment_->geometry().channels *
             segment_->geometry().maximum_block_frames) {
  const ipc::Geometry& geometry = segment_->geometry();
  for (std::uint32_t channel = 0; channel < geometry.channels; ++channel) {
    float* row = audio_.data() + std::size_t{2} * channel * geometry.maximum_block_frames;
    storage_.audio[channel] = row;
    out_rows_.push_back(row + geometry.maximum_block_frames);
  }
}

StreamWorker::~StreamWorker() {
  Join();
  segment_->runner().state.store(static_cast<std::uint32_t>(ipc::RunnerState::kEnded));
}

void StreamWorker::Join() {
  if (!thread_.joinable()) return;
  thread_id_.store(0);
  stop_.store(true, std::memory_order_release);
  ipc::Notify(segment_->input_signal());
  thread_.join();
  stop_.store(false);
}

void StreamWorker::StartOn(std::uint32_t core, int realtime_priority) {
  std::promise<std::string> scheduling;
  auto known = scheduling.get_future();
  thread_ =
      std::thread([this, core, realtime_priority, scheduling = std::move(scheduling)]() mutable {
        base::NameThread("stream " + std::to_string(segment_->geometry().stream_id));
        base::FlushDenormals();
        base::BindToCore(core);
        std::string got = base::RaisePriority(realtime_priority);
        sched_param parameters{};
        const bool fifo = (sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) == SCHED_FIFO &&
                          sched_getparam(0, &parameters) == 0;
        fifo_priority_.store(fifo ? parameters.sched_priority : 0);
        thread_id_.store(gettid());
        scheduling.set_value(std::move(got));
        Run();
      });
  scheduling_ = known.get();
  segment_->runner().heartbeat_ns.store(ipc::MonotonicNs(), std::memory_order_relaxed);
  segment_->runner().state.store(static_cast<std::uint32_t>(ipc::RunnerState::kRunning));
}

void StreamWorker::Run() {
  while (!stop_.load(std::memory_order_acquire)) {
    ipc::Signal& signal = segment_->input_signal();
    const std::uint32_t seen = ipc::Observe(signal);
    if (Step()) {
      empty_wakeups_ = 0;
    } else {
      ipc::WaitUntil(signal, seen, ipc::MonotonicNs() + kIdleWaitNs, kSpinNs);
      empty_wakeups_ = ipc::Observe(signal) != seen ? empty_wakeups_ + 1 : 0;
      if (empty_wakeups_ > kMaxEmptyWakeups) ipc::SleepOffline(kNapNs);
    }
    if (end_.load(std::memory_order_relaxed) != End::kNot) return;
  }
}

bool StreamWorker::Step() noexcept {
  if (end_.load(std::memory_order_relaxed) != End::kNot) return false;
  switch (input_.ReadUntrusted(&storage_)) {
    case ipc::ReadResult::kEmpty:
      return false;
    case ipc::ReadResult::kViolation:
      NoteViolation();
      return true;
    case ipc::ReadResult::kBadIndex:
      NoteViolation();
      return false;
    case ipc::ReadResult::kRead:
      violations_in_a_row_ = 0;
      ProcessBlock();
      return true;
  }
  return false;
}

void StreamWorker::NoteViolation() noexcept {
  ++figures_.violations;
  ipc::Publish(figures_, &segment_->statistics());
  if (++violations_in_a_row_ >= kMaxViolationsInARow) end_.store(End::kViolations);
}

void StreamWorker::ProcessBlock() noexcept {
  const std::uint64_t start_ns = ipc::MonotonicNs();
  busy_since_ns_.store(start_ns, std::memory_order_relaxed);
  const ipc::InputBlock& block = storage_.block;
  if (block.sent_ns <= start_ns) {
    ipc::Add(segment_->wake_histogram(), start_ns - block.sent_ns);
  }
  offline_.store((block.flags & ipc::kBlockOffline) != 0, std::memory_order_relaxed);
  if ((block.flags & ipc::kBlockReset) != 0) path_->Reset();
  TakeOrderedParameters();
  const bool ran = path_->Process(storage_.audio, out_rows_.data(), block.frames,
                                  {storage_.parameter_events, block.parameter_event_count});
  const std::uint64_t process_ns = ipc::MonotonicNs() - start_ns;
  // A failure is an answer too: nobody waits for what will not come.
  ipc::OutputBlock answer{};
  answer.sequence = block.sequence;
  answer.position = block.position;
  answer.process_ns = process_ns;
  answer.frames = block.frames;
  answer.flags = ran ? 0U : static_cast<std::uint32_t>(ipc::kOutputFailed);
  answer.published_ns = ipc::MonotonicNs();
  if (output_.TryWrite(answer, out_rows_.data())) {
    ipc::Notify(segment_->output_signal());
  } else {
    ++figures_.dropped_results;
  }
  failures_in_a_row_ = ran ? 0 : failures_in_a_row_ + 1;
  if (failures_in_a_row_ >= kMaxFailuresInARow) end_.store(End::kFailures);
  ipc::Add(segment_->process_histogram(), process_ns);
  ++figures_.blocks;
  figures_.frames += block.frames;
  figures_.process_total_ns += process_ns;
  figures_.process_max_ns = std::max(figures_.process_max_ns, process_ns);
  figures_.non_finite_samples = path_->non_finite_samples();
  ipc::Publish(figures_, &segment_->statistics());
  segment_->runner().heartbeat_ns.store(start_ns + process_ns, std::memory_order_relaxed);
  busy_since_ns_.store(0, std::memory_order_relaxed);
}

void StreamWorker::TakeOrderedParameters() noexcept {
  if (ordered_.load(std::memory_order_relaxed) == 0) return;
  std::uint64_t ordered = ordered_.exchange(0, std::memory_order_acquire);
  while (ordered != 0) {
    const auto index = static_cast<std::uint32_t>(std::countr_zero(ordered));
    ordered &= ordered - 1;
    path_->SetParameter(index, ordered_values_[index].load(std::memory_order_relaxed));
  }
}

void StreamWorker::SetParameter(std::uint32_t index, float value) noexcept {
  if (index >= parameter_count_ || index >= ipc::kMaxParameters) return;
  ordered_values_[index].store(value, std::memory_order_relaxed);
  ordered_.fetch_or(std::uint64_t{1} << index, std::memory_order_release);
}

void StreamWorker::Housekeep() noexcept {
  if (busy_ns() < kAliveNs && end_.load() == End::kNot) {
    segment_->runner().heartbeat_ns.store(ipc::MonotonicNs(), std::memory_order_relaxed);
  }
  const bool offline = offline_.load(std::memory_order_relaxed);
  const int priority = fifo_priority_.load();
  const pid_t thread = thread_id_.load();
  if (thread == 0) {
    runs_offline_ = false;
  } else if (priority > 0 && offline != runs_offline_) {
    sched_param parameters{};
    parameters.sched_priority = offline ? 0 : priority;
    // Without leave the kernel refuses to take SCHED_RESET_ON_FORK back. By its number: a
    // thread that has ended meanwhile is an error, not a crash.
    const int policy = (offline ? SCHED_OTHER : SCHED_FIFO) | SCHED_RESET_ON_FORK;
    sched_setscheduler(thread, policy, &parameters);
    runs_offline_ = offline;
  }
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

std::string StreamWorker::scheduling() const { return scheduling_; }

}  // namespace continuo::stream
