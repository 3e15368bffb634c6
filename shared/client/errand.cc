// SPDX-License-Identifier: Apache-2.0
#include "shared/client/errand.h"

namespace continuo::client {

grpc::Status Errand::Run(std::chrono::milliseconds deadline,
                         const std::function<grpc::Status(grpc::ClientContext&)>& call) {
  grpc::ClientContext context;
  if (deadline != kNoDeadline) context.set_deadline(std::chrono::system_clock::now() + deadline);
  {
    const std::lock_guard lock(mutex_);
    if (cancelled_) return {grpc::StatusCode::CANCELLED, "cancelled"};
    context_ = &context;
  }
  const grpc::Status status = call(context);
  const std::lock_guard lock(mutex_);
  context_ = nullptr;
  return status;
}

bool Errand::Pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !cancel_.wait_for(lock, time, [this] { return cancelled_; });
}

void Errand::Cancel() {
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }
  cancel_.notify_all();
}

void Errand::Renew() {
  const std::lock_guard lock(mutex_);
  cancelled_ = false;
}

bool Errand::cancelled() const {
  const std::lock_guard lock(mutex_);
  return cancelled_;
}

}  // namespace continuo::client
