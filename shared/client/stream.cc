// SPDX-License-Identifier: Apache-2.0
#include "shared/client/stream.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "shared/client/limits.h"
#include "shared/client/stream_impl.h"
#include "shared/ipc/wakeup.h"

namespace continuo::client {
namespace {

// Out-of-range figures would be a programming error of the host; the nearest
// valid one serves better than none.
StreamConfig Bounded(StreamConfig config) {
  config.sample_rate_hz =
      std::clamp(config.sample_rate_hz, ipc::kMinSampleRateHz, ipc::kMaxSampleRateHz);
  config.channels = std::clamp(config.channels, 1U, ipc::kMaxChannels);
  config.maximum_block_frames = std::clamp(config.maximum_block_frames, 1U, ipc::kMaxBlockFrames);
  config.key_channels = std::min(config.key_channels, ipc::kMaxChannels - config.channels);
  config.pipelined_blocks = std::clamp(config.pipelined_blocks, 1U, kMaxPipelinedBlocks);
  config.deadline = std::clamp(config.deadline, 0.05, 0.95);
  return config;
}

}  // namespace

Stream::Impl::Impl(StreamConfig config) {
  Reconfigure(std::move(config));
  AdoptConfiguration();
  thread_ = std::thread([this] { Run(); });
}

Stream::Impl::~Impl() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    errand_.Cancel();
  }
  thread_.join();
}

void Stream::Impl::Process(const float* const* in, float* const* out, std::uint32_t frames,
                           const BlockContext& context) noexcept {
  sharing_.SetExporting(context.offline);
  if (context.offline) {
    // An export must begin with the configuration it was given.
    constexpr std::uint64_t kPatienceNs = 5'000'000'000;
    const std::uint64_t give_up_ns = ipc::MonotonicNs() + kPatienceNs;
    while (reconfiguring_.load(std::memory_order_acquire) && ipc::MonotonicNs() < give_up_ns) {
      ipc::SleepOffline(500'000);
    }
  }
  AudioPath* path = paths_.Take([this, &context](AudioPath* next, AudioPath* previous) {
    counters_.latency_frames.store(0, std::memory_order_relaxed);  // until there is a link
    counters_.link.store(0, std::memory_order_relaxed);
    if (previous != nullptr && !context.offline) next->ContinueFrom(*previous);
  });
  if (std::exchange(reset_pending_, false)) path->Reset();
  path->Process(in, out, frames, context);
}

void Stream::Impl::SetParameter(const std::string& id, float value) {
  if (!std::isfinite(value)) return;
  const std::lock_guard lock(mutex_);
  Want(id, value);
}

void Stream::Impl::Reconfigure(StreamConfig config) {
  sharing_.SetGroup(config.link_group);
  {
    const std::lock_guard lock(mutex_);
    if (config.model_id == config_.model_id) {  // on the board now, as what is turned from here on
      for (const auto& [id, value] : config.parameters) Want(id, value);
    }
    pending_ = std::make_unique<StreamConfig>(Bounded(std::move(config)));
    reconfiguring_.store(true, std::memory_order_release);
    errand_.Cancel();
  }
}

Stream::Stream(StreamConfig config) : impl_(std::make_unique<Impl>(std::move(config))) {}
Stream::~Stream() = default;

void Stream::Process(const float* const* in, float* const* out, std::uint32_t frames,
                     const BlockContext& context) noexcept {
  impl_->Process(in, out, frames, context);
}

void Stream::Reset() noexcept { impl_->Reset(); }

void Stream::SetParameter(const std::string& id, float value) { impl_->SetParameter(id, value); }

void Stream::SetParameter(std::uint32_t index, float value) noexcept {
  if (index < impl_->board().count()) impl_->board().Set(index, value);
}

bool Stream::GetParameter(std::uint32_t index, float* value) const noexcept {
  if (index >= impl_->board().count()) return false;
  *value = impl_->board().Get(index);
  return true;
}

void Stream::SetLinkGroup(const std::string& group) { impl_->sharing().SetGroup(group); }

void Stream::KeepParameter(std::uint32_t index, float value) {
  impl_->sharing().Keep(index, value);
}

void Stream::Reconfigure(StreamConfig config) { impl_->Reconfigure(std::move(config)); }

Snapshot Stream::snapshot() const { return impl_->snapshot(); }

std::uint32_t Stream::latency_frames() const noexcept {
  return impl_->counters().latency_frames.load(std::memory_order_relaxed);
}

bool Stream::may_rest() const noexcept {
  return impl_->counters().may_rest.load(std::memory_order_relaxed);
}

void Stream::SetListener(std::function<void()> on_change) {
  impl_->SetListener(std::move(on_change));
}

bool Stream::WaitUntilSettled(double seconds) { return impl_->WaitUntilSettled(seconds); }

const char* ToWords(Mode mode) noexcept {
  switch (mode) {
    case Mode::kAuto:
      return "auto";
    case Mode::kDirect:
      return "direct";
    case Mode::kPipelined:
      return "pipelined";
  }
  return "unknown";
}

const char* ToWords(ChannelMode mode) noexcept {
  return mode == ChannelMode::kMid ? "mid" : "each";
}

const char* ToWords(Connection connection) noexcept {
  switch (connection) {
    case Connection::kIdle:
      return "no model chosen";
    case Connection::kConnecting:
      return "looking for the daemon";
    case Connection::kOpening:
      return "loading the model";
    case Connection::kConnected:
      return "connected";
    case Connection::kRestarting:
      return "restarting the model";
    case Connection::kUnavailable:
      return "not available";
  }
  return "unknown";
}

}  // namespace continuo::client
