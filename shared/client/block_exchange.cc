// SPDX-License-Identifier: Apache-2.0
#include "shared/client/block_exchange.h"

#include <algorithm>
#include <cmath>

#include "shared/audio/finite.h"
#include "shared/audio/silent.h"
#include "shared/client/key_path.h"
#include "shared/client/limits.h"
#include "shared/ipc/histogram.h"
#include "shared/ipc/wakeup.h"

namespace continuo::client {
namespace {

// Longer than a wake-up between two cores takes; short enough to be no load.
constexpr std::uint64_t kSpinNs = 30'000;
// An answer that takes longer than this counts as this much in the mean of the last few.
constexpr std::uint64_t kLongTurnaroundNs = 4 * kSpinNs;

bool AllFinite(const float* const* audio, std::uint32_t channels, std::uint32_t frames) noexcept {
  return std::all_of(audio, audio + channels,
                     [frames](const float* row) { return audio::AllFinite(row, frames); });
}

// What a model may hear of; the position moves while the song plays, so that is enough of it.
bool SameTransport(const ipc::Transport& a, const ipc::Transport& b) noexcept {
  return a.flags == b.flags && a.tempo_bpm == b.tempo_bpm &&
         a.position_quarters == b.position_quarters &&
         a.signature_numerator == b.signature_numerator &&
         a.signature_denominator == b.signature_denominator;
}

}  // namespace

std::uint32_t HistoryFrames(const StreamConfig& config) noexcept {
  return (ipc::kSlots + 4 + config.pipelined_blocks) * config.maximum_block_frames +
         kMaxModelLatencyFrames;
}

BlockExchange::BlockExchange(const StreamConfig& config, ParameterBoard* board,
                             AudioCounters* counters)
    : channels_(TotalChannels(config)),
      maximum_block_frames_(config.maximum_block_frames),
      board_(board),
      counters_(counters),
      wet_(channels_, HistoryFrames(config)),
      scratch_(std::size_t{channels_} * maximum_block_frames_, 0.0F) {
  for (std::uint32_t channel = 0; channel < channels_; ++channel) {
    rows_[channel] = scratch_.data() + std::size_t{channel} * maximum_block_frames_;
  }
}

void BlockExchange::Begin(std::uint64_t known_from, std::uint64_t position) noexcept {
  SetKnown(known_from, position);
  at_rest_ = false;
  midi_.Clear();
  turnaround_ns_ = kLongTurnaroundNs;
  // Here and not by the control thread: else the old link might swallow them.
  board_->SendAll();
}

void BlockExchange::WriteSilence(std::uint64_t position, std::uint32_t frames) noexcept {
  for (std::uint32_t channel = 0; channel < channels_; ++channel) {
    std::fill_n(rows_[channel], frames, 0.0F);
  }
  wet_.Write(position, rows_.data(), frames);
}

void BlockExchange::CollectEvents(const BlockContext& context) noexcept {
  event_count_ = 0;
  board_->TakeChanges([this](std::uint32_t index, float value) {
    events_[event_count_++] = {0, index, value, 0};
  });
  const std::uint32_t known = board_->count();
  for (std::uint32_t i = 0; i < context.parameter_event_count; ++i) {
    const ipc::ParameterEvent& event = context.parameter_events[i];
    if (event.parameter >= known || !std::isfinite(event.value)) continue;
    board_->Note(event.parameter, event.value);
    if (event_count_ < events_.size()) {
      events_[event_count_++] = event;
    } else {
      board_->Send(event.parameter);
    }
  }
  if (!midi_.Collect(context)) reset_pending_ = true;
}

// The values in force go with the next block, and the ends of notes.
void BlockExchange::ReturnEvents() noexcept {
  midi_.NoteNotSent();
  for (std::uint32_t i = 0; i < event_count_; ++i) board_->Send(events_[i].parameter);
  event_count_ = 0;
}

bool BlockExchange::IsDue(const Link& link, const BlockContext& context) const noexcept {
  if (event_count_ > 0 || !midi_.due().empty() || reset_pending_) return true;
  return link.wants_transport && !SameTransport(context.transport, sent_transport_);
}

bool BlockExchange::TryRest(Link& link, std::uint64_t position, const float* const* in,
                            std::uint32_t frames, const BlockContext& context) noexcept {
  bool rests = at_rest_ && to_ == position && link.AllAnswered() && !IsDue(link, context);
  for (std::uint32_t channel = 0; rests && channel < channels_; ++channel) {
    rests = audio::AllSilent(in[channel], frames);
  }
  counters_->at_rest.store(rests, std::memory_order_relaxed);
  if (!rests) return false;
  for (std::uint32_t channel = 0; channel < channels_; ++channel) {
    std::fill_n(rows_[channel], frames, held_[channel]);
  }
  wet_.Write(position, rows_.data(), frames);
  to_ = position + frames;
  return true;
}

bool BlockExchange::Send(Link& link, std::uint64_t position, const float* const* in,
                         std::uint32_t frames, const BlockContext& context) noexcept {
  ipc::InputView view;
  view.block.sequence = link.next_sequence;
  view.block.position = position;
  view.block.host_time_ns = context.host_time_ns;
  view.block.frames = frames;
  view.block.flags =
      (context.offline ? ipc::kBlockOffline : 0U) | (reset_pending_ ? ipc::kBlockReset : 0U);
  view.block.transport = context.transport;
  view.audio = in;
  view.parameter_events = {events_.data(), event_count_};
  view.midi_events = midi_.due();
  view.block.sent_ns = ipc::MonotonicNs();
  view.block.cpu = ipc::PresentCpu();
  const std::uint32_t violations = link.input.violations();
  if (!link.input.TryWrite(view)) {
    counters_->violations.fetch_add(link.input.violations() - violations,
                                    std::memory_order_relaxed);
    return false;
  }
  link.sent[link.next_sequence++ % Link::kMaxSent] = {position, view.block.sent_ns, frames};
  counters_->sent.fetch_add(1, std::memory_order_relaxed);
  at_rest_ = false;
  sent_transport_ = context.transport;
  event_count_ = 0;
  midi_.NoteSent();
  reset_pending_ = false;
  ipc::Notify(link.segment->input_signal());
  return true;
}

void BlockExchange::PublishCounters(Link& link, std::uint32_t pipelined_frames) noexcept {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  ipc::ClientControl& control = link.segment->client();
  control.heartbeat_ns.store(ipc::MonotonicNs(), kRelaxed);
  control.blocks.store(counters_->blocks.load(kRelaxed), kRelaxed);
  control.missed_blocks.store(counters_->missed.load(kRelaxed), kRelaxed);
  control.late_blocks.store(counters_->late.load(kRelaxed), kRelaxed);
  control.pipelined_frames.store(pipelined_frames, kRelaxed);
}

// False where there is no more. `answer` is filled for what is valid.
bool BlockExchange::TakeNext(Link& link, std::uint64_t due, Answer* answer) noexcept {
  ipc::OutputBlock block;
  const ipc::ReadResult read = link.output.ReadUntrusted(&block, rows_.data());
  if (read == ipc::ReadResult::kEmpty) return false;
  if (read == ipc::ReadResult::kBadIndex || !TakeAnswer(link, block, read, due, answer)) {
    counters_->violations.fetch_add(1, std::memory_order_relaxed);
  }
  return read != ipc::ReadResult::kBadIndex;
}

// False for what is not valid.
bool BlockExchange::TakeAnswer(Link& link, const ipc::OutputBlock& block, ipc::ReadResult read,
                               std::uint64_t due, Answer* answer) noexcept {
  const Link::Sent sent = link.sent[block.sequence % Link::kMaxSent];
  const bool expected = block.sequence >= link.next_answer && block.sequence < link.next_sequence;
  if (expected) link.next_answer = block.sequence + 1;
  const bool failed = (block.flags & ipc::kOutputFailed) != 0;
  if (read != ipc::ReadResult::kRead || !expected || block.position != sent.position ||
      block.frames != sent.frames ||
      (!failed && !AllFinite(rows_.data(), channels_, block.frames))) {
    return false;
  }
  const std::uint64_t now_ns = ipc::MonotonicNs();
  if (block.published_ns >= sent.sent_ns && block.published_ns <= now_ns) {
    ipc::Add(link.segment->return_histogram(), now_ns - block.published_ns);
    const std::uint64_t took_ns = block.published_ns - sent.sent_ns;
    turnaround_ns_ = (7 * turnaround_ns_ + std::min(took_ns, kLongTurnaroundNs)) / 8;
    *answer = {took_ns, block.frames};
  }
  if (block.position < due) counters_->late.fetch_add(1, std::memory_order_relaxed);
  // Too late to be of use, or from before a reset.
  const bool obsolete = block.position < to_;
  if (failed || obsolete) return true;
  wet_.Write(block.position, rows_.data(), block.frames);
  if (block.position != to_) from_ = block.position;
  to_ = block.position + block.frames;
  at_rest_ = (block.flags & ipc::kOutputAtRest) != 0 && link.AllAnswered();
  if (at_rest_) {
    for (std::uint32_t channel = 0; channel < channels_; ++channel) {
      held_[channel] = rows_[channel][block.frames - 1];
    }
  }
  return true;
}

// Where the runner has this core, spinning would delay it; where its answers take long,
// spinning would be in vain.
std::uint64_t BlockExchange::SpinNs(const Link& link) const noexcept {
  const std::uint32_t cpu = link.segment->runner().cpu.load(std::memory_order_relaxed);
  const bool elsewhere = cpu != 0 && cpu != ipc::PresentCpu();
  return elsewhere && turnaround_ns_ < 2 * kSpinNs ? kSpinNs : 0;
}

void BlockExchange::AwaitUntil(Link& link, std::uint64_t due, std::uint64_t needed,
                               std::uint64_t deadline_ns) noexcept {
  ipc::Signal& signal = link.segment->output_signal();
  std::uint64_t spin_ns = SpinNs(link);
  for (;;) {
    const std::uint32_t seen = ipc::Observe(signal);
    Drain(link, due);
    if (to_ >= needed || link.AllAnswered() || link.lost.load(std::memory_order_relaxed) ||
        ipc::MonotonicNs() >= deadline_ns) {
      return;
    }
    const std::uint64_t left_ns = deadline_ns - std::min(deadline_ns, ipc::MonotonicNs());
    ipc::WaitUntil(signal, seen, deadline_ns, std::min(spin_ns, left_ns));
    spin_ns = 0;
  }
}

}  // namespace continuo::client
