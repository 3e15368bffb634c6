// SPDX-License-Identifier: Apache-2.0
#include "shared/studio/errands.h"

#include <pthread.h>
#include <sched.h>

#include <utility>

namespace continuo::studio {

void BeOrdinary() {
  const sched_param normal{};
  static_cast<void>(pthread_setschedparam(pthread_self(), SCHED_OTHER, &normal));
}

Errands::~Errands() {
  for (auto& [id, running] : running_) running->errand.Cancel();
  for (auto& [id, running] : running_) running->thread.join();
}

Errands::Id Errands::Start(std::function<void(Errand&)> work) {
  Reap();
  auto running = std::make_unique<Running>();
  Running* const own = running.get();
  own->thread = std::thread([own, work = std::move(work)] {
    BeOrdinary();
    work(own->errand);
    own->done = true;
  });
  const Id id = next_++;
  running_.emplace(id, std::move(running));
  return id;
}

void Errands::Cancel(Id id) {
  if (const auto found = running_.find(id); found != running_.end()) found->second->errand.Cancel();
}

void Errands::Reap() {
  for (auto it = running_.begin(); it != running_.end();) {
    if (!it->second->done) {
      ++it;
      continue;
    }
    it->second->thread.join();
    it = running_.erase(it);
  }
}

}  // namespace continuo::studio
