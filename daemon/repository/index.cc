// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/index.h"

#include <absl/time/time.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <set>

#include "daemon/base/str_cat.h"
#include "daemon/model/checks.h"
#include "daemon/model/license.h"
#include "daemon/model/manifest.h"

namespace continuo::repository {
namespace {

using model::At;
using model::Checks;
namespace json = google::protobuf::util;

// Of what the index says of one variant.
void CheckVariant(const std::string& field, const v1::RepositoryVariant& variant, Checks* checks) {
  checks->Id(field + ".id", variant.id(), '-', true);
  checks->Range(field + ".sample_rate_hz", variant.sample_rate_hz(), 0U, model::kMaxSampleRateHz);
  checks->Range(field + ".weights_bytes", variant.weights_bytes(), std::uint64_t{0},
                model::kMaxFileBytes);
  const v1::Cost& cost = variant.cost();
  checks->Range(field + ".cost.microseconds_per_block", cost.microseconds_per_block(), 0.0, 1e9);
  checks->Range(field + ".cost.block_frames", cost.block_frames(), 0U, model::kMaxBlockFrames);
  checks->Text(field + ".cost.measured_on", cost.measured_on(), model::kMaxTextBytes);
  checks->Range(field + ".cost.benchmark_us", cost.benchmark_us(), 0.0, 1e9);
  checks->Range(field + ".cost.memory_bytes", cost.memory_bytes(), std::uint64_t{0},
                model::kMaxFileBytes);
  checks->Text(field + ".executor", variant.executor(), model::kMaxIdBytes);
  checks->Range(field + ".error", variant.error(), 0.0, 1e9);
}

// What a model can do is shown to people, so it is text; and it is searched.
void CheckSkills(const std::string& field, const v1::RepositoryEntry& entry, Checks* checks) {
  checks->Range(field + ".quality's number", entry.quality_size(), 0, model::kMaxQualities);
  for (int i = 0; i < std::min(entry.quality_size(), model::kMaxQualities); ++i) {
    const std::string quality = At(field + ".quality", i);
    checks->Name(quality + ".measure", entry.quality(i).measure());
    checks->Range(quality + ".value", entry.quality(i).value(), -1e9, 1e9);
    checks->Text(quality + ".measured_on", entry.quality(i).measured_on(), model::kMaxTextBytes);
  }
  checks->Range(field + ".latency_frames", entry.latency_frames(), 0U, model::kMaxLatencyFrames);
  checks->Range(field + ".stated_error", entry.stated_error(), 0.0, 1e9);
  const v1::NotesSignature& notes = entry.notes();
  for (const auto* list : {&notes.tasks(), &notes.voices(), &notes.styles(), &notes.signatures()}) {
    checks->Range(field + ".notes' lists' lengths", list->size(), 0, model::kMaxPresets);
    for (const std::string& text : *list) {
      checks->Text(field + ".notes", text, model::kMaxNameBytes);
    }
  }
  checks->Range(field + ".notes.steps_per_quarter", notes.steps_per_quarter(), 0U,
                model::kMaxStepsPerQuarter);
}

void CheckDependencies(const std::string& field, const v1::RepositoryEntry& entry, Checks* checks) {
  checks->Range(field + ".dependencies' number", entry.dependencies_size(), 0,
                model::kMaxDependencies);
  for (int i = 0; i < std::min(entry.dependencies_size(), model::kMaxDependencies); ++i) {
    const std::string dependency = At(field + ".dependencies", i);
    checks->Id(dependency + ".id", entry.dependencies(i).id(), '-', true);
    checks->Version(dependency + ".minimum_version", entry.dependencies(i).minimum_version());
  }
}

void CheckEntry(const std::string& field, const v1::RepositoryEntry& entry, Checks* checks) {
  checks->Id(field + ".id", entry.id(), '-', true);
  checks->Version(field + ".version", entry.version());
  checks->Enum(field + ".channel", entry.channel(), v1::Channel_descriptor());
  checks->Name(field + ".name", entry.name());
  checks->Text(field + ".summary", entry.summary(), model::kMaxTextBytes);
  checks->Enum(field + ".task", entry.task(), v1::Task_descriptor());
  checks->Name(field + ".license", entry.license());
  checks->Text(field + ".attribution", entry.attribution(), model::kMaxTextBytes);
  checks->Range(field + ".variants' number", entry.variants_size(), 0, model::kMaxVariants);
  for (int i = 0; i < std::min(entry.variants_size(), model::kMaxVariants); ++i) {
    CheckVariant(At(field + ".variants", i), entry.variants(i), checks);
  }
  checks->Path(field + ".archive", entry.archive());
  // It becomes part of a URL as it is.
  const bool plain = entry.archive().find_first_not_of(
                         "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._/") ==
                     std::string::npos;
  checks->Require(plain, field, ".archive '", entry.archive(),
                  "' has a character that is none of A-Z a-z 0-9 - . _ /");
  checks->Range(field + ".size_bytes", entry.size_bytes(), std::uint64_t{1}, model::kMaxFileBytes);
  const bool hexadecimal =
      entry.sha256().size() == 64 &&
      entry.sha256().find_first_not_of("0123456789abcdef") == std::string::npos;
  checks->Require(hexadecimal, field, ".sha256 is not 64 lower-case hexadecimal digits");
  checks->Range(field + ".installed_bytes", entry.installed_bytes(), std::uint64_t{0},
                model::kMaxFileBytes);
  checks->Version(field + ".minimum_daemon_version", entry.minimum_daemon_version());
  CheckSkills(field, entry, checks);
  CheckDependencies(field, entry, checks);
}

absl::Status Validate(const v1::RepositoryIndex& index) {
  Checks checks;
  checks.Require(index.schema() == kIndexSchema, "schema is ", index.schema(),
                 "; this daemon knows ", kIndexSchema);
  checks.Id("name", index.name(), '-', true);
  // 9999-12-31, the last that a date of four digits can tell.
  constexpr std::int64_t kLast = 253'402'300'799;
  checks.Range("created_unix_s", index.created_unix_s(), std::int64_t{1}, kLast);
  checks.Range("expires_unix_s", index.expires_unix_s(), std::int64_t{1}, kLast);
  checks.Require(index.expires_unix_s() > index.created_unix_s(),
                 "expires_unix_s is not after created_unix_s");
  checks.Require(index.serial() > 0, "serial is missing; the first is 1");
  checks.Range("mirrors' number", index.mirrors_size(), 0, kMaxMirrors);
  checks.Range("entries' number", index.entries_size(), 0, kMaxEntries);
  if (!checks.status().ok()) return checks.status();
  for (int i = 0; i < index.mirrors_size(); ++i) {
    const absl::Status url = CheckHttpsUrl(index.mirrors(i));
    checks.Require(url.ok(), At("mirrors", i), " ", base::MessageOf(url));
  }
  std::set<std::string> versions;
  for (int i = 0; i < index.entries_size() && checks.status().ok(); ++i) {
    const v1::RepositoryEntry& entry = index.entries(i);
    CheckEntry(At("entries", i), entry, &checks);
    checks.Unique(At("entries", i), base::StrCat(entry.id(), " ", entry.version()), &versions);
  }
  return checks.status();
}

}  // namespace

absl::StatusOr<v1::RepositoryIndex> ParseIndex(std::string_view text, std::string_view name) {
  if (text.size() > kMaxIndexBytes) {
    return absl::InvalidArgumentError(base::StrCat(name, ": the index has ", text.size(),
                                                   " bytes, above the limit of ", kMaxIndexBytes));
  }
  v1::RepositoryIndex index;
  json::JsonParseOptions options;
  options.ignore_unknown_fields = false;
  const auto parsed = json::JsonStringToMessage(
      google::protobuf::StringPiece(text.data(), text.size()), &index, options);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(base::StrCat(name, ": ", base::MessageOf(parsed)));
  }
  if (const absl::Status status = Validate(index); !status.ok()) {
    return absl::InvalidArgumentError(base::StrCat(name, ": ", base::MessageOf(status)));
  }
  return index;
}

