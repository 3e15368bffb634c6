// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/chorale_rules.h"

#include <cstddef>

namespace continuo::generate::chorale {
namespace {

// Of the interval between two voices, the higher one first: fifth 7, octave and unison 0.
constexpr std::int32_t Class(std::int32_t high, std::int32_t low) {
  return ((high - low) % 12 + 12) % 12;
}

bool AreParallel(std::int32_t own_from, std::int32_t own_to, std::int32_t from, std::int32_t to,
                 bool own_is_higher) {
  if (!Sounds(own_from) || !Sounds(from)) return false;
  const std::int32_t before = own_is_higher ? Class(own_from, from) : Class(from, own_from);
  const std::int32_t after = own_is_higher ? Class(own_to, to) : Class(to, own_to);
  const bool same_direction = (own_to - own_from) * (to - from) > 0;
  return same_direction && before == after && (before == 0 || before == 7);
}

}  // namespace

std::array<std::uint8_t, kVocabulary> Breaches(int voice, const Step& last, const Step& now) {
  std::array<std::uint8_t, kVocabulary> count{};
  const auto own = static_cast<std::size_t>(voice);
  for (std::size_t u = 0; u < kVoices; ++u) {
    if (u == own || !Sounds(now[u])) continue;
    const bool own_is_higher = kRank[own] < kRank[u];
    for (std::int32_t value = kRest + 1; value < kVocabulary; ++value) {
      std::uint8_t& breaches = count[static_cast<std::size_t>(value)];
      if (own_is_higher ? value < now[u] : value > now[u]) ++breaches;
      if (AreParallel(last[own], value, last[u], now[u], own_is_higher)) ++breaches;
    }
  }
  return count;
}

}  // namespace continuo::generate::chorale
