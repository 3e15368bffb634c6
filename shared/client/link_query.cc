// SPDX-License-Identifier: Apache-2.0
#include "shared/client/link_query.h"

#include <grpcpp/client_context.h>

#include <chrono>
#include <set>
#include <utility>

#include "continuo/v1/daemon_service.grpc.pb.h"
#include "continuo/v1/key_service.grpc.pb.h"
#include "shared/client/connection.h"

namespace continuo::client {
namespace {

constexpr double kConnectSeconds = 1.0;
constexpr std::chrono::seconds kAnswerSeconds{2};

}  // namespace

class LinkQuery::Impl {
 public:
  std::string client_name;
  grpc::ClientContext status_context;
  grpc::ClientContext keys_context;
};

LinkQuery::LinkQuery(std::string client_name) : impl_(std::make_unique<Impl>()) {
  impl_->client_name = std::move(client_name);
}

LinkQuery::~LinkQuery() = default;

void LinkQuery::Cancel() {
  impl_->status_context.TryCancel();
  impl_->keys_context.TryCancel();
}

LinkAnswer LinkQuery::Run() {
  ConnectOptions options;
  options.timeout_s = kConnectSeconds;
  options.autostart = false;
  options.client_name = impl_->client_name;
  Connected connected;
  if (!Connect(options, &connected).ok()) return {};
  const auto deadline = std::chrono::system_clock::now() + kAnswerSeconds;
  impl_->status_context.set_deadline(deadline);
  impl_->keys_context.set_deadline(deadline);
  v1::GetStatusResponse all;
  v1::ListKeysResponse keys;
  const bool told = v1::DaemonService::NewStub(connected.channel)
                        ->GetStatus(&impl_->status_context, v1::GetStatusRequest(), &all)
                        .ok() &&
                    v1::KeyService::NewStub(connected.channel)
                        ->ListKeys(&impl_->keys_context, v1::ListKeysRequest(), &keys)
                        .ok();
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
