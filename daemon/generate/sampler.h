// SPDX-License-Identifier: Apache-2.0
// Draws one value from a cell's logits: temperature, the likeliest share, what is ruled out.
//
// Determinism: the same logits, options and generator give the same value; no distribution
// of the standard library is used.
#pragma once

#include <absl/types/span.h>

#include <cstdint>
#include <vector>

#include "shared/midi/random.h"

namespace continuo::generate {

struct SamplerOptions {
  double temperature = 1;  // 0.1 to 2
  double top_p = 1;        // above 0 to 1; the likeliest value always stays
};

struct Draw {
  std::int32_t value = 0;
  // Of that value, in nats, as the network has it: without temperature, top_p and bias.
  double log_likelihood = 0;
};

class Sampler {
 public:
  explicit Sampler(SamplerOptions options) : options_(options) {}

  // Of the values from `first` to `last` (a cell's kind of values), `last` excluded; the rest is
  // as if it were not there, also for the likelihood. `bias`, one a value of `logits`, is added
  // before the draw: minus infinity rules a value out. Where all are ruled out, the bias counts
  // for nothing. Empty: no bias.
  [[nodiscard]] Draw Take(absl::Span<const float> logits, std::int32_t first, std::int32_t last,
                          absl::Span<const float> bias, midi::Random& random);

 private:
  SamplerOptions options_;
  // Kept between draws, so that they need not be made anew.
  std::vector<double> weights_;
  std::vector<std::int32_t> order_;
};

// Log likelihood of `value` among those from `first` to `last`: what Take() tells of a draw.
[[nodiscard]] double LogLikelihood(absl::Span<const float> logits, std::int32_t first,
                                   std::int32_t last, std::int32_t value);

}  // namespace continuo::generate