absl::StatusOr<std::string> FormatIndex(const v1::RepositoryIndex& index) {
  if (absl::Status status = Validate(index); !status.ok()) return status;
  json::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.add_whitespace = true;
  std::string text;
  const auto printed = json::MessageToJsonString(index, &text, options);
  if (!printed.ok()) return absl::InternalError(std::string(base::MessageOf(printed)));
  if (text.size() > kMaxIndexBytes) {
    return absl::InvalidArgumentError(
        base::StrCat("the index has ", text.size(), " bytes, above the limit of ", kMaxIndexBytes));
  }
  return text;
}

absl::Status CheckFresh(const v1::RepositoryIndex& index, std::int64_t now_unix_s) {
  if (now_unix_s < index.expires_unix_s()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      base::StrCat("the index ", index.serial(), " of '", index.name(), "' expired on ",
                   DateText(index.expires_unix_s()), "; its publisher has to sign a new one"));
}

absl::Status CheckSuccessor(const v1::RepositoryIndex& known, const v1::RepositoryIndex& fresh) {
  if (known.name() != fresh.name()) {
    return absl::FailedPreconditionError(base::StrCat(
        "the index is of the repository '", fresh.name(), "', before it was '", known.name(), "'"));
  }
  if (fresh.serial() < known.serial()) {
    return absl::FailedPreconditionError(base::StrCat(
        "the index has serial ", fresh.serial(), ", and ", known.serial(), " of ",
        DateText(known.created_unix_s()), " is known already: an older one is not taken"));
  }
  if (fresh.serial() == known.serial() &&
      !google::protobuf::util::MessageDifferencer::Equals(known, fresh)) {
    return absl::FailedPreconditionError(
        base::StrCat("the index has serial ", fresh.serial(),
                     " as the one that is known, and says something else; its publisher has to "
                     "raise the serial"));
  }
  return absl::OkStatus();
}

absl::Status CheckHttpsUrl(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  if (url.substr(0, kScheme.size()) != kScheme) {
    return absl::InvalidArgumentError("does not begin with https://");
  }
  if (url.size() > kMaxUrlBytes) {
    return absl::InvalidArgumentError(
        base::StrCat("has ", url.size(), " bytes, above the limit of ", kMaxUrlBytes));
  }
  const bool visible =
      std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (!visible || url.find_first_of("?#@\\\"<>") != std::string_view::npos) {
    return absl::InvalidArgumentError(
        "has a blank, a control character, a user, a query or a fragment");
  }
  const std::string_view rest = url.substr(kScheme.size());
  if (rest.empty() || rest.front() == '/') return absl::InvalidArgumentError("names no host");
  return absl::OkStatus();
}

std::string DateText(std::int64_t unix_s) {
  return absl::FormatTime("%Y-%m-%d %H:%M UTC", absl::FromUnixSeconds(unix_s), absl::UTCTimeZone());
}

}  // namespace continuo::repository
