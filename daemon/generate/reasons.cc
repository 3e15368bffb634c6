// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/reasons.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "daemon/base/str_cat.h"

namespace continuo::generate {
namespace {

struct Words {
  std::string_view metric;
  std::string_view less;
  std::string_view more;
  std::string_view subject;
};

constexpr std::array kWords = std::to_array<Words>({
    {"notes_per_bar", "sparser", "busier", "density"},
    {"pitch_class_entropy", "with fewer different notes", "with more different notes",
     "its choice of notes"},
    {"scale_consistency", "less in one key", "more strictly in one key", "its key"},
    {"polyphony", "thinner", "fuller", "fullness"},
    {"empty_beat_rate", "with fewer rests", "with more rests", "rests"},
    {"groove_consistency", "less steady in rhythm", "steadier in rhythm", "steadiness"},
    {"pitch_range", "narrower in range", "wider in range", "range"},
    {"mean_pitch", "lower", "higher", "height"},
    {"note_length", "with shorter notes", "with longer notes", "the length of its notes"},
    {"note_length_spread", "with more even note lengths", "with more varied note lengths",
     "the variety of its note lengths"},
    {"repeated_bars", "with fewer repeated bars", "with more repeated bars", "repetition"},
    {"melodic_step", "moving in smaller steps", "moving in larger leaps", "its melodic steps"},
    {"bar_line_step", "moving less over bar lines", "leaping more over bar lines",
     "its steps over bar lines"},
    {"dissonance", "milder in harmony", "harsher in harmony", "dissonance"},
    {"drum_voices", "with fewer drums", "with more drums", "the number of its drums"},
    {"misplaced_drums", "with drums more in their places", "with drums more out of place",
     "the places of its drums"},
    {"velocity_mean", "softer", "louder", "loudness"},
    {"velocity_spread", "flatter in dynamics", "more uneven in dynamics", "dynamics"},
    {"timing_spread_ms", "stiffer in time", "looser in time", "timing"},
    {"log_likelihood", "less expected by the model", "more predictable for the model",
     "what the model expects"},
    {"parallels", "with fewer parallels", "with more parallel fifths and octaves", "parallels"},
    {"overlaps", "with fewer overlapping voices", "with more overlapping voices",
     "overlapping voices"},
    {"leaps", "with fewer wide leaps", "with more wide leaps", "wide leaps"},
    {"crossings", "with fewer crossed voices", "with more crossed voices", "crossed voices"},
    {"wide_spacing", "with closer voices", "with voices farther apart", "spacing"},
    {"out_of_range", "more within the voices' ranges", "more outside the voices' ranges",
     "the voices' ranges"},
});

}  // namespace

std::string InWords(std::string_view metric, const Quantiles& reference, double value) {
  const auto* const words = std::find_if(
      kWords.begin(), kWords.end(), [metric](const Words& one) { return one.metric == metric; });
  const bool known = words != kWords.end();
  const double below = reference.ShareBelow(value);
  const double beaten = std::max(below, 1 - below);
  if (beaten < 0.65) return base::StrCat("typical in ", known ? words->subject : metric);
  const bool less = below < 0.5;
  const std::string how = known ? std::string(less ? words->less : words->more)
                                : base::StrCat(less ? "lower" : "higher", " in ", metric);
  if (reference.Beyond(value) > 0) {
    return base::StrCat(how, " than any of the songs it is judged by");
  }
  return base::StrCat(how, " than ", std::min(std::lround(100 * beaten), 99L),
                      " % of the songs it is judged by");
}

}  // namespace continuo::generate
