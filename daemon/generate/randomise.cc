// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/randomise.h"

#include <absl/strings/numbers.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "daemon/base/str_cat.h"
#include "daemon/generate/request_checks.h"
#include "shared/midi/random.h"
#include "shared/midi/scale.h"

namespace continuo::generate {
namespace {

// A number that can be drawn: what is possible, and what is drawn from when nothing is said.
struct Number {
  std::string_view name;
  RandomRange possible;
  RandomRange usual;
  bool whole = false;
};
constexpr std::array<Number, 6> kNumbers{{
    {"tempo_bpm", {kLowestTempo, kHighestTempo}, {70, 150}, true},
    {"density", {0, 1}, {0.1, 0.9}, false},
    {"temperature", {kLowestTemperature, kHighestTemperature}, {0.7, 1.2}, false},
    {"top_p", {0.01, 1}, {0.85, 1}, false},
    {"variation", {0, 1}, {0.1, 0.6}, false},
    {"bars", {1, 64}, {0, 0}, true},
}};
constexpr std::array<std::string_view, 4> kChoices{"key", "style", "signature", "seed"};
constexpr std::array<std::string_view, 4> kOfTheSong{"key", "tempo_bpm", "signature", "bars"};

template <class List>
bool Has(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

const Number* NumberNamed(std::string_view name) {
  const auto* const found = std::find_if(kNumbers.begin(), kNumbers.end(),
                                         [name](const Number& one) { return one.name == name; });
  return found == kNumbers.end() ? nullptr : found;
}

absl::Status Check(const Randomisation& randomisation) {
  for (const std::string& name : randomisation.locks) {
    if (NumberNamed(name) == nullptr && !Has(kChoices, name)) {
      return absl::InvalidArgumentError(base::StrCat(
          "locks: '", std::string_view(name).substr(0, 40),
          "' is none of key, tempo_bpm, density, style, temperature, top_p, variation, signature, "
          "bars, seed"));
    }
  }
  for (const auto& [name, range] : randomisation.ranges) {
    const Number* const number = NumberNamed(name);
    if (number == nullptr) {
      return absl::InvalidArgumentError(
          base::StrCat("ranges: '", std::string_view(name).substr(0, 40),
                       "' is none of tempo_bpm, density, temperature, top_p, variation, bars"));
    }
    if (randomisation.locks.count(name) != 0) {
      return absl::InvalidArgumentError(base::StrCat("ranges: ", name, " is locked"));
    }
    if (!(range.lowest >= number->possible.lowest && range.highest <= number->possible.highest &&
          range.lowest <= range.highest)) {
      return absl::InvalidArgumentError(
          base::StrCat("ranges: ", name, " from ", range.lowest, " to ", range.highest, "; ",
                       number->possible.lowest, " to ", number->possible.highest, " is possible"));
    }
  }
  return absl::OkStatus();
}

class Drawer {
 public:
  Drawer(const v1::GenerateRequest& request, const Randomisation& randomisation)
      : request_(request), randomisation_(randomisation) {}

  void Numbers() {
    for (const Number& number : kNumbers) {
      const auto range = randomisation_.ranges.find(std::string(number.name));
      const bool given = range != randomisation_.ranges.end();
      // Nobody wants another length unless he says so.
      if (!given && (Stays(number.name) || number.name == "bars")) continue;
      Set(number, given ? range->second : number.usual);
    }
  }

  void Choices(const v1::NotesSignature& model) {
    if (!Stays("key")) {
      const auto index = Below("key", 24);
      request_.set_key(midi::FormatKey(
          {static_cast<int>(index % midi::kPitchesPerOctave), index < 12 ? "major" : "minor"}));
    }
    if (!Stays("style") && model.styles_size() > 0) {
      request_.set_style(model.styles(
          static_cast<int>(Below("style", static_cast<std::uint64_t>(model.styles_size())))));
    }
    if (!Stays("signature") && model.signatures_size() > 0) {
      Signature(model.signatures(static_cast<int>(
          Below("signature", static_cast<std::uint64_t>(model.signatures_size())))));
    }
    if (!Stays("seed")) request_.set_seed(GeneratorOf("seed").Next());
  }

  v1::GenerateRequest&& TakeRequest() { return std::move(request_); }

 private:
  [[nodiscard]] bool Stays(std::string_view name) const {
    return randomisation_.locks.count(std::string(name)) != 0 ||
           (!request_.input().empty() && Has(kOfTheSong, name));
  }

  // Of the field alone: FNV-1a of its name tells its stream.
  [[nodiscard]] midi::Random GeneratorOf(std::string_view name) const {
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    for (const char letter : name) {
      hash = (hash ^ static_cast<std::uint8_t>(letter)) * 0x100000001B3ULL;
    }
    return midi::Random(randomisation_.seed, hash);
  }
  [[nodiscard]] std::uint64_t Below(std::string_view name, std::uint64_t count) const {
    return GeneratorOf(name).Next() % count;
  }

  void Set(const Number& number, const RandomRange& range) {
    const double share = static_cast<double>(GeneratorOf(number.name).Next() >> 11) * 0x1p-53;
    double value = range.lowest + share * (range.highest - range.lowest);
    // As a person would say it: whole, or in hundredths.
    const double unit = number.whole ? 1 : 0.01;
    value = std::clamp(std::round(value / unit) * unit, range.lowest, range.highest);
    if (number.name == "tempo_bpm") request_.set_tempo_bpm(value);
    if (number.name == "density") request_.set_density(value);
    if (number.name == "temperature") request_.set_temperature(value);
    if (number.name == "top_p") request_.set_top_p(value);
    if (number.name == "variation") request_.set_variation(value);
    if (number.name == "bars") request_.set_bars(static_cast<std::uint32_t>(value));
  }

  void Signature(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return;
    std::uint32_t numerator = 0;
    std::uint32_t denominator = 0;
    if (!absl::SimpleAtoi(std::string(text.substr(0, slash)), &numerator) ||
        !absl::SimpleAtoi(std::string(text.substr(slash + 1)), &denominator)) {
      return;
    }
    request_.set_signature_numerator(numerator);
    request_.set_signature_denominator(denominator);
  }

  v1::GenerateRequest request_;
  const Randomisation& randomisation_;
};

}  // namespace

absl::StatusOr<v1::GenerateRequest> RandomiseRequest(const v1::GenerateRequest& request,
                                                     const v1::NotesSignature& model,
                                                     const Randomisation& randomisation) {
  if (absl::Status status = Check(randomisation); !status.ok()) return status;
  Drawer drawer(request, randomisation);
  drawer.Numbers();
  drawer.Choices(model);
  return drawer.TakeRequest();
}

}  // namespace continuo::generate
