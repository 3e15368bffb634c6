// SPDX-License-Identifier: Apache-2.0
#include "shared/client/link_query.h"

#include <grpcpp/client_context.h>

#include <chrono>
#include <set>
#include <utility>

#include "continuo/v1/daemon_service.grpc.pb.h"
#include "shared/client/connection.h"

namespace continuo::client {
namespace {

constexpr double kConnectSeconds = 1.0;
constexpr std::chrono::seconds kAnswerSeconds{2};

}  // namespace

class LinkQuery::Impl {
 public:
  std::string client_name;
  grpc::ClientContext context;
};

LinkQuery::LinkQuery(std::string client_name) : impl_(std::make_unique<Impl>()) {
  impl_->client_name = std::move(client_name);
}

LinkQuery::~LinkQuery() = default;

void LinkQuery::Cancel() { impl_->context.TryCancel(); }

LinkAnswer LinkQuery::Run() {
  ConnectOptions options;
  options.timeout_s = kConnectSeconds;
  options.autostart = false;
  options.client_name = impl_->client_name;
  Connected connected;
  if (!Connect(options, &connected).ok()) return {};
  v1::GetStatusResponse response;
  impl_->context.set_deadline(std::chrono::system_clock::now() + kAnswerSeconds);
  const grpc::Status status = v1::DaemonService::NewStub(connected.channel)
                                  ->GetStatus(&impl_->context, v1::GetStatusRequest(), &response);
  if (!status.ok()) return {};
  std::set<std::string> groups;
  std::set<std::string> buses;
  for (const v1::StreamStatus& stream : response.streams()) {
    if (!stream.link_group().empty()) groups.insert(stream.link_group());
    if (!stream.sends_key().empty()) buses.insert(stream.sends_key());
  }
  return {{groups.begin(), groups.end()}, {buses.begin(), buses.end()}};
}

}  // namespace continuo::client
