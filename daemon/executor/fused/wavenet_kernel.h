// SPDX-License-Identifier: Apache-2.0
// WaveNet for one instruction set; included by level.cc alone.
//
// Frames lie in the lanes. A tile of up to 64 frames goes through layer after layer,
// so that what passes between them stays in the L1 cache; within a layer a span of
// kVectors × kLanes frames is convolved, activated, added to the head and joined
// while it is in registers. A layer's past is a ring, read in one piece: its first
// kTileFrames frames are repeated behind its end. Lanes beyond the end of a block
// are computed and never read again, so no result depends on how a signal is cut.
#pragma once

#include "daemon/executor/fused/simd.h"

namespace continuo::executor::fused {
namespace {

// Spans, by the registers there are: sums + inputs + a weight are 21 of 32, or 16 of 16.
#if CONTINUO_LANES == 16
constexpr int kWideVectors = 4;
constexpr int kFoursOfTwo = 2, kFoursOfOne = 4;
#else
constexpr int kWideVectors = 3;
constexpr int kFoursOfTwo = 1, kFoursOfOne = 2;
#endif

template <int kFours, int kVectors>
using Sums = Vec[kFours * 4][kVectors];

// sums += W · rows, for kFours × 4 outputs.
template <int kFours, int kVectors>
CONTINUO_INLINE void Multiply(Sums<kFours, kVectors>& sums, const float* weights,
                              std::size_t four_stride, const float* rows, std::size_t stride,
                              std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    Vec x[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) x[v] = Load(rows + v * kLanes);
#pragma GCC unroll 16
    for (int o = 0; o < kFours * 4; ++o) {
      const float weight = weights[static_cast<std::size_t>(o / 4) * four_stride + o % 4];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[o][v] += weight * x[v];
    }
    weights += 4;
    rows += stride;
  }
}

template <Activation kKind, int kRows, int kVectors>
CONTINUO_INLINE void ActivateAll(Vec (&sums)[kRows][kVectors]) {
#pragma GCC unroll 16
  for (int o = 0; o < kRows; ++o) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[o][v] = Activate<kKind>(sums[o][v]);
  }
}

template <int kRows, int kVectors>
CONTINUO_INLINE void Activate(Activation kind, Vec (&sums)[kRows][kVectors]) {
  switch (kind) {
    case Activation::kTanh:
      return ActivateAll<Activation::kTanh>(sums);
    case Activation::kRelu:
      return ActivateAll<Activation::kRelu>(sums);
    case Activation::kHardTanh:
      return ActivateAll<Activation::kHardTanh>(sums);
    case Activation::kSigmoid:
      return ActivateAll<Activation::kSigmoid>(sums);
    case Activation::kLeakyRelu:
      return ActivateAll<Activation::kLeakyRelu>(sums);
  }
}

// Where a layer's result goes: the ring of the next, or the tile between arrays.
struct Sink {
  float* rows;
  std::size_t stride;
  std::uint32_t position;
  std::uint32_t ring_frames;  // 0: no ring

  CONTINUO_INLINE void Put(std::uint32_t row, std::uint32_t frame, Vec value) const {
    float* to = rows + row * stride;
    if (ring_frames == 0) {
      Store(to + frame, value);
      return;
    }
    std::uint32_t place = position + frame;
    if (place >= ring_frames) place -= ring_frames;
    Store(to + place, value);
    if (place < kTileFrames) Store(to + place + ring_frames, value);
    // Across the end: the lanes from frame 0 on; the others fall before the row.
    if (place + kLanes > ring_frames) Store(to + place - ring_frames, value);
  }
};

struct WaveNetRun {
  const WaveNetPlan& plan;
  float* memory;
  std::uint32_t vectors;  // of the tile

  // body.operator()<kVectors, kFours>(frame) for each span.
  template <typename Body>
  CONTINUO_INLINE void ForSpans(const Body& body) const {
    std::uint32_t v = 0;
    for (; v + kWideVectors <= vectors; v += kWideVectors) {
      body.template operator()<kWideVectors, 1>(v * kLanes);
    }
    for (; v + 2 <= vectors; v += 2) body.template operator()<2, kFoursOfTwo>(v * kLanes);
    for (; v < vectors; ++v) body.template operator()<1, kFoursOfOne>(v * kLanes);
  }

