// SPDX-License-Identifier: Apache-2.0
#include "daemon/stream/transport_track.h"

#include <algorithm>
#include <cmath>

namespace continuo::stream {
namespace {

constexpr double kMaxQuarters = 1e9;
constexpr double kMaxTempoBpm = 1e5;

// A frame at the other rate may fall to this side or that.
constexpr double kToleratedFrames = 2.0;

double QuartersAFrame(double tempo_bpm, std::uint32_t rate_hz) noexcept {
  return tempo_bpm / 60.0 / rate_hz;
}

// A comparison with what is not a number is false.
bool MakesSense(const ipc::Transport& transport) noexcept {
  return (transport.flags & ipc::kTransportKnown) != 0 &&
         std::fabs(transport.position_quarters) <= kMaxQuarters &&
         std::fabs(transport.bar_start_quarters) <= kMaxQuarters && transport.tempo_bpm > 0.0 &&
         transport.tempo_bpm <= kMaxTempoBpm && transport.signature_numerator > 0 &&
         transport.signature_denominator > 0;
}

}  // namespace

void TransportTrack::NoteUntrusted(std::uint64_t frame, const ipc::Transport& transport) noexcept {
  Told told;
  told.known = MakesSense(transport);
  if (told.known) {
    told.transport = {transport.position_quarters,
                      transport.bar_start_quarters,
                      transport.tempo_bpm,
                      transport.signature_numerator,
                      transport.signature_denominator,
                      (transport.flags & ipc::kTransportPlaying) != 0,
                      (transport.flags & ipc::kTransportLooping) != 0,
                      (transport.flags & ipc::kTransportExporting) != 0};
  }
  newest_ = told.transport;
  known_ = told.known;
  if (told_.full()) {
    const auto oldest = told_.Pop();
    current_ = oldest.event;
    current_frame_ = oldest.frame;
  }
  told_.Push(frame, told);
}

executor::Transport TransportTrack::Advanced(const executor::Transport& from,
                                             std::uint64_t frames) const noexcept {
  executor::Transport transport = from;
  if (!from.playing) return transport;
  transport.position_quarters +=
      static_cast<double>(frames) * QuartersAFrame(from.tempo_bpm, rate_hz_);
  const double bar_quarters = 4.0 * from.signature_numerator / from.signature_denominator;
  const double bars =
      std::floor((transport.position_quarters - from.bar_start_quarters) / bar_quarters);
  if (bars > 0) transport.bar_start_quarters += bars * bar_quarters;
  return transport;
}

bool TransportTrack::Continues(const Told& next, std::uint64_t frame) const noexcept {
  if (current_.known != next.known || !next.known) return current_.known == next.known;
  const executor::Transport& a = current_.transport;
  const executor::Transport& b = next.transport;
  const executor::Transport expected = Advanced(a, frame - current_frame_);
  return a.tempo_bpm == b.tempo_bpm && a.signature_numerator == b.signature_numerator &&
         a.signature_denominator == b.signature_denominator && a.playing == b.playing &&
         a.looping == b.looping && a.exporting == b.exporting &&
         std::fabs(b.position_quarters - expected.position_quarters) <=
             kToleratedFrames * QuartersAFrame(b.tempo_bpm, rate_hz_);
}

std::uint32_t TransportTrack::FramesUntilJump(std::uint64_t frame, std::uint32_t frames) noexcept {
  while (!told_.empty() && told_[0].frame <= frame) {
    const auto entry = told_.Pop();
    current_ = entry.event;
    current_frame_ = entry.frame;
  }
  for (std::uint32_t i = 0; i < told_.size() && told_[i].frame < frame + frames; ++i) {
    if (Continues(told_[i].event, told_[i].frame)) continue;
    return static_cast<std::uint32_t>(told_[i].frame - frame);
  }
  return frames;
}

const executor::Transport* TransportTrack::At(std::uint64_t frame) noexcept {
  if (!current_.known) return nullptr;
  at_ = Advanced(current_.transport, frame - current_frame_);
  return &at_;
}

void TransportTrack::Reset() noexcept {
  told_.Clear();
  current_ = {};
  current_frame_ = 0;
}

}  // namespace continuo::stream
