// SPDX-License-Identifier: Apache-2.0
// What lies in the user's model directory and nobody refers to: what killed installers and writers
// have left, empty directories, and, where that is wished, versions that are not used any more.
// Threads: [any-thread]; waits for the disk.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/model/store.h"

namespace continuo::model {

struct Garbage {
  std::string path;
  std::string reason;
  std::uint64_t bytes = 0;
  // Of an old version, which its caller removes, as it may be in use; else empty.
  std::string id;
  std::string version;
  bool tree = false;  // it goes with all that is in it
};

// A version is old if it is neither used where none is asked for, nor what a rollback goes to, nor
// needed by another package.
[[nodiscard]] std::vector<Garbage> FindGarbage(ModelStore* store, const std::string& own,
                                               bool old_versions);

// What is no old version. Of what has come into use meanwhile nothing is removed.
void RemoveGarbage(const std::string& own, const std::vector<Garbage>& garbage);

}  // namespace continuo::model
