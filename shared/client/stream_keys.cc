// SPDX-License-Identifier: Apache-2.0
// What the control thread of a Stream does with key buses.
#include <memory>
#include <string>
#include <utility>

#include "continuo/v1/key_service.grpc.pb.h"
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

// Without a model there is no stream: the call alone holds the bus. Its sound is idle all the same,
// so an export waits for the bus and for nothing else.
void Stream::Impl::SendKeyAlone() {
  const std::string idle = ToWords(Connection::kIdle);
  Connected connected;
  grpc::Status status = ConnectDaemon(&connected);
  if (status.ok()) {
    status = errand_.Run(kNoDeadline, [&](grpc::ClientContext& context) {
      v1::SendKeyRequest request;
      request.set_name(config_.send_key);
      request.set_sample_rate_hz(config_.sample_rate_hz);
      request.set_channels(config_.channels);
      request.set_maximum_block_frames(config_.maximum_block_frames);
      request.set_clock(KeyClock());
      request.set_client_name(config_.client_name);
      const auto stub = v1::KeyService::NewStub(connected.channel);
      const auto call = stub->SendKey(&context, request);
      v1::KeyBuses buses;
      while (call->Read(&buses)) {
        TakeBuses(buses);
        SetState(Connection::kIdle,
                 buses.send().empty()
                     ? idle + "; another one sends the key '" + config_.send_key + "'"
                     : idle + "; sends the key '" + config_.send_key + "'");
      }
      return call->Finish();
    });
  }
  if (errand_.cancelled()) return;
  SetState(Connection::kIdle, idle + "; the key has no daemon: " + Describe(status));
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
