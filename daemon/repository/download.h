// SPDX-License-Identifier: Apache-2.0
// An archive, from one of the places that have it, into a file whose digest is the signed one.
//
// Problem: connections break, servers give something else, mirrors are gone. A connection that
// is lost is taken up again where it stopped; what has another length or digest is thrown away
// and the next place asked. Which place it was does not matter: the digest is in the index.
// Threads: [any-thread]; blocks. The callbacks run on the calling thread.
// Errors: DATA_LOSS, PERMISSION_DENIED, NOT_FOUND, UNAVAILABLE, the first of these that a place
// gave, with every place and what was wrong with it; RESOURCE_EXHAUSTED without room;
// CANCELLED. The part that is there is kept only after UNAVAILABLE.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "continuo/v1/repository.pb.h"
#include "daemon/repository/part_file.h"
#include "daemon/repository/source.h"

namespace continuo::repository {

struct Download {
  Source source;
  std::vector<std::string> mirrors;  // "https://…/"
  v1::RepositoryEntry entry;
  std::string directory;  // for the part
};

struct DownloadWatch {
  std::function<void(std::uint64_t bytes, const std::string& url)> progress;
  std::function<void(const std::string& what)> remark;  // a place that was tried in vain
  std::function<bool()> cancelled;
};

// The file holds the archive and goes with the object.
[[nodiscard]] absl::StatusOr<PartFile> DownloadArchive(const Download& download,
                                                       const DownloadWatch& watch);

}  // namespace continuo::repository
