// SPDX-License-Identifier: Apache-2.0
// Which entries of all sources fit a search.
// Threads: [any-thread]; pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "continuo/v1/repository_service.pb.h"

namespace continuo::repository {

// Of an answer; a gRPC message has 4 MiB.
inline constexpr std::size_t kMaxAnswerBytes = std::size_t{3} << 20;

struct OfferedEntry {
  std::string source;
  const v1::RepositoryEntry* entry;
};

// `offers` in the order of the configuration. The result is ordered by id, then by source as
// before, then by version, the newest first; of each source and id the newest alone, unless the
// request wants all.
[[nodiscard]] std::vector<OfferedEntry> FilterEntries(const std::vector<OfferedEntry>& offers,
                                                      const v1::SearchModelsRequest& request);

// Both MAJOR.MINOR.PATCH.
[[nodiscard]] bool IsNewer(const std::string& version, const std::string& than);

}  // namespace continuo::repository
