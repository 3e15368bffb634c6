// SPDX-License-Identifier: Apache-2.0
// Rows times a matrix (transformer_plan.h), for transformer_level.cc alone.
//
// Some rows by some panels of sums stay in registers while the inputs are gone through, so that
// each weight is read once for all these rows; with one row, several panels give independent
// sums to work at while one waits.
#pragma once

#include "daemon/executor/fused/simd.h"
#include "daemon/executor/fused/transformer_plan.h"

namespace continuo::executor::fused {
namespace {

// Not those of the standard library: the linker may keep another instruction set's copy.
template <typename T>
constexpr CONTINUO_INLINED T Least(T a, T b) {
  return a < b ? a : b;
}

constexpr int kPanelVectors = static_cast<int>(kPanel / kLanes);
#if CONTINUO_LANES == 16 || defined(__aarch64__)
constexpr int kSums = 24, kMaximumRows = 8;  // of 32 registers
#else
constexpr int kSums = 12, kMaximumRows = 6;  // of 16
#endif
// As many rows as leave room for one panel.
constexpr int kRowsTogether = Least(kMaximumRows, kSums / kPanelVectors);
constexpr int kPanelsTogether = 8 / kPanelVectors;  // a sum takes 4 cycles, two begin in each
constexpr int PanelsFor(int rows) { return Least(kPanelsTogether, kSums / (rows * kPanelVectors)); }

struct FloatWeights {
  using Element = float;
  using Input = float;
  using Sum = Vec;
  static constexpr std::uint32_t kStep = 1;  // inputs at once
  static CONTINUO_INLINED Vec Weight(const float* at) { return Load(at); }
  static CONTINUO_INLINED Vec Repeat(const float* at) { return All(*at); }
  static CONTINUO_INLINED void Add(Vec& sum, Vec weight, Vec input) {
    sum = MulAdd(weight, input, sum);
  }
};

// AVX-512 has the instruction itself.
#if defined(__AVX512F__) || defined(__F16C__) || defined(__aarch64__)
#define CONTINUO_READS_HALVES 1
struct HalfWeights : FloatWeights {
  using Element = std::uint16_t;
  static CONTINUO_INLINED Vec Weight(const std::uint16_t* at) {
#if CONTINUO_LANES == 16
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)));
#elif CONTINUO_LANES == 8
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
#else
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(at)));
#endif
  }
};
#else
#define CONTINUO_READS_HALVES 0
#endif

// Two inputs at once: products of 16 bits by 8, summed in 32.
struct Int8Weights {
  using Element = std::int8_t;
  using Input = std::int16_t;
  using Sum = Whole;
  static constexpr std::uint32_t kStep = 2;
  static CONTINUO_INLINED Whole Weight(const std::int8_t* at) {
#if CONTINUO_LANES == 16
    return reinterpret_cast<Whole>(
        _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at))));
#elif CONTINUO_LANES == 8
    return reinterpret_cast<Whole>(
        _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))));
#elif defined(__aarch64__)
    return reinterpret_cast<Whole>(vmovl_s8(vld1_s8(at)));
#else
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(at));
    return reinterpret_cast<Whole>(_mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8));
#endif
  }
  static CONTINUO_INLINED Whole Repeat(const std::int16_t* at) {
    std::int32_t pair;
    __builtin_memcpy(&pair, at, sizeof pair);
    return pair - Whole{};
  }
  static CONTINUO_INLINED void Add(Whole& sum, Whole weight, Whole input) {
#if CONTINUO_LANES == 16 && defined(__AVX512VNNI__)
    sum = reinterpret_cast<Whole>(_mm512_dpwssd_epi32(reinterpret_cast<__m512i>(sum),
                                                      reinterpret_cast<__m512i>(weight),
                                                      reinterpret_cast<__m512i>(input)));
#elif CONTINUO_LANES == 16
    sum += reinterpret_cast<Whole>(
        _mm512_madd_epi16(reinterpret_cast<__m512i>(weight), reinterpret_cast<__m512i>(input)));
#elif CONTINUO_LANES == 8
    sum += reinterpret_cast<Whole>(
        _mm256_madd_epi16(reinterpret_cast<__m256i>(weight), reinterpret_cast<__m256i>(input)));
#elif defined(__aarch64__)
    const auto w = reinterpret_cast<int16x8_t>(weight), x = reinterpret_cast<int16x8_t>(input);
    const int32x4_t low = vmull_s16(vget_low_s16(w), vget_low_s16(x));
    const int32x4_t high = vmull_high_s16(w, x);
    sum += reinterpret_cast<Whole>(vpaddq_s32(low, high));
#else
    sum += reinterpret_cast<Whole>(
        _mm_madd_epi16(reinterpret_cast<__m128i>(weight), reinterpret_cast<__m128i>(input)));
#endif
  }
};

CONTINUO_INLINE Vec ToFloat(Whole whole) { return __builtin_convertvector(whole, Vec); }

// What becomes of a sum, times its scale, at `to`.
CONTINUO_INLINE void Finish(Vec value, Then then, float* to) {
  if (then == Then::kAdd) value = Load(to) + value;
  if (then == Then::kSquaredRelu) {
    value = Max(value, Vec{});
    value = value * value;
  }
  Store(to, value);
}

