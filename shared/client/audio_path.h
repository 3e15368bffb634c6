// SPDX-License-Identifier: Apache-2.0
// What the audio thread does with a block: send it, take the result that is due,
// and blend to the delay-matched dry signal, and back, without a click.
//
// Every frame has an absolute position. The wet signal at position p answers the
// input at p; in direct mode the frames due are those just sent, in pipelined
// mode those `pipelined_frames` earlier. The dry signal is read at the delay of
// the whole path, so both are aligned to 0 frames always.
//
//   dry ──all earlier results there, kRecoveryBlocks times, and this one in time──► wet
//    ▲                                                                               │
//    └────────────────────────── result not there when due ◄─────────────────────────┘
//
// In the dry state nothing is waited for, so a runner that hangs costs one
// deadline, once. What is heard is a voice: wet or dry, at a delay. From voice to
// voice there is a crossfade while both are at hand; where the one heard has ended,
// its last value decays into the next (crossfade.h). So a change of mode is a
// crossfade of the same wet signal at two delays, and one of the dry signal.
//
// Threads: [audio-thread] but for the constructor and the counters.
// Real time: no allocation, no lock; see stream.h.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "shared/client/audio_counters.h"
#include "shared/client/block_exchange.h"
#include "shared/client/crossfade.h"
#include "shared/client/frame_history.h"
#include "shared/client/key_path.h"
#include "shared/client/link.h"
#include "shared/client/mode_governor.h"
#include "shared/client/parameter_board.h"
#include "shared/client/stream.h"
#include "shared/client/wet_dry_mix.h"

namespace continuo::client {

class AudioPath {
 public:
  // The three pointers outlive the path.
  AudioPath(const StreamConfig& config, ParameterBoard* board, AudioCounters* counters,
            const std::atomic<Connection>* connection);

  // Where the control thread puts new connections.
  [[nodiscard]] LinkHandover& links() noexcept { return links_; }

  // Where it puts key buses.
  [[nodiscard]] KeyPath& keys() noexcept { return keys_; }

  // Goes on from what `previous` has last given out, without a step. That is not used any more.
  void ContinueFrom(AudioPath& previous) noexcept;

  void Process(const float* const* in, float* const* out, std::uint32_t frames,
               const BlockContext& context) noexcept;
  void Reset() noexcept { reset_asked_ = true; }

 private:
  static constexpr std::uint32_t kRecoveryBlocks = 4;
  struct Delay {
    std::uint32_t pipelined_frames = 0;
    std::uint32_t model_frames = 0;
    [[nodiscard]] std::uint32_t Sum() const noexcept { return pipelined_frames + model_frames; }
    bool operator==(const Delay&) const = default;
  };
  struct Voice {
    bool wet = false;
    Delay delay;
  };

  Link* TakeLink(bool offline) noexcept;
  // Sends the block and takes what is due for it, and changes the mode where that is time.
  void Exchange(Link& link, const float* const* in, std::uint32_t frames,
                const BlockContext& context) noexcept;
  void AwaitDirect(Link& link, std::uint32_t frames, std::uint64_t start_ns) noexcept;
  [[nodiscard]] Delay DelayOf(const Link& link) const noexcept;
  // Exactness before speed: waits for the daemon, the model and the result, and
  // sends the block again where the runner has ended in between. False: it has none.
  bool OfflineExchange(const float* const* in, std::uint32_t frames,
                       const BlockContext& context) noexcept;
  Link* AwaitLink(std::uint64_t give_up_ns) noexcept;
  [[nodiscard]] std::uint64_t AllowedNs(std::uint32_t frames) const noexcept;

  [[nodiscard]] const Delay& delay() const noexcept { return to_.delay; }
  [[nodiscard]] bool IsThere(const Voice& voice, std::uint32_t frames) const noexcept {
    return exchange_.Covers(position_ - voice.delay.pipelined_frames, frames);
  }
  [[nodiscard]] float ValueBefore(const Voice& voice, std::uint32_t channel) const noexcept;
  [[nodiscard]] bool IsTurning() const noexcept { return effect_.IsFading() || dry_.IsFading(); }

  void ForgetInFlight(bool offline) noexcept;
  void CutTo(const Voice& voice) noexcept;
  void FadeTo(const Voice& voice) noexcept;
  void SetDelay(const Delay& delay) noexcept;
  void TellMode() noexcept;
  // `connected`: what is there of the wet signal may be used.
  void ChooseVoice(std::uint32_t frames, bool connected) noexcept;
  void Change(const Delay& delay) noexcept;
  void Mix(float* const* out, std::uint32_t frames, const BlockContext& context) noexcept;
  [[nodiscard]] bool MayRest(bool connected) const noexcept;

  KeyPath keys_;
  const std::uint32_t channels_;  // of sound and key
  const std::uint32_t maximum_block_frames_;
  const double sample_rate_hz_;
  const double deadline_share_;
  const std::uint64_t offline_patience_ns_;
  AudioCounters* const counters_;
  const std::atomic<Connection>* const connection_;
  LinkHandover links_;

  std::uint64_t position_ = FrameHistory::kStart;
  FrameHistory input_;
  BlockExchange exchange_;
  ModeGovernor governor_;

  Crossfade effect_;       // of what is heard of the model
  Crossfade dry_;          // of the host's dry part
  WetDryMix mix_;          // of the two
  Voice to_;               // heard, or being faded to
  Voice from_;             // while effect_ fades
  Delay dry_from_;         // while dry_ fades
  std::uint64_t due_ = 0;  // frames before were asked for
  std::uint32_t recovered_blocks_ = 0;
  std::uint32_t link_number_ = 0;
  bool reset_asked_ = false;
  bool adaptive_ = false;  // the governor decides
  bool offline_ = false;
  bool offline_given_up_ = false;
  bool been_wet_ = false;

  std::vector<float> scratch_;
  using Rows = std::array<float*, ipc::kMaxChannels>;
  Rows to_rows_{}, from_rows_{}, dry_rows_{}, dry_from_rows_{};
};

}  // namespace continuo::client
