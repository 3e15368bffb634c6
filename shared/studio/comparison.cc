// SPDX-License-Identifier: Apache-2.0
#include "shared/studio/comparison.h"

#include <algorithm>
#include <vector>

namespace continuo::studio {
namespace {

std::vector<midi::NoteIdentity> IdentitiesOf(const Notes& notes) {
  std::vector<midi::NoteIdentity> all;
  for (const Note& note : notes.notes) {
    all.push_back(midi::IdentityOf({.start = note.start,
                                    .length = note.length,
                                    .pitch = static_cast<std::uint8_t>(note.pitch)},
                                   kTicksPerQuarter));
  }
  return all;
}

}  // namespace

midi::MatchedNotes Compare(const Notes& left, const Notes& right) {
  return midi::Match(IdentitiesOf(left), IdentitiesOf(right));
}

std::map<std::string, double> FiguresOf(const Candidate& candidate) {
  std::map<std::string, double> figures = candidate.metrics;
  const Notes& notes = candidate.notes;
  figures["score"] = candidate.score;
  figures["notes"] = static_cast<double>(notes.notes.size());
  const std::int64_t bar =
      std::max<std::int64_t>(1, TicksPerBar(notes.numerator, notes.denominator));
  figures["bars"] = static_cast<double>((notes.end + bar - 1) / bar);
  const auto [lowest, highest] =
      std::minmax_element(notes.notes.begin(), notes.notes.end(),
                          [](const Note& a, const Note& b) { return a.pitch < b.pitch; });
  if (lowest != notes.notes.end()) {
    figures["lowest_pitch"] = lowest->pitch;
    figures["highest_pitch"] = highest->pitch;
  }
  return figures;
}

}  // namespace continuo::studio
