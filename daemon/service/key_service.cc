// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/key_service.h"

#include <memory>

#include "daemon/service/limits.h"
#include "daemon/service/queued_writer.h"
#include "daemon/service/status.h"

namespace continuo::service {
namespace {

// The bus is there while the call is.
class SendKeyReactor : public QueuedWriter<v1::KeyBuses>,
                       public supervisor::KeySendClient,
                       public std::enable_shared_from_this<SendKeyReactor> {
 public:
  explicit SendKeyReactor(supervisor::Supervisor* supervisor) : supervisor_(supervisor) {}

  void Start(const v1::SendKeyRequest& request) {
    Hold(shared_from_this());
    absl::Status status = CheckId("name", request.name());
    status.Update(CheckText("client_name", request.client_name(), kMaxClientNameBytes));
    if (!status.ok()) return OnEnd(status);
    supervisor_->SendKey(request, shared_from_this());
  }

  void OnCancel() override { supervisor_->EndKey(shared_from_this()); }

  // --- the supervisor
  void OnKeyBuses(const v1::KeyBuses& buses) override {
    Change([&](Queue* queue) { queue->assign(1, buses); });  // what waits is not so any more
  }
  void OnEnd(const absl::Status& status) override { End(ToGrpc(status)); }

 private:
  supervisor::Supervisor* const supervisor_;
};

}  // namespace

grpc::ServerWriteReactor<v1::KeyBuses>* KeyService::SendKey(grpc::CallbackServerContext*,
                                                            const v1::SendKeyRequest* request) {
  const auto reactor = std::make_shared<SendKeyReactor>(supervisor_);
  reactor->Start(*request);
  return reactor.get();
}

grpc::ServerUnaryReactor* KeyService::ListKeys(grpc::CallbackServerContext* context,
                                               const v1::ListKeysRequest*,
                                               v1::ListKeysResponse* response) {
  auto* const reactor = context->DefaultReactor();
  supervisor_->ListKeys([reactor, response](const v1::ListKeysResponse& keys) {
    *response = keys;
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

}  // namespace continuo::service
