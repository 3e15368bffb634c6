// SPDX-License-Identifier: Apache-2.0
// History: pages, search, and who derives from whom.
#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <limits>

#include "daemon/base/str_cat.h"
#include "daemon/history/history.h"
#include "daemon/history/row.h"

namespace continuo::history {
namespace {

constexpr std::size_t kMaxQueryBytes = 500;

// Every word, or a beginning of it. Quoted, a word is never an operator of FTS5.
std::string FtsQuery(const std::string& query) {
  std::string text;
  for (const absl::string_view word :
       absl::StrSplit(query, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty())) {
    const bool has_token = std::any_of(word.begin(), word.end(), [](unsigned char c) {
      return absl::ascii_isalnum(c) || c == '#' || c >= 0x80;
    });
    if (!has_token) continue;
    text += text.empty() ? "\"" : " \"";
    for (const char c : word) text.append(c == '"' ? 2 : 1, c);
    text += "\"*";
  }
  return text;
}

absl::Status CheckRequest(const v1::ListRecordsRequest& request) {
  const auto too_much = [](const char* field, auto value, auto most) {
    return absl::InvalidArgumentError(base::StrCat(field, " is ", value, ", the limit is ", most));
  };
  if (request.page_size() > kMaxPageSize) {
    return too_much("page_size", request.page_size(), kMaxPageSize);
  }
  if (request.minimum_rating() > kMaxRating) {
    return too_much("minimum_rating", request.minimum_rating(), kMaxRating);
  }
  if (!(request.minimum_score() >= 0 && request.minimum_score() <= 1)) {
    return absl::InvalidArgumentError(
        base::StrCat("minimum_score is ", request.minimum_score(), ", 0 to 1 is expected"));
  }
  if (request.query().size() > kMaxQueryBytes) {
    return too_much("the length of query", request.query().size(), kMaxQueryBytes);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::ListRecordsResponse> History::List(const v1::ListRecordsRequest& request) {
  if (absl::Status status = CheckRequest(request); !status.ok()) return status;
  std::int64_t before = std::numeric_limits<std::int64_t>::max();
  if (!request.page_token().empty() && !absl::SimpleAtoi(request.page_token(), &before)) {
    return absl::InvalidArgumentError("page_token is none that ListRecords gave");
  }
  if (absl::Status status = Ready(); !status.ok()) return status;
  const std::pair<std::string, std::string> model =
      absl::StrSplit(request.model(), absl::MaxSplits('@', 1));
  const std::string words = FtsQuery(request.query());
  const std::int64_t until = request.until_unix_ms() == 0 ? std::numeric_limits<std::int64_t>::max()
                                                          : request.until_unix_ms();
  const std::size_t page = request.page_size() == 0 ? kDefaultPageSize : request.page_size();

  const std::lock_guard lock(read_mutex_);
  std::string parent;
  if (!request.parent().empty()) {
    const absl::StatusOr<Found> found = Resolve(&*reader_, request.parent());
    if (!found.ok()) return Noted(found.status());
    parent = found->id;
  }
  // Each condition is open where its value is empty; the order is the primary key's.
  const std::string sql = base::StrCat(
      "SELECT ", kRowColumns,
      " FROM records WHERE sequence < ?1"
      " AND (?2 = 0 OR task = ?2) AND (?3 = '' OR model = ?3) AND (?4 = '' OR version = ?4)"
      " AND starred >= ?5 AND rating >= ?6 AND score >= ?7 AND created_ms >= ?8 AND created_ms < ?9"
      " AND (?10 = '' OR sequence IN (SELECT record FROM parents WHERE parent = ?10))"
      " AND (?11 = '' OR sequence IN (SELECT rowid FROM words WHERE text MATCH ?11))"
      " ORDER BY sequence DESC LIMIT ?12");
  Statement row = reader_->Prepare(sql.c_str());
  row.Bind(before, static_cast<int>(request.task()), model.first, model.second,
           request.starred_only(), request.minimum_rating(), request.minimum_score(),
           request.since_unix_ms(), until, parent, words, page + 1);
  v1::ListRecordsResponse response;
  std::size_t bytes = 0;
  std::int64_t last = 0;
  while (row.Step()) {
    absl::StatusOr<v1::HistoryRecord> record = ReadRow(row);
    if (!record.ok()) return Noted(record.status());
    bytes += record->ByteSizeLong();
    const auto size = static_cast<std::size_t>(response.records_size());
    if (size == page || (size > 0 && bytes > kMaxPageBytes)) {
      response.set_next_page_token(std::to_string(last));
      break;
    }
    last = row.Int(0);
    *response.add_records() = *std::move(record);
  }
  if (!row.status().ok()) return Noted(row.status());
  return response;
}

absl::StatusOr<std::vector<std::string>> History::Children(const std::string& id) {
  if (absl::Status status = Ready(); !status.ok()) return status;
  const std::lock_guard lock(read_mutex_);
  const absl::StatusOr<Found> found = Resolve(&*reader_, id);
  if (!found.ok()) return Noted(found.status());
  Statement row = reader_->Prepare(
      "SELECT id FROM records JOIN parents ON record = sequence WHERE parent = ? ORDER BY "
      "sequence");
  row.Bind(found->id);
  std::vector<std::string> children;
  while (row.Step()) children.push_back(row.Text(0));
  if (!row.status().ok()) return Noted(row.status());
  return children;
}

}  // namespace continuo::history
