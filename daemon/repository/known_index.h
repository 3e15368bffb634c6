// SPDX-License-Identifier: Apache-2.0
// What is known of one source: its last index, on disk with its signature.
//
// Problem: an index is believed only if it is signed, not expired, and no older than one that
// was seen before; the last has to outlive the daemon. The file `<name>.index` has the
// signature's 64 bytes and then the index's, so that both are replaced by one rename; it is
// checked when it is read as if it had just been fetched.
// Threads: [any-thread]; Fetch() blocks, the others do not wait for it.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <functional>
#include <memory>
#include <string>

#include "continuo/v1/repository.pb.h"
#include "continuo/v1/repository_service.pb.h"
#include "daemon/repository/source.h"

namespace continuo::repository {

class KnownIndex {
 public:
  using IndexPtr = std::shared_ptr<const v1::RepositoryIndex>;

  // Reads what `directory` has of it; a file that is not good counts as none.
  KnownIndex(Source source, std::string directory);

  // Fetches index and signature. On failure what was known stays, and the reason is in Info():
  // PERMISSION_DENIED where it is not signed, FAILED_PRECONDITION where it is too old,
  // INVALID_ARGUMENT where it makes no sense, UNAVAILABLE and NOT_FOUND where it is not to be had.
  [[nodiscard]] absl::Status Fetch(const std::function<bool()>& cancelled);

  // One that may be used now. FAILED_PRECONDITION with what to do where there is none.
  [[nodiscard]] absl::StatusOr<IndexPtr> Usable() const;

  [[nodiscard]] v1::RepositorySource Info() const;
  [[nodiscard]] const Source& source() const { return source_; }

 private:
  [[nodiscard]] absl::StatusOr<IndexPtr> Check(const std::string& index,
                                               const std::string& signature) const;
  [[nodiscard]] absl::Status Take(const std::string& index, const std::string& signature);

  const Source source_;
  const std::string path_;
  absl::Mutex fetching_;  // one at a time
  mutable absl::Mutex mutex_;
  IndexPtr index_ ABSL_GUARDED_BY(mutex_);  // may have expired
  absl::Status problem_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace continuo::repository
