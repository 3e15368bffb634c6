// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/request_checks.h"

#include <absl/strings/str_join.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "daemon/base/str_cat.h"
#include "daemon/generate/context.h"
#include "shared/midi/song.h"

namespace continuo::generate {
namespace {

using base::StrCat;

constexpr int kMaxNumerator = 32;

template <class... Pieces>
absl::Status Wrong(const Pieces&... pieces) {
  return absl::InvalidArgumentError(StrCat(pieces...));
}

std::string_view Short(std::string_view text) { return text.substr(0, 40); }

// NaN is in no range.
template <class Number>
absl::Status InRange(const char* field, Number value, Number lowest, Number highest) {
  if (value >= lowest && value <= highest) return absl::OkStatus();
  return Wrong(field, ": ", value, "; ", lowest, " to ", highest, " is possible");
}

bool Has(const google::protobuf::RepeatedPtrField<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

std::string_view TaskName(v1::GenerationTask task) {
  constexpr std::array<std::string_view, 8> kNames{"",         "melody", "harmony", "drums",
                                                   "continue", "infill", "vary",    "humanize"};
  const auto index = static_cast<std::size_t>(task);
  return index < kNames.size() ? kNames[index] : std::string_view();
}

absl::Status CheckTask(const v1::GenerateRequest& request, const v1::NotesSignature& model) {
  const std::string_view task = TaskName(request.task());
  if (task.empty()) return Wrong("task: is none of those that there are");
  if (Has(model.tasks(), task)) return absl::OkStatus();
  return absl::UnimplementedError(StrCat("task: this model does not do \"", task, "\"; it does ",
                                         absl::StrJoin(model.tasks(), ", ")));
}

absl::Status CheckNumbers(const v1::GenerateRequest& request) {
  if (request.has_density()) {
    if (auto status = InRange("density", request.density(), 0.0, 1.0); !status.ok()) return status;
  }
  if (request.has_variation()) {
    auto status = InRange("variation", request.variation(), 0.0, 1.0);
    if (!status.ok()) return status;
  }
  if (request.temperature() != 0) {
    auto status =
        InRange("temperature", request.temperature(), kLowestTemperature, kHighestTemperature);
    if (!status.ok()) return status;
  }
  if (auto status = InRange("top_p", request.top_p(), 0.0, 1.0); !status.ok()) return status;
  if (auto status = InRange("minimum_score", request.minimum_score(), 0.0, 1.0); !status.ok()) {
    return status;
  }
  if (auto status = InRange("candidates", request.candidates(), 0U, kMaxCandidates); !status.ok()) {
    return status;
  }
  return InRange("attempts", request.attempts(), 0U, kMaxAttempts);
}

absl::Status CheckStyle(const v1::GenerateRequest& request, const v1::NotesSignature& model) {
  if (request.style().empty() || Has(model.styles(), request.style())) return absl::OkStatus();
  if (model.styles().empty()) {
    return Wrong("style: '", Short(request.style()), "'; this model has no choice of style");
  }
  return Wrong("style: '", Short(request.style()), "' is none of ",
               absl::StrJoin(model.styles(), ", "));
}

absl::Status CheckSignature(const v1::GenerateRequest& request) {
  const std::uint32_t numerator = request.signature_numerator();
  const std::uint32_t denominator = request.signature_denominator();
  if (numerator >= 1 && numerator <= kMaxNumerator && denominator >= 1 &&
      denominator <= midi::kMaxDenominator && (denominator & (denominator - 1)) == 0) {
    return absl::OkStatus();
  }
  return Wrong("signature: ", numerator, "/", denominator, "; 1 to ", kMaxNumerator,
               " beats of 1, 2, 4, 8, 16, 32 or 64 are possible");
}

absl::Status CheckSignature(const v1::GenerateRequest& request, const v1::NotesSignature& model) {
  const std::string signature =
      StrCat(request.signature_numerator(), "/", request.signature_denominator());
  if (model.signatures().empty() || Has(model.signatures(), signature)) return absl::OkStatus();
  return Wrong("signature: ", signature, "; this model knows ",
               absl::StrJoin(model.signatures(), ", "));
}

absl::Status CheckTempo(const v1::GenerateRequest& request) {
  return InRange("tempo_bpm", request.tempo_bpm(), kLowestTempo, kHighestTempo);
}

std::uint32_t LongestOf(const v1::NotesSignature& model) {
  return model.maximum_bars() == 0 ? kMaxBars : std::min(model.maximum_bars(), kMaxBars);
}

absl::Status CheckBars(const v1::GenerateRequest& request, std::uint32_t most) {
  return InRange("bars", request.bars(), 1U, most);
}

absl::Status CheckRange(const v1::GenerateRequest& request) {
  if (auto status = InRange("lowest_pitch", request.lowest_pitch(), 0U, 127U); !status.ok()) {
    return status;
  }
  return InRange("highest_pitch", request.highest_pitch(), request.lowest_pitch(), 127U);
}

absl::Status CheckRegion(const v1::Region& region, std::uint32_t bars,
                         const v1::NotesSignature& model) {
  if (region.first_bar() < 1 || region.last_bar() < region.first_bar() ||
      region.last_bar() > bars) {
    return Wrong("regions: bars ", region.first_bar(), " to ", region.last_bar(), "; 1 to ", bars,
                 " are there");
  }
  if (region.voice().empty() || model.voices().empty() || Has(model.voices(), region.voice())) {
    return absl::OkStatus();
  }
  return Wrong("regions: voice '", Short(region.voice()), "' is none of ",
               absl::StrJoin(model.voices(), ", "));
}

}  // namespace continuo::generate
