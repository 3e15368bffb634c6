// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/melody_sheet.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/generate/melody_input.h"

namespace continuo::generate::melody {
namespace {

constexpr int kTicksPerQuarter = 480;
// Bars that the model is shown before and after what it writes: about what it can look back at,
// and what its encoder sees.
constexpr int kBarsBefore = 12;
constexpr int kBarsAfter = 8;

class Layout {
 public:
  // `breathes`: gaps of a 16th are closed for the model, as in what it was trained with.
  explicit Layout(const MusicalContext& context, bool breathes = true)
      : context_(context), breathes_(breathes) {
    sheet_.signature = FindSignature(context.meter);
  }

  absl::StatusOr<Sheet> Take(midi::Random& random) {
    if (absl::Status status = ReadSong(); !status.ok()) return status;
    if (absl::Status status = Open(random); !status.ok()) return status;
    Place();
    PlaceChords();
    return std::move(sheet_);
  }

 private:
  using Bars = std::pair<int, int>;  // the first, and the one after the last

  [[nodiscard]] v1::GenerationTask task() const { return context_.request.task(); }
  [[nodiscard]] int bar_steps() const { return sheet_.signature->bar_steps; }
  [[nodiscard]] int steps() const { return (span_.second - span_.first) * bar_steps(); }

  absl::Status ReadSong() {
    sheet_.ticks_per_quarter = kTicksPerQuarter;
    const int bars = static_cast<int>(context_.bars);
    if (task() == v1::GENERATION_TASK_MELODY) {
      song_bars_ = bars;
      return absl::OkStatus();
    }
    absl::StatusOr<Input> input = ReadInput(*context_.input);
    if (!input.ok()) return input.status();
    input_ = *std::move(input);
    sheet_.ticks_per_quarter = input_.ticks_per_quarter;
    song_bars_ =
        static_cast<int>(context_.facts.bars) + (task() == v1::GENERATION_TASK_CONTINUE ? bars : 0);
    if (input_.chords.empty()) {
      sheet_.notes.emplace_back("the input has no chords: the model finds its own to go by");
    }
    return absl::OkStatus();
  }

  // Decides what is open: of the melody and of the chords, in the steps of the span.
  absl::Status Open(midi::Random& random) {
    const int bars = static_cast<int>(context_.bars);
    switch (task()) {
      case v1::GENERATION_TASK_MELODY:
        Span({0, bars});
        OpenBars({0, bars}, true, true);
        break;
      case v1::GENERATION_TASK_CONTINUE:
        Span({song_bars_ - bars, song_bars_});
        OpenBars({song_bars_ - bars, song_bars_}, true, true);
        break;
      case v1::GENERATION_TASK_INFILL: {
        Bars all{song_bars_, 0};
        for (const BarRange& region : context_.regions) {
          all.first = std::min(all.first, static_cast<int>(region.begin));
          all.second = std::max(all.second, static_cast<int>(region.end));
        }
        if (all.second - all.first > static_cast<int>(kMaxBars)) {
          return absl::InvalidArgumentError(base::StrCat("regions: lie ", all.second - all.first,
                                                         " bars apart, and this model looks at ",
                                                         kMaxBars, " at once"));
        }
        Span(all);
        for (const BarRange& region : context_.regions) {
          OpenBars({static_cast<int>(region.begin), static_cast<int>(region.end)},
                   region.voice != "chords", region.voice != "melody");
        }
        break;
      }
      case v1::GENERATION_TASK_VARY:
        Span({0, std::min(bars, song_bars_)});
        OpenBeats(random);
        break;
      default:
        return absl::UnimplementedError(
            base::StrCat("task: this model writes no ", TaskName(task())));
    }
    return absl::OkStatus();
  }

