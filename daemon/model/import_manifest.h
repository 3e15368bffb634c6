// SPDX-License-Identifier: Apache-2.0
// From what an inspector found in a foreign file, and what its importer says of it, to a
// manifest.
// Trust: the inspector has read a hostile file, so its draft is hostile too; what leaves here
// has passed ValidateManifest.
// Threads: [any-thread]; pure functions.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "continuo/v1/model.pb.h"

namespace continuo::model {

// One model of a foreign file, as its inspector describes it.
struct InspectedModel {
  v1::ModelManifest draft;  // executor, audio, parameters, one variant; name, licence, author
  std::string format;       // "NAM 0.5.4"
  std::string architecture;
  std::uint64_t weight_count = 0;
  bool self_test_passed = false;
  bool sample_rate_stated = false;
  std::vector<std::string> notes;
};

inline constexpr char kImportVersion[] = "1.0.0";

// What the importer wants to be said; empty: as the file has it.
struct ImportWishes {
  std::string id;
  std::string name;
  std::string license;
  std::string attribution;
  std::map<std::string, std::string> parameter_units;
  std::string version = kImportVersion;
};

// The file itself.
struct ImportedFile {
  std::string path;  // as it was named
  std::uint64_t size_bytes = 0;
  std::string sha256;
  std::string date;  // "2026-01-31"
};

inline constexpr char kImportNotice[] = "NOTICE";

// "/music/My Amp (high).nam" to "my-amp-high": lower case, runs of all else one "-".
// INVALID_ARGUMENT where nothing is left.
[[nodiscard]] absl::StatusOr<std::string> IdFromFileName(std::string_view path);
// The file's own name; what could not stand in a manifest is replaced.
[[nodiscard]] std::string PackagedFileName(std::string_view path);

// FAILED_PRECONDITION where no licence is known, or the file's own is no SPDX expression:
// its message begins with kNoLicense. INVALID_ARGUMENT for all else. What people should know
// is appended to `notes`.
inline constexpr char kNoLicense[] = "no licence is known";
[[nodiscard]] absl::StatusOr<v1::ModelManifest> MakeImportedManifest(
    const InspectedModel& inspected, const ImportWishes& wishes, const ImportedFile& file,
    std::vector<std::string>* notes);

// The text of kImportNotice.
[[nodiscard]] std::string ImportNotice(const v1::ModelManifest& manifest);

}  // namespace continuo::model
