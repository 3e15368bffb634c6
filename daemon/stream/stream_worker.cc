// SPDX-License-Identifier: Apache-2.0
#include "daemon/stream/stream_worker.h"

#include <algorithm>
#include <array>
#include <bit>
#include <future>
#include <utility>

#include "daemon/base/processors.h"
#include "daemon/base/thread.h"
#include "shared/ipc/histogram.h"
#include "shared/ipc/wakeup.h"

namespace continuo::stream {
namespace {

constexpr std::uint64_t kJoinLookNs = 1'000'000;
constexpr std::uint64_t kClaimLookNs = 20'000;

}  // namespace

StreamWorker::StreamWorker(std::unique_ptr<ipc::Segment> segment, std::unique_ptr<SignalPath> path,
                           std::uint32_t parameter_count, int realtime_priority,
                           PriorityBroker broker)
    : segment_(std::move(segment)),
      path_(std::move(path)),
      parameter_count_(parameter_count),
      realtime_priority_(realtime_priority),
      input_(*segment_, parameter_count),
      output_(*segment_),
      audio_(std::size_t{2} * segment_->geometry().channels *
             segment_->geometry().maximum_block_frames),
      pace_(DurationNs(segment_->geometry().maximum_block_frames)),
      waiter_(segment_->input_signal(), segment_->geometry().sample_rate_hz),
      priority_(std::move(broker)) {
  const ipc::Geometry& geometry = segment_->geometry();
  for (std::uint32_t channel = 0; channel < geometry.channels; ++channel) {
    float* row = audio_.data() + std::size_t{2} * channel * geometry.maximum_block_frames;
    storage_.audio[channel] = row;
    out_rows_.push_back(row + geometry.maximum_block_frames);
  }
  // Where the whole process could not be locked, this much may be.
  base::LockRange(&segment_->header(), ipc::TotalBytes(geometry));
  base::LockRange(audio_.data(), audio_.size() * sizeof(float));
  base::LockRange(this, sizeof *this);
}

StreamWorker::~StreamWorker() {
  Join();
  segment_->runner().state.store(static_cast<std::uint32_t>(ipc::RunnerState::kEnded));
}

void StreamWorker::Join(std::atomic<bool>* claimed) {
  if (thread_.joinable()) {
    priority_.Leave();
    heir_.store(claimed);
    stop_.store(true, std::memory_order_release);
    while (!ended_.load(std::memory_order_acquire)) {
      waiter_.Wake();
      ipc::SleepOffline(kJoinLookNs);
    }
    thread_.join();
    stop_.store(false);
    // Null, but where the thread had ended by itself before.
    claimed = heir_.exchange(nullptr);
  }
  if (claimed != nullptr) claimed->store(false, std::memory_order_release);
}

void StreamWorker::StartOn(std::uint32_t core, int realtime_priority, std::atomic<bool>* claimed) {
  placed_.store(core);
  ended_.store(false);
  std::promise<void> entered;
  thread_ = std::thread([this, core, realtime_priority, claimed, &entered] {
    base::NameThread("stream " + std::to_string(segment_->geometry().stream_id));
    base::FlushDenormals();
    base::WakeOnTime();
    base::BindToCore(core);
    base::LockStack();
    while (claimed != nullptr && claimed->exchange(true, std::memory_order_acquire)) {
      ipc::SleepOffline(kClaimLookNs);
    }
    priority_.Enter(realtime_priority);
    entered.set_value();
    Run();
    if (std::atomic<bool>* const heir = heir_.exchange(nullptr)) {
      heir->store(false, std::memory_order_release);
      ipc::NotifyAlways(segment_->input_signal());  // a block may have come meanwhile
    }
    ended_.store(true, std::memory_order_release);
  });
  entered.get_future().wait();
  priority_.AskBroker();
  {
    const std::lock_guard lock(plan_mutex_);
    plan_ = {};
    lane_words_.clear();
    plan_.processor = core;
    waiter_.SetPredict(false);
  }
  segment_->runner().heartbeat_ns.store(ipc::MonotonicNs(), std::memory_order_relaxed);
  segment_->runner().state.store(static_cast<std::uint32_t>(ipc::RunnerState::kRunning));
}

void StreamWorker::Run() {
  while (!stop_.load(std::memory_order_acquire)) {
    const std::uint32_t seen = ipc::Observe(segment_->input_signal());
    if (!Step()) waiter_.Wait(seen);
    if (ended()) return;
  }
}

bool StreamWorker::Step() noexcept {
  const Taken taken = Take();
  if (taken == Taken::kBlock) {
    StreamWorker* const self = this;
    Finish({&self, 1});
  }
  return taken != Taken::kNothing;
}

StreamWorker::Taken StreamWorker::Take() noexcept {
  if (ended()) return Taken::kNothing;
  switch (input_.ReadUntrusted(&storage_)) {
    case ipc::ReadResult::kEmpty:
      return Taken::kNothing;
    case ipc::ReadResult::kViolation:
      NoteViolation();
      return Taken::kRefused;
    case ipc::ReadResult::kBadIndex:
      NoteViolation();
      return Taken::kNothing;
    case ipc::ReadResult::kRead:
      violations_in_a_row_ = 0;
      Begin();
      return Taken::kBlock;
  }
  return Taken::kNothing;
}

void StreamWorker::Finish(std::span<StreamWorker* const> taken) noexcept {
  std::array<SignalPath*, executor::kMaxStatesTogether> paths;
  std::array<bool, executor::kMaxStatesTogether> ran;
  std::uint64_t states = 0;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    paths[i] = taken[i]->path_.get();
    states += taken[i]->together().states;
  }
  SignalPath::Run({paths.data(), taken.size()});
  for (std::size_t i = 0; i < taken.size(); ++i) ran[i] = paths[i]->End();
  // From the first one's start, as the others began after it.
  const std::uint64_t passed_ns = ipc::MonotonicNs() - taken[0]->start_ns_;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    taken[i]->Answer(ran[i], passed_ns * taken[i]->together().states / states);
  }
}

