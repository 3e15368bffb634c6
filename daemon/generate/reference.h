// SPDX-License-Identifier: Apache-2.0
// What songs of a kind measure: the figures that a new one is judged by.
//
// Kept for excerpts of some lengths, as four bars measure otherwise than a song: of each figure
// the quantiles over the excerpts, and those of the excerpts' own surprise, by which a surprise
// becomes a score.
//
//   surprise of a figure   -ln of its tail (quantiles.h); of faults, that of more alone
//   surprise of a song     the sum over the figures that the reference has; one that the song
//                          lacks counts 1, the mean
//   score                  share of excerpts with a greater surprise: 0.5 for the median
//
// Layout: JSON, {"continuo_reference": 1, "pieces", "lengths": [{"bars", "excerpts", "metrics":
// {name: [quantiles]}, "surprise": [quantiles]}], "log_likelihood": [quantiles]}; the last one
// may be missing.
// Threads: a Reference is read by any thread. Errors: INVALID_ARGUMENT that names the key.
#pragma once

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/generate/metrics.h"
#include "daemon/generate/quantiles.h"
#include "shared/midi/song.h"

namespace continuo::generate {

class Reference {
 public:
  struct Length {
    std::uint32_t bars = 0;
    std::uint64_t excerpts = 0;
    std::map<std::string, Quantiles> metrics;
    std::optional<Quantiles> surprise;  // always there in a finished one

    [[nodiscard]] double SurpriseOf(const Metrics& measured) const;
    // 0 to 1, falling with surprise, beyond the last excerpt too.
    [[nodiscard]] double ScoreOf(double surprise_of_song) const;
  };

  // Cuts each song into pieces of each of `lengths` bars, end to end, and measures them; figures
  // that not nearly all of them have are left out. `log_likelihoods` are those of real pieces,
  // mean a cell, as the model has them; may be empty.
  // INVALID_ARGUMENT where there are fewer than kFewestExcerpts of a length.
  [[nodiscard]] static absl::StatusOr<Reference> Make(absl::Span<const midi::Song> songs,
                                                      absl::Span<const std::uint32_t> lengths,
                                                      const std::vector<double>& log_likelihoods);
  [[nodiscard]] static absl::StatusOr<Reference> Parse(std::string_view json);
  [[nodiscard]] std::string Json() const;

  // The one nearest to `bars`, by ratio.
  [[nodiscard]] const Length& For(std::int64_t bars) const;
  [[nodiscard]] const std::vector<Length>& lengths() const { return lengths_; }
  [[nodiscard]] const std::optional<Quantiles>& log_likelihood() const { return log_likelihood_; }

  static constexpr std::uint64_t kFewestExcerpts = 20;
  static constexpr int kVersion = 1;

 private:
  std::uint64_t pieces_ = 0;
  std::vector<Length> lengths_;  // at least one
  std::optional<Quantiles> log_likelihood_;
};

// Whether less of it is better: of faults, values below the median surprise as little as it.
[[nodiscard]] bool IsFault(std::string_view metric);
[[nodiscard]] double SurpriseOf(std::string_view metric, const Quantiles& reference, double value);

// Bars `first` (from 0) to `first` + `bars`, by the first signature, as a song of its own; notes
// are cut at its ends.
[[nodiscard]] midi::Song Excerpt(const midi::Song& song, std::int64_t first, std::int64_t bars);

}  // namespace continuo::generate
