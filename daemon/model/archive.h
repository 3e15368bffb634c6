// SPDX-License-Identifier: Apache-2.0
// A package in one file: a tar, packed by zstd, named <id>-<version>.continuo.
//
// Problem: an archive comes from anybody. Unpacking writes below one directory, no more than the
// archive's own manifest lists, and leaves nothing where anything is wrong.
// Layout: model.json first, then the files that it lists and the texts of IsPackageText, by path;
// regular files alone, without times or owners: the same package gives the same bytes.
// Threads: [any-thread]; waits for the disk.
// Errors: INVALID_ARGUMENT names the archive, the entry and what is wrong; DATA_LOSS a digest;
// CANCELLED; else as the system says.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <string>

#include "continuo/v1/model.pb.h"

namespace continuo::model {

inline constexpr char kArchiveSuffix[] = ".continuo";
inline constexpr std::uint64_t kMaxPackageTextBytes = 1U << 20;

// LICENSE, COPYING, NOTICE, README and the like at the top of a package, which belong to it
// though its manifest does not list them.
[[nodiscard]] bool IsPackageText(std::string_view path);

struct UnpackLimits {
  // Of all that is unpacked, the tar's own frames too.
  std::uint64_t maximum_bytes = std::uint64_t{16} << 30;
};

// What a long work tells of itself, and asks.
struct Watcher {
  std::function<void(std::uint64_t done_bytes, std::uint64_t total_bytes)> progress;
  std::function<bool()> cancelled;
};

struct Unpacked {
  v1::ModelManifest manifest;  // has passed ParseManifest
  std::string archive_sha256;
  std::uint64_t archive_bytes = 0;
};

// Of a package that is whole (LoadPackage, VerifyFiles). What is at `file` is replaced, at the end.
// `cancelled` is asked on the way.
[[nodiscard]] absl::Status Pack(const std::string& directory, const std::string& file,
                                const std::function<bool()>& cancelled = {});
// "<id>-<version>.continuo".
[[nodiscard]] std::string ArchiveName(const v1::ModelManifest& manifest);

// Into a directory that is there and empty; the files' digests are compared on the way. Files are
// synchronised, directories not yet. RESOURCE_EXHAUSTED, with nothing written, where the disk has
// no room for them.
[[nodiscard]] absl::StatusOr<Unpacked> Unpack(const std::string& file, const std::string& directory,
                                              const UnpackLimits& limits = {},
                                              const Watcher& watcher = {});

// The text of its model.json, unchecked.
[[nodiscard]] absl::StatusOr<std::string> ReadArchiveManifest(const std::string& file);

}  // namespace continuo::model
