// SPDX-License-Identifier: Apache-2.0
// What songs of a kind measure: the figures that a new one is judged by.
//
// Kept for excerpts of some lengths, as four bars measure otherwise than a song: of each figure
// the quantiles over the excerpts, and those of the excerpts' own surprise, by which a surprise
// becomes a score.
//
//   surprise of a figure   -ln of its tail (quantiles.h); of faults, that of more alone; three
//                          times that for misplaced drums and for the likelihood
//   surprise of a song     the sum over the figures that the reference has; one that the song
//                          lacks counts 1, the mean
//   score                  share of excerpts with a greater surprise: 0.5 for the median
//
// A song whose likelihood is known has the surprise of that on top, and is compared with excerpts
// that were heard the same way (likelihood.h).
//
// Layout: JSON, {"continuo_reference": 1, "pieces", "lengths": [{"bars", "excerpts", "metrics":
// {name: [quantiles]}, "surprise": [quantiles], "heard": {situation: {"excerpts",
// "log_likelihood": [quantiles], "surprise": [quantiles]}}}], "drums": {steps of a bar: {drum:
// [hits on each step]}}}; "heard" and "drums" may be missing.
// Threads: a Reference is read by any thread. Errors: INVALID_ARGUMENT that names the key.
#pragma once

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/generate/drum_places.h"
#include "daemon/generate/metrics.h"
#include "daemon/generate/quantiles.h"
#include "shared/midi/song.h"

namespace continuo::generate {

// Mean log likelihood of a cell of a song, in nats, and how it was heard (likelihood.h).
struct SongLikelihood {
  std::string situation;
  double mean = 0;
};

class Reference {
 public:
  // What is usual of excerpts whose likelihood is known.
  struct Heard {
    std::uint64_t excerpts = 0;
    Quantiles log_likelihood;
    Quantiles surprise;  // with that of the likelihood

    // Of a likelihood; of what the model expects more than most, 0.
    [[nodiscard]] double SurpriseOf(double mean) const;
  };

  struct Length {
    std::uint32_t bars = 0;
    std::uint64_t excerpts = 0;
    std::map<std::string, Quantiles> metrics;
    std::optional<Quantiles> surprise;   // always there in a finished one
    std::map<std::string, Heard> heard;  // by situation

    [[nodiscard]] double SurpriseOf(const Metrics& measured) const;
  };

  // Cuts each song into pieces of each of `lengths` bars, end to end, and measures them; figures
  // that not nearly all of them have are left out.
  // INVALID_ARGUMENT where there are fewer than kFewestExcerpts of a length.
  [[nodiscard]] static absl::StatusOr<Reference> Make(absl::Span<const midi::Song> songs,
                                                      absl::Span<const std::uint32_t> lengths);

  // How likely a model has excerpts of `bars` bars: by situation, one figure an excerpt, none
  // where it cannot be heard so.
  using Listener =
      std::function<absl::StatusOr<std::map<std::string, std::vector<std::optional<double>>>>(
          absl::Span<const midi::Song> excerpts, std::uint32_t bars)>;
  // Adds what is usual of likelihoods, by excerpts of `songs`, kMostHeard of a length at most.
  // They should be songs that the model was not trained with: those it knows better than any
  // that it writes. A situation with fewer than kFewestExcerpts of a length is left out there.
  // What the listener fails with is the answer.
  [[nodiscard]] absl::Status Hear(absl::Span<const midi::Song> songs, const Listener& listener);

  [[nodiscard]] static absl::StatusOr<Reference> Parse(std::string_view json);
  [[nodiscard]] std::string Json() const;

  // The one nearest to `bars`, by ratio.
  [[nodiscard]] const Length& For(std::int64_t bars) const;
  [[nodiscard]] const std::vector<Length>& lengths() const { return lengths_; }
  [[nodiscard]] const DrumPlaces& drum_places() const { return drum_places_; }
  // metrics.h's, and "misplaced_drums" of drums whose places are known.
  [[nodiscard]] Metrics MetricsOf(const midi::Song& song) const;

  static constexpr std::uint64_t kFewestExcerpts = 20;
  static constexpr std::size_t kMostHeard = 400;
  static constexpr int kVersion = 1;

 private:
  void AddHeard(absl::Span<const midi::Song> excerpts, const std::string& situation,
                absl::Span<const std::optional<double>> means, Length* length) const;

  std::uint64_t pieces_ = 0;
  std::vector<Length> lengths_;  // at least one
  DrumPlaces drum_places_;
};

// Whether less of it is better: of faults, values below the median surprise as little as it.
[[nodiscard]] bool IsFault(std::string_view metric);
[[nodiscard]] double SurpriseOf(std::string_view metric, const Quantiles& reference, double value);
// 0 to 1, falling with the surprise of a song, beyond the last of `surprises` too.
[[nodiscard]] double ScoreOf(const Quantiles& surprises, double surprise);

// Bars `first` (from 0) to `first` + `bars`, by the first signature, as a song of its own; notes
// are cut at its ends. A hit of drums belongs to the sixteenth that is nearest: one that is played
// a little early for the first beat is put on it.
[[nodiscard]] midi::Song Excerpt(const midi::Song& song, std::int64_t first, std::int64_t bars);

}  // namespace continuo::generate
