// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/nam_metadata.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "daemon/executor/fused/fields.h"

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

constexpr std::size_t kMaximumTextBytes = 200;

std::string TextOf(const json& metadata, const char* name) {
  const auto found = metadata.find(name);
  if (found == metadata.end() || !found->is_string()) return "";
  std::string text = found->get<std::string>();
  if (text.size() > kMaximumTextBytes) {
    std::size_t end = kMaximumTextBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text = text.substr(0, end) + "…";
  }
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return text;
}

// "loudness -20.02 dB": two digits behind the point.
void NoteNumber(const json& metadata, const char* name, const char* label, const char* unit,
                Inspection& into) {
  const auto found = metadata.find(name);
  if (found == metadata.end() || !found->is_number()) return;
  const double number = found->get<double>();
  if (!(std::abs(number) < 1e6)) return;
  into.notes.push_back(absl::StrCat(label, " ", std::round(number * 100) / 100, unit));
}

}  // namespace

absl::Status ReadMetadata(const json& document, Inspection& into) {
  const auto found = document.find("metadata");
  if (found == document.end() || found->is_null()) return absl::OkStatus();
  if (!found->is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat("metadata: is ", Shown(*found), ", expected an object"));
  }
  const json& metadata = *found;
  into.name = TextOf(metadata, "name");
  into.author = TextOf(metadata, "modeled_by");
  into.license = TextOf(metadata, "license");
  std::string gear;
  for (const char* name : {"gear_type", "gear_make", "gear_model"}) {
    const std::string part = TextOf(metadata, name);
    if (!part.empty()) absl::StrAppend(&gear, gear.empty() ? "" : ", ", part);
  }
  if (!gear.empty()) into.notes.push_back("gear: " + gear);
  if (const std::string tone = TextOf(metadata, "tone_type"); !tone.empty()) {
    into.notes.push_back("tone: " + tone);
  }
  NoteNumber(metadata, "loudness", "loudness", " dB", into);
  NoteNumber(metadata, "gain", "gain", " (0 to 1)", into);
  NoteNumber(metadata, "input_level_dbu", "input level", " dBu at full scale", into);
  NoteNumber(metadata, "output_level_dbu", "output level", " dBu at full scale", into);
  return absl::OkStatus();
}

}  // namespace continuo::executor::fused
