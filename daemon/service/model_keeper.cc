// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/model_keeper.h"

#include <absl/synchronization/notification.h>
#include <absl/time/time.h>

#include <memory>

namespace continuo::service {
namespace {

// A loop that has ended answers nothing any more.
constexpr int kPatienceSeconds = 30;

struct Answer {
  absl::Notification there;
  absl::Status status;
};

// `ask` gets a function that takes the answer's status.
template <typename Ask>
absl::Status Wait(Ask ask) {
  const auto answer = std::make_shared<Answer>();
  ask([answer](const absl::Status& status) {
    answer->status = status;
    answer->there.Notify();
  });
  if (!answer->there.WaitForNotificationWithTimeout(absl::Seconds(kPatienceSeconds))) {
    return absl::UnavailableError("the daemon is stopping, or too busy to answer itself");
  }
  return answer->status;
}

}  // namespace

absl::Status ModelKeeper::GiveUp(const std::string& id, const std::string& version) const {
  absl::Status status = Wait([&](const auto& done) {
    supervisor_->UnloadModel(id, version, [done](const auto& count) { done(count.status()); });
  });
  // What the store does not know, or knows as damaged, and what is not loaded: nothing to give up.
  if (absl::IsNotFound(status)) status = absl::OkStatus();
  if (!status.ok()) return status;
  status = Wait([&](const auto& done) {
    desk_->UnloadModel(id, version, [done](const auto& count) { done(count.status()); });
  });
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

absl::Status ModelKeeper::Remove(const std::string& id, const std::string& version) const {
  return Wait([&](const auto& done) {
    supervisor_->RemoveModel(id, version, [done](const auto& removed) { done(removed.status()); });
  });
}

}  // namespace continuo::service
