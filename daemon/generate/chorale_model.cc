// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/chorale_model.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "daemon/base/str_cat.h"

namespace continuo::generate::chorale {
namespace {

using base::StrCat;
using nlohmann::json;

absl::Status Wrong(std::string_view key, const std::string& what) {
  return absl::InvalidArgumentError(StrCat("weights' metadata ", key, ": ", what));
}

// Keeps the first failure.
class Metadata {
 public:
  explicit Metadata(const executor::DecoderShape& shape) : shape_(shape) {}

  void Want(const char* key, const json& wanted) {
    const json found = Find(key);
    if (status_.ok() && found != wanted) {
      status_ = Wrong(
          key, StrCat("is ", found.dump().substr(0, 80), ", and ", wanted.dump(), " is expected"));
    }
  }

  double Number(const char* key, double lowest, double highest) {
    const json found = Find(key);
    if (!status_.ok()) return lowest;
    if (found.is_number() && found.get<double>() >= lowest && found.get<double>() <= highest) {
      return found.get<double>();
    }
    status_ = Wrong(key, StrCat("is ", found.dump().substr(0, 80), "; ", lowest, " to ", highest,
                                " is possible"));
    return lowest;
  }

  Ranges VoiceRanges(const char* key) {
    const json found = Find(key);
    Ranges ranges{};
    if (!status_.ok()) return ranges;
    bool fits = found.is_array() && found.size() == kVoices;
    for (std::size_t v = 0; fits && v < kVoices; ++v) {
      fits = found[v].is_array() && found[v].size() == 2 && found[v][0].is_number_integer() &&
             found[v][1].is_number_integer();
      if (!fits) break;
      const auto lowest = found[v][0].get<std::int64_t>();
      const auto highest = found[v][1].get<std::int64_t>();
      fits = lowest >= 0 && lowest <= highest && highest <= kHigh && highest >= kLow;
      if (fits) ranges[v] = {static_cast<int>(lowest), static_cast<int>(highest)};
    }
    if (!fits) status_ = Wrong(key, "is not the lowest and highest pitch of four voices");
    return ranges;
  }

  [[nodiscard]] const absl::Status& status() const { return status_; }

 private:
  json Find(const char* key) {
    const auto found = shape_.metadata.find(key);
    if (found == shape_.metadata.end()) {
      if (status_.ok()) status_ = Wrong(key, "is missing");
      return {};
    }
    json value = json::parse(found->second, nullptr, false);
    if (value.is_discarded()) {
      if (status_.ok()) status_ = Wrong(key, "is no JSON");
      return {};
    }
    return value;
  }

  const executor::DecoderShape& shape_;
  absl::Status status_;
};

template <std::size_t N>
json ListOf(const std::array<std::string_view, N>& names) {
  json list = json::array();
  for (const std::string_view name : names) list.push_back(std::string(name));
  return list;
}

template <std::size_t N>
bool Fits(const std::vector<std::uint32_t>& found, const std::array<std::uint32_t, N>& wanted) {
  return std::equal(found.begin(), found.end(), wanted.begin(), wanted.end());
}

}  // namespace

absl::StatusOr<ModelFacts> ReadModelFacts(const executor::DecoderShape& shape) {
  Metadata metadata(shape);
  metadata.Want("format", "chorale");
  metadata.Want("format_version", 1);
  metadata.Want("low", kLow);
  metadata.Want("high", kHigh);
  metadata.Want("order", ListOf(kVoiceNames));
  metadata.Want("steps_per_quarter", kStepsPerQuarter);
  metadata.Want("beats_left", kBeatsLeft);
  metadata.Want("longest_hold", kLongestHold);
  metadata.Want("grid_fields", ListOf(kGridFields));
  metadata.Want("token_fields", ListOf(kTokenFields));
  ModelFacts facts;
  facts.ranges = metadata.VoiceRanges("ranges");
  facts.sampler.temperature = metadata.Number("temperature", 0.1, 2);
  facts.sampler.top_p = metadata.Number("top_p", 0.01, 1);
  facts.penalty = metadata.Number("penalty", 0, 100);
  if (!metadata.status().ok()) return metadata.status();
  if (!Fits(shape.grid_fields, kGridSizes) || !Fits(shape.token_fields, kTokenSizes) ||
      shape.vocabulary != kVocabulary) {
    return absl::InvalidArgumentError(
        "weights: the sizes of grid_fields, token_fields or vocabulary are not those of chorales");
  }
  return facts;
}

}  // namespace continuo::generate::chorale
