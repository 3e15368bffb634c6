// SPDX-License-Identifier: Apache-2.0
#include "shared/client/audio_path.h"

#include <algorithm>
#include <utility>

#include "shared/client/runner_suspicion.h"
#include "shared/ipc/histogram.h"
#include "shared/ipc/wakeup.h"

namespace continuo::client {

AudioPath::AudioPath(const StreamConfig& config, ParameterBoard* board, AudioCounters* counters,
                     const std::atomic<Connection>* connection)
    : keys_(config),
      channels_(TotalChannels(config)),
      maximum_block_frames_(config.maximum_block_frames),
      sample_rate_hz_(config.sample_rate_hz),
      deadline_share_(config.deadline),
      offline_patience_ns_(static_cast<std::uint64_t>(config.offline_patience_s * 1e9)),
      counters_(counters),
      connection_(connection),
      input_(channels_, HistoryFrames(config)),
      exchange_(config, board, counters),
      governor_(config.sample_rate_hz),
      effect_(channels_, sample_rate_hz_),
      dry_(channels_, sample_rate_hz_),
      scratch_(std::size_t{4} * channels_ * maximum_block_frames_, 0.0F) {
  float* row = scratch_.data();
  for (auto* rows : {&to_rows_, &from_rows_, &dry_rows_, &dry_from_rows_}) {
    for (std::uint32_t channel = 0; channel < channels_; ++channel) {
      (*rows)[channel] = row;
      row += maximum_block_frames_;
    }
  }
}

void AudioPath::Process(const float* const* in, float* const* out, std::uint32_t frames,
                        const BlockContext& context) noexcept {
  if (frames == 0) return;
  keys_.Exchange(in, frames, context);
  if (frames > maximum_block_frames_) {
    for (std::uint32_t channel = 0; channel < keys_.sound_channels(); ++channel) {
      if (out[channel] != in[channel]) std::copy_n(in[channel], frames, out[channel]);
    }
    return;
  }
  in = keys_.WithKey(in);
  out = keys_.WithSpare(out);
  if (std::exchange(reset_asked_, false)) ForgetInFlight(context.offline);
  input_.Write(position_, in, frames);

  bool connected = false;
  if (context.offline) {
    connected = OfflineExchange(in, frames, context);
  } else {
    offline_given_up_ = false;
    Link* link = TakeLink(false);
    connected = link != nullptr && !link->lost.load(std::memory_order_acquire);
    if (connected) {
      Exchange(*link, in, frames, context);
    } else {
      counters_->at_rest.store(false, std::memory_order_relaxed);
    }
  }

  ChooseVoice(frames, connected);
  Mix(out, frames, context);
  counters_->may_rest.store(MayRest(connected), std::memory_order_relaxed);
  position_ += frames;
  if (been_wet_) due_ = std::max(due_, position_ - delay().pipelined_frames);
  counters_->blocks.fetch_add(1, std::memory_order_relaxed);
}

AudioPath::Delay AudioPath::DelayOf(const Link& link) const noexcept {
  std::uint32_t pipelined = link.pipelined_frames;
  if (adaptive_) pipelined = governor_.pipelined() ? link.adaptive_frames : 0;
  if (offline_ && !link.offline_adds_latency) pipelined = 0;
  return {pipelined, link.model_latency_frames};
}

// The link in use from now on; takes over what it says of delays.
Link* AudioPath::TakeLink(bool offline) noexcept {
  bool changed = false;
  Link* link = links_.Take([&changed](Link*, Link*) { changed = true; });
  if (link == nullptr) return nullptr;
  const bool other_contract = offline != std::exchange(offline_, offline);
  if (changed) {
    link_number_ = link->number;
    adaptive_ = link->adaptive_frames > 0;
    governor_.Begin(link->pipelined_frames > 0);
    recovered_blocks_ = 0;
    offline_given_up_ = false;
  }
  if (!changed && !other_contract) return link;
  const Delay wanted = DelayOf(*link);
  if (changed) {
    // Before the first frame there was silence, and that is known.
    exchange_.Begin(effect_.heard() ? position_ : position_ - wanted.pipelined_frames, position_);
  }
  if (changed || wanted != delay()) {
    SetDelay(wanted);
    CutTo({false, wanted});
  }
  TellMode();
  return link;
}

void AudioPath::ContinueFrom(AudioPath& previous) noexcept {
  if (!previous.effect_.heard()) return;
  position_ = previous.position_;
  input_.TakeOver(previous.input_, position_);
  effect_.ContinueFrom(previous.effect_);
  dry_.ContinueFrom(previous.dry_);
  mix_ = previous.mix_;
  CutTo(to_);
  dry_.Cut([this](std::uint32_t channel) { return ValueBefore({false, delay()}, channel); });
}

void AudioPath::Exchange(Link& link, const float* const* in, std::uint32_t frames,
                         const BlockContext& context) noexcept {
  const std::uint64_t start_ns = ipc::MonotonicNs();
  exchange_.Drain(link, due_, [this](const Answer& answer) {
    governor_.NoteAnswer(answer.turnaround_ns, AllowedNs(answer.frames));
  });
  const bool answered = exchange_.end() >= position_;
  exchange_.CollectEvents(context);
  const bool rests = exchange_.TryRest(link, position_, in, frames, context);
  const bool sent = rests || exchange_.Send(link, position_, in, frames, context);
  if (!sent) exchange_.ReturnEvents();
  exchange_.PublishCounters(link, delay().pipelined_frames);

  const Delay wanted = DelayOf(link);
  const bool changes = wanted != delay() && !IsTurning();
  const bool direct = delay().pipelined_frames == 0;
  if (direct) {
    recovered_blocks_ = answered && sent ? recovered_blocks_ + 1 : 0;
  } else {
    exchange_.Drain(link, due_);
    recovered_blocks_ = IsThere(to_, frames) ? recovered_blocks_ + 1 : 0;
    if (recovered_blocks_ == 0 && to_.wet) governor_.NoteLate();
  }
  const bool direct_is_heard = direct ||
                               (effect_.IsFading() && from_.delay.pipelined_frames == 0) ||
                               (changes && wanted.pipelined_frames == 0);
  const bool recovered = direct && recovered_blocks_ >= kRecoveryBlocks;
  if (direct_is_heard && sent && !rests && (to_.wet || recovered)) {
    AwaitDirect(link, frames, start_ns);
  }
  if (!adaptive_) return;
  if (changes) {
    if (!to_.wet || IsThere({true, wanted}, frames)) {
      Change(wanted);
    } else if (wanted.pipelined_frames == 0) {
      governor_.NoteFailedReturn();
    }
  }
  governor_.NoteBlock(frames, start_ns);
  TellMode();
}

void AudioPath::AwaitDirect(Link& link, std::uint32_t frames, std::uint64_t start_ns) noexcept {
  auto& suspicion = RunnerSuspicion::Of(link.runner_pid);
  // Answers come again: without this a model that needs more than what suspicion
  // leaves would stay dry for ever.
  if (!to_.wet) suspicion.Clear();
  const std::uint64_t allowed_ns = AllowedNs(frames);
  exchange_.AwaitUntil(link, due_, position_ + frames, start_ns + suspicion.Shorten(allowed_ns));
  const std::uint64_t waited_ns = ipc::MonotonicNs() - start_ns;
  ipc::Add(counters_->waits, waited_ns);
  ipc::Add(link.segment->wait_histogram(), waited_ns);
  const bool there = exchange_.Covers(position_, frames);
  const bool missed = !there && !link.AllAnswered();
  if (there) suspicion.Clear();
  if (missed) suspicion.Note();
  if (!there && delay().pipelined_frames == 0) recovered_blocks_ = 0;
  governor_.NoteWait(waited_ns, allowed_ns, missed);
}

std::uint64_t AudioPath::AllowedNs(std::uint32_t frames) const noexcept {
  return static_cast<std::uint64_t>(deadline_share_ * 1e9 * frames / sample_rate_hz_);
}

// As if what is on its way had never been: silence takes its place.
void AudioPath::ForgetInFlight(bool offline) noexcept {
  exchange_.RequestReset();
  for (std::uint32_t left = delay().Sum(); left > 0;) {
    const std::uint32_t length = std::min(left, maximum_block_frames_);
    for (std::uint32_t channel = 0; channel < channels_; ++channel) {
      std::fill_n(to_rows_[channel], length, 0.0F);
    }
    input_.Write(position_, to_rows_.data(), length);
    exchange_.WriteSilence(position_, length);
    position_ += length;
    left -= length;
  }
  exchange_.SetKnown(position_ - delay().pipelined_frames, position_);
  // An export begins as a new stream would.
  if (offline) {
    effect_.Forget();
    dry_.Forget();
    mix_.Forget();
  }
  CutTo({false, delay()});
  dry_.Cut([this](std::uint32_t channel) { return ValueBefore({false, delay()}, channel); });
}

void AudioPath::TellMode() noexcept {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  counters_->latency_frames.store(delay().Sum(), kRelaxed);
  counters_->pipelined_frames.store(delay().pipelined_frames, kRelaxed);
  const ModeReason reason = adaptive_ ? governor_.reason() : ModeReason::kAsked;
  counters_->mode_reason.store(static_cast<std::uint32_t>(reason), kRelaxed);
  counters_->mode_figure.store(governor_.figure(), kRelaxed);
  counters_->link.store(link_number_, std::memory_order_release);
}

}  // namespace continuo::client
