// SPDX-License-Identifier: Apache-2.0
// Reference sets as files. What is read comes from outside: a package may say anything.
#include <absl/strings/numbers.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/generate/reference.h"

namespace continuo::generate {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxBytes = std::size_t{4} << 20;
constexpr std::size_t kMaxLengths = 64;
constexpr std::size_t kMaxMetrics = 256;
constexpr std::size_t kMaxSituations = 64;

absl::Status Wrong(const std::string& key, std::string_view what) {
  return absl::InvalidArgumentError(base::StrCat(key, ": ", what));
}

Json JsonOf(const Quantiles& quantiles) { return quantiles.values(); }

absl::StatusOr<Quantiles> QuantilesOf(const std::string& key, const Json& json) {
  if (!json.is_array()) return Wrong(key, "an array of numbers is expected");
  std::vector<double> values;
  for (const Json& value : json) {
    if (!value.is_number()) return Wrong(key, "an array of numbers is expected");
    values.push_back(value.get<double>());
  }
  absl::StatusOr<Quantiles> quantiles = Quantiles::Read(std::move(values));
  if (!quantiles.ok()) return Wrong(key, base::MessageOf(quantiles.status()));
  return quantiles;
}

absl::StatusOr<std::uint64_t> CountOf(const std::string& key, const Json& object,
                                      const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_unsigned()) {
    return Wrong(key + name, "a whole number is expected");
  }
  return found->get<std::uint64_t>();
}

absl::StatusOr<Reference::Heard> HeardOf(const std::string& key, const Json& json) {
  if (!json.is_object()) return Wrong(key, "an object is expected");
  const absl::StatusOr<std::uint64_t> excerpts = CountOf(key + ".", json, "excerpts");
  if (!excerpts.ok()) return excerpts.status();
  const auto read = [&](const char* name) {
    const auto found = json.find(name);
    return QuantilesOf(key + "." + name, found == json.end() ? Json() : *found);
  };
  absl::StatusOr<Quantiles> likelihood = read("log_likelihood");
  if (!likelihood.ok()) return likelihood.status();
  absl::StatusOr<Quantiles> surprise = read("surprise");
  if (!surprise.ok()) return surprise.status();
  return Reference::Heard{*excerpts, *std::move(likelihood), *std::move(surprise)};
}

absl::Status ReadHeard(const std::string& key, const Json& json, Reference::Length* length) {
  const auto heard = json.find("heard");
  if (heard == json.end()) return absl::OkStatus();
  if (!heard->is_object() || heard->size() > kMaxSituations) {
    return Wrong(key + ".heard", "an object of at most 64 objects is expected");
  }
  for (const auto& [situation, figures] : heard->items()) {
    absl::StatusOr<Reference::Heard> read =
        HeardOf(base::StrCat(key, ".heard.", situation), figures);
    if (!read.ok()) return read.status();
    length->heard.insert_or_assign(situation, *std::move(read));
  }
  return absl::OkStatus();
}