template <typename Weights, int kRows, int kPanels>
void Tile(const Panels& matrix, const Product& product, const typename Weights::Input* in,
          std::uint32_t panel, std::uint32_t row) noexcept {
  constexpr int kVectors = kPanels * kPanelVectors;
  const std::size_t steps = (matrix.inputs + Weights::kStep - 1) / Weights::kStep;
  const std::size_t panel_size = steps * kPanel * Weights::kStep;
  const auto* weights = static_cast<const typename Weights::Element*>(matrix.weights) +
                        std::size_t{panel} * panel_size;
  in += row * product.in_stride;
  typename Weights::Sum sums[kRows][kVectors] = {};
  for (std::size_t step = 0; step < steps; ++step) {
    typename Weights::Sum weight[kVectors];
    Each<kVectors>([&](auto v) CONTINUO_INLINED {
      weight[v] = Weights::Weight(weights + v / kPanelVectors * panel_size +
                                  v % kPanelVectors * kLanes * Weights::kStep);
    });
    Each<kRows>([&](auto r) CONTINUO_INLINED {
      const auto input = Weights::Repeat(in + r * product.in_stride);
      Each<kVectors>([&](auto v) CONTINUO_INLINED { Weights::Add(sums[r][v], weight[v], input); });
    });
    weights += kPanel * Weights::kStep;
    in += Weights::kStep;
  }
  Each<kRows>([&](auto r) CONTINUO_INLINED {
    Each<kVectors>([&](auto v) CONTINUO_INLINED {
      const std::size_t output = std::size_t{panel} * kPanel + v * kLanes;
      Vec value;
      if constexpr (Weights::kStep == 1) {
        value = sums[r][v];
      } else {
        value =
            ToFloat(sums[r][v]) * Load(matrix.scales + output) * All(product.whole_scales[row + r]);
      }
      Finish(value, product.then, product.out + (row + r) * product.out_stride + output);
    });
  });
}

template <typename Weights>
using TileFunction = void (*)(const Panels&, const Product&, const typename Weights::Input*,
                              std::uint32_t, std::uint32_t) noexcept;

// Each, where tables are made.
template <int kCount, typename Body>
constexpr void EachOf(const Body& body) {
  [&]<int... kIndex>(std::integer_sequence<int, kIndex...>) {
    (body(std::integral_constant<int, kIndex>()), ...);
  }
  (std::make_integer_sequence<int, kCount>());
}

// [rows - 1][panels - 1]; those that are never asked for are null.
template <typename Weights>
struct Tiles {
  TileFunction<Weights> at[kRowsTogether][kPanelsTogether] = {};
  constexpr Tiles() {
    EachOf<kRowsTogether>([&](auto r) {
      EachOf<PanelsFor(r + 1)>([&](auto p) { at[r][p] = Tile<Weights, r + 1, p + 1>; });
    });
  }
};

template <typename Weights>
void Multiply(const Panels& matrix, const Product& product,
              const typename Weights::Input* in) noexcept {
  static constexpr Tiles<Weights> kTiles;
  const auto most = static_cast<std::uint32_t>(kRowsTogether);
  const auto together =
      static_cast<std::uint32_t>(PanelsFor(static_cast<int>(Least(product.rows, most))));
  for (std::uint32_t panel = 0; panel < matrix.count; panel += together) {
    const std::uint32_t panels = Least(together, matrix.count - panel);
    for (std::uint32_t row = 0; row < product.rows; row += most) {
      const std::uint32_t rows = Least(most, product.rows - row);
      kTiles.at[rows - 1][panels - 1](matrix, product, in, panel, row);
    }
  }
}

// Whole numbers in 16 bits, each row with the scale that its largest input asks for.
void RoundRows(const Panels& matrix, const Product& product) noexcept {
  const std::size_t width = (matrix.inputs + kPanel - 1) / kPanel * kPanel;
  const auto range = static_cast<float>(matrix.range);
  for (std::uint32_t row = 0; row < product.rows; ++row) {
    const float* in = product.in + row * product.in_stride;
    std::int16_t* out = product.whole + row * product.in_stride;
    Vec largest = {};
    for (std::size_t i = 0; i < width; i += kLanes) {
      const Vec x = Load(in + i);
      largest = Max(Max(x, -x), largest);
    }
    float peak = 1e-30F;  // of a row of zeros
    for (std::uint32_t i = 0; i < kLanes; ++i) peak = largest[i] > peak ? largest[i] : peak;
    peak = peak < 1e30F ? peak : 1e30F;
    product.whole_scales[row] = peak / range;
    const Vec scale = All(range / peak);
    for (std::size_t i = 0; i < width; i += kLanes) {
      // 1.5 · 2^23 added: the whole number is in the low bits, rounded to the nearest even.
      const Vec x = Max(Min(Load(in + i) * scale, All(range)), All(-range));  // NaN: the range
      const auto bits = reinterpret_cast<Whole>(x + All(12582912.0F));
      typedef std::int16_t Short __attribute__((vector_size(CONTINUO_LANES * 2)));
      const Short whole = __builtin_convertvector(bits, Short);
      __builtin_memcpy(out + i, &whole, sizeof whole);
    }
  }
}

void RunProduct(const Panels& matrix, const Product& product) noexcept {
  switch (matrix.storage) {
    case Storage::kFloat:
      return Multiply<FloatWeights>(matrix, product, product.in);
    case Storage::kHalf:
#if CONTINUO_READS_HALVES
      return Multiply<HalfWeights>(matrix, product, product.in);
#else
      return;  // never packed so
#endif
    case Storage::kInt8:
      RoundRows(matrix, product);
      return Multiply<Int8Weights>(matrix, product, product.whole);
  }
}

}  // namespace
}  // namespace continuo::executor::fused
