// SPDX-License-Identifier: Apache-2.0
// The part of an archive that has been downloaded: "<sha256>.part", named by what it is to
// become, so that any place with the same archive can go on with it.
//
// Ownership: the file is removed with the object, unless Keep() was called or the process is
// killed; SweepParts() removes what nobody came back for. Locked while the object lives.
// Threads: one at a time.
// Errors name the path; UNAVAILABLE where another process has it, RESOURCE_EXHAUSTED where the
// disk is full.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/unique_fd.h"

namespace continuo::repository {

class PartFile {
 public:
  // Opens what is there, or makes it; the directory too.
  [[nodiscard]] static absl::StatusOr<PartFile> Open(const std::string& directory,
                                                     const std::string& sha256);
  PartFile(PartFile&&) = default;
  PartFile& operator=(PartFile&&) = delete;
  ~PartFile();

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  [[nodiscard]] absl::Status Truncate();
  [[nodiscard]] absl::Status Append(std::string_view bytes);
  // Of all that is there, lower-case hexadecimal.
  [[nodiscard]] absl::StatusOr<std::string> Digest() const;

  // It stays when this object goes, for the next attempt.
  void Keep() { keep_ = true; }

 private:
  PartFile(std::string path, base::UniqueFd fd, std::uint64_t size)
      : path_(std::move(path)), fd_(std::move(fd)), size_(size) {}

  std::string path_;
  base::UniqueFd fd_;
  std::uint64_t size_;
  bool keep_ = false;
};

// Removes those that are older than a week and nobody's; how many.
int SweepParts(const std::string& directory);

}  // namespace continuo::repository
