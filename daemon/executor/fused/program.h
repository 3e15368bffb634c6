// SPDX-License-Identifier: Apache-2.0
// A network of convolutions as the kernels run it: a program of a few kinds of step,
// each over a tile of up to kTileFrames frames of all its rows.
//
// Layout: `…_at` are offsets in floats, each a multiple of 16 (one cache line), into
// the weights that all states share or into the memory of one state. "Fours":
// matrices W[out][in] are kept as [out / 4][in][4], the outputs filled up with zeros to
// a multiple of four; all instruction sets read the same packing.
// Read by sources compiled for several instruction sets: nothing with code in it
// belongs here, or the linker may keep the copy that the processor cannot run.
#pragma once

#include <cstddef>
#include <cstdint>

namespace continuo::executor::fused {

inline constexpr std::uint32_t kTileFrames = 64;  // done step by step, within the L1 cache
inline constexpr std::uint32_t kMaximumLanes = 16;
inline constexpr std::uint32_t kMaximumRings = 4096;
inline constexpr std::size_t kNowhere = ~std::size_t{0};

// In the order of how often they are met. Those up to kLeaky a convolution does itself,
// in registers.
enum class Activation : std::uint8_t {
  kNone,
  kTanh,
  kRelu,
  kLeaky,  // a slope a row: LeakyReLU, PReLU
  kSigmoid,
  kSilu,
  kHardTanh,
  kHardSwish,
  kSoftSign,
  kLeakyHardTanh,  // minimum, maximum, slope below, slope above
  kFastTanh,       // NAM's approximation
};

struct ActivationAt {
  Activation kind = Activation::kNone;
  std::size_t at = kNowhere;  // its numbers, among the weights
};

// Rows of a state's memory, `stride` apart. A short past lies before the tile, and is
// moved up when the tile is done (Slide). Rows with a long past are rings: the first
// kTileFrames frames are repeated behind the end, so that a tile is always one piece.
struct Rows {
  std::size_t at = kNowhere;  // frame 0 of row 0
  std::size_t stride = kTileFrames;
  std::uint32_t ring_frames = 0;  // 0: a tile
  std::uint32_t past = 0;         // before a tile: frames, whole cache lines of them
  std::uint32_t ring = 0;         // which of the state's positions
};

enum class Action : std::uint8_t {
  // target = activation(bias + before + mix · condition + Σ weights · source[t - delay])
  kConvolve,
  // target = before + source × scale + shift, `condition` holding the scales, then the shifts
  kModulate,
  kActivate,  // target = activation(source)
  kGate,      // target = activation(source) × second(the other half of source)
  kBlend,     // target = a × activation(source) + (1 - a) × source, a = second(other half)
};

// What is at kNowhere is left out. All but kModulate also add their result to `sum`,
// or begin it. Halves are `fours` × 4 rows each.
struct ProgramStep {
  Action action = Action::kConvolve;
  ActivationAt activation, second;
  bool begins_sum = false;
  bool scales = false, shifts = false;       // kModulate
  std::uint32_t fours = 0;                   // rows of target, by four
  std::uint32_t inputs = 0, mix_inputs = 0;  // rows of source and condition
  std::uint32_t taps = 1, dilation = 1;      // the oldest tap first
  std::size_t weights_at = kNowhere;         // taps, each in fours
  std::size_t bias_at = kNowhere, mix_at = kNowhere;
  Rows source, condition, before, target, sum;
};

// Rows whose past is to be moved up.
struct Slide {
  Rows rows;
  std::uint32_t count;
};

struct Program {
  const ProgramStep* steps;
  std::uint32_t step_count;
  const std::uint32_t* ring_frames;  // of each ring
  std::uint32_t ring_count;
  const Slide* slides;
  std::uint32_t slide_count;
  const float* weights;
  std::size_t input_at;  // a tile of one row in a state's memory
  Rows output;           // the first `outputs` rows
  std::uint32_t outputs;
};

}  // namespace continuo::executor::fused
