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
// deadline, once. To dry the step is taken up by an offset that decays (there is
// no wet signal to fade from), to wet by a crossfade.
//
// Threads: [audio-thread] but for the constructor and the counters.
// Real time: no allocation, no lock; see stream.h.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "shared/client/frame_history.h"
#include "shared/client/link.h"
#include "shared/client/parameter_board.h"
#include "shared/client/stream.h"
#include "shared/ipc/histogram.h"

namespace continuo::client {

// Written by the audio thread. [any-thread]
struct AudioCounters {
  std::atomic<std::uint64_t> blocks{0};
  std::atomic<std::uint64_t> wet_blocks{0};
  std::atomic<std::uint64_t> missed{0};
  std::atomic<std::uint64_t> violations{0};
  std::atomic<std::uint32_t> latency_frames{0};
  ipc::HistogramBlock waits{};
};

class AudioPath {
 public:
  // The three pointers outlive the path.
  AudioPath(const StreamConfig& config, ParameterBoard* board, AudioCounters* counters,
            const std::atomic<Connection>* connection);

  // Where the control thread puts new connections.
  [[nodiscard]] LinkHandover& links() noexcept { return links_; }

  // Goes on from what `previous` has last given out, without a step.
  void ContinueFrom(const AudioPath& previous) noexcept;

  void Process(const float* const* in, float* const* out, std::uint32_t frames,
               const BlockContext& context) noexcept;
  void Reset() noexcept { reset_pending_ = true; }

 private:
  enum class State : std::uint8_t { kDry, kWet };

  Link* TakeLink(bool offline) noexcept;
  bool Exchange(Link& link, const float* const* in, std::uint32_t frames,
                const BlockContext& context) noexcept;
  // Exactness before speed: waits for the daemon, the model and the result, and
  // sends the block again where the runner has ended in between.
  bool OfflineExchange(const float* const* in, std::uint32_t frames,
                       const BlockContext& context) noexcept;
  Link* AwaitLink(std::uint64_t give_up_ns) noexcept;
  bool Send(Link& link, const float* const* in, std::uint32_t frames,
            const BlockContext& context) noexcept;
  void CollectEvents(const BlockContext& context) noexcept;
  void ReturnEvents() noexcept;
  void ForgetInFlight(bool offline) noexcept;
  void Drain(Link& link) noexcept;
  void TakeAnswer(Link& link, const ipc::OutputBlock& block, ipc::ReadResult read) noexcept;
  void AwaitUntil(Link& link, std::uint64_t needed, std::uint64_t deadline_ns) noexcept;
  [[nodiscard]] std::uint64_t DirectDeadlineNs(const Link& link, std::uint64_t now_ns,
                                               std::uint32_t frames) const noexcept;
  [[nodiscard]] bool Covered(std::uint64_t from, std::uint64_t to) const noexcept {
    return wet_from_ <= from && to <= wet_to_;
  }
  void StartDeclick() noexcept;
  void Fade(float target, std::uint32_t frames, bool have_wet) noexcept;
  void Mix(float* const* out, std::uint32_t frames, bool have_wet,
           const BlockContext& context) noexcept;

  const std::uint32_t channels_;
  const std::uint32_t maximum_block_frames_;
  const double sample_rate_hz_;
  const double deadline_share_;
  const std::uint64_t offline_patience_ns_;
  const float fade_step_;  // a frame
  ParameterBoard* const board_;
  AudioCounters* const counters_;
  const std::atomic<Connection>* const connection_;
  LinkHandover links_;

  std::uint64_t position_ = FrameHistory::kStart;
  FrameHistory dry_;
  FrameHistory wet_;
  std::uint64_t wet_from_ = FrameHistory::kStart;  // the wet frames at hand: [from, to)
  std::uint64_t wet_to_ = FrameHistory::kStart;
  std::uint32_t model_latency_frames_ = 0;
  std::uint32_t pipelined_frames_ = 0;
  State state_ = State::kDry;
  std::uint32_t recovered_blocks_ = 0;
  bool reset_pending_ = false;  // to be told to the runner
  bool reset_done_ = false;     // here
  bool offline_given_up_ = false;
  bool nothing_heard_yet_ = true;
  bool been_wet_ = false;

  float blend_ = 0.0F;    // 0 dry, 1 wet
  float declick_ = 0.0F;  // what is left of the offset, 1 … 0
  std::array<float, ipc::kMaxChannels> offset_{};
  std::array<float, ipc::kMaxChannels> last_effect_{};

  std::uint32_t event_count_ = 0;
  std::array<ipc::ParameterEvent, ipc::kMaxParameterEvents> events_{};
  std::vector<float> scratch_;
  std::array<float*, ipc::kMaxChannels> wet_rows_{};
  std::array<float*, ipc::kMaxChannels> dry_rows_{};
  std::array<float*, ipc::kMaxChannels> result_rows_{};
};

}  // namespace continuo::client
