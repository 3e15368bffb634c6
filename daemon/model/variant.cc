// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/variant.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
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

bool AllMeasured(const v1::ModelManifest& manifest, const std::vector<int>& variants) {
  return std::all_of(variants.begin(), variants.end(),
                     [&](int i) { return MicrosecondsPerFrame(manifest.variants(i)) > 0; });
}

// Of variants at one rate, all measured: the cheapest, where less than this is no difference.
constexpr double kSameCost = 1.1;

int Cheapest(const v1::ModelManifest& manifest, const std::vector<int>& equal,
             std::string* reason) {
  const auto variant = [&](int index) -> const v1::Variant& { return manifest.variants(index); };
  const auto cost = [&](int index) { return MicrosecondsPerFrame(variant(index)); };
  std::vector<int> ranked = equal;
  std::stable_sort(ranked.begin(), ranked.end(), [&](int a, int b) { return cost(a) < cost(b); });
  const auto dearer = std::find_if(ranked.begin(), ranked.end(),
                                   [&](int i) { return cost(i) > kSameCost * cost(ranked[0]); });
  const int best = *std::min_element(ranked.begin(), dearer, [&](int a, int b) {
    return std::pair(variant(a).error(), a) < std::pair(variant(b).error(), b);
  });
  const int other = dearer != ranked.end() ? *dearer : ranked[ranked[0] == best ? 1 : 0];
  base::StrAppend(reason, "; ", InWords(variant(best)),
                  dearer != ranked.end() ? " costs less than " : " costs no more than ",
                  InWords(variant(other)));
  return best;
}

// Of variants at one rate, in the manifest's order; adds to the reason if there is a choice.
int Best(const v1::ModelManifest& manifest, const std::vector<int>& at_rate, std::string* reason) {
  const auto variant = [&](int index) -> const v1::Variant& { return manifest.variants(index); };
  if (at_rate.size() == 1) return at_rate.front();
  std::vector<int> equal;
  for (const int i : at_rate) {
    if (variant(i).error() <= StatedErrorOf(manifest)) equal.push_back(i);
  }
  if (equal.empty()) equal = at_rate;
  if (equal.size() == 1) {
    base::StrAppend(reason, "; variant ", variant(equal.front()).id(),
                    " alone is within the stated error of ", StatedErrorOf(manifest));
    return equal.front();
  }
  if (AllMeasured(manifest, equal)) return Cheapest(manifest, equal, reason);
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

// The wish itself, or what is like it at another rate; -1: neither.
int Wished(const v1::ModelManifest& manifest, const std::vector<int>& at_rate,
           std::string_view wish) {
  const v1::Variant* const wished = wish.empty() ? nullptr : FindVariant(manifest, wish);
  if (wished == nullptr) return -1;
  const auto options = [](const v1::Variant& variant) {
    return std::map<std::string, std::string>(variant.options().begin(), variant.options().end());
  };
  // "int8-48000" at 44100 Hz is "int8-44100".
  const std::string rate = base::StrCat("-", wished->sample_rate_hz());
  std::string sibling(wish);
  if (sibling.size() > rate.size() && sibling.ends_with(rate)) {
    sibling.resize(sibling.size() - rate.size());
    base::StrAppend(&sibling, "-", manifest.variants(at_rate.front()).sample_rate_hz());
  }
  for (const int i : at_rate) {
    if (manifest.variants(i).id() == wish || manifest.variants(i).id() == sibling) return i;
  }
  for (const int i : at_rate) {
    const v1::Variant& variant = manifest.variants(i);
    if (variant.precision() == wished->precision() && options(variant) == options(*wished) &&
        ExecutorOf(manifest, variant) == ExecutorOf(manifest, *wished)) {
      return i;
    }
  }
  return -1;
}

}  // namespace

double StatedErrorOf(const v1::ModelManifest& manifest) {
  if (manifest.stated_error() > 0) return manifest.stated_error();
  return manifest.task() == v1::TASK_NOTES ? 0.05 : 0.001;
}

std::string_view PrecisionName(v1::Precision precision) {
  switch (precision) {
    case v1::PRECISION_FP32:
      return "fp32";
    case v1::PRECISION_FP16:
      return "fp16";
    case v1::PRECISION_BF16:
      return "bf16";
    case v1::PRECISION_INT8:
      return "int8";
    default:
      return "";
  }
}

VariantChoice ChooseVariant(const v1::ModelManifest& manifest, std::uint32_t host_rate_hz,
                            std::string_view wish) {
  const auto& variants = manifest.variants();
  const bool notes = manifest.task() == v1::TASK_NOTES;
  if (notes) host_rate_hz = 0;  // as all its variants' are
  if (host_rate_hz == 0 && !notes) {
    const v1::Variant* const wished = FindVariant(manifest, wish);
    if (wished == nullptr) return {0, "no rate was asked for: the first variant"};
    const auto index = std::find_if(variants.begin(), variants.end(),
                                    [&](const auto& variant) { return &variant == wished; });
    return {static_cast<int>(index - variants.begin()),
            base::StrCat("variant ", wish, " was asked for")};
  }
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
  std::string reason =
      notes ? "it writes notes" : Reason(FitOf(rate, host_rate_hz).kind, rate, host_rate_hz);
  if (const int wished = Wished(manifest, equal, wish); wished >= 0) {
    base::StrAppend(&reason, "; variant ", variants[wished].id(),
                    variants[wished].id() == wish ? " was asked for" : " is as the one asked for");
    return {wished, std::move(reason)};
  }
  const int index = Best(manifest, equal, &reason);
  return {index, std::move(reason)};
}

const v1::Variant* FindVariant(const v1::ModelManifest& manifest, std::string_view id) {
  const auto& variants = manifest.variants();
  const auto found = std::find_if(variants.begin(), variants.end(),
                                  [&](const v1::Variant& variant) { return variant.id() == id; });
  return found == variants.end() ? nullptr : &*found;
}

}  // namespace continuo::model
