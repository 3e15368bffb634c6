// SPDX-License-Identifier: Apache-2.0
// The tables, and the way from each older version of them to this one.
//
// A migration is one entry of kMigrations, never changed once released; docs/history.md has the
// versions. All that are missing run in one transaction, so a killed one has not happened.
#pragma once

#include <absl/status/status.h>

#include <cstddef>

#include "daemon/history/sqlite.h"

namespace continuo::history {

struct Migrations {
  const char* const* steps;  // SQL; step i leads from version i to i + 1
  std::size_t count;
};

// Those of this version.
[[nodiscard]] Migrations AllMigrations();

// Brings the database to version `migrations.count`. FAILED_PRECONDITION, and nothing is
// changed, where a newer Continuo or another program wrote it; DATA_LOSS where it is damaged.
[[nodiscard]] absl::Status Migrate(Database* database, const Migrations& migrations);

}  // namespace continuo::history
