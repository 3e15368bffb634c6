// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/voice_leading.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "daemon/base/str_cat.h"
#include "shared/midi/meter_map.h"

namespace continuo::generate {
namespace {

constexpr int kOctave = 12;
constexpr int kSilent = -1;

struct Range {
  int lowest;
  int highest;
};
// C4 to A5, F3 to E5, B2 to A4, C2 to E4: the chorales of JSB's training set but for one note in
// a thousand.
constexpr std::array<Range, kVoices> kRanges{{{60, 81}, {53, 76}, {47, 69}, {36, 64}}};

// Highest on average first.
std::vector<const midi::Track*> TracksOf(const midi::Song& song) {
  std::vector<const midi::Track*> tracks;
  for (const midi::Track& track : song.tracks) {
    if (track.notes.empty()) continue;
    for (std::size_t i = 0; i < track.notes.size(); ++i) {
      if (track.notes[i].channel == midi::kDrumChannel) return {};
      if (i > 0 && track.notes[i].start < track.notes[i - 1].end()) return {};
    }
    tracks.push_back(&track);
  }
  if (tracks.size() != kVoices) return {};
  const auto mean = [](const midi::Track* track) {
    double sum = 0;
    for (const midi::Note& note : track->notes) sum += note.pitch;
    return sum / static_cast<double>(track->notes.size());
  };
  std::stable_sort(tracks.begin(), tracks.end(),
                   [&mean](const midi::Track* left, const midi::Track* right) {
                     return mean(left) > mean(right);
                   });
  return tracks;
}

using Sonority = std::array<int, kVoices>;

class Checker {
 public:
  explicit Checker(const midi::Song& song) : meters_(song) {}

  VoiceLeading Take(const std::vector<const midi::Track*>& tracks) {
    std::set<midi::Tick> times;
    for (const midi::Track* track : tracks) {
      for (const midi::Note& note : track->notes) times.insert({note.start, note.end()});
    }
    std::array<std::size_t, kVoices> next{};
    Sonority before{};
    before.fill(kSilent);
    for (const midi::Tick time : times) {
      Sonority now{};
      for (std::size_t voice = 0; voice < kVoices; ++voice) {
        const std::vector<midi::Note>& notes = tracks[voice]->notes;
        while (next[voice] < notes.size() && notes[next[voice]].end() <= time) ++next[voice];
        const bool sounds = next[voice] < notes.size() && notes[next[voice]].start <= time;
        now[voice] = sounds ? notes[next[voice]].pitch : kSilent;
      }
      if (now == before) continue;  // a note repeated is no change
      Look(time, before, now);
      before = now;
    }
    return std::move(result_);
  }

 private:
  void Look(midi::Tick time, const Sonority& before, const Sonority& now) {
    time_ = time;
    if (std::any_of(now.begin(), now.end(), [](int pitch) { return pitch != kSilent; })) {
      if (result_.chords++ > 0) ++result_.changes;
    }
    for (std::size_t voice = 0; voice < kVoices; ++voice) {
      if (now[voice] == kSilent) continue;
      if (now[voice] < kRanges[voice].lowest || now[voice] > kRanges[voice].highest) {
        Add(FaultKind::kRange, voice, voice);
      }
      if (before[voice] != kSilent && std::abs(now[voice] - before[voice]) > kOctave) {
        Add(FaultKind::kLeap, voice, voice);
      }
      for (std::size_t lower = voice + 1; lower < kVoices; ++lower) {
        if (now[lower] != kSilent) Parallel(before, now, voice, lower);
      }
      if (voice + 1 < kVoices && now[voice + 1] != kSilent) Neighbours(before, now, voice);
    }
  }

