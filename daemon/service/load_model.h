// SPDX-License-Identifier: Apache-2.0
// Loads a model where it runs: with the streams, or with the jobs.
#pragma once

#include "continuo/v1/model_service.pb.h"
#include "daemon/model/store.h"
#include "daemon/supervisor/job_desk.h"
#include "daemon/supervisor/supervisor.h"

namespace continuo::service {

inline constexpr double kKeepAsConfigured = -1;

// The reply is called on the thread of either, and must not wait. `keep_alive_s` as
// Supervisor::LoadModel takes it.
inline void LoadAnyModel(supervisor::Supervisor* supervisor, supervisor::JobDesk* desk,
                         model::ModelStore* store, const v1::LoadModelRequest& request,
                         double keep_alive_s,
                         const supervisor::Reply<supervisor::LoadedVariant>& reply) {
  const auto package = store->Find(request.id(), request.version());
  if (package.ok() && (*package)->manifest.task() == v1::TASK_NOTES) {
    return desk->LoadModel(request.id(), request.version(), keep_alive_s, reply);
  }
  supervisor->LoadModel(request.id(), request.version(), request.sample_rate_hz(), keep_alive_s,
                        reply);
}

}  // namespace continuo::service
