// SPDX-License-Identifier: Apache-2.0
// A row of `records` as a message, and an id's beginning as an id: what the parts of History
// share.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>

#include "continuo/v1/history_service.pb.h"
#include "daemon/history/sqlite.h"

namespace continuo::history {

// The columns that ReadRow() wants, in its order.
inline constexpr char kRowColumns[] =
    "sequence, starred, rating, rated_candidate, title, comment, body";

// Of the row that a statement stands on, without bytes. DATA_LOSS where its body is no record.
[[nodiscard]] absl::StatusOr<v1::HistoryRecord> ReadRow(const Statement& row);
// Of one that was found. NOT_FOUND where it has gone since.
[[nodiscard]] absl::StatusOr<v1::HistoryRecord> ReadRecord(Database* database,
                                                           std::int64_t sequence);

struct Found {
  std::int64_t sequence = 0;
  std::string id;
};
// `text` as History::Get() takes it.
[[nodiscard]] absl::StatusOr<Found> Resolve(Database* database, const std::string& text);

// What a search looks through.
[[nodiscard]] std::string SearchText(const v1::HistoryRecord& record);

}  // namespace continuo::history
