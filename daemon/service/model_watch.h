// SPDX-License-Identifier: Apache-2.0
// Tells when the set of installed models becomes another: at once, not when somebody lists
// them. The store's directories and those in them are watched (inotify); a directory that
// is not there yet is waited for at the one above it.
// Threads: one of its own; Look() is [any-thread].
// Errors: without inotify (no watches left) it tells only when Look() is called.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "daemon/base/unique_fd.h"
#include "daemon/model/store.h"
#include "daemon/supervisor/types.h"

namespace continuo::service {

class ModelWatch {
 public:
  ModelWatch(std::shared_ptr<model::ModelStore> store, supervisor::Observer* observer);
  ~ModelWatch();
  ModelWatch(const ModelWatch&) = delete;
  ModelWatch& operator=(const ModelWatch&) = delete;

  // Reads the store, and tells the observer if it is another than at the last look. For who
  // has read it anyway, or has just changed it.
  std::shared_ptr<const model::Listing> Look();

 private:
  void Run();
  void WatchAll();

  const std::shared_ptr<model::ModelStore> store_;
  supervisor::Observer* const observer_;
  std::atomic<std::uint64_t> seen_generation_;
  base::UniqueFd notify_;
  base::UniqueFd wake_;
  std::thread thread_;
};

}  // namespace continuo::service