  // body.operator()<kFours>(four) for all `fours`.
  template <int kFours, typename Body>
  static CONTINUO_INLINE void ForFours(std::uint32_t fours, const Body& body) {
    std::uint32_t four = 0;
    for (; four + kFours <= fours; four += kFours) body.template operator()<kFours>(four);
    if constexpr (kFours > 1) {
      for (; four < fours; ++four) body.template operator()<1>(four);
    }
  }

  // sink = W · rows + bias, the bias at nullptr being none.
  void Dense(const float* weights, const float* bias, const float* rows, std::uint32_t inputs,
             std::uint32_t fours, const Sink& sink) const {
    const std::size_t four_stride = std::size_t{inputs} * 4;
    ForSpans([&]<int kVectors, int kFours>(std::uint32_t frame) {
      ForFours<kFours>(fours, [&]<int kNow>(std::uint32_t four) {
        Sums<kNow, kVectors> sums;
        for (int o = 0; o < kNow * 4; ++o) {
          for (int v = 0; v < kVectors; ++v) {
            sums[o][v] = bias == nullptr ? Vec{} : All(bias[four * 4 + o]);
          }
        }
        Multiply<kNow, kVectors>(sums, weights + four * four_stride, four_stride, rows + frame,
                                 kTileFrames, inputs);
        for (int o = 0; o < kNow * 4; ++o) {
          for (int v = 0; v < kVectors; ++v) {
            sink.Put(four * 4 + o, frame + v * kLanes, sums[o][v]);
          }
        }
      });
    });
  }

