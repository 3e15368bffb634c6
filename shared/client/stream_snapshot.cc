// SPDX-License-Identifier: Apache-2.0
// What a host is told of a Stream, and when.
#include <chrono>
#include <utility>

#include "shared/client/mode_words.h"
#include "shared/client/stream_impl.h"
#include "shared/ipc/histogram.h"

namespace continuo::client {

Snapshot Stream::Impl::snapshot() const {
  Snapshot copy;
  std::string admitted;
  std::uint32_t newest_link = 0;
  {
    const std::lock_guard lock(mutex_);
    copy = snapshot_;
    admitted = admitted_;
    newest_link = newest_link_;
    // Indices of the model before are not those of the one that is asked for.
    if (pending_ && pending_->model_id != config_.model_id) copy.parameters.clear();
  }
  copy.link_group = sharing_.group();
  copy.blocks = counters_.blocks.load();
  copy.sent = counters_.sent.load();
  copy.wet_blocks = counters_.wet_blocks.load();
  copy.missed = counters_.missed.load();
  copy.late = counters_.late.load();
  copy.at_rest = counters_.at_rest.load();
  copy.violations = counters_.violations.load();
  auto reason = ModeReason::kAdmitted;
  // Until the audio thread has met the connection, what it begins with holds.
  if (newest_link != 0 && counters_.link.load(std::memory_order_acquire) == newest_link) {
    copy.latency_frames = counters_.latency_frames.load();
    copy.mode = counters_.pipelined_frames.load() > 0 ? Mode::kPipelined : Mode::kDirect;
    reason = static_cast<ModeReason>(counters_.mode_reason.load());
  }
  if (copy.connection == Connection::kConnected) {
    copy.mode_reason = DescribeMode(copy.mode, reason, counters_.mode_figure.load(), admitted);
  }
  ipc::Histogram waits;
  waits.Include(counters_.waits);
  copy.wait_p50_us = waits.QuantileUs(0.50);
  copy.wait_p99_us = waits.QuantileUs(0.99);
  copy.wait_max_us = waits.MaximumUs();
  return copy;
}

void Stream::Impl::SetListener(std::function<void()> on_change) {
  const std::lock_guard lock(mutex_);
  on_change_ = std::move(on_change);
}

bool Stream::Impl::WaitUntilSettled(double seconds) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::duration<double>(seconds), [this] {
    if (pending_) return false;  // what is settled is the configuration before it
    return snapshot_.connection == Connection::kConnected ||
           snapshot_.connection == Connection::kUnavailable ||
           snapshot_.connection == Connection::kIdle;
  });
}

void Stream::Impl::SetState(Connection connection, std::string words) {
  std::function<void()> on_change;
  {
    const std::lock_guard lock(mutex_);
    if (snapshot_.connection == connection && snapshot_.words == words) return;
    snapshot_.connection = connection;
    snapshot_.words = std::move(words);
    connection_.store(connection, std::memory_order_release);
    on_change = on_change_;
  }
  changed_.notify_all();
  if (on_change) on_change();
}

void Stream::Impl::TellListener() {
  std::function<void()> on_change;
  {
    const std::lock_guard lock(mutex_);
    on_change = on_change_;
  }
  if (on_change) on_change();
}

// The audio thread cannot tell that it has changed the mode; this is called each second.
void Stream::Impl::TellModeChange() {
  const std::uint32_t latency = counters_.latency_frames.load(std::memory_order_relaxed);
  if (std::exchange(told_latency_frames_, latency) != latency) TellListener();
}

}  // namespace continuo::client
