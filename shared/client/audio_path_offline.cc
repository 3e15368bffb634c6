// SPDX-License-Identifier: Apache-2.0
// AudioPath while the host exports.
#include <algorithm>

#include "shared/client/audio_path.h"
#include "shared/ipc/wakeup.h"

namespace continuo::client {
namespace {

constexpr std::uint64_t kLookNs = 20'000'000;
constexpr std::uint64_t kNapNs = 1'000'000;
// A runner that shows signs of life and yet gives no result is left after this
// many times the patience.
constexpr std::uint64_t kMaxPatiences = 4;

}  // namespace

bool AudioPath::OfflineExchange(const float* const* in, std::uint32_t frames,
                                const BlockContext& context) noexcept {
  const std::uint64_t start_ns = ipc::MonotonicNs();
  const std::uint64_t latest_ns = start_ns + kMaxPatiences * offline_patience_ns_;
  std::uint64_t give_up_ns = start_ns + offline_patience_ns_;
  std::uint64_t last_heartbeat_ns = 0;
  counters_->at_rest.store(false, std::memory_order_relaxed);
  while (Link* link = AwaitLink(give_up_ns)) {
    exchange_.CollectEvents(context);
    bool sent = false;
    while (!link->lost.load(std::memory_order_acquire)) {
      if (!sent) sent = exchange_.Send(*link, position_, in, frames, context);
      if (!sent) ipc::SleepOffline(kNapNs);
      exchange_.PublishCounters(*link, delay().pipelined_frames);
      exchange_.AwaitUntil(*link, due_, position_ + frames,
                           std::min(ipc::MonotonicNs() + kLookNs, give_up_ns));
      // In pipelined mode too this very block is awaited; what is due may have been
      // lost before the export began, and then never comes.
      if (sent && (exchange_.end() >= position_ + frames || link->AllAnswered())) return true;
      const std::uint64_t now_ns = ipc::MonotonicNs();
      const std::uint64_t heartbeat_ns =
          link->segment->runner().heartbeat_ns.load(std::memory_order_relaxed);
      if (heartbeat_ns != last_heartbeat_ns) {
        last_heartbeat_ns = heartbeat_ns;
        give_up_ns = std::min(now_ns + offline_patience_ns_, latest_ns);
      }
      if (now_ns > give_up_ns) {
        offline_given_up_ = true;
        if (!sent) exchange_.ReturnEvents();
        return false;
      }
    }
    if (!sent) exchange_.ReturnEvents();
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
    ipc::SleepOffline(kNapNs);
  }
}

}  // namespace continuo::client
