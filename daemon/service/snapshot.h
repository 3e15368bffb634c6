// SPDX-License-Identifier: Apache-2.0
// What runs now, of streams and of jobs, as one.
#pragma once

#include <functional>

#include "daemon/supervisor/job_desk.h"
#include "daemon/supervisor/supervisor.h"

namespace continuo::service {

// The reply is called on the desk's thread, and must not wait.
inline void GetSnapshot(supervisor::Supervisor* supervisor, supervisor::JobDesk* desk,
                        const std::function<void(const supervisor::Snapshot&)>& reply) {
  supervisor->GetSnapshot([desk, reply](supervisor::Snapshot snapshot) {
    desk->GetReadings(
        [snapshot = std::move(snapshot), reply](const supervisor::JobDesk::Readings& jobs) mutable {
          snapshot.runners.insert(snapshot.runners.end(), jobs.runners.begin(), jobs.runners.end());
          reply(snapshot);
        });
  });
}

}  // namespace continuo::service
