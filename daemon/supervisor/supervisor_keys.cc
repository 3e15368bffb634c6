// SPDX-License-Identifier: Apache-2.0
// The supervisor's key buses: one for each stream that sends, under the name that it says. The
// object keeps its name while the stream lives, since a reader may come at any time.
#include <map>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/supervisor/segment_names.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/ipc/segment_layout.h"

namespace continuo::supervisor {

void Supervisor::SetKeys(std::uint64_t id, const v1::KeyWish& wish, const Done& done) {
  Run(done, [this, id, wish, done] {
    absl::StatusOr<Stream*> found = FindStream(id);
    if (!found.ok()) return done(found.status());
    Stream& stream = **found;
    if (!wish.send().empty() && (wish.channels() < 1 || wish.channels() > ipc::kMaxChannels)) {
      return done(absl::InvalidArgumentError(
          base::StrCat("channels is ", wish.channels(), ", outside 1 to ", ipc::kMaxChannels)));
    }
    RemoveKeyBus(&stream);
    if (!wish.send().empty()) {
      const ipc::KeyBusFormat format{wish.clock(), stream.info.sample_rate_hz, wish.channels(),
                                     stream.info.maximum_block_frames};
      absl::StatusOr<std::string> name = CreateKeyBus(format);
      if (!name.ok()) return done(name.status());
      stream.key_bus = *std::move(name);
    }
    stream.info.sends_key = wish.send();
    stream.info.takes_key = wish.take();
    TellKeyBuses();
    observer_->OnStreamChanged(stream.info, false);
    done(absl::OkStatus());
  });
}

void Supervisor::RemoveKeyBus(Stream* stream) {
  if (!stream->key_bus.empty()) ipc::KeyBus::Remove(stream->key_bus);
  stream->key_bus.clear();
}

// Each stream hears of the buses that it writes and reads now, where that is news to it.
void Supervisor::TellKeyBuses() {
  std::map<std::string, const Stream*> senders;  // of several of one name the first
  for (const auto& [id, stream] : streams_) {
    if (!stream.key_bus.empty()) senders.emplace(stream.info.sends_key, &stream);
  }
  for (auto& [id, stream] : streams_) {
    const auto sender = senders.find(stream.info.sends_key);
    const auto taken = senders.find(stream.info.takes_key);
    v1::KeyBuses buses;
    if (sender != senders.end() && sender->second == &stream) buses.set_send(stream.key_bus);
    if (taken != senders.end()) buses.set_take(taken->second->key_bus);
    if (!stream.client) continue;
    if (buses.send() == stream.told_buses.send() && buses.take() == stream.told_buses.take()) {
      continue;
    }
    stream.told_buses = buses;
    stream.client->OnKeyBuses(buses);
  }
}

}  // namespace continuo::supervisor
