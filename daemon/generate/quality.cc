// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/quality.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/str_cat.h"
#include "daemon/generate/note_grid.h"
#include "daemon/generate/reasons.h"
#include "daemon/generate/voice_leading.h"

namespace continuo::generate {
namespace {

constexpr std::size_t kMostReasons = 8;
constexpr double kLeastEffect = 0.01;
constexpr std::size_t kMostPlaces = 2;
// Shares out the score's distance from that of a median song among the figures, in proportion to
// how much more each surprises than there, so that the shares add up. The median song's surprise
// is thought of as even over its figures, faults aside, which it has none of.
class Effects {
 public:
  // `surprises`: those of the excerpts that the song is compared with.
  Effects(const Reference::Length& length, const Quantiles& surprises, const Metrics& metrics,
          double surprise) {
    const auto even = std::count_if(length.metrics.begin(), length.metrics.end(),
                                    [](const auto& entry) { return !IsFault(entry.first); });
    usual_ = surprises.median() / static_cast<double>(std::max<std::ptrdiff_t>(even, 1));
    double usual_song = length.SurpriseOf(metrics);
    for (const auto& [name, quantiles] : length.metrics) {
      const auto found = metrics.find(name);
      if (found != metrics.end()) usual_song -= Excess(name, quantiles, found->second);
    }
    constexpr double kSmall = 1e-3;
    const double distance = surprise - usual_song;
    slope_ =
        std::abs(distance) > kSmall
            ? (ScoreOf(surprises, surprise) - ScoreOf(surprises, usual_song)) / distance
            : (ScoreOf(surprises, usual_song + kSmall) - ScoreOf(surprises, usual_song)) / kSmall;
  }
  [[nodiscard]] double Of(double excess) const { return slope_ * excess; }
  [[nodiscard]] double Of(const std::string& metric, const Quantiles& reference,
                          double value) const {
    return Of(Excess(metric, reference, value));
  }

 private:
  [[nodiscard]] double Excess(const std::string& metric, const Quantiles& reference,
                              double value) const {
    return SurpriseOf(metric, reference, value) - (IsFault(metric) ? 0 : usual_);
  }
  double usual_ = 0;  // surprise of one figure
  double slope_ = 0;  // of the score, 0 or less
};

std::vector<FaultKind> KindsOf(std::string_view metric) {
  using enum FaultKind;
  if (metric == "parallels") return {kParallelFifths, kParallelOctaves};
  if (metric == "overlaps") return {kOverlap};
  if (metric == "leaps") return {kLeap};
  if (metric == "crossings") return {kCrossing};
  if (metric == "wide_spacing") return {kSpacing};
  if (metric == "out_of_range") return {kRange};
  return {};
}

// "parallel fifths in bar 3 (tenor, bass), parallel octaves in bar 4 (alto, bass) and 2 more";
// empty where there are none.
std::string Places(const VoiceLeading& voices, std::string_view metric) {
  const std::vector<FaultKind> kinds = KindsOf(metric);
  std::string text;
  std::size_t count = 0;
  for (const Fault& fault : voices.faults) {
    if (std::find(kinds.begin(), kinds.end(), fault.kind) == kinds.end()) continue;
    if (count++ < kMostPlaces) {
      base::StrAppend(&text, text.empty() ? "" : ", ", Describe(fault));
    }
  }
  if (count > kMostPlaces) base::StrAppend(&text, " and ", count - kMostPlaces, " more");
  return text;
}

void AddReason(std::string text, double effect, v1::Quality* quality) {
  if (std::abs(effect) < kLeastEffect) return;
  v1::Reason* reason = quality->add_reasons();
  reason->set_text(std::move(text));
  reason->set_effect(effect);
}

}  // namespace

v1::Quality Assess(const midi::Song& song, const Reference* reference,
                   const std::optional<SongLikelihood>& likelihood) {
  v1::Quality quality;
  const Metrics metrics = reference == nullptr ? Measure(song) : reference->MetricsOf(song);
  for (const auto& [name, value] : metrics) (*quality.mutable_metrics())[name] = value;
  if (likelihood) quality.set_log_likelihood(likelihood->mean);
  if (reference == nullptr) {
    quality.set_score(0.5);
    quality.add_reasons()->set_text("not judged: the model has no reference set");
    return quality;
  }
  if (metrics.empty()) {
    quality.set_score(0);
    AddReason("has no notes", -0.5, &quality);
    return quality;
  }
  const NoteGrid grid = OnGrid(song);
  const Reference::Length& length = reference->For(grid.bars());
  const Reference::Heard* heard = nullptr;
  if (likelihood) {
    const auto found = length.heard.find(likelihood->situation);
    if (found != length.heard.end()) heard = &found->second;
  }
  const double unlikely = heard == nullptr ? 0 : heard->SurpriseOf(likelihood->mean);
  const double surprise = length.SurpriseOf(metrics) + unlikely;
  const Quantiles& surprises = heard == nullptr ? *length.surprise : heard->surprise;
  quality.set_score(ScoreOf(surprises, surprise));
  const Effects effects(length, surprises, metrics, surprise);
  const std::optional<VoiceLeading> voices = CheckVoices(song);
  for (const auto& [name, quantiles] : length.metrics) {
    const auto found = metrics.find(name);
    if (found == metrics.end()) continue;
    std::string text = voices ? Places(*voices, name) : std::string();
    if (text.empty()) text = InWords(name, quantiles, found->second);
    if (name == "misplaced_drums" && found->second > quantiles.median()) {
      const DrumPlaces::Misplaced worst = reference->drum_places().WorstOf(grid);
      base::StrAppend(&text, " (most the ", kDrumNames[worst.drum], ", in bar ", worst.bar + 1,
                      ")");
    }
    AddReason(std::move(text), effects.Of(name, quantiles, found->second), &quality);
  }
  if (unlikely > 0) {
    AddReason(InWords("log_likelihood", heard->log_likelihood, likelihood->mean),
              effects.Of(unlikely), &quality);
  }
  auto* reasons = quality.mutable_reasons();
  std::stable_sort(reasons->begin(), reasons->end(), [](const v1::Reason& a, const v1::Reason& b) {
    return std::abs(a.effect()) > std::abs(b.effect());
  });
  if (reasons->size() > static_cast<int>(kMostReasons)) {
    reasons->DeleteSubrange(static_cast<int>(kMostReasons),
                            reasons->size() - static_cast<int>(kMostReasons));
  }
  return quality;
}

}  // namespace continuo::generate
