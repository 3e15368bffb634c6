// SPDX-License-Identifier: Apache-2.0
// What the kernel of film_tcn_kernel.h runs: a causal convolution network whose channels
// are scaled, frame by frame, by gains that a small network makes of the knobs.
//
//   m = tanh(A k + a);  g_l = G_l m + g0_l,  h_l = H_l m + h0_l
//   z_l = act(g_l · conv_l(r_l));  r_1 = z_0, r_(l+1) = r_l + z_l;  y = Σ h_l · z_l
//
// Layout: as in plan.h, matrices in fours as in program.h. Read by sources compiled for several
// instruction sets: no code.
#pragma once

#include <cstddef>
#include <cstdint>

namespace continuo::executor::fused {

struct FilmTcnLayer {
  std::size_t conv_at;  // taps, the oldest first, each in fours
  // The input's past: `inputs` rows of `ring_stride`.
  std::size_t ring_at;
  std::size_t ring_stride;
  std::uint32_t ring_frames;
  std::uint32_t inputs, taps, dilation;
  bool linear;  // act is the identity
};

enum class FilmKnobs : std::uint8_t {
  kMoving,   // within this tile
  kStopped,  // still since its first frame: their gains are made once, and kept
  kStill,    // as in the tile before
};

struct FilmTcnPlan {
  const FilmTcnLayer* layers;
  std::uint32_t layer_count;
  std::uint32_t channels, knobs, hidden;  // channels and hidden: multiples of four
  const float* weights;
  std::size_t knob_at, knob_bias_at;  // A, a
  // [G_0 G_1 … H_0 H_1 …] in fours, and their biases.
  std::size_t film_at, film_bias_at;
  // In a state's memory, rows of kTileFrames: the features (inputs of layer 0), knobs and
  // result are the caller's; and the gains while the knobs are still, one a row of G and H.
  std::size_t features_at, knobs_at, result_at;
  std::size_t hidden_at, gains_at, still_gains_at;
};

// The voltage across antiparallel diodes that a current c meets beside a resistor r:
// quasi-static, and a smooth minimum of both (models/drive/network.py, quasi_static).
struct DiodeCurve {
  float resistor_gain, diode_gain, diode_epsilon, diode_volts;
};

}  // namespace continuo::executor::fused
