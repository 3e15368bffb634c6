// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/chorale_score.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/generate/key_text.h"
#include "shared/midi/random.h"
#include "shared/midi/rescale.h"

namespace continuo::generate::chorale {
namespace {

using base::StrCat;

// What the network sees before the first cell that is written, and after the last: its window of
// cells back, twice its encoder's window on.
constexpr std::int64_t kContextSteps = 128;
constexpr std::int64_t kMaxSteps = 4096;

constexpr std::int64_t BeatBefore(std::int64_t step) { return step - step % kStepsPerQuarter; }

// Which cells are to be written.
using Open = std::vector<std::array<bool, kVoices>>;

class Layout {
 public:
  Layout(MusicalContext context, const Ranges& ranges) : ranges_(ranges) {
    score_.context = std::move(context);
  }

  absl::StatusOr<Score> Take() {
    for (const auto step :
         {&Layout::CountBars, &Layout::FindVoices, &Layout::FindSpan, &Layout::FindOpen,
          &Layout::CutToContext, &Layout::FillValues, &Layout::FindAllowed}) {
      if (absl::Status status = (this->*step)(); !status.ok()) return status;
    }
    return std::move(score_);
  }

 private:
  [[nodiscard]] v1::GenerationTask task() const { return score_.context.request.task(); }
  [[nodiscard]] bool IsGiven(int voice) const {
    return score_.given[static_cast<std::size_t>(voice)].has_value();
  }

  absl::Status CountBars() {
    const midi::Meter& meter = score_.context.meter;
    const int quarters = 4 * meter.numerator;  // times the denominator
    if (quarters % meter.denominator != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("signature_denominator: ", meter.numerator, "/", meter.denominator,
                       " has bars of no whole number of quarters, which this model cannot write"));
    }
    score_.bar_steps = quarters / meter.denominator * kStepsPerQuarter;
    return absl::OkStatus();
  }

  absl::Status FindVoices() {
    std::optional<midi::Song>& input = score_.context.input;
    if (!input) return absl::OkStatus();
    if (input->ticks_per_quarter % kStepsPerQuarter != 0) {
      absl::StatusOr<midi::Rescaled> rescaled = midi::Rescale(*input, score_.ticks_per_quarter);
      if (!rescaled.ok()) return rescaled.status();
      input = std::move(rescaled->song);
    }
    score_.ticks_per_quarter = input->ticks_per_quarter;
    absl::StatusOr<VoiceNotes> voices = VoicesOf(*input, &score_.context.notes);
    if (!voices.ok()) return voices.status();
    score_.given = *std::move(voices);
    return absl::OkStatus();
  }

  absl::Status FindSpan() {
    std::int64_t first = kMaxSteps * kMaxSteps;
    std::int64_t last = 0;
    for (const auto& notes : score_.given) {
      if (!notes) continue;
      for (const midi::Note& note : *notes) {
        const StepSpan steps = StepsOf(note, score_.ticks_per_step());
        first = std::min(first, steps.begin);
        last = std::max(last, steps.end);
      }
    }
    const std::int64_t asked = std::int64_t{score_.context.bars} * score_.bar_steps;
    input_end_ = (last + score_.bar_steps - 1) / score_.bar_steps * score_.bar_steps;
    // A melody is harmonised from its first note to the end of its last.
    if (last == 0) {
      score_.span = {0, asked};
    } else if (task() == v1::GENERATION_TASK_HARMONY) {
      score_.span = {BeatBefore(first), std::min(last, asked)};
    } else if (task() == v1::GENERATION_TASK_CONTINUE) {
      score_.span = {BeatBefore(first), input_end_ + asked};
    } else {
      score_.span = {BeatBefore(first), input_end_};
    }
    score_.song_end = score_.span.end;
    if (score_.span.begin >= score_.span.end) {
      return absl::InvalidArgumentError("input: has no notes in the bars that are asked for");
    }
    return absl::OkStatus();
  }

  [[nodiscard]] bool IsOpen(std::int64_t step, int voice) const {
    if (!IsGiven(voice)) return true;
    if (task() == v1::GENERATION_TASK_CONTINUE) return step >= input_end_;
    if (task() != v1::GENERATION_TASK_INFILL) return false;
    const std::int64_t bar = step / score_.bar_steps;
    const auto& regions = score_.context.regions;
    return std::any_of(regions.begin(), regions.end(), [&](const BarRange& region) {
      return bar >= region.begin && bar < region.end &&
             (region.voice.empty() || region.voice == kVoiceNames[static_cast<std::size_t>(voice)]);
    });
  }

