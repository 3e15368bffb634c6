// SPDX-License-Identifier: Apache-2.0
// What the control thread of a Stream does with the segments that it is offered.
#include <memory>
#include <string>
#include <utility>

#include "shared/client/limits.h"
#include "shared/client/mode_words.h"
#include "shared/client/stream_impl.h"

namespace continuo::client {
namespace {

// Direct mode is chosen where the model's own time leaves room for the crossing.
constexpr double kDirectCostShare = 0.7;

double PeriodUs(const StreamConfig& config) {
  return 1e6 * config.maximum_block_frames / config.sample_rate_hz;
}

// The mode that a stream begins in: the one asked for, else the one that the daemon has
// room for, else by the cost.
Mode FirstMode(const StreamConfig& config, const v1::SegmentOffered& offered) {
  if (config.mode != Mode::kAuto) return config.mode;
  if (offered.mode() == v1::STREAM_MODE_DIRECT) return Mode::kDirect;
  if (offered.mode() == v1::STREAM_MODE_PIPELINED) return Mode::kPipelined;
  const double limit_us = kDirectCostShare * config.deadline * PeriodUs(config);
  return offered.block_cost_us() <= limit_us ? Mode::kDirect : Mode::kPipelined;
}

}  // namespace

// Maps the segment and hands it to the audio thread. Empty, or why it cannot be used.
std::string Stream::Impl::HandleSegment(const v1::SegmentOffered& offered, AttachCall* call) {
  std::unique_ptr<ipc::Segment> segment;
  const ipc::SegmentError error = ipc::Segment::Open(offered.name(), &segment);
  if (error != ipc::SegmentError::kNone) {
    return "shared memory '" + offered.name() + "': " + ipc::ToWords(error);
  }
  const ipc::Geometry& geometry = segment->geometry();
  if (geometry.channels != TotalChannels(config_) ||
      geometry.maximum_block_frames != config_.maximum_block_frames) {
    return "the daemon offered a segment for another number of channels or frames";
  }
  if (offered.latency_frames() > kMaxModelLatencyFrames) {
    return "the model's delay of " + std::to_string(offered.latency_frames()) +
           " frames is above the limit of " + std::to_string(kMaxModelLatencyFrames);
  }
  v1::AttachStreamRequest request;
  request.set_segment_mapped(offered.generation());
  if (!Write(call, request)) return {};

  LoseLink();  // if the daemon did not say that the last one is gone
  auto link = std::make_unique<Link>(std::move(segment));
  const Mode mode = FirstMode(config_, offered);
  const std::uint32_t pipelined_frames = config_.pipelined_blocks * config_.maximum_block_frames;
  link->model_latency_frames = offered.latency_frames();
  link->pipelined_frames = mode == Mode::kDirect ? 0 : pipelined_frames;
  link->adaptive_frames = config_.mode == Mode::kAuto ? pipelined_frames : 0;
  link->wants_transport = wants_transport_;
  link->offline_adds_latency = config_.mode == Mode::kPipelined;
  link->runner_pid = offered.runner_pid();
  link->segment->client().state.store(static_cast<std::uint32_t>(ipc::ClientState::kRunning));
  {
    const std::lock_guard lock(mutex_);
    link->number = ++newest_link_;
    snapshot_.mode = mode;
    snapshot_.latency_frames = link->model_latency_frames + link->pipelined_frames;
    admitted_ = offered.admission().empty()
                    ? DescribeCost(mode, offered.block_cost_us(), PeriodUs(config_))
                    : DescribeAdmission(mode, offered.admission());
    snapshot_.runner_pid = offered.runner_pid();
    snapshot_.model_rate_hz = offered.model_rate_hz();
    snapshot_.block_cost_us = offered.block_cost_us();
  }
  link_ = link.get();
  newest_path_->links().Offer(std::move(link));
  SetState(Connection::kConnected, ToWords(Connection::kConnected));
  return {};
}

// The link stays where it is until the audio thread has another; it is not used.
void Stream::Impl::LoseLink() {
  if (link_ == nullptr) return;
  link_->lost.store(true, std::memory_order_release);
  link_->segment->client().state.store(static_cast<std::uint32_t>(ipc::ClientState::kClosed));
  link_ = nullptr;
}

}  // namespace continuo::client
