// SPDX-License-Identifier: Apache-2.0
// A network of convolutions as the kernels run it: a program of a few kinds of step,
// each over a tile of up to kTileFrames frames of all its rows.
//
// Layout: `…_at` are offsets in floats, each a multiple of 16 (one cache line), into
// the weights that all states share, the scratch memory or that of one state. "Fours":
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
inline constexpr std::uint32_t kLineFloats = 16;  // of a cache line
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

// Rows of a tile, `stride` apart, in the scratch memory: nothing in it outlasts a tile, so
// all states of a thread use the same, which stays in the first cache.
struct Rows {
  std::size_t at = kNowhere;  // frame 0 of row 0
  std::size_t stride = kTileFrames;
};

// What a state keeps of a convolution's source: of each row the last `frames`, as few as
// the taps need, since other states push it out of the cache. The last `near` of them are
// brought before the tile, for the delays that reach into it; longer ones read the ring.
struct Past {
  std::size_t at = kNowhere;  // in a state's memory
  std::size_t stride = 0;
  std::uint32_t frames = 0, near = 0;  // whole cache lines
  // More than a tile: the first kTileFrames are repeated behind the end, so that a tile is
  // one piece from anywhere. Else `near` is all, the oldest first.
  bool is_ring = false;
  std::uint32_t ring = 0;      // which of the state's positions
  std::uint32_t far_taps = 0;  // the oldest, which read the ring
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
  Past past;  // of source, where there are taps; there is room for `near` before it
  std::uint32_t next_past = 0;  // the next step with one; 0: none
  // Whose past is brought into the first cache meanwhile, and from which of its lines on
  // (Tile::Line); 0: nobody's.
  std::uint32_t fetched = 0, fetched_line = 0;
};

struct Program {
  const ProgramStep* steps;
  std::uint32_t step_count;
  const std::uint32_t* ring_frames;  // of each ring
  std::uint32_t ring_count;
  std::uint32_t first_past;  // the first step that has one, or any
  const float* weights;
  std::size_t input_at;  // one row
  Rows output;           // the first `outputs` rows
  std::uint32_t outputs;
};

}  // namespace continuo::executor::fused
