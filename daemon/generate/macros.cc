// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/macros.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/base/str_cat.h"
#include "daemon/generate/key_text.h"
#include "shared/midi/transform/chain.h"

namespace continuo::generate {
namespace {

constexpr std::array<std::string_view, 4> kMacros{"busy", "adventure", "swing", "human"};

std::optional<double> MacroOf(const v1::GenerateRequest& request, const char* name) {
  const auto found = request.macros().find(name);
  if (found == request.macros().end()) return std::nullopt;
  return found->second;
}

// From `low` at 0 over `middle` at 0.5 to `high` at 1, in two straight lines.
double Between(double low, double middle, double high, double macro) {
  return macro < 0.5 ? low + (middle - low) * 2 * macro
                     : middle + (high - middle) * (2 * macro - 1);
}

void Adventure(double adventure, const SamplerOptions& defaults, v1::GenerateRequest* request) {
  if (request->temperature() == 0) {
    const double middle = defaults.temperature;
    request->set_temperature(
        std::clamp(Between(0.6 * middle, middle, 1.4 * middle, adventure), 0.1, 2.0));
  }
  if (request->top_p() == 0) {
    request->set_top_p(Between(0.7 * defaults.top_p, defaults.top_p, 1, adventure));
  }
  if (!request->has_variation()) request->set_variation(Between(0.1, 0.3, 0.7, adventure));
  // The simple quarter stays in the scale.
  if (adventure < 0.25 && request->scale().empty() && !request->key().empty()) {
    if (const absl::StatusOr<midi::Key> key = ParseKeyText(request->key()); key.ok()) {
      request->set_scale(std::string(key->scale));
    }
  }
}

template <class Transform>
bool Has(const v1::GenerateRequest& request) {
  const absl::StatusOr<midi::Chain> chain = midi::ParseChain(request.transforms());
  return chain.ok() && std::any_of(chain->begin(), chain->end(), [](const midi::Transform& one) {
           return std::holds_alternative<Transform>(one);
         });
}

void Append(const midi::Transform& transform, v1::GenerateRequest* request) {
  base::StrAppend(request->mutable_transforms(), request->transforms().empty() ? "" : ";",
                  midi::FormatChain({transform}));
}

}  // namespace

absl::Status CheckMacros(const v1::GenerateRequest& request) {
  for (const auto& [name, value] : request.macros()) {
    if (std::find(kMacros.begin(), kMacros.end(), name) == kMacros.end()) {
      return absl::InvalidArgumentError(
          base::StrCat("macros: '", std::string_view(name).substr(0, 40),
                       "' is none; busy, adventure, swing, human are"));
    }
    if (!(value >= 0 && value <= 1)) {
      return absl::InvalidArgumentError(
          base::StrCat("macros: ", name, " is ", value, "; 0 to 1 is possible"));
    }
  }
  return absl::OkStatus();
}

void ApplyMacros(const SamplerOptions& defaults, bool add_transforms,
                 v1::GenerateRequest* request) {
  if (const auto busy = MacroOf(*request, "busy"); busy && !request->has_density()) {
    request->set_density(*busy);
  }
  if (const auto adventure = MacroOf(*request, "adventure")) {
    Adventure(*adventure, defaults, request);
  }
  if (!add_transforms) return;
  if (const auto swing = MacroOf(*request, "swing");
      swing && *swing > 0 && !Has<midi::Quantise>(*request)) {
    // Each second sixteenth late; triplets at two thirds of the way.
    Append(midi::Quantise{.grid = {16, false}, .strength = 1, .swing = 0.5 * *swing, .ends = false},
           request);
  }
  if (const auto human = MacroOf(*request, "human");
      human && *human > 0 && !Has<midi::Humanise>(*request)) {
    // The transform's defaults at 0.5.
    Append(midi::Humanise{.time = 16 * *human, .velocity = 12 * *human, .seed = 0}, request);
  }
}

}  // namespace continuo::generate
