// SPDX-License-Identifier: Apache-2.0
#include "shared/client/audio_path.h"

#include <algorithm>
#include <cmath>

#include "shared/audio/finite.h"
#include "shared/client/limits.h"
#include "shared/client/runner_suspicion.h"
#include "shared/ipc/wakeup.h"

namespace continuo::client {
namespace {

constexpr double kFadeSeconds = 0.008;
constexpr std::uint32_t kRecoveryBlocks = 4;
constexpr std::uint32_t kMaxDrainedBlocks = 2 * ipc::kSlots;
constexpr std::uint64_t kSpinNs = 10'000;
constexpr std::uint64_t kOfflineLookNs = 20'000'000;
// A runner that shows signs of life and yet gives no result is left after this
// many times the patience.
constexpr std::uint64_t kMaxPatiences = 4;

std::uint32_t HistoryFrames(const StreamConfig& config) {
  return (ipc::kSlots + 4 + config.pipelined_blocks) * config.maximum_block_frames +
         kMaxModelLatencyFrames;
}

bool AllFinite(const float* const* audio, std::uint32_t channels, std::uint32_t frames) noexcept {
  return std::all_of(audio, audio + channels,
                     [frames](const float* row) { return audio::AllFinite(row, frames); });
}

// Without the dry part, what is not finite in it is not heard either.
void MixRow(const float* effect, const float* dry, const BlockContext& context, float* out,
            std::uint32_t frames) noexcept {
  if (context.dry_gain == 0.0F) {
    for (std::uint32_t i = 0; i < frames; ++i) out[i] = context.wet_gain * effect[i];
  } else {
    for (std::uint32_t i = 0; i < frames; ++i) {
      out[i] = context.wet_gain * effect[i] + context.dry_gain * dry[i];
    }
  }
}

}  // namespace

AudioPath::AudioPath(const StreamConfig& config, ParameterBoard* board, AudioCounters* counters,
                     const std::atomic<Connection>* connection)
    : channels_(config.channels),
      maximum_block_frames_(config.maximum_block_frames),
      sample_rate_hz_(config.sample_rate_hz),
      deadline_share_(config.deadline),
      offline_patience_ns_(static_cast<std::uint64_t>(config.offline_patience_s * 1e9)),
      fade_step_(static_cast<float>(1.0 / (kFadeSeconds * config.sample_rate_hz))),
      board_(board),
      counters_(counters),
      connection_(connection),
      dry_(channels_, HistoryFrames(config)),
      wet_(channels_, HistoryFrames(config)),
      scratch_(std::size_t{3} * channels_ * maximum_block_frames_, 0.0F) {
  float* row = scratch_.data();
  for (auto* rows : {&wet_rows_, &dry_rows_, &result_rows_}) {
    for (std::uint32_t channel = 0; channel < channels_; ++channel) {
      (*rows)[channel] = row;
      row += maximum_block_frames_;
    }
  }
}

void AudioPath::Process(const float* const* in, float* const* out, std::uint32_t frames,
                        const BlockContext& context) noexcept {
  if (frames == 0) return;
  if (frames > maximum_block_frames_) {
    for (std::uint32_t channel = 0; channel < channels_; ++channel) {
      if (out[channel] != in[channel]) std::copy_n(in[channel], frames, out[channel]);
    }
    return;
  }
  if (reset_pending_ && !reset_done_) ForgetInFlight(context.offline);
  dry_.Write(position_, in, frames);

  bool have_wet = false;
  if (context.offline) {
    have_wet = OfflineExchange(in, frames, context);
  } else {
    offline_given_up_ = false;
    Link* link = TakeLink(false);
    if (link != nullptr && !link->lost.load(std::memory_order_acquire)) {
      have_wet = Exchange(*link, in, frames, context);
    }
  }

  Mix(out, frames, have_wet, context);
  position_ += frames;
  counters_->blocks.fetch_add(1, std::memory_order_relaxed);
}

// The link in use from now on; takes over what it says of delays.
Link* AudioPath::TakeLink(bool offline) noexcept {
  bool changed = false;
  Link* link = links_.Take([&changed](Link*, Link*) { changed = true; });
  if (link == nullptr) return nullptr;
  const std::uint32_t pipelined =
      offline && !link->offline_adds_latency ? 0 : link->pipelined_frames;
  if (changed) {
    // Nothing is in flight. Before the first frame there was silence, and that is known.
    wet_from_ = nothing_heard_yet_ ? position_ - pipelined : position_;
    wet_to_ = position_;
    recovered_blocks_ = 0;
    offline_given_up_ = false;
    // Here and not by the control thread: else the old link might swallow them.
    board_->SendAll();
  }
  if (changed || pipelined != pipelined_frames_ ||
      link->model_latency_frames != model_latency_frames_) {
    pipelined_frames_ = pipelined;
    model_latency_frames_ = link->model_latency_frames;
    counters_->latency_frames.store(pipelined_frames_ + model_latency_frames_,
                                    std::memory_order_relaxed);
    StartDeclick();
    state_ = State::kDry;
  }
  return link;
}

void AudioPath::ContinueFrom(const AudioPath& previous) noexcept {
  if (previous.nothing_heard_yet_) return;
  nothing_heard_yet_ = false;
  last_effect_ = previous.last_effect_;
  dry_.CopyLast(previous.dry_, previous.position_, position_);
  StartDeclick();
}

// Sends the block and takes what is due for it. True if that is there.
bool AudioPath::Exchange(Link& link, const float* const* in, std::uint32_t frames,
                         const BlockContext& context) noexcept {
  const std::uint64_t start_ns = ipc::MonotonicNs();
  Drain(link);
  const bool answered = wet_to_ >= position_;
  CollectEvents(context);
  const bool sent = Send(link, in, frames, context);
  if (!sent) ReturnEvents();
  const std::uint64_t from = position_ - pipelined_frames_;
  const std::uint64_t to = from + frames;

  if (pipelined_frames_ > 0) {
    Drain(link);
    recovered_blocks_ = Covered(from, to) ? recovered_blocks_ + 1 : 0;
    return Covered(from, to);
  }
  recovered_blocks_ = answered && sent ? recovered_blocks_ + 1 : 0;
  auto& suspicion = RunnerSuspicion::Of(link.runner_pid);
  const bool recovered = recovered_blocks_ >= kRecoveryBlocks;
  if (sent && (state_ == State::kWet || recovered)) {
    // Answers come again: without this a model that needs more than what suspicion
    // leaves would stay dry for ever.
    if (state_ == State::kDry) suspicion.Clear();
    AwaitUntil(link, to, DirectDeadlineNs(link, start_ns, frames));
    const std::uint64_t waited_ns = ipc::MonotonicNs() - start_ns;
    ipc::Add(counters_->waits, waited_ns);
    ipc::Add(link.segment->wait_histogram(), waited_ns);
    if (Covered(from, to)) {
      suspicion.Clear();
    } else {
      if (!link.AllAnswered()) suspicion.Note();
      recovered_blocks_ = 0;
    }
  }
  return Covered(from, to);
}

std::uint64_t AudioPath::DirectDeadlineNs(const Link& link, std::uint64_t now_ns,
                                          std::uint32_t frames) const noexcept {
  const auto patience_ns =
      static_cast<std::uint64_t>(deadline_share_ * 1e9 * frames / sample_rate_hz_);
  return now_ns + RunnerSuspicion::Of(link.runner_pid).Shorten(patience_ns);
}

bool AudioPath::OfflineExchange(const float* const* in, std::uint32_t frames,
                                const BlockContext& context) noexcept {
  const std::uint64_t start_ns = ipc::MonotonicNs();
  const std::uint64_t latest_ns = start_ns + kMaxPatiences * offline_patience_ns_;
  std::uint64_t give_up_ns = start_ns + offline_patience_ns_;
  std::uint64_t last_heartbeat_ns = 0;
  while (Link* link = AwaitLink(give_up_ns)) {
    CollectEvents(context);
    bool sent = false;
    while (!link->lost.load(std::memory_order_acquire)) {
      if (!sent) sent = Send(*link, in, frames, context);
      if (!sent) ipc::SleepOffline(1'000'000);
      AwaitUntil(*link, position_ + frames,
                 std::min(ipc::MonotonicNs() + kOfflineLookNs, give_up_ns));
      // In pipelined mode too this very block is awaited; what is due may have been
      // lost before the export began, and then never comes.
      if (sent && (wet_to_ >= position_ + frames || link->AllAnswered())) {
        const std::uint64_t from = position_ - pipelined_frames_;
        return Covered(from, from + frames);
      }
      const std::uint64_t now_ns = ipc::MonotonicNs();
      const std::uint64_t heartbeat_ns =
          link->segment->runner().heartbeat_ns.load(std::memory_order_relaxed);
      if (heartbeat_ns != last_heartbeat_ns) {
        last_heartbeat_ns = heartbeat_ns;
        give_up_ns = std::min(now_ns + offline_patience_ns_, latest_ns);
      }
      if (now_ns > give_up_ns) {
        offline_given_up_ = true;
        if (!sent) ReturnEvents();
        return false;
      }
    }
    if (!sent) ReturnEvents();
  }
  offline_given_up_ = true;
  return false;
}

Link* AudioPath::AwaitLink(std::uint64_t give_up_ns) noexcept {
  for (;;) {
    Link* link = TakeLink(true);
    if (offline_given_up_) return nullptr;
    if (link != nullptr && !link->lost.load(std::memory_order_acquire)) return link;
    const Connection connection = connection_->load(std::memory_order_acquire);
    if (connection == Connection::kIdle || connection == Connection::kUnavailable) return nullptr;
    if (ipc::MonotonicNs() > give_up_ns) return nullptr;
    ipc::SleepOffline(1'000'000);
  }
}

bool AudioPath::Send(Link& link, const float* const* in, std::uint32_t frames,
                     const BlockContext& context) noexcept {
  ipc::InputView view;
  view.block.sequence = link.next_sequence;
  view.block.position = position_;
  view.block.host_time_ns = context.host_time_ns;
  view.block.frames = frames;
  view.block.flags =
      (context.offline ? ipc::kBlockOffline : 0U) | (reset_pending_ ? ipc::kBlockReset : 0U);
  view.block.transport = context.transport;
  view.audio = in;
  view.parameter_events = {events_.data(), event_count_};
  view.midi_events = {context.midi_events, context.midi_event_count};
  ipc::ClientControl& control = link.segment->client();
  view.block.sent_ns = ipc::MonotonicNs();
  view.block.cpu = ipc::PresentCpu();
  control.heartbeat_ns.store(view.block.sent_ns, std::memory_order_relaxed);
  control.blocks.store(counters_->blocks.load(std::memory_order_relaxed),
                       std::memory_order_relaxed);
  control.missed_blocks.store(counters_->missed.load(std::memory_order_relaxed),
                              std::memory_order_relaxed);
  control.pipelined_frames.store(pipelined_frames_, std::memory_order_relaxed);
  const std::uint32_t violations = link.input.violations();
  if (!link.input.TryWrite(view)) {
    counters_->violations.fetch_add(link.input.violations() - violations,
                                    std::memory_order_relaxed);
    return false;
  }
  link.sent[link.next_sequence++ % Link::kMaxSent] = {position_, frames};
  event_count_ = 0;
  reset_pending_ = reset_done_ = false;
  ipc::Notify(link.segment->input_signal());
  return true;
}

void AudioPath::CollectEvents(const BlockContext& context) noexcept {
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
}

// What could not be sent: the values in force go with the next block.
void AudioPath::ReturnEvents() noexcept {
  for (std::uint32_t i = 0; i < event_count_; ++i) board_->Send(events_[i].parameter);
  event_count_ = 0;
}

// As if what is on its way had never been: silence takes its place.
void AudioPath::ForgetInFlight(bool offline) noexcept {
  reset_done_ = true;
  for (std::uint32_t left = pipelined_frames_ + model_latency_frames_; left > 0;) {
    const std::uint32_t length = std::min(left, maximum_block_frames_);
    for (std::uint32_t channel = 0; channel < channels_; ++channel) {
      std::fill_n(wet_rows_[channel], length, 0.0F);
    }
    dry_.Write(position_, wet_rows_.data(), length);
    wet_.Write(position_, wet_rows_.data(), length);
    position_ += length;
    left -= length;
  }
  wet_from_ = position_ - pipelined_frames_;
  wet_to_ = position_;
  // An export begins as a new stream would.
  if (offline) nothing_heard_yet_ = true;
  StartDeclick();
  state_ = State::kDry;
}

// Takes all results that are there into the wet history.
void AudioPath::Drain(Link& link) noexcept {
  for (std::uint32_t i = 0; i < kMaxDrainedBlocks; ++i) {
    ipc::OutputBlock block;
    const ipc::ReadResult read = link.output.ReadUntrusted(&block, result_rows_.data());
    if (read == ipc::ReadResult::kEmpty) return;
    if (read == ipc::ReadResult::kBadIndex) {
      counters_->violations.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    TakeAnswer(link, block, read);
  }
}

void AudioPath::TakeAnswer(Link& link, const ipc::OutputBlock& block,
                           ipc::ReadResult read) noexcept {
  // Only what was sent can be answered: once, in order, at its place and length.
  const Link::Sent& sent = link.sent[block.sequence % Link::kMaxSent];
  const bool expected = block.sequence >= link.next_answer && block.sequence < link.next_sequence;
  if (expected) link.next_answer = block.sequence + 1;
  const bool failed = (block.flags & ipc::kOutputFailed) != 0;
  if (read != ipc::ReadResult::kRead || !expected || block.position != sent.position ||
      block.frames != sent.frames ||
      (!failed && !AllFinite(result_rows_.data(), channels_, block.frames))) {
    counters_->violations.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (const std::uint64_t now_ns = ipc::MonotonicNs(); block.published_ns <= now_ns) {
    ipc::Add(link.segment->return_histogram(), now_ns - block.published_ns);
  }
  // Too late to be of use, or from before a reset.
  const bool obsolete = block.position < wet_to_ ||
                        block.position + wet_.capacity_frames() < position_ + maximum_block_frames_;
  if (failed || obsolete) return;
  wet_.Write(block.position, result_rows_.data(), block.frames);
  if (block.position != wet_to_) wet_from_ = block.position;
  wet_to_ = block.position + block.frames;
}

void AudioPath::AwaitUntil(Link& link, std::uint64_t needed, std::uint64_t deadline_ns) noexcept {
  ipc::Signal& signal = link.segment->output_signal();
  for (;;) {
    const std::uint32_t seen = ipc::Observe(signal);
    Drain(link);
    if (wet_to_ >= needed || link.AllAnswered() || link.lost.load(std::memory_order_relaxed) ||
        ipc::MonotonicNs() >= deadline_ns) {
      return;
    }
    ipc::WaitUntil(signal, seen, deadline_ns, kSpinNs);
  }
}

// Holds the output where it was and lets the difference to the dry signal decay.
void AudioPath::StartDeclick() noexcept {
  const std::uint64_t before = position_ - pipelined_frames_ - model_latency_frames_ - 1;
  for (std::uint32_t channel = 0; channel < channels_; ++channel) {
    offset_[channel] = nothing_heard_yet_ ? 0.0F : last_effect_[channel] - dry_.At(channel, before);
  }
  declick_ = 1.0F;
  blend_ = 0.0F;
}

void AudioPath::Mix(float* const* out, std::uint32_t frames, bool have_wet,
                    const BlockContext& context) noexcept {
  if (have_wet) {
    counters_->wet_blocks.fetch_add(1, std::memory_order_relaxed);
    if (state_ == State::kDry && (context.offline || recovered_blocks_ >= kRecoveryBlocks)) {
      state_ = State::kWet;
      been_wet_ = true;
      // At the very start there is nothing to fade from.
      if (context.offline && nothing_heard_yet_) blend_ = 1.0F;
    }
  } else {
    if (been_wet_) counters_->missed.fetch_add(1, std::memory_order_relaxed);
    if (state_ == State::kWet) {
      state_ = State::kDry;
      recovered_blocks_ = 0;
      StartDeclick();
    }
  }
  const std::uint64_t wet_position = position_ - pipelined_frames_;
  dry_.Read(wet_position - model_latency_frames_, dry_rows_.data(), frames);
  if (have_wet) wet_.Read(wet_position, wet_rows_.data(), frames);

  const float target = state_ == State::kWet ? 1.0F : 0.0F;
  float* const* effect = target == 1.0F ? wet_rows_.data() : dry_rows_.data();
  if (blend_ != target || declick_ > 0.0F) {
    Fade(target, frames, have_wet);
    effect = wet_rows_.data();
  }
  for (std::uint32_t channel = 0; channel < channels_; ++channel) {
    MixRow(effect[channel], dry_rows_[channel], context, out[channel], frames);
    last_effect_[channel] = effect[channel][frames - 1];
  }
  nothing_heard_yet_ = false;
}

// On the way from dry to wet, or with an offset still to decay: the result goes
// into the wet rows.
void AudioPath::Fade(float target, std::uint32_t frames, bool have_wet) noexcept {
  const float blend_step = target > blend_ ? fade_step_ : -fade_step_;
  float blend = blend_;
  float declick = declick_;
  for (std::uint32_t channel = 0; channel < channels_; ++channel) {
    const float* dry = dry_rows_[channel];
    float* row = wet_rows_[channel];
    if (!have_wet) std::copy_n(dry, frames, row);
    blend = blend_;
    declick = declick_;
    for (std::uint32_t i = 0; i < frames; ++i) {
      if (blend != target) blend = std::clamp(blend + blend_step, 0.0F, 1.0F);
      if (blend != 1.0F) row[i] = dry[i] + blend * (row[i] - dry[i]);
      row[i] += declick * offset_[channel];
      declick = std::max(0.0F, declick - fade_step_);
    }
  }
  blend_ = blend;
  declick_ = declick;
}

}  // namespace continuo::client
