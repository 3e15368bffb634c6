// SPDX-License-Identifier: Apache-2.0
// continuo.v1.KeyService: translation only. No handler waits.
#pragma once

#include "continuo/v1/key_service.grpc.pb.h"
#include "daemon/supervisor/supervisor.h"

namespace continuo::service {

class KeyService : public v1::KeyService::CallbackService {
 public:
  explicit KeyService(supervisor::Supervisor* supervisor) : supervisor_(supervisor) {}

  grpc::ServerWriteReactor<v1::KeyBuses>* SendKey(grpc::CallbackServerContext* context,
                                                  const v1::SendKeyRequest* request) override;
  grpc::ServerUnaryReactor* ListKeys(grpc::CallbackServerContext* context,
                                     const v1::ListKeysRequest* request,
                                     v1::ListKeysResponse* response) override;

 private:
  supervisor::Supervisor* const supervisor_;
};

}  // namespace continuo::service