  template <int kFours, int kVectors>
  CONTINUO_INLINE void Convolve(Sums<kFours, kVectors>& sums, const WaveNetArray& array,
                                const WaveNetLayer& layer, std::uint32_t rows_of_conv,
                                std::uint32_t position, std::uint32_t four,
                                std::uint32_t frame) const {
    const float* bias = plan.weights + layer.bias_at + four * 4;
    const float* mix = plan.weights + layer.mix_at + four * 4;
    const float* condition = memory + plan.input_at + frame;
#pragma GCC unroll 16
    for (int o = 0; o < kFours * 4; ++o) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        sums[o][v] = All(bias[o]) + mix[o] * Load(condition + v * kLanes);
      }
    }
    const std::size_t four_stride = std::size_t{array.channels} * 4;
    const float* weights = plan.weights + layer.conv_at + four * four_stride;
    for (std::uint32_t tap = 0; tap < layer.taps; ++tap) {
      const std::uint32_t delay = (layer.taps - 1 - tap) * layer.dilation;
      const std::uint32_t place =
          position >= delay ? position - delay : position + layer.ring_frames - delay;
      Multiply<kFours, kVectors>(sums, weights, four_stride, memory + layer.ring_at + place + frame,
                                 layer.ring_stride, array.channels);
      weights += std::size_t{rows_of_conv} * array.channels;
    }
  }

  // Sink::rows at nullptr: the joined result is heard nowhere.
  void Layer(const WaveNetArray& array, const WaveNetLayer& layer, std::uint32_t position,
             float* head, const Sink& sink) const {
    const std::uint32_t fours = (array.channels + 3) / 4;
    const std::uint32_t rows_of_conv = fours * (array.gated ? 8 : 4);
    float* z = memory + plan.z_at;
    const float* x = memory + layer.ring_at + position;
    const std::size_t four_stride = std::size_t{array.channels} * 4;
    ForSpans([&]<int kVectors, int kFours>(std::uint32_t frame) {
      ForFours<kFours>(fours, [&]<int kNow>(std::uint32_t four) {
        Sums<kNow, kVectors> sums;
        Convolve<kNow, kVectors>(sums, array, layer, rows_of_conv, position, four, frame);
        Activate(array.activation, sums);
        float* z_rows = z + std::size_t{four} * 4 * kTileFrames + frame;
        if (array.gated) {
          for (int o = 0; o < kNow * 4; ++o) {
            for (int v = 0; v < kVectors; ++v) {
              Store(z_rows + o * kTileFrames + v * kLanes, sums[o][v]);
            }
          }
          Convolve<kNow, kVectors>(sums, array, layer, rows_of_conv, position, fours + four, frame);
          ActivateAll<Activation::kSigmoid>(sums);
          for (int o = 0; o < kNow * 4; ++o) {
            for (int v = 0; v < kVectors; ++v) {
              sums[o][v] *= Load(z_rows + o * kTileFrames + v * kLanes);
            }
          }
        }
        float* head_rows = head + std::size_t{four} * 4 * kTileFrames + frame;
        for (int o = 0; o < kNow * 4; ++o) {
          for (int v = 0; v < kVectors; ++v) {
            const std::size_t at = o * kTileFrames + v * kLanes;
            Store(z_rows + at, sums[o][v]);
            Store(head_rows + at, Load(head_rows + at) + sums[o][v]);
          }
        }
      });
      if (sink.rows == nullptr) return;
      ForFours<kFours>(fours, [&]<int kNow>(std::uint32_t four) {
        const float* bias = plan.weights + layer.join_bias_at + four * 4;
        Sums<kNow, kVectors> sums;
        for (int o = 0; o < kNow * 4; ++o) {
          for (int v = 0; v < kVectors; ++v) {
            sums[o][v] =
                All(bias[o]) + Load(x + (four * 4 + o) * layer.ring_stride + frame + v * kLanes);
          }
        }
        Multiply<kNow, kVectors>(sums, plan.weights + layer.join_at + four * four_stride,
                                 four_stride, z + frame, kTileFrames, array.channels);
        for (int o = 0; o < kNow * 4; ++o) {
          for (int v = 0; v < kVectors; ++v) {
            sink.Put(four * 4 + o, frame + v * kLanes, sums[o][v]);
          }
        }
      });
    });
  }

  [[nodiscard]] Sink RingOf(const WaveNetLayer& layer, std::uint32_t position) const {
    return {memory + layer.ring_at, layer.ring_stride, position, layer.ring_frames};
  }

  // Returns the row of the result.
  const float* Tile(const std::uint32_t* positions) const {
    float* head = memory + plan.head_at;
    float* next_head = memory + plan.next_head_at;
    for (std::uint32_t i = 0; i < ((plan.arrays[0].channels + 3) & ~3U) * kTileFrames; ++i) {
      head[i] = 0.0F;
    }
    const float* source = memory + plan.input_at;
    for (std::uint32_t a = 0; a < plan.array_count; ++a) {
      const WaveNetArray& array = plan.arrays[a];
      Dense(plan.weights + array.rechannel_at, nullptr, source, array.inputs,
            (array.channels + 3) / 4, RingOf(array.layers[0], positions[0]));
      const Sink between = {array.last ? nullptr : memory + plan.x_at, kTileFrames, 0, 0};
      for (std::uint32_t l = 0; l < array.layer_count; ++l) {
        const bool is_last = l + 1 == array.layer_count;
        Layer(array, array.layers[l], positions[l], head,
              is_last ? between : RingOf(array.layers[l + 1], positions[l + 1]));
      }
      Dense(plan.weights + array.head_at, plan.weights + array.head_bias_at, head, array.channels,
            (array.head_channels + 3) / 4, {next_head, kTileFrames, 0, 0});
      float* const before = head;
      head = next_head;
      next_head = before;
      source = memory + plan.x_at;
      positions += array.layer_count;
    }
    return head;
  }
};

void Advance(const WaveNetPlan& plan, std::uint32_t* positions, std::uint32_t frames) {
  for (std::uint32_t a = 0; a < plan.array_count; ++a) {
    for (std::uint32_t l = 0; l < plan.arrays[a].layer_count; ++l) {
      *positions += frames;
      const std::uint32_t ring_frames = plan.arrays[a].layers[l].ring_frames;
      if (*positions >= ring_frames) *positions -= ring_frames;
      ++positions;
    }
  }
}

void RunWaveNet(const WaveNetPlan& plan, float* memory, std::uint32_t* positions, const float* in,
                float* out, std::uint32_t frames) noexcept {
  while (frames > 0) {
    const std::uint32_t n = frames < kTileFrames ? frames : kTileFrames;
    const WaveNetRun run = {plan, memory, (n + kLanes - 1) / kLanes};
    float* const input = memory + plan.input_at;
    for (std::uint32_t i = 0; i < n; ++i) input[i] = in[i];
    for (std::uint32_t i = n; i < run.vectors * kLanes; ++i) input[i] = 0.0F;
    const float* result = run.Tile(positions);
    for (std::uint32_t i = 0; i < n; ++i) out[i] = result[i];
    Advance(plan, positions, n);
    in += n;
    out += n;
    frames -= n;
  }
}

}  // namespace
}  // namespace continuo::executor::fused
