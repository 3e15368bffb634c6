// SPDX-License-Identifier: Apache-2.0
// History: a record that was made elsewhere becomes one of this history.
#include <google/protobuf/util/message_differencer.h>

#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/history/foreign_record.h"
#include "daemon/history/history.h"

namespace continuo::history {
namespace {

// What its owner thinks of it, which says nothing of what was made.
void ForgetMarks(v1::HistoryRecord* record) {
  record->clear_starred();
  record->clear_rating();
  record->clear_rated_candidate();
}

bool IsSame(v1::HistoryRecord here, v1::HistoryRecord there) {
  for (v1::HistoryRecord* record : {&here, &there}) {
    ForgetMarks(record);
    record->clear_title();
    record->clear_comment();
  }
  // One that no message had room for is not told.
  if (there.plan().request().input().empty()) {
    here.mutable_plan()->mutable_request()->clear_input();
  }
  return google::protobuf::util::MessageDifferencer::Equals(here, there);
}

}  // namespace

absl::StatusOr<bool> History::Adopt(v1::HistoryRecord record, bool dry_run) {
  if (absl::Status status = CheckForeign(record); !status.ok()) return status;
  const absl::StatusOr<v1::HistoryRecord> here = Get(record.id());
  if (here.ok()) {
    if (IsSame(*here, record)) return false;
    return absl::AlreadyExistsError(
        base::StrCat("record ", record.id(), ": another one has this id here; it stays as it is"));
  }
  if (!absl::IsNotFound(here.status())) return here.status();
  if (dry_run) return true;
  ForgetMarks(&record);
  const absl::StatusOr<std::string> added = Add(std::move(record));
  if (!added.ok()) return added.status();
  return true;
}

}  // namespace continuo::history
