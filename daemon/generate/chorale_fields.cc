// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/chorale_fields.h"

#include <algorithm>

namespace continuo::generate::chorale {
namespace {

// a - b in semitones, by octaves into -24 to 24, from 0 up.
std::int32_t Interval(std::int32_t a, std::int32_t b) {
  constexpr std::int32_t kOctave = 12;
  if (!Sounds(a) || !Sounds(b)) return kNoInterval;
  std::int32_t apart = a - b;
  if (apart > 2 * kOctave) apart = kOctave + apart % kOctave;
  if (apart < -2 * kOctave) apart = -kOctave + apart % kOctave;
  return apart + 2 * kOctave;
}

}  // namespace

void Memory::Advance(const Step& now) {
  for (std::size_t v = 0; v < kVoices; ++v) {
    const bool same = now[v] == last[v];
    held[v] = same ? std::min(held[v] + 1, kLongestHold) : 1;
    if (!same) before[v] = last[v];
  }
  last = now;
}

std::array<std::int32_t, kTokenFields.size()> TokenOf(int voice, std::int32_t place,
                                                      const Memory& memory, const Step& now) {
  const auto v = static_cast<std::size_t>(voice);
  const std::int32_t own = memory.last[v];
  std::array<std::int32_t, kTokenFields.size()> token{};
  token[0] = v > 0 ? now[v - 1] : memory.last[kVoices - 1];
  token[1] = voice * 12 + place;
  token[2] = own;
  token[3] = memory.held[v];
  token[4] = memory.before[v];
  for (std::size_t u = 0; u < kVoices; ++u) token[8 + u] = memory.last[u];
  for (std::size_t u = 0; u + 1 < kVoices; ++u) {
    const std::int32_t there = u < v ? now[u] : kNone;
    token[5 + u] = there;
    token[12 + u] = Interval(there, own);
    token[15 + u] = Interval(there, memory.last[u]);
  }
  return token;
}

}  // namespace continuo::generate::chorale