  void Span(Bars written) {
    span_ = {std::max(0, written.first - kBarsBefore),
             std::min(song_bars_, written.second + kBarsAfter)};
    const midi::Tick bar = bar_steps() * sheet_.step_ticks();
    sheet_.begin = span_.first * bar;
    sheet_.end = song_bars_ * bar;
    sheet_.is_ended =
        task() == v1::GENERATION_TASK_MELODY || task() == v1::GENERATION_TASK_CONTINUE;
    const auto count = static_cast<std::size_t>(steps());
    open_.assign(count, false);
    open_chords_.assign(count, false);
    sheet_.melody.assign(count, kRest);
    sheet_.chords.assign(count, kOpen);
    sheet_.gives_chords.assign(count / static_cast<std::size_t>(sheet_.signature->chord_steps),
                               false);
  }

  void OpenBars(Bars bars, bool melody, bool chords) {
    for (int step = (bars.first - span_.first) * bar_steps();
         step < (bars.second - span_.first) * bar_steps(); ++step) {
      const auto at = static_cast<std::size_t>(step);
      if (melody) open_[at] = true;
      if (chords) open_chords_[at] = true;
    }
  }

  // A share of the beats, wherever they lie.
  void OpenBeats(midi::Random& random) {
    constexpr int kBeat = 4;
    std::vector<int> beats(static_cast<std::size_t>(steps() / kBeat));
    for (std::size_t i = 0; i < beats.size(); ++i) beats[i] = static_cast<int>(i);
    const auto count = static_cast<std::size_t>(
        std::llround(context_.variation * static_cast<double>(beats.size())));
    for (std::size_t i = 0; i < count; ++i) {
      std::swap(beats[i], beats[i + random.Next() % (beats.size() - i)]);
      for (int step = beats[i] * kBeat; step < (beats[i] + 1) * kBeat; ++step) {
        open_[static_cast<std::size_t>(step)] = true;
      }
    }
  }

  // Of the sheet; below 0 or beyond its end where it lies outside.
  [[nodiscard]] std::int64_t StepOf(midi::Tick time) const {
    const midi::Tick step = sheet_.step_ticks();
    return midi::RoundedQuotient(time - sheet_.begin, step);
  }

  // Keeps what begins where nothing is open, and tells the model of it.
  void Place() {
    for (std::size_t i = 0; i < open_.size(); ++i) sheet_.melody[i] = open_[i] ? kOpen : kRest;
    for (const midi::Note& note : input_.melody) {
      const std::int64_t first = StepOf(note.start);
      if (first < 0 || first >= steps()) {
        // What lies before the span stays; what begins at the end of the music or later, after
        // rounding, is of no bar.
        sheet_.kept_melody.push_back(note);
        if (first >= 0 || StepOf(note.end()) <= 0) continue;
      }
      if (first >= 0 && open_[static_cast<std::size_t>(first)]) continue;
      if (first >= 0) sheet_.kept_melody.push_back(note);
      PlaceNote(note, std::max<std::int64_t>(0, first), first < 0);
    }
    if (breathes_) Breathe();
  }

  // The notes come in order, the higher ones of a start last, so what is there may be overwritten.
  void PlaceNote(const midi::Note& note, std::int64_t first, bool is_tail) {
    const std::int64_t last =
        std::min<std::int64_t>(steps(), std::max(first + 1, StepOf(note.end())));
    int pitch = note.pitch;
    while (pitch < kLowestPitch) pitch += midi::kPitchesPerOctave;
    while (pitch > kHighestPitch) pitch -= midi::kPitchesPerOctave;
    // The sheet begins with no note sounding: the rest of one that began before is silent.
    for (std::int64_t step = first; step < last; ++step) {
      Value& cell = sheet_.melody[static_cast<std::size_t>(step)];
      cell = is_tail ? kRest : step == first ? kOnset + pitch - kLowestPitch : kHold;
    }
    // A note that was longer is cut by this one: one voice.
    for (std::int64_t step = last; step < steps(); ++step) {
      Value& cell = sheet_.melody[static_cast<std::size_t>(step)];
      if (cell != kHold) break;
      cell = open_[static_cast<std::size_t>(step)] ? kOpen : kRest;
    }
  }

