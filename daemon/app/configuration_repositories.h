// SPDX-License-Identifier: Apache-2.0
// The tables [[repository]] of the configuration: as many as one likes, so they have no row in
// the table of keys.
#pragma once

#include <toml++/toml.h>

#include <optional>
#include <string>

#include "daemon/app/configuration.h"

namespace continuo::app {

struct RepositoryFault {
  toml::source_index line;
  std::string key;   // "repository[1].url"
  std::string what;  // "is …; it takes …"
};

// Of all that is wrong, what stands first is told.
[[nodiscard]] std::optional<RepositoryFault> ReadRepositories(const toml::node& node,
                                                              Configuration* configuration);

// Comments alone, for the end of a default file.
[[nodiscard]] std::string RepositoryExample();

}  // namespace continuo::app
