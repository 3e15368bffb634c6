// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/pending_loads.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/supervisor/supervisor.h"

namespace continuo::supervisor {

std::size_t PendingLoads::Count(const Placement& place, const std::string& key) const {
  return static_cast<std::size_t>(
      std::count_if(loads_.begin(), loads_.end(),
                    [&](const Load& load) { return load.place == &place && load.key == key; }));
}

std::list<PendingLoads::Load> PendingLoads::Take(const Placement& place, const std::string& key) {
  std::list<Load> taken;
  for (auto load = loads_.begin(); load != loads_.end();) {
    const auto next = std::next(load);
    if (load->place == &place && load->key == key) taken.splice(taken.end(), loads_, load);
    load = next;
  }
  return taken;
}

void PendingLoads::Loaded(Placement* place, const std::string& key) {
  for (const Load& load : Take(*place, key)) {
    if (load.keep_alive_s >= 0) place->SetKeepAlive(key, ToDuration(load.keep_alive_s));
    load.reply(LoadedVariant{load.variant, place->runner_pid()});
  }
}

void PendingLoads::Failed(const Placement& place, const std::string& key,
                          const absl::Status& status) {
  for (const Load& load : Take(place, key)) load.reply(status);
}

void PendingLoads::FailAll(const absl::Status& status) {
  for (const Load& load : std::exchange(loads_, {})) load.reply(status);
}

}  // namespace continuo::supervisor