absl::Status ReadDrums(const Json& json, DrumPlaces* places) {
  const auto drums = json.find("drums");
  if (drums == json.end()) return absl::OkStatus();
  if (!drums->is_object()) return Wrong("drums", "an object is expected");
  for (const auto& [steps, rows] : drums->items()) {
    const std::string key = "drums." + steps;
    std::int64_t bar_steps = 0;
    if (!absl::SimpleAtoi(steps, &bar_steps) || !rows.is_object()) {
      return Wrong(key, "an object of drums by the steps of a bar is expected");
    }
    DrumPlaces::Bar bar;
    for (std::size_t drum = 0; drum < kDrums; ++drum) {
      const auto row = rows.find(kDrumNames[drum]);
      if (row == rows.end() || !row->is_array() ||
          !std::all_of(row->begin(), row->end(), [](const Json& n) { return n.is_number(); })) {
        return Wrong(base::StrCat(key, ".", kDrumNames[drum]), "an array of numbers is expected");
      }
      bar[drum] = row->get<std::vector<double>>();
    }
    if (const absl::Status added = places->Add(bar_steps, std::move(bar)); !added.ok()) {
      return Wrong(key, base::MessageOf(added));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Reference::Length> LengthOf(const std::string& key, const Json& json) {
  if (!json.is_object()) return Wrong(key, "an object is expected");
  const absl::StatusOr<std::uint64_t> bars = CountOf(key + ".", json, "bars");
  if (!bars.ok()) return bars.status();
  if (*bars < 1 || *bars > 1024) return Wrong(key + ".bars", "1 to 1024 is possible");
  const absl::StatusOr<std::uint64_t> excerpts = CountOf(key + ".", json, "excerpts");
  if (!excerpts.ok()) return excerpts.status();
  Reference::Length length{.bars = static_cast<std::uint32_t>(*bars),
                           .excerpts = *excerpts,
                           .metrics = {},
                           .surprise = {},
                           .heard = {}};
  const auto metrics = json.find("metrics");
  if (metrics == json.end() || !metrics->is_object() || metrics->size() > kMaxMetrics) {
    return Wrong(key + ".metrics", "an object of at most 256 arrays is expected");
  }
  for (const auto& [name, values] : metrics->items()) {
    absl::StatusOr<Quantiles> quantiles = QuantilesOf(base::StrCat(key, ".metrics.", name), values);
    if (!quantiles.ok()) return quantiles.status();
    length.metrics.emplace(name, *std::move(quantiles));
  }
  const auto surprise = json.find("surprise");
  if (surprise == json.end()) return Wrong(key + ".surprise", "is missing");
  absl::StatusOr<Quantiles> quantiles = QuantilesOf(key + ".surprise", *surprise);
  if (!quantiles.ok()) return quantiles.status();
  length.surprise = *std::move(quantiles);
  if (absl::Status heard = ReadHeard(key, json, &length); !heard.ok()) return heard;
  return length;
}

}  // namespace

std::string Reference::Json() const {
  generate::Json json{{"continuo_reference", kVersion}, {"pieces", pieces_}};
  json["lengths"] = generate::Json::array();
  for (const Length& length : lengths_) {
    generate::Json entry{{"bars", length.bars}, {"excerpts", length.excerpts}};
    for (const auto& [name, quantiles] : length.metrics) entry["metrics"][name] = JsonOf(quantiles);
    entry["surprise"] = JsonOf(*length.surprise);
    for (const auto& [situation, heard] : length.heard) {
      entry["heard"][situation] = {{"excerpts", heard.excerpts},
                                   {"log_likelihood", JsonOf(heard.log_likelihood)},
                                   {"surprise", JsonOf(heard.surprise)}};
    }
    json["lengths"].push_back(std::move(entry));
  }
  for (const auto& [steps, bar] : drum_places_.bars()) {
    for (std::size_t drum = 0; drum < kDrums; ++drum) {
      json["drums"][std::to_string(steps)][std::string(kDrumNames[drum])] = bar[drum];
    }
  }
  return json.dump() + "\n";
}

absl::StatusOr<Reference> Reference::Parse(std::string_view text) {
  if (text.size() > kMaxBytes) return Wrong("reference", "more than 4 MiB");
  // Numbers that a double cannot hold are refused by the parser as well.
  const generate::Json json = generate::Json::parse(text.begin(), text.end(), nullptr, false);
  if (!json.is_object()) return Wrong("reference", "is not a JSON object");
  const absl::StatusOr<std::uint64_t> version = CountOf("", json, "continuo_reference");
  if (!version.ok()) return version.status();
  if (*version != kVersion) {
    return Wrong("continuo_reference",
                 base::StrCat("version ", *version, "; ", kVersion, " is what this daemon reads"));
  }
  Reference reference;
  const absl::StatusOr<std::uint64_t> pieces = CountOf("", json, "pieces");
  if (!pieces.ok()) return pieces.status();
  reference.pieces_ = *pieces;
  const auto lengths = json.find("lengths");
  if (lengths == json.end() || !lengths->is_array() || lengths->empty() ||
      lengths->size() > kMaxLengths) {
    return Wrong("lengths", "an array of 1 to 64 is expected");
  }
  for (std::size_t i = 0; i < lengths->size(); ++i) {
    absl::StatusOr<Length> length = LengthOf(base::StrCat("lengths[", i, "]"), (*lengths)[i]);
    if (!length.ok()) return length.status();
    reference.lengths_.push_back(*std::move(length));
  }
  if (absl::Status drums = ReadDrums(json, &reference.drum_places_); !drums.ok()) return drums;
  return reference;
}

}  // namespace continuo::generate
