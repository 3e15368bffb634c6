// SPDX-License-Identifier: Apache-2.0
// The sounds that generated notes were placed as: files of sound, each under the SHA-256 of its
// bytes, "<sha256>.wav". They lie beside the project with its recipes (recipes.h), or among the
// user's samples where the song has no file yet. The song's clip names the file like any sample, so
// a bundle takes it along (samples.h). Threads: [any-thread]; waits for the disk.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>

namespace continuo::project {

struct KeptSound {
  std::string path;
  std::string sha256;
};

// Makes the folder. Writes nothing where it is there already.
[[nodiscard]] absl::StatusOr<KeptSound> PutSound(const std::string& folder, std::string_view wav);

// The digest in the name of such a file; empty for another one.
[[nodiscard]] std::string SoundDigestOf(const std::string& path);

}  // namespace continuo::project
