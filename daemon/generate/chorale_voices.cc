// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/chorale_voices.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <string_view>
#include <utility>

#include "daemon/base/str_cat.h"

namespace continuo::generate::chorale {
namespace {

using base::StrCat;

struct Part {
  std::string name;
  std::vector<midi::Note> notes;

  [[nodiscard]] double mean_pitch() const {
    const double sum = std::accumulate(notes.begin(), notes.end(), 0.0,
                                       [](double s, const midi::Note& n) { return s + n.pitch; });
    return sum / static_cast<double>(notes.size());
  }
};

std::vector<Part> PartsOf(const midi::Song& song) {
  std::vector<Part> parts;
  for (const midi::Track& track : song.tracks) {
    Part part{track.name, {}};
    std::copy_if(track.notes.begin(), track.notes.end(), std::back_inserter(part.notes),
                 [](const midi::Note& note) { return note.channel != midi::kDrumChannel; });
    if (!part.notes.empty()) parts.push_back(std::move(part));
  }
  if (parts.size() != 1) return parts;
  std::map<std::uint8_t, Part> channels;
  for (const midi::Note& note : parts[0].notes) channels[note.channel].notes.push_back(note);
  if (channels.size() == 1) return parts;
  parts.clear();
  for (auto& [channel, part] : channels) parts.push_back(std::move(part));
  return parts;
}

std::optional<int> VoiceNamed(std::string_view track_name) {
  std::string name(track_name.substr(0, 64));
  absl::AsciiStrToLower(&name);
  name = std::string(absl::StripAsciiWhitespace(name));
  for (int v = 0; v < kVoices; ++v) {
    const std::string_view voice = kVoiceNames[static_cast<std::size_t>(v)];
    if (name.compare(0, voice.size(), voice) == 0 || name == voice.substr(0, 1)) return v;
  }
  if (name.compare(0, 6, "melody") == 0) return kSoprano;
  return std::nullopt;
}

bool HasChords(const std::vector<midi::Note>& notes) {
  midi::Tick end = 0;
  for (const midi::Note& note : notes) {
    if (note.start < end) return true;
    end = note.end();
  }
  return false;
}

}  // namespace

absl::StatusOr<VoiceNotes> VoicesOf(const midi::Song& song, std::vector<std::string>* remarks) {
  VoiceNotes voices;
  std::vector<Part> parts = PartsOf(song);
  bool named = false;
  for (Part& part : parts) {
    const std::optional<int> voice = VoiceNamed(part.name);
    if (!voice) continue;
    named = true;
    auto& notes = voices[static_cast<std::size_t>(*voice)];
    if (notes) {
      remarks->push_back(StrCat("track \"", part.name, "\" is left out: there is a ",
                                kVoiceNames[static_cast<std::size_t>(*voice)], " before it"));
    } else {
      notes = part.notes;
    }
    part.notes.clear();
  }
  std::erase_if(parts, [](const Part& part) { return part.notes.empty(); });
  if (named) {
    for (const Part& part : parts) {
      remarks->push_back(
          StrCat("track \"", part.name, "\" is left out: others are named as voices"));
    }
  } else if (parts.size() > kVoices) {
    return absl::InvalidArgumentError(
        absl::StrCat("input: has ", parts.size(),
                     " tracks with notes; four voices are possible, or tracks named soprano, alto, "
                     "tenor, bass"));
  } else {
    std::stable_sort(parts.begin(), parts.end(), [](const Part& left, const Part& right) {
      return left.mean_pitch() > right.mean_pitch();
    });
    // From the top down, the bass being the last of several.
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const bool lowest = i > 0 && i + 1 == parts.size();
      const int voice = lowest ? int{kBass} : kFromTheTop[i];
      voices[static_cast<std::size_t>(voice)] = std::move(parts[i].notes);
    }
  }
  for (std::size_t v = 0; v < kVoices; ++v) {
    if (!voices[v]) continue;
    std::sort(voices[v]->begin(), voices[v]->end(), midi::Before);
    if (HasChords(*voices[v])) {
      remarks->push_back(StrCat("the ", kVoiceNames[v], " has notes that sound together; the ",
                                v == kBass ? "lowest" : "highest", " counts"));
    }
  }
  return voices;
}

StepSpan StepsOf(const midi::Note& note, midi::Tick ticks_per_step) {
  const auto nearest = [&](midi::Tick time) {
    return (time + ticks_per_step / 2) / ticks_per_step;
  };
  const std::int64_t begin = nearest(note.start);
  return {begin, std::max(begin + 1, nearest(note.end()))};
}

std::vector<int> PitchesOf(const std::vector<midi::Note>& notes, int voice,
                           midi::Tick ticks_per_step, StepSpan span) {
  std::vector<int> pitches(static_cast<std::size_t>(span.end - span.begin), -1);
  for (const midi::Note& note : notes) {
    const StepSpan steps = StepsOf(note, ticks_per_step);
    const std::int64_t end = std::min(steps.end, span.end);
    for (std::int64_t t = std::max(steps.begin, span.begin); t < end; ++t) {
      int& pitch = pitches[static_cast<std::size_t>(t - span.begin)];
      if (pitch < 0 || (voice == kBass ? note.pitch < pitch : note.pitch > pitch)) {
        pitch = note.pitch;
      }
    }
  }
  return pitches;
}

int ShiftInto(const Ranges& ranges, const std::array<std::vector<int>, kVoices>& pitches) {
  constexpr int kMost = 60;
  int best = 0;
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (int i = 0; i <= 2 * kMost; ++i) {
    const int shift = i % 2 == 0 ? -i / 2 : (i + 1) / 2;  // 0, 1, -1, 2 ...
    std::int64_t outside = 0;
    for (std::size_t v = 0; v < kVoices; ++v) {
      for (const int pitch : pitches[v]) {
        if (pitch >= 0 && (pitch + shift < ranges[v][0] || pitch + shift > ranges[v][1])) ++outside;
      }
    }
    if (outside < least) {
      least = outside;
      best = shift;
    }
  }
  return best;
}

}  // namespace continuo::generate::chorale
