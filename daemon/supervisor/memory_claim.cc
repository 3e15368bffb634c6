// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/memory_claim.h"

#include <utility>

#include "daemon/base/str_cat.h"

namespace continuo::supervisor {

MemoryClaim::MemoryClaim(MemoryKeeper* keeper, EventLoop* loop, ClaimRequest request, Answer answer)
    : keeper_(keeper), request_(std::move(request)), answer_(std::move(answer)) {
  MemoryHolder* const holder = this;
  keeper_->Register(request_.place, request_.executor, loop, alive_, holder);
  keeper_->AskFor({request_.place, request_.item}, request_.bytes);
}

MemoryClaim::~MemoryClaim() {
  *alive_ = false;
  keeper_->Unregister(request_.place);
}

void MemoryClaim::OnMemory(const memory::Action& action) {
  absl::Status status;
  if (action.kind == memory::Action::kEvict) return keeper_->Busy(action.name);
  if (action.kind == memory::Action::kRefuse) {
    status = absl::Status(action.status.code(),
                          base::StrCat(request_.item, " ", base::MessageOf(action.status)));
  } else {
    keeper_->Hold(action.name, request_.bytes, request_.words);
  }
  const Answer answer = std::move(answer_);
  answer(status);
}

}  // namespace continuo::supervisor
