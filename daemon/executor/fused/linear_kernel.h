// SPDX-License-Identifier: Apache-2.0
// An impulse response for one instruction set; included by level.cc alone.
#pragma once

#include "daemon/executor/fused/linear_plan.h"
#include "daemon/executor/fused/simd.h"

namespace continuo::executor::fused {
namespace {

// Frames lie in the lanes; even and odd taps are summed apart, which hides the latency
// of an addition.
template <int kVectors>
CONTINUO_INLINE void MultiplyTaps(const LinearPlan& plan, const float* tile, float* out) {
  Vec even[kVectors], odd[kVectors];
  Each<kVectors>([&](auto v) CONTINUO_INLINED {
    even[v] = All(plan.bias);
    odd[v] = Vec{};
  });
  std::uint32_t tap = 0;
  for (; tap + 2 <= plan.direct_taps; tap += 2) {
    Each<kVectors>([&](auto v) CONTINUO_INLINED {
      even[v] += plan.taps[tap] * Load(tile - tap + v * kLanes);
      odd[v] += plan.taps[tap + 1] * Load(tile - tap - 1 + v * kLanes);
    });
  }
  Each<kVectors>([&](auto v) CONTINUO_INLINED {
    if (tap < plan.direct_taps) even[v] += plan.taps[tap] * Load(tile - tap + v * kLanes);
    Store(out + v * kLanes, even[v] + odd[v]);
  });
}

// The Fourier transform of 2 × block_frames complex values (Stockham's, which needs no
// bit reversal): from `re` and `im` to themselves, by way of the two rows behind them.
void Transform(const LinearPlan& plan, float* re, float* im, float* other_re, float* other_im) {
  const std::uint32_t size = plan.block_frames * 2;
  float* const result_re = re;
  float* const result_im = im;
  for (std::uint32_t half = size / 2, run = 1; half > 0; half /= 2, run *= 2) {
    for (std::uint32_t j = 0; j < half; ++j) {
      const float c = plan.cosines[j * run], s = plan.sines[j * run];
      const float* const a_re = re + j * run;
      const float* const a_im = im + j * run;
      const float* const b_re = a_re + half * run;
      const float* const b_im = a_im + half * run;
      float* const to_re = other_re + 2 * j * run;
      float* const to_im = other_im + 2 * j * run;
      for (std::uint32_t k = 0; k < run; ++k) {
        const float d_re = a_re[k] - b_re[k], d_im = a_im[k] - b_im[k];
        to_re[k] = a_re[k] + b_re[k];
        to_im[k] = a_im[k] + b_im[k];
        to_re[k + run] = d_re * c - d_im * s;
        to_im[k + run] = d_re * s + d_im * c;
      }
    }
    float* const from_re = re;
    float* const from_im = im;
    re = other_re;
    im = other_im;
    other_re = from_re;
    other_im = from_im;
  }
  if (re == result_re) return;
  for (std::uint32_t i = 0; i < size; ++i) {
    result_re[i] = re[i];
    result_im[i] = im[i];
  }
}

// sum += spectrum of partition `p` (from 0) × a spectrum of the input.
void AddPartition(const LinearPlan& plan, std::uint32_t p, const float* x, float* sum) {
  const std::size_t bins = plan.bins;
  const float* const h = plan.spectra + p * 2 * bins;
  for (std::size_t i = 0; i < bins; i += kLanes) {
    const Vec h_re = Load(h + i), h_im = Load(h + bins + i);
    const Vec x_re = Load(x + i), x_im = Load(x + bins + i);
    Store(sum + i, Load(sum + i) + h_re * x_re - h_im * x_im);
    Store(sum + bins + i, Load(sum + bins + i) + h_re * x_im + h_im * x_re);
  }
}

struct LinearRun {
  const LinearPlan& plan;
  float* memory;
  std::uint32_t* words;

