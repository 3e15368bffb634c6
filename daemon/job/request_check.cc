// SPDX-License-Identifier: Apache-2.0
#include "daemon/job/request_check.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "daemon/base/str_cat.h"

namespace continuo::job {
namespace {

constexpr std::array<std::string_view, 4> kMacros = {"busy", "adventure", "swing", "human"};
constexpr double kMaxTempo = 999;  // as in LMMS

class Checks {
 public:
  void Range(std::string_view field, double value, double minimum, double maximum) {
    if (!(value >= minimum && value <= maximum)) {
      Fail(field, " is ", value, ", outside ", minimum, " to ", maximum);
    }
  }
  // 0 leaves it open.
  void Open(std::string_view field, double value, double minimum, double maximum) {
    if (value != 0) Range(field, value, minimum, maximum);
  }
  void Text(std::string_view field, std::string_view text, std::size_t maximum) {
    if (text.size() > maximum) {
      Fail(field, " has ", text.size(), " bytes, the limit is ", maximum);
    }
    if (std::any_of(text.begin(), text.end(),
                    [](unsigned char c) { return c < 0x20 || c == 0x7F; })) {
      Fail(field, " has a control character");
    }
  }
  template <typename... Words>
  void Fail(const Words&... words) {
    status_.Update(absl::InvalidArgumentError(base::StrCat(words...)));
  }
  [[nodiscard]] const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

void CheckRegions(const v1::GenerateRequest& request, Checks* checks) {
  checks->Range("the number of regions", request.regions_size(), 0, kMaxRegions);
  for (const v1::Region& region : request.regions()) {
    checks->Range("regions.first_bar", region.first_bar(), 1, 1'000'000);
    checks->Range("regions.last_bar", region.last_bar(), region.first_bar(), 1'000'000);
    checks->Text("regions.voice", region.voice(), kMaxWordBytes);
  }
}

void CheckMusic(const v1::GenerateRequest& request, Checks* checks) {
  checks->Open("tempo_bpm", request.tempo_bpm(), 10, kMaxTempo);
  checks->Open("signature_numerator", request.signature_numerator(), 1, 32);
  const std::uint32_t unit = request.signature_denominator();
  if ((unit & (unit - 1)) != 0 || unit > 32) {
    checks->Fail("signature_denominator is ", unit, "; it takes 1, 2, 4, 8, 16 or 32");
  }
  if ((unit == 0) != (request.signature_numerator() == 0)) {
    checks->Fail("signature_numerator and signature_denominator come together or not at all");
  }
  checks->Range("lowest_pitch", request.lowest_pitch(), 0, 127);
  checks->Range("highest_pitch", request.highest_pitch(), request.lowest_pitch(), 127);
  if (request.has_density()) checks->Range("density", request.density(), 0, 1);
  if (request.has_variation()) checks->Range("variation", request.variation(), 0, 1);
  checks->Text("key", request.key(), kMaxWordBytes);
  checks->Text("scale", request.scale(), kMaxWordBytes);
  checks->Text("style", request.style(), kMaxWordBytes);
  checks->Text("chords", request.chords(), kMaxTextBytes);
  checks->Text("transforms", request.transforms(), kMaxTextBytes);
}

}  // namespace

std::string TaskName(v1::GenerationTask task) {
  constexpr std::array<const char*, 8> kNames = {"",         "melody", "harmony", "drums",
                                                 "continue", "infill", "vary",    "humanize"};
  const auto index = static_cast<std::size_t>(task);
  return index < kNames.size() ? kNames[index] : "";
}

absl::Status CheckRequest(const v1::GenerateRequest& request) {
  Checks checks;
  if (TaskName(request.task()).empty()) {
    checks.Fail("task is ", static_cast<int>(request.task()), "; it is 1 (melody) to 7 (humanize)");
  }
  if (!v1::JobPriority_IsValid(request.priority())) {
    checks.Fail("priority is ", static_cast<int>(request.priority()), "; it is 0 to 3");
  }
  checks.Text("model", request.model(), kMaxWordBytes);
  checks.Text("parent_record", request.parent_record(), kMaxWordBytes);
  if (request.input().size() > kMaxInputBytes) {
    checks.Fail("input has ", request.input().size(), " bytes, the limit is ", kMaxInputBytes);
  }
  checks.Range("bars", request.bars(), 0, kMaxBars);
  CheckMusic(request, &checks);
  CheckRegions(request, &checks);
  checks.Range("candidates", request.candidates(), 0, kMaxCandidates);
  checks.Open("temperature", request.temperature(), 0.1, 2);
  checks.Range("top_p", request.top_p(), 0, 1);
  checks.Range("minimum_score", request.minimum_score(), 0, 1);
  checks.Range("attempts", request.attempts(), 0, kMaxAttempts);
  for (const auto& [macro, value] : request.macros()) {
    if (std::find(kMacros.begin(), kMacros.end(), macro) == kMacros.end()) {
      checks.Text("macros' name", macro, kMaxWordBytes);
      checks.Fail("macros has '", macro.substr(0, kMaxWordBytes),
                  "'; there are busy, adventure, swing and human");
    }
    checks.Range(base::StrCat("macros.", macro.substr(0, kMaxWordBytes)), value, 0, 1);
  }
  return checks.status();
}

}  // namespace continuo::job
