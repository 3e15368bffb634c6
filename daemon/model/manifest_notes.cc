// SPDX-License-Identifier: Apache-2.0
// The rules of a model that writes notes.
#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <string>

#include "daemon/model/checks.h"

namespace continuo::model {
namespace {

constexpr std::array<std::string_view, 7> kTasks = {"melody", "harmony", "drums",   "continue",
                                                    "infill", "vary",    "humanize"};
constexpr int kMaxNames = 256;
constexpr unsigned kMaxBeats = 32;

// "6/8": 1 to 32 over a power of two up to 32.
bool IsSignature(const std::string& text) {
  const char* const end = text.data() + text.size();
  unsigned beats = 0;
  unsigned unit = 0;
  const auto first = std::from_chars(text.data(), end, beats);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '/') return false;
  const auto second = std::from_chars(first.ptr + 1, end, unit);
  return second.ec == std::errc() && second.ptr == end && beats >= 1 && beats <= kMaxBeats &&
         unit >= 1 && unit <= 32 && (unit & (unit - 1)) == 0;
}

template <typename Check>
void CheckNames(const char* field, const google::protobuf::RepeatedPtrField<std::string>& names,
                int minimum, Checks* checks, Check check) {
  checks->Range(base::StrCat("the number of ", field), names.size(), minimum, kMaxNames);
  std::set<std::string> seen;
  for (int i = 0; i < names.size() && checks->status().ok(); ++i) {
    check(At(field, i), names[i]);
    checks->Unique(At(field, i), names[i], &seen);
  }
}

}  // namespace

void CheckNotes(const v1::ModelManifest& manifest, const std::set<std::string>& files,
                Checks* checks) {
  const v1::NotesSignature& notes = manifest.notes();
  checks->Require(manifest.has_notes(), "notes is missing");
  checks->Require(manifest.parameters_size() == 0,
                  "parameters are there; those of a model that writes notes are a request's");
  checks->Require(manifest.presets_size() == 0,
                  "presets are there; a model that writes notes has no parameters to set");
  CheckNames("notes.tasks", notes.tasks(), 1, checks,
             [&](const std::string& field, const std::string& task) {
               checks->Require(std::find(kTasks.begin(), kTasks.end(), task) != kTasks.end(), field,
                               " '", task, "' is not one of melody, harmony, drums, continue, ",
                               "infill, vary, humanize");
             });
  checks->Id("notes.composer", notes.composer(), '-', false);
  CheckNames(
      "notes.voices", notes.voices(), 0, checks,
      [&](const std::string& field, const std::string& voice) { checks->Name(field, voice); });
  CheckNames(
      "notes.styles", notes.styles(), 0, checks,
      [&](const std::string& field, const std::string& style) { checks->Name(field, style); });
  CheckNames("notes.signatures", notes.signatures(), 1, checks,
             [&](const std::string& field, const std::string& signature) {
               checks->Name(field, signature);
               checks->Require(IsSignature(signature), field, " '", signature,
                               "' is no signature; it takes 1 to 32 over 1, 2, 4, 8, 16 or 32");
             });
  checks->Range("notes.steps_per_quarter", notes.steps_per_quarter(), 1U, kMaxStepsPerQuarter);
  checks->Range("notes.maximum_bars", notes.maximum_bars(), 1U, kMaxBars);
  if (notes.reference().empty()) return;
  checks->Path("notes.reference", notes.reference());
  checks->Require(files.count(notes.reference()) != 0, "notes.reference '", notes.reference(),
                  "' is not listed in files");
}

}  // namespace continuo::model