  [[nodiscard]] float* Spectrum(std::uint32_t slot) const {
    return memory + plan.ring_at + std::size_t{slot} * 2 * plan.bins;
  }
  // Of the partitions from the second on, as many as the part of the block that has come.
  void WorkOff() const {
    const std::uint64_t all = plan.partitions - 1;
    const auto due = static_cast<std::uint32_t>(all * words[kFilledFrames] / plan.block_frames);
    for (; words[kDonePartitions] < due; ++words[kDonePartitions]) {
      const std::uint32_t back = words[kDonePartitions];
      const std::uint32_t newest = words[kNewestSpectrum];
      const std::uint32_t slot = newest >= back ? newest - back : newest + plan.partitions - back;
      AddPartition(plan, back + 1, Spectrum(slot), memory + plan.sum_at);
    }
  }
  // A block is full: its spectrum, and what will sound during the next one.
  void Turn() const {
    const std::uint32_t block = plan.block_frames, size = 2 * block;
    float* const re = memory + plan.work_at;
    float* const im = re + size;
    float* const input = memory + plan.input_at;
    float* const sum = memory + plan.sum_at;
    for (std::uint32_t i = 0; i < size; ++i) {
      re[i] = input[i];
      im[i] = 0.0F;
    }
    Transform(plan, re, im, im + size, im + 2 * size);
    words[kNewestSpectrum] = (words[kNewestSpectrum] + 1) % plan.partitions;
    float* const newest = Spectrum(words[kNewestSpectrum]);
    for (std::uint32_t i = 0; i <= block; ++i) {
      newest[i] = re[i];
      newest[plan.bins + i] = im[i];
    }
    AddPartition(plan, 0, newest, sum);
    // The inverse is the transform of the conjugate; the sum's other half is conjugate too.
    for (std::uint32_t i = 0; i <= block; ++i) {
      re[i] = sum[i];
      im[i] = -sum[plan.bins + i];
    }
    for (std::uint32_t i = 1; i < block; ++i) {
      re[size - i] = sum[i];
      im[size - i] = sum[plan.bins + i];
    }
    Transform(plan, re, im, im + size, im + 2 * size);
    for (std::uint32_t i = 0; i < block; ++i) {
      memory[plan.tail_at + i] = re[block + i];
      input[i] = input[block + i];
    }
    for (std::size_t i = 0; i < 2 * plan.bins; ++i) sum[i] = 0.0F;
    words[kFilledFrames] = 0;
    words[kDonePartitions] = 0;
  }
};

void RunLinear(const LinearPlan& plan, float* memory, std::uint32_t* words, const float* in,
               float* out, std::uint32_t frames) noexcept {
  const LinearRun run = {plan, memory, words};
  float* const tile = memory + plan.tile_at;
  float result[kTileFrames];
  while (frames > 0) {
    std::uint32_t n = frames < kTileFrames ? frames : kTileFrames;
    const std::uint32_t filled = words[kFilledFrames];
    if (plan.block_frames != 0 && n > plan.block_frames - filled) n = plan.block_frames - filled;
    for (std::uint32_t i = 0; i < n; ++i) tile[i] = in[i];
    std::uint32_t i = 0;
    for (; i + 2 * kLanes <= n; i += 2 * kLanes) MultiplyTaps<2>(plan, tile + i, result + i);
    for (; i < n; i += kLanes) MultiplyTaps<1>(plan, tile + i, result + i);
    for (std::uint32_t k = 0; k < n; ++k) out[k] = result[k];
    if (plan.block_frames != 0) {
      float* const input = memory + plan.input_at + plan.block_frames + filled;
      const float* const tail = memory + plan.tail_at + filled;
      for (std::uint32_t k = 0; k < n; ++k) {
        input[k] = in[k];
        out[k] += tail[k];
      }
      words[kFilledFrames] += n;
      run.WorkOff();
      if (words[kFilledFrames] == plan.block_frames) run.Turn();
    }
    float* const past = tile - plan.past_frames;
    for (std::size_t k = 0; k < plan.past_frames; k += kLanes) Store(past + k, Load(past + n + k));
    in += n;
    out += n;
    frames -= n;
  }
}

}  // namespace
}  // namespace continuo::executor::fused
