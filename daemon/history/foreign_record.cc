// SPDX-License-Identifier: Apache-2.0
#include "daemon/history/foreign_record.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_split.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/str_cat.h"
#include "daemon/history/history.h"
#include "daemon/job/request_check.h"
#include "daemon/model/manifest.h"
#include "shared/midi/smf_reader.h"

namespace continuo::history {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int kMaxEntries = 1000;  // of a list or map in it
constexpr std::size_t kIdDigits = 16;
constexpr std::size_t kDigestDigits = 64;
constexpr std::int64_t kDayMs = 86'400'000;  // a clock may be wrong by that

template <typename... Words>
absl::Status Wrong(const Words&... words) {
  return absl::InvalidArgumentError(base::StrCat("record", words...));
}

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsId(std::string_view text) {
  return text.size() == 1 + kIdDigits && text[0] == 'r' && IsHex(text.substr(1));
}

absl::Status CheckText(const std::string& name, const std::string& text) {
  if (text.size() > job::kMaxTextBytes) {
    return Wrong(name, " has ", text.size(), " bytes, the limit is ", job::kMaxTextBytes);
  }
  // A comment alone may have several lines; all else is printed as one.
  const bool has_lines = name == ".comment";
  const bool has_control = std::any_of(text.begin(), text.end(), [has_lines](unsigned char c) {
    return absl::ascii_iscntrl(c) && !(has_lines && c == '\n');
  });
  return has_control ? Wrong(name, " has a control character") : absl::OkStatus();
}

// Whatever the fields mean.
absl::Status CheckFields(const Message& message, const std::string& place) {
  const Reflection& reflection = *message.GetReflection();
  if (!reflection.GetUnknownFields(message).empty()) {
    return Wrong(place, " has fields that this version does not know; update Continuo");
  }
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const std::string name = base::StrCat(place, ".", field->name());
    const bool many = field->is_repeated();
    const int count = many ? reflection.FieldSize(message, field) : 1;
    if (count > kMaxEntries) {
      return Wrong(name, " has ", count, " entries, the limit is ", kMaxEntries);
    }
    for (int i = 0; i < count; ++i) {
      absl::Status status;
      if (field->type() == FieldDescriptor::TYPE_STRING) {
        status = CheckText(name, many ? reflection.GetRepeatedString(message, field, i)
                                      : reflection.GetString(message, field));
      } else if (field->type() == FieldDescriptor::TYPE_DOUBLE) {
        const double value = many ? reflection.GetRepeatedDouble(message, field, i)
                                  : reflection.GetDouble(message, field);
        if (!std::isfinite(value)) status = Wrong(name, " is ", value, "; a number is expected");
      } else if (field->type() == FieldDescriptor::TYPE_MESSAGE) {
        status = CheckFields(many ? reflection.GetRepeatedMessage(message, field, i)
                                  : reflection.GetMessage(message, field),
                             name);
      }
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

absl::Status CheckIds(const v1::HistoryRecord& record) {
  if (!IsId(record.id())) {
    return Wrong(".id is '", record.id().substr(0, 40), "'; an r and ", kIdDigits,
                 " hexadecimal digits are expected");
  }
  if (record.parents_size() > kMaxParents) {
    return Wrong(".parents has ", record.parents_size(), " entries, the limit is ", kMaxParents);
  }
  for (const std::string& parent : record.parents()) {
    if (!IsId(parent) || parent == record.id()) {
      return Wrong(".parents has '", parent.substr(0, 40), "'; ids of other records are expected");
    }
  }
  const std::int64_t created = record.created_unix_ms();
  if (created <= 0 || created > base::WallMs() + kDayMs) {
    return Wrong(".created_unix_ms is ", created, "; a time that has been is expected");
  }
  if (record.title().size() > kMaxTitleBytes || record.comment().size() > kMaxCommentBytes) {
    return Wrong(".title or .comment is longer than ", kMaxTitleBytes, " or ", kMaxCommentBytes,
                 " bytes");
  }
  return absl::OkStatus();
}

absl::Status CheckPlan(const v1::GenerationPlan& plan) {
  if (const absl::Status status = model::CheckModelId(plan.model()); !status.ok()) {
    return Wrong(".plan.model: ", base::MessageOf(status));
  }
  if (plan.version().empty()) return Wrong(".plan.version is empty");
  if (plan.weights_sha256().size() != kDigestDigits || !IsHex(plan.weights_sha256())) {
    return Wrong(".plan.weights_sha256 is no SHA-256 of ", kDigestDigits, " hexadecimal digits");
  }
  if (const absl::Status status = job::CheckRequest(plan.request()); !status.ok()) {
    return Wrong(".plan.request: ", base::MessageOf(status));
  }
  const std::string& input = plan.request().input();
  if (input.empty()) return absl::OkStatus();
  const absl::Status status = midi::ReadSmf(input).status();
  return status.ok() ? status : Wrong(".plan.request.input: ", base::MessageOf(status));
}

absl::Status CheckCandidates(const v1::HistoryRecord& record) {
  std::set<std::uint32_t> indices;
  for (const v1::GenerationCandidate& candidate : record.candidates()) {
    const std::string name = base::StrCat(".candidates[", indices.size(), "]");
    if (candidate.index() >= kMaxCandidates || !indices.insert(candidate.index()).second) {
      return Wrong(name, ".index is ", candidate.index(), "; each has another one below ",
                   kMaxCandidates);
    }
    const double score = candidate.quality().score();
    if (!(score >= 0 && score <= 1)) return Wrong(name, ".quality.score is outside 0 to 1");
    if (const absl::Status status = midi::ReadSmf(candidate.midi()).status(); !status.ok()) {
      return Wrong(name, ".midi: ", base::MessageOf(status));
    }
  }
  if (indices.empty()) return Wrong(".candidates is empty");
  for (const std::uint32_t index : record.ranking()) {
    // Each once: what has been ranked is ranked no more.
    if (indices.erase(index) == 0) {
      return Wrong(".ranking has ", index, "; each candidate once is expected");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckForeign(const v1::HistoryRecord& record) {
  absl::Status status = CheckFields(record, "");
  if (status.ok()) status = CheckIds(record);
  if (status.ok()) status = CheckPlan(record.plan());
  if (status.ok()) status = CheckCandidates(record);
  return status;
}

}  // namespace continuo::history
