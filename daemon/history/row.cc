// SPDX-License-Identifier: Apache-2.0
#include "daemon/history/row.h"

#include <absl/strings/str_join.h>

#include <algorithm>
#include <vector>

#include "daemon/base/str_cat.h"

namespace continuo::history {
namespace {

constexpr std::size_t kMaxIdBytes = 64;

}  // namespace

absl::StatusOr<v1::HistoryRecord> ReadRow(const Statement& row) {
  v1::HistoryRecord record;
  if (!record.ParseFromString(row.Text(6))) {
    return absl::DataLossError(base::StrCat("history: row ", row.Int(0), " is no record"));
  }
  record.set_starred(row.Int(1) != 0);
  record.set_rating(static_cast<std::uint32_t>(row.Int(2)));
  record.set_rated_candidate(static_cast<std::uint32_t>(row.Int(3)));
  record.set_title(row.Text(4));
  record.set_comment(row.Text(5));
  return record;
}

absl::StatusOr<v1::HistoryRecord> ReadRecord(Database* database, std::int64_t sequence) {
  const std::string sql = base::StrCat("SELECT ", kRowColumns, " FROM records WHERE sequence = ?");
  Statement row = database->Prepare(sql.c_str()).Bind(sequence);
  if (row.Step()) return ReadRow(row);
  if (!row.status().ok()) return row.status();
  return absl::NotFoundError("record: was pruned");
}

absl::StatusOr<Found> Resolve(Database* database, const std::string& text) {
  if (text == "last") {
    Statement row = database->Prepare("SELECT sequence, id FROM records ORDER BY sequence DESC");
    if (row.Step()) return Found{row.Int(0), row.Text(1)};
    if (!row.status().ok()) return row.status();
    return absl::NotFoundError("last: the history is empty");
  }
  const bool digits =
      text.size() <= kMaxIdBytes && std::all_of(text.begin(), text.end(), [](char c) {
        return c == 'r' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
      });
  if (text.empty() || !digits) {
    return absl::InvalidArgumentError(
        base::StrCat("id '", text.substr(0, kMaxIdBytes),
                     "': an r and hexadecimal digits, the first of them, or last, is expected"));
  }
  const std::string first = base::StrCat(text[0] == 'r' ? "" : "r", text);
  Statement row = database->Prepare(
      "SELECT sequence, id FROM records WHERE id >= ? AND id < ? ORDER BY id LIMIT 4");
  const std::string end = first + "~";
  row.Bind(first, end);
  std::vector<Found> found;
  while (row.Step()) found.push_back({row.Int(0), row.Text(1)});
  if (!row.status().ok()) return row.status();
  if (found.empty()) return absl::NotFoundError(base::StrCat("record ", text, ": there is none"));
  if (found.size() == 1) return found[0];
  std::vector<std::string> ids;
  for (const Found& one : found) ids.push_back(one.id);
  return absl::InvalidArgumentError(
      base::StrCat("record ", text, ": is the beginning of several: ", absl::StrJoin(ids, ", "),
                   found.size() > 3 ? ", …" : ""));
}

std::string SearchText(const v1::HistoryRecord& record) {
  const v1::GenerateRequest& request = record.plan().request();
  return absl::StrJoin({record.title(), record.comment(), record.plan().model(), request.key(),
                        request.scale(), request.style()},
                       " ");
}

}  // namespace continuo::history
