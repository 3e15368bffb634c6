// SPDX-License-Identifier: Apache-2.0
// An impulse response as its kernel runs it.
//
// The first taps are multiplied out; where there are more, the rest is cut into
// partitions as long as those first ones, and these are multiplied as spectra of twice
// that length (overlap-save). Nothing is late: what a partition needs has come a block
// ago. All partitions but the newest are worked off bit by bit while a block comes in,
// so that no block is much dearer than another.
// Read by sources compiled for several instruction sets: no code.
#pragma once

#include <cstddef>
#include <cstdint>

namespace continuo::executor::fused {

struct LinearPlan {
  const float* taps;  // the newest first
  std::uint32_t direct_taps;
  float bias;
  // A power of two, as many as direct_taps; 0: there are no partitions.
  std::uint32_t block_frames;
  std::uint32_t partitions;
  // For each partition the real parts of bins 0 to block_frames, then the imaginary
  // ones, each `bins` floats (filled up to whole cache lines).
  const float* spectra;
  std::size_t bins;
  const float* cosines;  // of -π i / block_frames, for i below block_frames
  const float* sines;
  // In a state's memory: the tile, its past before it; two blocks of input; the sound
  // to come; a ring of the input's spectra; the sum; four rows to transform in.
  std::size_t tile_at, past_frames;
  std::size_t input_at, tail_at, ring_at, sum_at, work_at;
};

// Words of a state.
enum LinearWord : std::uint8_t { kFilledFrames, kNewestSpectrum, kDonePartitions, kLinearWords };

}  // namespace continuo::executor::fused
