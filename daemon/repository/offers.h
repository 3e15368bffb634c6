// SPDX-License-Identifier: Apache-2.0
// What all sources offer, looked at as one: which entry a wish means, and what else it needs.
//
// Trust: the sources stand in the order of the configuration, and a model is taken from the
// first that has its id, whatever versions others offer; a dependency, too.
// Threads: [any-thread]; nothing blocks. What it refers to outlives it.
// Errors: NOT_FOUND says what there is instead, FAILED_PRECONDITION what has to be done first.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <vector>

#include "continuo/v1/repository_service.pb.h"
#include "daemon/model/store.h"
#include "daemon/repository/known_index.h"

namespace continuo::repository {

// At once for one wish; a chain of needs that is longer is no honest one.
inline constexpr std::size_t kMaxAtOnce = 64;

struct Offer {
  const KnownIndex* source = nullptr;
  KnownIndex::IndexPtr index;  // keeps the entry
  const v1::RepositoryEntry* entry = nullptr;
};

class Offers {
 public:
  explicit Offers(const std::vector<std::unique_ptr<KnownIndex>>& indexes) : indexes_(indexes) {}

  [[nodiscard]] absl::StatusOr<Offer> Find(const v1::InstallFromRepositoryRequest& request) const;
  // The newest that this daemon can run, of the first source that has the id.
  [[nodiscard]] absl::StatusOr<Offer> Newest(const std::string& id, const std::string& source,
                                             bool beta) const;
  // The same among those that meet a dependency.
  [[nodiscard]] absl::StatusOr<Offer> Meeting(const v1::Dependency& dependency, bool beta) const;

 private:
  const std::vector<std::unique_ptr<KnownIndex>>& indexes_;
};

// What has to be installed for `wanted`, each after what it needs, so that `wanted` is the last.
// FAILED_PRECONDITION names all that is neither installed nor offered, packages that need each
// other in a ring, or more than kMaxAtOnce of them.
[[nodiscard]] absl::StatusOr<std::vector<Offer>> WithDependencies(const Offer& wanted,
                                                                  const model::Listing& installed,
                                                                  const Offers& offers, bool beta);

}  // namespace continuo::repository
