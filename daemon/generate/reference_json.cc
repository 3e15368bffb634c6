// SPDX-License-Identifier: Apache-2.0
// Reference sets as files. What is read comes from outside: a package may say anything.
#include <nlohmann/json.hpp>

#include "daemon/base/str_cat.h"
#include "daemon/generate/reference.h"

namespace continuo::generate {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxBytes = std::size_t{4} << 20;
constexpr std::size_t kMaxLengths = 64;
constexpr std::size_t kMaxMetrics = 256;

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
                           .surprise = {}};
  const auto metrics = json.find("metrics");
  if (metrics == json.end() || !metrics->is_object() || metrics->size() > kMaxMetrics) {
    return Wrong(key + ".metrics", "an object of at most 256 arrays is expected");
  }
  for (const auto& [name, values] : metrics->items()) {
    absl::StatusOr<Quantiles> quantiles = QuantilesOf(key + ".metrics." + name, values);
    if (!quantiles.ok()) return quantiles.status();
    length.metrics.emplace(name, *std::move(quantiles));
  }
  const auto surprise = json.find("surprise");
  if (surprise == json.end()) return Wrong(key + ".surprise", "is missing");
  absl::StatusOr<Quantiles> quantiles = QuantilesOf(key + ".surprise", *surprise);
  if (!quantiles.ok()) return quantiles.status();
  length.surprise = *std::move(quantiles);
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
    json["lengths"].push_back(std::move(entry));
  }
  if (log_likelihood_) json["log_likelihood"] = JsonOf(*log_likelihood_);
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
  if (const auto likelihood = json.find("log_likelihood"); likelihood != json.end()) {
    absl::StatusOr<Quantiles> quantiles = QuantilesOf("log_likelihood", *likelihood);
    if (!quantiles.ok()) return quantiles.status();
    reference.log_likelihood_ = *std::move(quantiles);
  }
  return reference;
}

}  // namespace continuo::generate
