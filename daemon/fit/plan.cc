// SPDX-License-Identifier: Apache-2.0
#include "daemon/fit/plan.h"

#include <absl/strings/match.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "daemon/base/str_cat.h"
#include "daemon/model/variant.h"

namespace continuo::fit {
namespace {

constexpr double kWorth = 1.1;  // less is no difference

int BytesOf(v1::Precision precision) {
  switch (precision) {
    case v1::PRECISION_FP16:
    case v1::PRECISION_BF16:
      return 2;
    case v1::PRECISION_INT8:
      return 1;
    default:
      return 4;
  }
}

bool IsText(const std::string& file) {
  return absl::EndsWith(file, ".json") || absl::EndsWith(file, ".nam") ||
         absl::EndsWith(file, ".aidax");
}

std::vector<v1::Precision> PrecisionsFor(const v1::Variant& original,
                                         const v1::OptimizeModelRequest& request) {
  std::vector<v1::Precision> precisions;
  for (const int precision : request.precisions()) {
    precisions.push_back(static_cast<v1::Precision>(precision));
  }
  if (!precisions.empty()) return precisions;
  if (IsText(original.file())) precisions.push_back(v1::PRECISION_FP32);
  for (const v1::Precision one : {v1::PRECISION_FP16, v1::PRECISION_BF16, v1::PRECISION_INT8}) {
    if (BytesOf(one) < BytesOf(original.precision())) precisions.push_back(one);
  }
  return precisions;
}

std::string NameOf(const Making& making, const v1::Variant& original,
                   std::set<std::string>* taken) {
  std::string name(model::PrecisionName(making.precision));
  if (making.prune > 0) base::StrAppend(&name, "-pruned-", std::lround(making.prune * 100));
  if (original.sample_rate_hz() > 0) base::StrAppend(&name, "-", original.sample_rate_hz());
  if (taken->contains(name)) base::StrAppend(&name, "-made");
  taken->insert(name);
  return name;
}

}  // namespace

std::vector<Making> PlanMakings(const v1::ModelManifest& manifest,
                                const v1::OptimizeModelRequest& request) {
  std::vector<Making> makings;
  std::set<std::string> taken;
  for (const v1::Variant& variant : manifest.variants()) taken.insert(variant.id());
  std::set<std::uint32_t> rates;
  for (const v1::Variant& original : manifest.variants()) {
    if (model::ExecutorOf(manifest, original) != "fused" ||
        !rates.insert(original.sample_rate_hz()).second) {
      continue;
    }
    const auto precisions = PrecisionsFor(original, request);
    const auto add = [&](v1::Precision precision, double prune) {
      Making making{"", original.id(), precision, prune};
      making.id = NameOf(making, original, &taken);
      makings.push_back(std::move(making));
    };
    for (const v1::Precision precision : precisions) add(precision, 0);
    if (precisions.empty()) continue;
    const auto smallest =
        std::min_element(precisions.begin(), precisions.end(),
                         [](v1::Precision a, v1::Precision b) { return BytesOf(a) < BytesOf(b); });
    for (const double prune : request.prune()) add(*smallest, prune);
  }
  return makings;
}

const v1::Variant& OriginalFor(const v1::ModelManifest& manifest, const v1::Variant& variant) {
  const auto& variants = manifest.variants();
  return *std::find_if(variants.begin(), variants.end(), [&](const v1::Variant& one) {
    return one.sample_rate_hz() == variant.sample_rate_hz();
  });
}

bool IsWorthKeeping(const v1::VariantFigures& made, const v1::VariantFigures& original) {
  if (!made.keeps_error() || made.cost().microseconds_per_block() <= 0) return false;
  return made.speed() > kWorth || static_cast<double>(made.file_bytes()) * kWorth <
                                      static_cast<double>(original.file_bytes());
}

}  // namespace continuo::fit
