// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/memory_notice.h"

#include <spdlog/fmt/fmt.h>

#include <chrono>

#include "continuo/v1/memory_service.grpc.pb.h"

namespace continuo::ctl {
namespace {

constexpr std::chrono::seconds kInterval{1};

// Of the first that waits for others, not for its turn.
std::string Reason(v1::MemoryService::Stub& stub) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kInterval);
  v1::GetMemoryResponse memory;
  if (!stub.GetMemory(&context, v1::GetMemoryRequest(), &memory).ok()) return {};
  for (const v1::MemoryWait& wait : memory.waiting()) {
    if (!wait.reason().empty()) return fmt::format("{} {}", wait.model(), wait.reason());
  }
  return {};
}

}  // namespace

MemoryNotice::MemoryNotice(const client::Connected& connected)
    : connected_(connected), thread_([this] { Watch(); }) {}

MemoryNotice::~MemoryNotice() { Stop(); }

void MemoryNotice::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void MemoryNotice::Watch() {
  v1::MemoryService::Stub stub(connected_.channel);
  std::string said;
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, kInterval, [this] { return stopping_; })) {
    lock.unlock();
    const std::string reason = Reason(stub);
    if (!reason.empty() && reason != said) {
      fmt::print(stderr, "waiting for memory: {}\n", reason);
      said = reason;
    }
    lock.lock();
  }
}

}  // namespace continuo::ctl
