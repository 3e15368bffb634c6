// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>

#include "daemon/generate/chorale_score.h"
#include "daemon/generate/result.h"

namespace continuo::generate::chorale {
namespace {

constexpr std::array<const char*, kVoices> kTrackNames = {"Soprano", "Bass", "Tenor", "Alto"};
// Below the melody, so that it is heard.
constexpr int kVelocity = 84;

class Writer {
 public:
  Writer(const Score& score, absl::Span<const Step> written) : score_(score), written_(written) {}

  midi::Track Take(int voice) {
    voice_ = static_cast<std::size_t>(voice);
    track_ = {.name = kTrackNames[voice_]};
    if (score_.given[voice_]) {
      for (const midi::Note& note : *score_.given[voice_]) AddGiven(note);
    }
    AddWritten();
    for (const midi::Note& note : track_.notes) track_.end = std::max(track_.end, note.end());
    std::sort(track_.notes.begin(), track_.notes.end(), midi::Before);
    return std::move(track_);
  }

 private:
  [[nodiscard]] std::size_t Steps() const { return score_.values.size(); }
  [[nodiscard]] bool IsOpen(std::size_t t) const { return score_.values[t][voice_] == kNone; }
  [[nodiscard]] bool IsOpenAt(std::int64_t step) const {
    return step >= score_.span.begin && step < score_.span.end &&
           IsOpen(static_cast<std::size_t>(step - score_.span.begin));
  }
  [[nodiscard]] midi::Tick TickOf(std::int64_t step) const {
    return step * score_.ticks_per_step();
  }

  // The parts of a note that are not written over; as it is where none is.
  void AddGiven(const midi::Note& note) {
    const StepSpan steps = StepsOf(note, score_.ticks_per_step());
    for (std::int64_t begin = steps.begin; begin < steps.end;) {
      std::int64_t end = begin;
      while (end < steps.end && IsOpenAt(end) == IsOpenAt(begin)) ++end;
      if (!IsOpenAt(begin)) {
        midi::Note part = note;
        if (begin > steps.begin) part.start = TickOf(begin);
        part.length = (end < steps.end ? TickOf(end) : note.end()) - part.start;
        if (part.length > 0) track_.notes.push_back(part);
      }
      begin = end;
    }
  }

  [[nodiscard]] bool IsWritten(std::size_t t) const {
    return t < written_.size() && IsOpen(t) && Sounds(written_[t][voice_]);
  }

  // Runs of one pitch are one note; where a given voice strikes its pitch again, all do.
  void AddWritten() {
    const std::vector<bool> strikes = Strikes();
    for (std::size_t begin = 0; begin < Steps();) {
      if (!IsWritten(begin)) {
        ++begin;
        continue;
      }
      std::size_t end = begin + 1;
      while (IsWritten(end) && written_[end][voice_] == written_[begin][voice_] && !strikes[end]) {
        ++end;
      }
      track_.notes.push_back(
          {.start = TickOf(score_.span.begin + static_cast<std::int64_t>(begin)),
           .length = TickOf(static_cast<std::int64_t>(end - begin)),
           .pitch = static_cast<std::uint8_t>(PitchOf(written_[begin][voice_]) - score_.shift),
           .velocity = kVelocity,
           .channel = static_cast<std::uint8_t>(kRank[voice_])});
      begin = end;
    }
  }

  [[nodiscard]] std::vector<bool> Strikes() const {
    std::vector<bool> strikes(Steps() + 1, false);
    for (std::size_t v = 0; v < kVoices; ++v) {
      if (!score_.given[v]) continue;
      for (const midi::Note& note : *score_.given[v]) {
        const std::int64_t t = StepsOf(note, score_.ticks_per_step()).begin - score_.span.begin;
        if (t < 1 || t >= static_cast<std::int64_t>(Steps())) continue;
        const auto i = static_cast<std::size_t>(t);
        const std::int32_t value = score_.values[i][v];
        if (Sounds(value) && score_.values[i - 1][v] == value) strikes[i] = true;
      }
    }
    return strikes;
  }

  const Score& score_;
  const absl::Span<const Step> written_;
  std::size_t voice_ = 0;
  midi::Track track_;
};

}  // namespace

midi::Song SongOf(const Score& score, absl::Span<const Step> written) {
  midi::Song song = EmptySong(score.context, score.ticks_per_quarter);
  for (const int voice : kFromTheTop) song.tracks.push_back(Writer(score, written).Take(voice));
  midi::Normalise(song);
  return song;
}

}  // namespace continuo::generate::chorale
