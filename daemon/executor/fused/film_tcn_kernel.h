// SPDX-License-Identifier: Apache-2.0
// The network of film_tcn_plan.h for one instruction set; included by level.cc alone.
//
// Frames lie in the lanes. A layer is done for a span of frames at a time, four channels
// by up to four vectors in registers from the first tap to the head's sum. A layer's past is
// a ring with its first kTileFrames frames repeated behind its end, so that each tap is one
// contiguous read. Lanes beyond the end of a tile are computed and never read again, and a
// gain is made by the same operations whether the knobs move or not: so no result depends
// on how a signal is cut.
#pragma once

#include "daemon/executor/fused/film_tcn_plan.h"
#include "daemon/executor/fused/simd.h"

namespace continuo::executor::fused {
namespace {

// Natural logarithm of normal numbers above zero, within 1.2e-7 of the result or of 1.
CONTINUO_INLINE Vec LogOf(Vec x) {
  typedef std::int32_t Bits __attribute__((vector_size(CONTINUO_LANES * 4)));
  Bits bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  // The mantissa into [√½, √2): there the series of atanh is short.
  const Bits shifted = bits - 0x3F3504F3;
  const Bits exponent = shifted >> 23;
  const Bits mantissa_bits = bits - (exponent << 23);
  Vec m;
  __builtin_memcpy(&m, &mantissa_bits, sizeof m);
  const Vec s = (m - 1.0F) / (m + 1.0F), s2 = s * s;
  const Vec series = ((s2 * (2.0F / 9) + (2.0F / 7)) * s2 + 0.4F) * s2 + (2.0F / 3);
  const Vec whole = __builtin_convertvector(exponent, Vec);
  return whole * 0.693359375F + (s * 2.0F + (s * s2 * series + whole * -2.12194440e-4F));
}

CONTINUO_INLINE Vec SqrtOf(Vec x) {
  Vec root;
#pragma GCC unroll 16
  for (std::uint32_t i = 0; i < kLanes; ++i) root[i] = __builtin_sqrtf(x[i]);
  return root;
}

// rows[p] = curve(c[p], r) for frames in whole vectors.
void RunDiodes(const DiodeCurve& curve, const float* resistance, float* rows, std::uint32_t count,
               std::uint32_t stride, std::uint32_t frames) noexcept {
  for (std::uint32_t p = 0; p < count; ++p) {
    for (std::uint32_t i = 0; i < frames; i += kLanes) {
      float* const at = rows + std::size_t{p} * stride + i;
      const Vec c = Load(at);
      const Vec by_resistor = c * Load(resistance + i) * curve.resistor_gain;
      const Vec a = Max(c, -c) * curve.diode_gain + curve.diode_epsilon;
      const Vec by_diodes = LogOf(a + SqrtOf(a * a + 1.0F)) * curve.diode_volts;
      const Vec ratio = by_resistor / by_diodes;
      const Vec r2 = ratio * ratio, r4 = r2 * r2;
      Store(at, by_resistor / SqrtOf(SqrtOf(SqrtOf(r4 * r4 + 1.0F))));
    }
  }
}

struct FilmTcnRun {
  const FilmTcnPlan& plan;
  float* memory;
  std::uint32_t vectors;  // of the tile

