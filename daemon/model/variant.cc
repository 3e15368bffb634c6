// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/variant.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "daemon/base/str_cat.h"

namespace continuo::model {
namespace {

// Smaller is better: the kind of fit, then how well it fits within its kind.
struct Fit {
  enum Kind { kExact, kWhole, kAbove, kBelow } kind;
  std::uint32_t distance;
};

Fit FitOf(std::uint32_t rate, std::uint32_t host) {
  if (rate == host) return {Fit::kExact, 0};
  const auto [low, high] = std::minmax(rate, host);
  // Of a half and a double rate the double is better: it keeps the whole band.
  if (high % low == 0) return {Fit::kWhole, 2 * (high / low) + (rate < host ? 1U : 0U)};
  if (rate > host) return {Fit::kAbove, rate - host};
  return {Fit::kBelow, host - rate};
}

std::string Reason(Fit::Kind kind, std::uint32_t rate, std::uint32_t host) {
  switch (kind) {
    case Fit::kExact:
      return base::StrCat(rate, " Hz is the host's rate");
    case Fit::kWhole:
      return base::StrCat(rate, " Hz is the host's ", host, " Hz ",
                          rate < host ? "divided by " : "times ",
                          rate < host ? host / rate : rate / host);
    case Fit::kAbove:
      return base::StrCat(rate, " Hz is the nearest above the host's ", host, " Hz");
    case Fit::kBelow:
      return base::StrCat(rate, " Hz is the highest there is, below the host's ", host, " Hz");
  }
  return {};
}

// 0: not measured.
double MicrosecondsPerFrame(const v1::Variant& variant) {
  const v1::Cost& cost = variant.cost();
  return cost.block_frames() == 0 ? 0 : cost.microseconds_per_block() / cost.block_frames();
}

std::string InWords(const v1::Variant& variant) {
  return base::StrCat("variant ", variant.id(), " (", variant.cost().microseconds_per_block(),
                      " µs a block of ", variant.cost().block_frames(), ")");
}

// Of variants at one rate, in the manifest's order; adds to the reason if there is a choice.
int Cheapest(const v1::ModelManifest& manifest, const std::vector<int>& equal,
             std::string* reason) {
  const auto variant = [&](int index) -> const v1::Variant& { return manifest.variants(index); };
  if (equal.size() == 1) return equal.front();
  if (std::all_of(equal.begin(), equal.end(),
                  [&](int i) { return MicrosecondsPerFrame(variant(i)) > 0; })) {
    std::vector<int> ranked = equal;
    std::stable_sort(ranked.begin(), ranked.end(), [&](int a, int b) {
      return MicrosecondsPerFrame(variant(a)) < MicrosecondsPerFrame(variant(b));
    });
    base::StrAppend(reason, "; ", InWords(variant(ranked[0])), " costs less than ",
                    InWords(variant(ranked[1])));
    return ranked[0];
  }
  const auto fused = std::find_if(equal.begin(), equal.end(), [&](int i) {
    return ExecutorOf(manifest, variant(i)) == "fused";
  });
  if (fused != equal.end()) {
    base::StrAppend(reason, "; variant ", variant(*fused).id(),
                    " is for the fused executor, and not all costs are known");
    return *fused;
  }
  base::StrAppend(reason, "; variant ", variant(equal.front()).id(),
                  " is listed first, and not all costs are known");
  return equal.front();
}

}  // namespace

VariantChoice ChooseVariant(const v1::ModelManifest& manifest, std::uint32_t host_rate_hz) {
  if (host_rate_hz == 0) return {0, "no rate was asked for: the first variant"};
  const auto& variants = manifest.variants();
  const auto best = std::min_element(
      variants.begin(), variants.end(), [&](const v1::Variant& a, const v1::Variant& b) {
        const Fit fit_a = FitOf(a.sample_rate_hz(), host_rate_hz);
        const Fit fit_b = FitOf(b.sample_rate_hz(), host_rate_hz);
        return std::tie(fit_a.kind, fit_a.distance) < std::tie(fit_b.kind, fit_b.distance);
      });
  const std::uint32_t rate = best->sample_rate_hz();
  std::vector<int> equal;
  for (int i = 0; i < variants.size(); ++i) {
    if (variants[i].sample_rate_hz() == rate) equal.push_back(i);
  }
  std::string reason = Reason(FitOf(rate, host_rate_hz).kind, rate, host_rate_hz);
  const int index = Cheapest(manifest, equal, &reason);
  return {index, std::move(reason)};
}

const v1::Variant* FindVariant(const v1::ModelManifest& manifest, std::string_view id) {
  const auto& variants = manifest.variants();
  const auto found = std::find_if(variants.begin(), variants.end(),
                                  [&](const v1::Variant& variant) { return variant.id() == id; });
  return found == variants.end() ? nullptr : &*found;
}

}  // namespace continuo::model