void StreamWorker::NoteViolation() noexcept {
  ++figures_.violations;
  ipc::Publish(figures_, &segment_->statistics());
  if (++violations_in_a_row_ >= kMaxViolationsInARow) end_.store(End::kViolations);
}

void StreamWorker::Begin() noexcept {
  start_ns_ = ipc::MonotonicNs();
  busy_since_ns_.store(start_ns_, std::memory_order_relaxed);
  const ipc::InputBlock& block = storage_.block;
  if (block.sent_ns <= start_ns_) {
    ipc::Add(segment_->wake_histogram(), start_ns_ - block.sent_ns);
  }
  offline_.store((block.flags & ipc::kBlockOffline) != 0, std::memory_order_relaxed);
  waiter_.NoteBlock(block.sent_ns, block.frames, start_ns_);
  client_processor_.store(block.cpu, std::memory_order_relaxed);
  segment_->runner().cpu.store(ipc::PresentCpu(), std::memory_order_relaxed);
  if ((block.flags & ipc::kBlockReset) != 0) path_->Reset();
  TakeOrderedParameters();
  path_->Begin(storage_.audio, out_rows_.data(), block.frames,
               {{storage_.parameter_events, block.parameter_event_count},
                {storage_.midi_events, block.midi_event_count},
                &block.transport});
}

void StreamWorker::Answer(bool ran, std::uint64_t process_ns) noexcept {
  const ipc::InputBlock& block = storage_.block;
  // A failure is an answer too: nobody waits for what will not come.
  ipc::OutputBlock answer{};
  answer.sequence = block.sequence;
  answer.position = block.position;
  answer.process_ns = process_ns;
  answer.frames = block.frames;
  answer.flags = !ran               ? static_cast<std::uint32_t>(ipc::kOutputFailed)
                 : path_->at_rest() ? static_cast<std::uint32_t>(ipc::kOutputAtRest)
                                    : 0U;
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
  segment_->runner().heartbeat_ns.store(answer.published_ns, std::memory_order_relaxed);
  busy_since_ns_.store(0, std::memory_order_relaxed);
  blocks_.store(figures_.blocks, std::memory_order_relaxed);
  process_ns_.store(figures_.process_total_ns, std::memory_order_relaxed);
  if (!offline()) {
    const std::uint64_t block_ns = DurationNs(block.frames);
    pace_.Take(block_ns, start_ns_);
    priority_.NoteBlock(process_ns, block_ns);
  }
}

std::uint64_t StreamWorker::DurationNs(std::uint32_t frames) const noexcept {
  return std::uint64_t{1'000'000'000} * frames / segment_->geometry().sample_rate_hz;
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

}  // namespace continuo::stream
