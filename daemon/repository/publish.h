// SPDX-License-Identifier: Apache-2.0
// The publisher's side: a folder of packages becomes a repository that any web server can offer.
//
// Problem: who has taken an index goes by it. So a serial never falls, and a version that was
// published once never has another content; both are looked up in the index that is there.
// The same packages, times and serial give the same bytes.
// Threads: [any-thread]; waits for the disk.
// Errors name folder and field; the index is replaced last, so that what fails leaves the old one,
// and at the most archives that nobody asks for.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "continuo/v1/repository.pb.h"

namespace continuo::repository {

struct PublishOptions {
  std::string folder;        // of packages: */model.json or */*/model.json
  std::string out;           // a directory; made where it is missing
  std::string secret_key;    // signature.h
  std::string name;          // empty: as the index that is there
  std::uint64_t serial = 0;  // 0: one more than that of the index that is there
  std::int64_t created_unix_s = 0;
  std::int64_t expires_after_s = 0;
  std::vector<std::string> mirrors;
  std::vector<std::string> beta;  // "ID" or "ID@VERSION": those go to the beta channel
};

// What an index says of a package, but for its channel and its archive.
[[nodiscard]] v1::RepositoryEntry Describe(const v1::ModelManifest& manifest);

[[nodiscard]] absl::StatusOr<v1::RepositoryIndex> Publish(const PublishOptions& options);

}  // namespace continuo::repository
