// SPDX-License-Identifier: Apache-2.0
// An older project in the form of today: what our effects hold, in the newest schema and with the
// names that their models' knobs have now. Nothing else of the song is touched, and what comes
// from a later version than this one is left alone.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "shared/project/document.h"

namespace continuo::project {

struct Change {
  std::size_t line = 0;  // of the XML as it was
  std::string place;     // "FX 1 Guitar"
  std::string what;      // "knob 'gain' is called 'drive' now"
};

// What the knobs of a model were called before: old id to new.
using FormerNames = std::map<std::string, std::string>;
// Of the version that would play; nothing where the model is not known here.
using NamesOfModel =
    std::function<std::optional<FormerNames>(const std::string& model, const std::string& version)>;

// Upgraded twice is upgraded once: the second time nothing changes. INVALID_ARGUMENT as
// ReadProject.
[[nodiscard]] absl::StatusOr<std::vector<Change>> Upgrade(Document* document,
                                                          const NamesOfModel& names);

}  // namespace continuo::project
