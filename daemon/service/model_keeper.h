// SPDX-License-Identifier: Apache-2.0
// What a thread that installs or removes packages asks of who runs models, and waits for.
// Threads: [any-thread] but the loop's, which answers.
// Errors: FAILED_PRECONDITION while streams use the model; UNAVAILABLE while the daemon stops.
#pragma once

#include <absl/status/status.h>

#include <string>

#include "daemon/supervisor/job_desk.h"
#include "daemon/supervisor/supervisor.h"

namespace continuo::service {

class ModelKeeper {
 public:
  ModelKeeper(supervisor::Supervisor* supervisor, supervisor::JobDesk* desk)
      : supervisor_(supervisor), desk_(desk) {}

  // Gives the memory of a model back. One that is not loaded is no error.
  [[nodiscard]] absl::Status GiveUp(const std::string& id, const std::string& version) const;
  // Takes its package away.
  [[nodiscard]] absl::Status Remove(const std::string& id, const std::string& version) const;

 private:
  supervisor::Supervisor* const supervisor_;
  supervisor::JobDesk* const desk_;
};

}  // namespace continuo::service