  // sums += W · rows, for four outputs.
  template <int kVectors>
  static CONTINUO_INLINE void MultiplyFour(Vec (&sums)[4][kVectors], const float* weights,
                                           const float* rows, std::size_t stride,
                                           std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      Vec x[kVectors];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) x[v] = Load(rows + v * kLanes);
#pragma GCC unroll 4
      for (int o = 0; o < 4; ++o) {
        const float weight = weights[o];
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) sums[o][v] += weight * x[v];
      }
      weights += 4;
      rows += stride;
    }
  }

  // body.operator()<kVectors>(frame) for each span.
  template <typename Body>
  CONTINUO_INLINE void ForSpans(const Body& body) const {
    constexpr int kWide = kLanes == 16 ? 4 : 3;
    std::uint32_t v = 0;
    for (; v + kWide <= vectors; v += kWide) body.template operator()<kWide>(v * kLanes);
    if (v + 2 <= vectors) {
      body.template operator()<2>(v * kLanes);
      v += 2;
    }
    if (v < vectors) body.template operator()<1>(v * kLanes);
  }

  // out = act(W · rows + bias); all of them rows of kTileFrames.
  template <bool kIsTanh>
  CONTINUO_INLINE void Affine(std::size_t weights_at, std::size_t bias_at, std::uint32_t outputs,
                              std::uint32_t inputs, const float* rows, float* out) const {
    ForSpans([&]<int kVectors>(std::uint32_t frame) {
      for (std::uint32_t first = 0; first < outputs; first += 4) {
        Vec sums[4][kVectors];
        for (int o = 0; o < 4; ++o) {
          for (int v = 0; v < kVectors; ++v) sums[o][v] = All(plan.weights[bias_at + first + o]);
        }
        MultiplyFour<kVectors>(sums, plan.weights + weights_at + std::size_t{first} * inputs,
                               rows + frame, kTileFrames, inputs);
        for (int o = 0; o < 4; ++o) {
          for (int v = 0; v < kVectors; ++v) {
            Store(out + (first + o) * kTileFrames + frame + v * kLanes,
                  kIsTanh ? Tanh(sums[o][v]) : sums[o][v]);
          }
        }
      }
    });
  }

  void MakeGains(FilmKnobs knobs) const {
    if (knobs == FilmKnobs::kStill) return;
    const std::uint32_t rows = 2 * plan.layer_count * plan.channels;
    FilmTcnRun run = *this;
    if (knobs == FilmKnobs::kStopped) run.vectors = 1;
    run.Affine<true>(plan.knob_at, plan.knob_bias_at, plan.hidden, plan.knobs,
                     memory + plan.knobs_at, memory + plan.hidden_at);
    run.Affine<false>(plan.film_at, plan.film_bias_at, rows, plan.hidden, memory + plan.hidden_at,
                      memory + plan.gains_at);
    if (knobs == FilmKnobs::kMoving) return;
    for (std::uint32_t i = 0; i < rows; ++i) {
      memory[plan.still_gains_at + i] = memory[plan.gains_at + std::size_t{i} * kTileFrames];
    }
  }

  // A frame of a layer's input into its ring.
  static CONTINUO_INLINE void Put(float* row, const FilmTcnLayer& layer, std::uint32_t position,
                                  std::uint32_t frame, Vec value) {
    std::uint32_t place = position + frame;
    if (place >= layer.ring_frames) place -= layer.ring_frames;
    Store(row + place, value);
    if (place < kTileFrames) Store(row + place + layer.ring_frames, value);
    // Across the end: the lanes from frame 0 on; the others fall before the row.
    if (place + kLanes > layer.ring_frames) Store(row + place - layer.ring_frames, value);
  }

  template <bool kMoving>
  void Layer(std::uint32_t index, const std::uint32_t* positions) const {
    const FilmTcnLayer& layer = plan.layers[index];
    const std::uint32_t position = positions[index];
    const FilmTcnLayer* next = index + 1 < plan.layer_count ? &layer + 1 : nullptr;
    const std::uint32_t gains_row = index * plan.channels;
    const std::uint32_t heads_row = (plan.layer_count + index) * plan.channels;
    const auto gain = [&](std::uint32_t row, std::uint32_t frame) __attribute__((always_inline)) {
      return kMoving ? Load(memory + plan.gains_at + std::size_t{row} * kTileFrames + frame)
                     : All(memory[plan.still_gains_at + row]);
    };
    ForSpans([&]<int kVectors>(std::uint32_t frame) {
      float* const result = memory + plan.result_at + frame;
      Vec y[kVectors];
      for (int v = 0; v < kVectors; ++v) y[v] = index == 0 ? Vec{} : Load(result + v * kLanes);
      for (std::uint32_t first = 0; first < plan.channels; first += 4) {
        Vec sums[4][kVectors] = {};
        const float* weights = plan.weights + layer.conv_at + std::size_t{first} * layer.inputs;
        for (std::uint32_t tap = 0; tap < layer.taps; ++tap) {
          const std::uint32_t delay = (layer.taps - 1 - tap) * layer.dilation;
          const std::uint32_t place =
              position >= delay ? position - delay : position + layer.ring_frames - delay;
          MultiplyFour<kVectors>(sums, weights, memory + layer.ring_at + place + frame,
                                 layer.ring_stride, layer.inputs);
          weights += std::size_t{plan.channels} * layer.inputs;
        }
        for (std::uint32_t o = 0; o < 4; ++o) {
          const std::uint32_t channel = first + o;
          for (int v = 0; v < kVectors; ++v) {
            const std::uint32_t at = frame + v * kLanes;
            Vec z = sums[o][v] * gain(gains_row + channel, at);
            if (!layer.linear) z = Tanh(z);
            y[v] += gain(heads_row + channel, at) * z;
            if (next == nullptr) continue;
            if (index > 0)
              z += Load(memory + layer.ring_at + channel * layer.ring_stride + position + at);
            Put(memory + next->ring_at + channel * next->ring_stride, *next, positions[index + 1],
                at, z);
          }
        }
      }
      for (int v = 0; v < kVectors; ++v) Store(result + v * kLanes, y[v]);
    });
  }

  void Tile(const std::uint32_t* positions, FilmKnobs knobs) const {
    MakeGains(knobs);
    const FilmTcnLayer& first = plan.layers[0];
    for (std::uint32_t row = 0; row < first.inputs; ++row) {
      const float* from = memory + plan.features_at + std::size_t{row} * kTileFrames;
      float* to = memory + first.ring_at + row * first.ring_stride;
      for (std::uint32_t v = 0; v < vectors; ++v) {
        Put(to, first, positions[0], v * kLanes, Load(from + v * kLanes));
      }
    }
    for (std::uint32_t l = 0; l < plan.layer_count; ++l) {
      if (knobs == FilmKnobs::kMoving) {
        Layer<true>(l, positions);
      } else {
        Layer<false>(l, positions);
      }
    }
  }
};

void RunFilmTcn(const FilmTcnPlan& plan, float* memory, std::uint32_t* positions, FilmKnobs knobs,
                std::uint32_t frames) noexcept {
  FilmTcnRun{plan, memory, (frames + kLanes - 1) / kLanes}.Tile(positions, knobs);
  for (std::uint32_t l = 0; l < plan.layer_count; ++l) {
    positions[l] += frames;
    if (positions[l] >= plan.layers[l].ring_frames) positions[l] -= plan.layers[l].ring_frames;
  }
}

}  // namespace
}  // namespace continuo::executor::fused