  // A gap of one 16th between two notes is breath, as it was for the songs of the training.
  void Breathe() {
    for (std::size_t i = 1; i + 1 < sheet_.melody.size(); ++i) {
      if (sheet_.melody[i] == kRest && sheet_.melody[i - 1] >= kHold &&
          sheet_.melody[i + 1] >= kOnset) {
        sheet_.melody[i] = kHold;
      }
    }
  }

  void PlaceChords() {
    const int spacing = sheet_.signature->chord_steps;
    const auto places = sheet_.gives_chords.size();
    if (!context_.chords.empty()) sheet_.named_chords.assign(places, Chord{});
    // Chords that are asked for count from the first bar that is made.
    const int first_made =
        task() == v1::GENERATION_TASK_CONTINUE ? song_bars_ - static_cast<int>(context_.bars) : 0;
    for (std::size_t place = 0; place < places; ++place) {
      const int step = static_cast<int>(place) * spacing;
      const int bar = span_.first + step / bar_steps() - first_made;
      const bool is_open = open_chords_[static_cast<std::size_t>(step)];
      const bool is_asked =
          !context_.chords.empty() && bar >= 0 && bar < static_cast<int>(context_.chords.size()) &&
          (is_open || input_.chords.empty() || task() == v1::GENERATION_TASK_VARY);
      Value chord = kOpen;
      if (is_asked) {
        sheet_.named_chords[place] = ChordAt(context_.chords, static_cast<std::size_t>(bar),
                                             static_cast<std::size_t>(step % bar_steps() / spacing),
                                             static_cast<std::size_t>(sheet_.signature->places()));
        chord = ValueOf(sheet_.named_chords[place]);
      } else if (!is_open && !input_.chords.empty()) {
        const midi::Tick begin = sheet_.begin + step * sheet_.step_ticks();
        chord = ValueOf(ChordOfNotes(input_.chords, begin, begin + spacing * sheet_.step_ticks()));
      }
      sheet_.gives_chords[place] = is_open || (is_asked && task() == v1::GENERATION_TASK_VARY);
      std::fill_n(sheet_.chords.begin() + step, spacing, chord);
    }
    for (const midi::Note& note : input_.chords) {
      const std::int64_t step = StepOf(note.start);
      const bool stays = step < 0 || step >= steps() ||
                         !sheet_.gives_chords[static_cast<std::size_t>(step / spacing)];
      if (stays) sheet_.kept_chords.push_back(note);
    }
  }

  const MusicalContext& context_;
  const bool breathes_;
  Input input_;
  Sheet sheet_;
  int song_bars_ = 0;  // of the result
  Bars span_;
  std::vector<bool> open_;  // a step: the melody is to be written
  std::vector<bool> open_chords_;
};

}  // namespace

absl::StatusOr<Followed> Follow(const midi::Song& song, const Sheet& sheet) {
  // VARY of no beat: the whole song, with nothing open.
  MusicalContext whole;
  whole.request.set_task(v1::GENERATION_TASK_VARY);
  whole.variation = 0;
  whole.input = song;
  whole.facts = FactsOf(song);
  whole.meter = {.numerator = sheet.signature->numerator,
                 .denominator = sheet.signature->denominator};
  whole.bars = static_cast<std::uint32_t>(whole.facts.bars);
  midi::Random none(0);
  const absl::StatusOr<Sheet> found = Layout(whole, false).Take(none);
  if (!found.ok()) return found.status();
  const std::int64_t first = midi::RoundedQuotient(sheet.begin, sheet.step_ticks());
  Followed followed;
  for (int step = 0; step < sheet.steps(); ++step) {
    const auto at = static_cast<std::size_t>(first + step);
    const bool is_there = at < found->melody.size();
    followed.melody.push_back(is_there ? found->melody[at] : kRest);
    // A song without chords has none anywhere.
    followed.chords.push_back(is_there ? std::max(found->chords[at], 0) : 0);
  }
  return followed;
}

absl::StatusOr<Sheet> LayOut(const MusicalContext& context, midi::Random& random) {
  return Layout(context).Take(random);
}

}  // namespace continuo::generate::melody