  // First and last open step; what lies between them has to be seen as a whole.
  absl::Status FindOpen() {
    const bool varies = task() == v1::GENERATION_TASK_VARY;
    open_ = {score_.span.end, score_.span.begin};
    // Beyond that it is refused anyway, or all of it is given.
    std::int64_t end = score_.span.end;
    for (std::int64_t step = score_.span.begin; step < end; ++step) {
      for (int voice = 0; voice < kVoices; ++voice) {
        if (!varies && !IsOpen(step, voice)) continue;
        open_ = {std::min(open_.begin, step), step + 1};
      }
    }
    if (open_.begin >= open_.end) {
      return absl::InvalidArgumentError(
          task() == v1::GENERATION_TASK_HARMONY
              ? "input: has all four voices, and \"harmony\" writes those that lack"
              : "regions: name nothing that lies between the input's first note and its last");
    }
    return absl::OkStatus();
  }

  absl::Status CutToContext() {
    StepSpan& span = score_.span;
    span.begin =
        std::max(span.begin, BeatBefore(std::max<std::int64_t>(open_.begin - kContextSteps, 0)));
    span.end = std::min(span.end, open_.end + kContextSteps);
    if (span.end - span.begin > kMaxSteps) {
      return absl::InvalidArgumentError(
          absl::StrCat("input: the bars to be written and those between them are ",
                       span.end - span.begin, " sixteenths; ", kMaxSteps, " are possible"));
    }
    return absl::OkStatus();
  }

  absl::Status FillValues() {
    std::array<std::vector<int>, kVoices> pitches;
    for (int v = 0; v < kVoices; ++v) {
      const auto i = static_cast<std::size_t>(v);
      if (!score_.given[i]) continue;
      pitches[i] = PitchesOf(*score_.given[i], v, score_.ticks_per_step(), score_.span);
    }
    score_.shift = ShiftInto(ranges_, pitches);
    score_.values.assign(static_cast<std::size_t>(score_.span.end - score_.span.begin), kNothing);
    for (std::size_t t = 0; t < score_.values.size(); ++t) {
      for (int v = 0; v < kVoices; ++v) {
        const auto i = static_cast<std::size_t>(v);
        if (IsOpen(score_.span.begin + static_cast<std::int64_t>(t), v)) continue;
        const int pitch = pitches[i][t];
        score_.values[t][i] = pitch < 0 ? kRest : ValueOf(Folded(pitch, score_.shift));
        folded_ = folded_ || (pitch >= 0 && Folded(pitch, score_.shift) != pitch + score_.shift);
      }
    }
    if (folded_) {
      score_.context.notes.push_back(
          "the given voices are wider than four voices are; for the model, pitches outside were "
          "taken an octave nearer");
    }
    return absl::OkStatus();
  }

  absl::Status FindAllowed() {
    for (int v = 0; v < kVoices; ++v) {
      const auto i = static_cast<std::size_t>(v);
      bool any = false;
      for (std::int32_t value = kRest + 1; value < kVocabulary; ++value) {
        const int pitch = PitchOf(value) - score_.shift;
        const bool is_allowed = PitchOf(value) >= ranges_[i][0] &&
                                PitchOf(value) <= ranges_[i][1] && pitch >= 0 && pitch <= 127 &&
                                score_.context.MayWrite(pitch);
        score_.allowed[i][static_cast<std::size_t>(value)] = is_allowed;
        any = any || is_allowed;
      }
      const bool is_written = !IsGiven(v) || task() != v1::GENERATION_TASK_HARMONY;
      if (!any && is_written) {
        return absl::InvalidArgumentError(
            StrCat("lowest_pitch: between ", score_.context.lowest_pitch, " and highest_pitch ",
                   score_.context.highest_pitch, " there is no note for the ", kVoiceNames[i]));
      }
    }
    return absl::OkStatus();
  }

  const Ranges& ranges_;
  Score score_;
  std::int64_t input_end_ = 0;  // the end of its last bar
  StepSpan open_;
  bool folded_ = false;
};

}  // namespace

