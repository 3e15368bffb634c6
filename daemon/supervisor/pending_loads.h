// SPDX-License-Identifier: Apache-2.0
// Who has asked for a model to be loaded and waits to hear of it.
// Threads: [loop-thread].
#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <list>
#include <string>
#include <utility>

#include "daemon/supervisor/placement.h"
#include "daemon/supervisor/types.h"

namespace continuo::supervisor {

class PendingLoads {
 public:
  struct Load {
    Placement* place;
    std::string key;
    std::string variant;
    double keep_alive_s;  // below 0: as configured
    Reply<LoadedVariant> reply;
  };

  void Add(Load load) { loads_.push_back(std::move(load)); }
  [[nodiscard]] std::size_t Count(const Placement& place, const std::string& key) const;
  // Each is told once, and may ask for another then.
  void Loaded(Placement* place, const std::string& key);
  void Failed(const Placement& place, const std::string& key, const absl::Status& status);
  void FailAll(const absl::Status& status);

 private:
  [[nodiscard]] std::list<Load> Take(const Placement& place, const std::string& key);

  std::list<Load> loads_;
};

}  // namespace continuo::supervisor
