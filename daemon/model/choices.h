// SPDX-License-Identifier: Apache-2.0
// Which version and which variant of a model were chosen by hand, and which version was used
// before: a small JSON file beside the user's models.
//
//   {"schema": 1, "models": {"drive": {"pinned": "1.0.0", "previous": "1.1.0", "variant": "int8"}}}
//
// Threads: [any-thread]; no two may write one file at a time.
// Errors: INVALID_ARGUMENT names the file and what is wrong with it.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <map>
#include <string>

namespace continuo::model {

struct Choice {
  std::string pinned;    // empty: the newest is used
  std::string previous;  // used before the one that is now; empty: none
  std::string variant;   // asked for by name; empty: the best by what is known
  bool operator==(const Choice&) const = default;
};

using Choices = std::map<std::string, Choice>;  // by model id

// A file that is missing holds none.
[[nodiscard]] absl::StatusOr<Choices> ReadChoices(const std::string& path);
// The file has the old choices or the new ones, whatever happens.
[[nodiscard]] absl::Status WriteChoices(const std::string& path, const Choices& choices);

}  // namespace continuo::model
