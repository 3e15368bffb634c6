// SPDX-License-Identifier: Apache-2.0
// What the kernels of a transformer take, and the kernels themselves.
//
// A row's product with a matrix adds up over the inputs in their order, with outputs in the
// lanes: so a row's result does not depend on how many rows go together, bit by bit.
//
// Layout: a matrix lies in panels of 16 outputs, [panel][input][output of the panel], so that
// it is read from end to end; int8 has pairs of inputs side by side, [panel][pair][output][2].
// What is missing to whole panels and pairs is zero. Rows of floats are zero from their width
// to the next multiple of 16, and 16 more floats may be written behind that.
// Read by sources compiled for several instruction sets: nothing with code belongs here.
#pragma once

#include <cstddef>
#include <cstdint>

namespace continuo::executor::fused {

inline constexpr std::uint32_t kPanel = 16;

// How weights lie in memory. Half precision is what the file has, so nothing is lost by it.
enum class Storage : std::uint8_t { kFloat, kHalf, kInt8 };

// A matrix.
struct Panels {
  Storage storage = Storage::kFloat;
  std::uint32_t inputs = 0;
  std::uint32_t count = 0;
  std::uint32_t range = 0;        // kInt8: inputs are rounded to whole numbers up to ±range
  const void* weights = nullptr;  // on a cache line
  const float* scales = nullptr;  // kInt8: one an output
};

enum class Then : std::uint8_t { kStore, kAdd, kSquaredRelu };

struct Product {
  const float* in = nullptr;
  float* out = nullptr;  // whole panels are written
  std::size_t in_stride = 0, out_stride = 0;
  std::uint32_t rows = 0;
  Then then = Then::kStore;
  // kInt8: room for rows × in_stride whole numbers, and for as many scales as rows.
  std::int16_t* whole = nullptr;
  float* whole_scales = nullptr;
};

// One row's attention to cells `first` to before `end`, all heads.
struct Attention {
  const float* query = nullptr;   // [head][size], times log2(e) / sqrt(size)
  const float* keys = nullptr;    // [head][panel of 16 cells][size][cell]
  const float* values = nullptr;  // [head][cell][size], and 16 floats more
  float* scores = nullptr;        // room for one a cell, in whole panels
  float* out = nullptr;           // [head][size]
  std::uint32_t heads = 0, size = 0, panels = 0, cells = 0;  // `cells`: room for
  std::uint32_t first = 0, end = 0;
};

// The kernels of one instruction set. None allocates.
struct TransformerKernels {
  const char* name;  // "sse2" or "neon" (the baseline), "avx2", "avx512", "avx512vnni"
  bool reads_halves;
  // out = gain × in / sqrt(mean of in² + 1e-5), `rows` rows `stride` apart.
  void (*normalise)(const float* in, const float* gain, std::uint32_t width, std::size_t stride,
                    std::uint32_t rows, float* out) noexcept;
  void (*product)(const Panels& matrix, const Product& product) noexcept;
  void (*attend)(const Attention& attention) noexcept;
  void (*exp2)(const float* in, float* out, std::size_t count) noexcept;  // for its test
};

}  // namespace continuo::executor::fused
