// SPDX-License-Identifier: Apache-2.0
// The keeper's choices: which variant is taken where memory is short, and whether weights stay.
#include <algorithm>
#include <map>

#include "daemon/base/bytes_in_words.h"
#include "daemon/base/log.h"
#include "daemon/base/str_cat.h"
#include "daemon/supervisor/memory_keeper.h"

namespace continuo::supervisor {
namespace {

constexpr std::size_t kMaxNotes = 16;

// What is run in another way has other options: they may differ in the precision alone.
bool SameButForPrecision(const v1::Variant& a, const v1::Variant& b) {
  const auto rest = [](const v1::Variant& variant) {
    std::map<std::string, std::string> options(variant.options().begin(), variant.options().end());
    options.erase("precision");
    return options;
  };
  return a.sample_rate_hz() == b.sample_rate_hz() && a.executor() == b.executor() &&
         rest(a) == rest(b);
}

// An estimate is more than what is measured mostly, so one is not compared with the other.
bool TakesLess(const memory::Figures& figures, const v1::ModelManifest& manifest, int a, int b) {
  memory::Need first = figures.NeedOf(manifest, a), second = figures.NeedOf(manifest, b);
  if (first.estimated || second.estimated) {
    first = memory::EstimatedNeed(manifest, manifest.variants(a));
    second = memory::EstimatedNeed(manifest, manifest.variants(b));
  }
  return first.bytes < second.bytes;
}

}  // namespace

int MemoryKeeper::VariantThatFits(const std::string& place, const std::string& kind,
                                  const model::Package& package, int variant, memory::Rank rank) {
  if (!options_.smaller_variants || package.manifest.variants_size() < 2) return variant;
  // Nobody watches where there is no runner.
  const memory::Pressure pressure = memory::ReadPressure();
  const std::lock_guard lock(mutex_);
  pressure_ = pressure;
  const v1::ModelManifest& manifest = package.manifest;
  const v1::Variant& wanted = manifest.variants(variant);
  const std::string prefix = base::StrCat(manifest.id(), "/", manifest.version(), "/");
  for (const memory::Budget::Item& item : budget_.items()) {
    if (item.name == memory::Name{place, prefix + wanted.id()})
      return variant;  // it is there already
  }
  if (!holders_.contains(place)) budget_.SetBase(place, figures_.BaseOf(kind));
  const memory::Need need = figures_.NeedOf(manifest, variant);
  // A job can wait for others to end, so for it only what will never fit is no reason to.
  const bool fits = rank == memory::Rank::kJob ? budget_.own() + need.bytes <= budget_.limit()
                                               : budget_.Fits(place, need);
  if (fits && !pressure_.short_of) return variant;
  int best = variant;
  for (int i = 0; i < manifest.variants_size(); ++i) {
    if (SameButForPrecision(manifest.variants(i), wanted) &&
        TakesLess(figures_, manifest, i, best) &&
        budget_.Fits(place, figures_.NeedOf(manifest, i))) {
      best = i;
    }
  }
  if (best == variant) return variant;
  Note(base::StrCat(
      manifest.id(), " ", manifest.version(), ": variant ", manifest.variants(best).id(), " (",
      base::BytesInWords(figures_.NeedOf(manifest, best).bytes), ") instead of ", wanted.id(), " (",
      base::BytesInWords(need.bytes), "), as ",
      pressure_.short_of ? pressure_.reason : "that does not fit into memory.budget"));
  return best;
}

// Where it would not fit with nobody else there, but streamed it would.
std::uint64_t MemoryKeeper::WindowFor(const std::string& place, const v1::ModelManifest& manifest,
                                      int variant) const {
  if (!memory::CanStream(manifest, manifest.variants(variant))) return 0;
  const std::uint64_t taken = budget_.own() + budget_.places().at(place).base;
  const std::uint64_t free = budget_.limit() > taken ? budget_.limit() - taken : 0;
  const memory::Need whole = figures_.NeedOf(manifest, variant);
  // An estimate is of floats; with halves, which most processors take, it is half of that.
  const std::uint64_t least = whole.estimated
                                  ? whole.bytes / 2 + whole.work_bytes
                                  : std::max(whole.bytes + whole.work_bytes, whole.peak_bytes);
  const memory::Need streamed = figures_.NeedOf(manifest, variant, memory::Holding::kStreamed);
  if (least <= free || streamed.bytes + streamed.work_bytes > free) return 0;
  return free - streamed.work_bytes;
}

void MemoryKeeper::Note(const std::string& note) {
  if (notes_.empty() || notes_.back() != note) {
    notes_.push_back(note);
    if (notes_.size() > kMaxNotes) notes_.pop_front();
  }
  base::Log("memory").warn("{}", note);
}

}  // namespace continuo::supervisor
