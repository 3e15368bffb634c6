// SPDX-License-Identifier: Apache-2.0
// The supervisor's key buses: one for each stream that sends, and for each sender that is no
// stream, under the name that it says. The object keeps its name while the sender lives, since a
// reader may come at any time.
#include <algorithm>
#include <map>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/supervisor/check_format.h"
#include "daemon/supervisor/segment_names.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/ipc/segment_layout.h"

namespace continuo::supervisor {
namespace {

// Where it is news.
template <typename Client>
void TellBuses(const v1::KeyBuses& buses, v1::KeyBuses* told, Client* client) {
  if (buses.send() == told->send() && buses.take() == told->take()) return;
  *told = buses;
  client->OnKeyBuses(buses);
}

}  // namespace

void Supervisor::SetKeys(std::uint64_t id, const v1::KeyWish& wish, const Done& done) {
  Run(done, [this, id, wish, done] {
    absl::StatusOr<Stream*> found = FindStream(id);
    if (!found.ok()) return done(found.status());
    Stream& stream = **found;
    if (!wish.send().empty()) {
      const absl::Status status = CheckRange("channels", wish.channels(), 1, ipc::kMaxChannels);
      if (!status.ok()) return done(status);
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

void Supervisor::SendKey(const v1::SendKeyRequest& request,
                         const std::shared_ptr<KeySendClient>& client) {
  const auto refuse = [client](const absl::Status& status) { client->OnEnd(status); };
  Run(refuse, [this, request, client, refuse] {
    const absl::Status status =
        CheckFormat(request.sample_rate_hz(), request.channels(), request.maximum_block_frames());
    if (!status.ok()) return refuse(status);
    if (key_senders_.size() >= options_.maximum_streams) {
      return refuse(absl::ResourceExhaustedError(
          base::StrCat(key_senders_.size(), " keys are sent without a stream, the limit is ",
                       "stream.maximum_streams, ", options_.maximum_streams)));
    }
    absl::StatusOr<std::string> bus =
        CreateKeyBus({request.clock(), request.sample_rate_hz(), request.channels(),
                      request.maximum_block_frames()});
    if (!bus.ok()) return refuse(bus.status());
    KeySender& sender = key_senders_[next_stream_id_++];
    sender = {request, *std::move(bus), {}, client};
    TellKeyBuses();
    if (sender.told.send().empty()) client->OnKeyBuses(sender.told);  // another one has the name
  });
}

void Supervisor::EndKey(const std::shared_ptr<KeySendClient>& client) {
  loop_->Post([this, client] {
    const auto found =
        std::find_if(key_senders_.begin(), key_senders_.end(),
                     [&](const auto& entry) { return entry.second.client == client; });
    if (found != key_senders_.end()) CloseKey(found->first, absl::CancelledError());
  });
}

void Supervisor::CloseKey(std::uint64_t id, const absl::Status& status) {
  const KeySender sender = std::move(key_senders_.at(id));
  key_senders_.erase(id);
  ipc::KeyBus::Remove(sender.bus);
  sender.client->OnEnd(status);
  TellKeyBuses();
}

void Supervisor::ListKeys(const std::function<void(const v1::ListKeysResponse&)>& reply) {
  loop_->Post([this, reply] { reply(KeySenders()); });
}

v1::ListKeysResponse Supervisor::KeySenders() const {
  std::map<std::pair<std::string, std::uint64_t>, v1::KeySender> senders;
  for (const auto& [id, stream] : streams_) {
    if (stream.key_bus.empty()) continue;
    v1::KeySender& sender = senders[{stream.info.sends_key, id}];
    sender.set_client_name(stream.info.client_name);
    sender.set_stream_id(id);
  }
  for (const auto& [id, entry] : key_senders_) {
    senders[{entry.request.name(), id}].set_client_name(entry.request.client_name());
  }
  const HeardKeys heard = Heard();
  v1::ListKeysResponse response;
  for (auto& [key, sender] : senders) {
    sender.set_name(key.first);
    sender.set_heard(heard.at(key.first).first == key.second);
    *response.add_senders() = std::move(sender);
  }
  return response;
}

// Of several of one name the first.
Supervisor::HeardKeys Supervisor::Heard() const {
  HeardKeys heard;
  const auto offer = [&heard](const std::string& name, std::uint64_t id, const std::string& bus) {
    if (bus.empty()) return;
    auto& first = heard.try_emplace(name, id, bus).first->second;
    first = std::min(first, {id, bus});
  };
  for (const auto& [id, stream] : streams_) offer(stream.info.sends_key, id, stream.key_bus);
  for (const auto& [id, sender] : key_senders_) offer(sender.request.name(), id, sender.bus);
  return heard;
}

// Each hears of the buses that it writes and reads now.
void Supervisor::TellKeyBuses() {
  const HeardKeys heard = Heard();
  const auto send = [&heard](const std::string& name, std::uint64_t id) {
    const auto found = heard.find(name);
    return found != heard.end() && found->second.first == id ? found->second.second : "";
  };
  for (auto& [id, stream] : streams_) {
    if (!stream.client) continue;
    v1::KeyBuses buses;
    buses.set_send(send(stream.info.sends_key, id));
    const auto taken = heard.find(stream.info.takes_key);
    if (taken != heard.end()) buses.set_take(taken->second.second);
    TellBuses(buses, &stream.told_buses, stream.client.get());
  }
  for (auto& [id, sender] : key_senders_) {
    v1::KeyBuses buses;
    buses.set_send(send(sender.request.name(), id));
    TellBuses(buses, &sender.told, sender.client.get());
  }
}

}  // namespace continuo::supervisor
