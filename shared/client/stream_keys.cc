// SPDX-License-Identifier: Apache-2.0
// What the control thread of a Stream does with key buses.
#include <memory>
#include <utility>

#include "shared/client/stream_impl.h"

namespace continuo::client {
namespace {

// Null where there is none, or none any more: the daemon will say so soon.
std::unique_ptr<ipc::KeyBus> OpenBus(const std::string& name, ipc::KeyBus::Side side) {
  std::unique_ptr<ipc::KeyBus> bus;
  if (!name.empty() && ipc::KeyBus::Open(name, side, &bus) != ipc::SegmentError::kNone) bus.reset();
  return bus;
}

}  // namespace

// False where the call has ended.
bool Stream::Impl::TellKeys(AttachCall* call) {
  if (config_.send_key.empty() && config_.take_key.empty()) return true;
  v1::AttachStreamRequest request;
  v1::KeyWish* wish = request.mutable_key_wish();
  wish->set_send(config_.send_key);
  wish->set_take(config_.take_key);
  wish->set_channels(config_.channels);
  wish->set_clock(KeyClock());
  return Write(call, request);
}

// What is there still of a daemon that has ended goes on until the next one says more.
void Stream::Impl::TakeBuses(const v1::KeyBuses& buses) {
  KeyPath& keys = newest_path_->keys();
  if (buses.send() != buses_.send()) {
    std::unique_ptr<ipc::KeyBus> bus = OpenBus(buses.send(), ipc::KeyBus::Side::kWriter);
    // It is written by as many rows as it says.
    if (bus && bus->format().channels != config_.channels) bus.reset();
    keys.OfferSend(std::move(bus));
  }
  if (buses.take() != buses_.take()) {
    keys.OfferTake(OpenBus(buses.take(), ipc::KeyBus::Side::kReader));
  }
  buses_ = buses;
}

}  // namespace continuo::client