std::int32_t Score::StrengthAt(std::int64_t step) const {
  // The model knows bars of an even number of beats, every other of them strong, and of three.
  const int beats = bar_steps / kStepsPerQuarter;
  const bool by_three = beats % 3 == 0 && context.meter.denominator != 2;
  if (!by_three && beats % 2 != 0) return kStrengthUnknown;
  const std::int64_t beat = StepInBar(step) / kStepsPerQuarter;
  return beat % (by_three ? 3 : 2) == 0 ? kStrong : kWeak;
}

int Folded(int pitch, int shift) {
  constexpr int kOctave = 12;
  int folded = pitch + shift;
  while (folded < kLow) folded += kOctave;
  while (folded > kHigh) folded -= kOctave;
  return folded;
}

absl::StatusOr<std::vector<Step>> ValuesOf(const Score& score, const midi::Song& song) {
  const midi::Song* read = &song;
  absl::StatusOr<midi::Rescaled> rescaled;
  if (song.ticks_per_quarter % kStepsPerQuarter != 0) {
    rescaled = midi::Rescale(song, score.ticks_per_quarter);
    if (!rescaled.ok()) return rescaled.status();
    read = &rescaled->song;
  }
  std::vector<std::string> remarks;
  const absl::StatusOr<VoiceNotes> voices = VoicesOf(*read, &remarks);
  if (!voices.ok()) return voices.status();
  std::vector<Step> values(score.values.size(), Step{});
  for (int v = 0; v < kVoices; ++v) {
    const auto i = static_cast<std::size_t>(v);
    if (!(*voices)[i]) {
      return absl::InvalidArgumentError(StrCat("song: has no ", kVoiceNames[i]));
    }
    const std::vector<int> pitches =
        PitchesOf(*(*voices)[i], v, read->ticks_per_quarter / kStepsPerQuarter, score.span);
    for (std::size_t t = 0; t < values.size(); ++t) {
      values[t][i] = pitches[t] < 0 ? kRest : ValueOf(Folded(pitches[t], score.shift));
    }
  }
  return values;
}

absl::StatusOr<Score> ScoreOf(MusicalContext context, const Ranges& ranges) {
  return Layout(std::move(context), ranges).Take();
}

Score Varied(const Score& score, std::uint64_t seed) {
  Score varied = score;
  midi::Random random(seed, 1);
  const auto beats = (score.values.size() + kStepsPerQuarter - 1) / kStepsPerQuarter;
  const auto open = [&varied](std::size_t beat, std::size_t voice) {
    const std::size_t end = std::min((beat + 1) * kStepsPerQuarter, varied.values.size());
    for (std::size_t t = beat * kStepsPerQuarter; t < end; ++t) varied.values[t][voice] = kNone;
  };
  bool any = false;
  for (std::size_t beat = 0; beat < beats; ++beat) {
    for (std::size_t voice = 0; voice < kVoices; ++voice) {
      const double drawn = static_cast<double>(random.Next() >> 11) * 0x1p-53;
      if (drawn >= score.context.variation) continue;
      open(beat, voice);
      any = true;
    }
  }
  if (!any) open(random.Next() % beats, random.Next() % kVoices);
  return varied;
}

std::vector<std::int32_t> GridOf(const Score& score) {
  const MusicalContext& context = score.context;
  std::int32_t key = kKeyUnknown;
  if (context.key) {
    const int tonic = ((context.key->tonic + score.shift) % 12 + 12) % 12;
    key = 2 * tonic + (IsMinor(*context.key) ? 1 : 0);
  }
  const std::int32_t density =
      context.density ? std::min(static_cast<std::int32_t>(*context.density * kDensityUnknown),
                                 kDensityUnknown - 1)
                      : kDensityUnknown;
  std::vector<std::int32_t> grid;
  grid.reserve(score.values.size() * kGridFields.size());
  for (std::size_t t = 0; t < score.values.size(); ++t) {
    const std::int64_t step = score.span.begin + static_cast<std::int64_t>(t);
    grid.insert(grid.end(), score.values[t].begin(), score.values[t].end());
    grid.push_back(PlaceOf(static_cast<int>(step % kStepsPerQuarter), score.StrengthAt(step)));
    const std::int64_t beats_left = (score.song_end - 1 - step) / kStepsPerQuarter;
    grid.push_back(static_cast<std::int32_t>(std::min<std::int64_t>(beats_left, kBeatsLeft - 1)));
    grid.insert(grid.end(), {kPhraseUnknown, key, density});
  }
  return grid;
}

}  // namespace continuo::generate::chorale