  void Parallel(const Sonority& before, const Sonority& now, std::size_t upper, std::size_t lower) {
    if (before[upper] == kSilent || before[lower] == kSilent) return;
    const int up = now[upper] - before[upper];
    const int down = now[lower] - before[lower];
    if (up == 0 || down == 0 || (up > 0) != (down > 0)) return;
    const auto interval = [upper, lower](const Sonority& chord) {
      return std::abs(chord[upper] - chord[lower]) % kOctave;
    };
    if (interval(before) != interval(now)) return;
    if (interval(now) == 7) Add(FaultKind::kParallelFifths, upper, lower);
    if (interval(now) == 0) Add(FaultKind::kParallelOctaves, upper, lower);
  }

  void Neighbours(const Sonority& before, const Sonority& now, std::size_t voice) {
    const std::size_t lower = voice + 1;
    if (now[voice] < now[lower]) {
      Add(FaultKind::kCrossing, voice, lower);
    } else if ((before[voice] != kSilent && now[lower] > before[voice]) ||
               (before[lower] != kSilent && now[voice] < before[lower])) {
      Add(FaultKind::kOverlap, voice, lower);
    }
    if (lower != static_cast<std::size_t>(Voice::kBass) && now[voice] - now[lower] > kOctave) {
      Add(FaultKind::kSpacing, voice, lower);
    }
  }

  void Add(FaultKind kind, std::size_t upper, std::size_t lower) {
    result_.faults.push_back({.kind = kind,
                              .time = time_,
                              .bar = meters_.PositionOf(time_).bar,
                              .upper = static_cast<Voice>(upper),
                              .lower = static_cast<Voice>(lower)});
  }

  midi::MeterMap meters_;
  midi::Tick time_ = 0;
  VoiceLeading result_;
};

}  // namespace

const char* VoiceName(Voice voice) {
  constexpr std::array<const char*, kVoices> kNames{"soprano", "alto", "tenor", "bass"};
  return kNames[static_cast<std::size_t>(voice)];
}

const char* FaultName(FaultKind kind) {
  constexpr std::array<const char*, kFaultKinds> kNames{"parallel fifths",
                                                        "parallel octaves",
                                                        "voices crossed",
                                                        "voices overlapping",
                                                        "a leap of more than an octave",
                                                        "voices more than an octave apart",
                                                        "out of range"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::uint64_t VoiceLeading::Count(FaultKind kind) const {
  return static_cast<std::uint64_t>(std::count_if(
      faults.begin(), faults.end(), [kind](const Fault& fault) { return fault.kind == kind; }));
}

std::optional<VoiceLeading> CheckVoices(const midi::Song& song) {
  const std::vector<const midi::Track*> tracks = TracksOf(song);
  if (tracks.empty()) return std::nullopt;
  return Checker(song).Take(tracks);
}

std::string Describe(const Fault& fault) {
  std::string voices = VoiceName(fault.upper);
  if (fault.lower != fault.upper) base::StrAppend(&voices, ", ", VoiceName(fault.lower));
  return base::StrCat(FaultName(fault.kind), " in bar ", fault.bar + 1, " (", voices, ")");
}

std::map<std::string, double> RatesOf(const VoiceLeading& voices) {
  std::map<std::string, double> rates;
  const auto count = [&voices](FaultKind kind) { return static_cast<double>(voices.Count(kind)); };
  if (voices.changes > 0) {
    const auto changes = static_cast<double>(voices.changes);
    rates["parallels"] =
        (count(FaultKind::kParallelFifths) + count(FaultKind::kParallelOctaves)) / changes;
    rates["overlaps"] = count(FaultKind::kOverlap) / changes;
    rates["leaps"] = count(FaultKind::kLeap) / changes;
  }
  if (voices.chords > 0) {
    const auto chords = static_cast<double>(voices.chords);
    rates["crossings"] = count(FaultKind::kCrossing) / chords;
    rates["wide_spacing"] = count(FaultKind::kSpacing) / chords;
    rates["out_of_range"] = count(FaultKind::kRange) / chords;
  }
  return rates;
}

}  // namespace continuo::generate
