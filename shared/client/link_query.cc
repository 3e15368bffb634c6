// SPDX-License-Identifier: Apache-2.0
#include "shared/client/link_query.h"

#include <chrono>
#include <set>
#include <utility>

#include "continuo/v1/daemon_service.grpc.pb.h"
#include "continuo/v1/key_service.grpc.pb.h"
#include "shared/client/connection.h"
#include "shared/client/errand.h"

namespace continuo::client {
namespace {

constexpr double kConnectSeconds = 1.0;
constexpr std::chrono::milliseconds kAnswerTime{2000};  // for each of the two

}  // namespace

class LinkQuery::Impl {
 public:
  std::string client_name;
  Errand errand;
};

LinkQuery::LinkQuery(std::string client_name) : impl_(std::make_unique<Impl>()) {
  impl_->client_name = std::move(client_name);
}

LinkQuery::~LinkQuery() = default;

void LinkQuery::Cancel() { impl_->errand.Cancel(); }

LinkAnswer LinkQuery::Run() {
  ConnectOptions options;
  options.timeout_s = kConnectSeconds;
  options.autostart = false;
  options.client_name = impl_->client_name;
  options.errand = &impl_->errand;
  Connected connected;
  if (!Connect(options, &connected).ok()) return {};
  v1::GetStatusResponse all;
  v1::ListKeysResponse keys;
  const auto ask_status = [&](grpc::ClientContext& context) {
    return v1::DaemonService::NewStub(connected.channel)
        ->GetStatus(&context, v1::GetStatusRequest(), &all);
  };
  const auto ask_keys = [&](grpc::ClientContext& context) {
    return v1::KeyService::NewStub(connected.channel)
        ->ListKeys(&context, v1::ListKeysRequest(), &keys);
  };
  const bool told = impl_->errand.Run(kAnswerTime, ask_status).ok() &&
                    impl_->errand.Run(kAnswerTime, ask_keys).ok();
  if (!told) return {};
  std::set<std::string> groups;
  std::set<std::string> buses;
  for (const v1::StreamStatus& stream : all.streams()) {
    if (!stream.link_group().empty()) groups.insert(stream.link_group());
  }
  for (const v1::KeySender& sender : keys.senders()) buses.insert(sender.name());
  return {{groups.begin(), groups.end()}, {buses.begin(), buses.end()}};
}

}  // namespace continuo::client
