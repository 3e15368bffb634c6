// SPDX-License-Identifier: Apache-2.0
// What of AudioPath is heard: which voice, and how one becomes another.
#include <algorithm>
#include <utility>

#include "shared/client/audio_path.h"

namespace continuo::client {

float AudioPath::ValueBefore(const Voice& voice, std::uint32_t channel) const noexcept {
  return voice.wet ? exchange_.wet().At(channel, position_ - voice.delay.pipelined_frames - 1)
                   : input_.At(channel, position_ - voice.delay.Sum() - 1);
}

void AudioPath::CutTo(const Voice& voice) noexcept {
  effect_.Cut([&](std::uint32_t channel) { return ValueBefore(voice, channel); });
  to_ = voice;
}

void AudioPath::FadeTo(const Voice& voice) noexcept {
  from_ = std::exchange(to_, voice);
  effect_.Start();
}

// Moves the dry part; the effect's voice is the caller's to change, afterwards.
void AudioPath::SetDelay(const Delay& next) noexcept {
  if (next.Sum() == delay().Sum()) return;
  if (!dry_.heard()) return;
  if (!dry_.IsFading()) {
    dry_from_ = delay();
    dry_.Start();
  } else if (next == dry_from_) {
    dry_from_ = delay();
    dry_.Turn();
  } else {
    dry_.Cut([&](std::uint32_t channel) { return ValueBefore({false, next}, channel); });
  }
}

// The same signal at another delay.
void AudioPath::Change(const Delay& next) noexcept {
  SetDelay(next);
  FadeTo({to_.wet, next});
  recovered_blocks_ = 0;
}

void AudioPath::ChooseVoice(std::uint32_t frames, bool connected) noexcept {
  const bool from_there = connected && IsThere(from_, frames);
  if (to_.wet && !(connected && IsThere(to_, frames))) {
    if (effect_.IsFading() && from_.wet && from_there) {
      // Only direct mode's result can lack where the one of before is there.
      SetDelay(from_.delay);
      CutTo(from_);
      governor_.NoteFailedReturn();
      TellMode();
    } else {
      CutTo({false, to_.delay});
      recovered_blocks_ = 0;
    }
  } else if (effect_.IsFading() && from_.wet && !from_there) {
    CutTo(to_);
  } else if (!to_.wet && connected && IsThere(to_, frames) && !effect_.IsFading() &&
             (offline_ || recovered_blocks_ >= kRecoveryBlocks)) {
    been_wet_ = true;
    // At the very start there is nothing to fade from.
    if (offline_ && !effect_.heard()) {
      to_.wet = true;
    } else {
      FadeTo({true, to_.delay});
    }
  }
  if (connected && IsThere(to_, frames)) {
    counters_->wet_blocks.fetch_add(1, std::memory_order_relaxed);
  } else if (been_wet_) {
    counters_->missed.fetch_add(1, std::memory_order_relaxed);
  }
}

void AudioPath::Mix(float* const* out, std::uint32_t frames, const BlockContext& context) noexcept {
  input_.Read(position_ - delay().Sum(), dry_rows_.data(), frames);
  if (dry_.IsFading()) input_.Read(position_ - dry_from_.Sum(), dry_from_rows_.data(), frames);
  const auto read = [&](const Voice& voice, float* const* rows) {
    if (voice.wet) {
      exchange_.wet().Read(position_ - voice.delay.pipelined_frames, rows, frames);
    } else {
      input_.Read(position_ - voice.delay.Sum(), rows, frames);
    }
  };
  if (to_.wet) read(to_, to_rows_.data());
  if (effect_.IsFading()) read(from_, from_rows_.data());
  const float* const* effect = effect_.Render(
      from_rows_.data(), to_.wet ? to_rows_.data() : dry_rows_.data(), to_rows_.data(), frames);
  const float* const* dry =
      dry_.Render(dry_from_rows_.data(), dry_rows_.data(), dry_from_rows_.data(), frames);
  mix_.Render(effect, dry, out, channels_, frames, context.wet_gain, context.dry_gain);
}

// Without a runner there is nothing to go on; a key may begin to sound at any time.
bool AudioPath::MayRest(bool connected) const noexcept {
  return effect_.IsSettled() && dry_.IsSettled() &&
         (!connected || (exchange_.at_rest() && !keys_.takes()));
}

}  // namespace continuo::client
