// SPDX-License-Identifier: Apache-2.0
#include "shared/studio/link.h"

#include <utility>

#include "continuo/v1/daemon_service.grpc.pb.h"
#include "shared/client/connection.h"

namespace continuo::studio {
namespace {

constexpr double kConnectSeconds = 3.0;
constexpr std::chrono::milliseconds kAfterLoss{500};
constexpr std::chrono::milliseconds kBetweenAttempts{2000};

}  // namespace

Link::Link(std::string client_name, Tell tell)
    : client_name_(std::move(client_name)), tell_(std::move(tell)), thread_([this] { Loop(); }) {}

Link::~Link() {
  errand_.Cancel();
  thread_.join();
}

std::shared_ptr<grpc::Channel> Link::channel(std::string* problem) const {
  const std::lock_guard lock(mutex_);
  if (channel_ == nullptr) *problem = problem_;
  return channel_;
}

void Link::Say(LinkState state) {
  {
    const std::lock_guard lock(mutex_);
    if (state.what != LinkState::What::kConnected) {
      channel_.reset();
      problem_ = state.words;
    }
  }
  tell_.state(state);
}

void Link::Loop() {
  BeOrdinary();
  Say({LinkState::What::kConnecting, "connecting to the daemon", "", 0});
  for (bool again = true; again;) {
    client::ConnectOptions options;
    options.timeout_s = kConnectSeconds;
    options.client_name = client_name_;
    options.errand = &errand_;
    client::Connected connected;
    const grpc::Status status = client::Connect(options, &connected);
    if (!status.ok()) {
      Say({LinkState::What::kGone, client::Describe(status), "", 0});
      again = errand_.Pause(kBetweenAttempts);
      continue;
    }
    {
      const std::lock_guard lock(mutex_);
      channel_ = connected.channel;
    }
    Say({LinkState::What::kConnected, "connected", connected.daemon_version, connected.daemon_pid});
    Follow(connected.channel);
    Say({LinkState::What::kGone, "the daemon has gone; starting it again", "", 0});
    again = errand_.Pause(kAfterLoss);
  }
}

// Until the daemon ends, or we do.
void Link::Follow(const std::shared_ptr<grpc::Channel>& channel) {
  const auto stub = v1::DaemonService::NewStub(channel);
  static_cast<void>(errand_.Run(kNoDeadline, [&](grpc::ClientContext& context) {
    const auto reader = stub->Subscribe(&context, v1::SubscribeRequest());
    v1::Event event;
    while (reader->Read(&event)) {
      // One that was missed may have been any.
      if (event.has_models_changed() || event.missed() > 0) tell_.models_changed();
      if (event.has_record_added()) tell_.record_added(event.record_added().record_id());
    }
    return reader->Finish();
  }));
}

}  // namespace continuo::studio
