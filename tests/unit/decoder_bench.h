// SPDX-License-Identifier: Apache-2.0
// Pieces of random cells, and decoders that write them.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "daemon/executor/decoder.h"
#include "daemon/executor/fused/transformer_decoder.h"
#include "tests/unit/transformer_reference.h"

namespace continuo::test {

inline std::unique_ptr<executor::Decoder> MakeDecoder(
    const std::string& file, const executor::fused::TransformerKernels& kernels,
    const std::string& precision = "fp32") {
  executor::LoadRequest request;
  request.options["precision"] = precision;
  auto made = executor::fused::MakeTransformerDecoder(file, request, kernels);
  INFO(made.status().ToString());
  REQUIRE(made.ok());
  return *std::move(made);
}

// A grid, and cells that go through its steps two by two, as if two voices had one each.
struct Piece {
  Piece(const TransformerConfig& config, std::uint32_t step_count, std::uint32_t cell_count,
        unsigned seed)
      : steps(step_count) {
    std::mt19937 random(seed);
    const auto draw = [&](const std::vector<std::uint32_t>& counts) {
      std::vector<std::int32_t> values;
      for (const std::uint32_t count : counts) {
        values.push_back(static_cast<std::int32_t>(random() % count));
      }
      return values;
    };
    for (std::uint32_t t = 0; t < steps; ++t) {
      grid.push_back(draw(config.grid_fields));
      flat.insert(flat.end(), grid.back().begin(), grid.back().end());
    }
    for (std::uint32_t n = 0; n < cell_count; ++n) tokens.push_back(draw(config.token_fields));
  }
  [[nodiscard]] std::uint32_t StepOf(std::size_t cell) const {
    return static_cast<std::uint32_t>(cell / 2 % steps);
  }
  [[nodiscard]] std::int32_t PositionOf(std::size_t cell) const {
    return static_cast<std::int32_t>(cell / 2);
  }
  std::uint32_t steps;
  std::vector<std::vector<std::int32_t>> grid, tokens;
  std::vector<std::int32_t> flat;
};

// A piece on its way through a decoder: its rows, its sequence, and all its logits.
struct Player {
  Player(const executor::Decoder& decoder, const Piece& of)
      : piece(of),
        width(decoder.shape().width),
        vocabulary(decoder.shape().vocabulary),
        sequence(decoder.CreateSequence()),
        logits(of.tokens.size() * vocabulary) {
    auto rows = decoder.Encode(of.flat, of.steps);
    INFO(rows.status().ToString());
    REQUIRE(rows.ok());
    encoded = *std::move(rows);
  }
  // Cell `n`, to be given to Next.
  [[nodiscard]] executor::Cell At(std::size_t n) {
    return {sequence.get(), piece.tokens[n].data(),
            encoded.data() + std::size_t{piece.StepOf(n)} * width, piece.PositionOf(n),
            logits.data() + n * vocabulary};
  }
  const Piece& piece;
  std::uint32_t width, vocabulary;
  std::unique_ptr<executor::Sequence> sequence;
  std::vector<float> encoded, logits;
};

// All cells of a piece, one a call.
inline std::vector<float> LogitsOf(const executor::Decoder& decoder, const Piece& piece) {
  Player player(decoder, piece);
  for (std::size_t n = 0; n < piece.tokens.size(); ++n) {
    const executor::Cell cell = player.At(n);
    const auto status = decoder.Next({&cell, 1});
    INFO(status.ToString());
    REQUIRE(status.ok());
  }
  return player.logits;
}

inline std::vector<double> ReferenceLogits(const TransformerReference& reference,
                                           const Piece& piece) {
  const auto encoded = reference.Encode(piece.grid);
  TransformerReference::Past past;
  std::vector<double> logits;
  for (std::size_t n = 0; n < piece.tokens.size(); ++n) {
    const auto row =
        reference.Next(piece.tokens[n], encoded[piece.StepOf(n)], piece.PositionOf(n), past);
    logits.insert(logits.end(), row.begin(), row.end());
  }
  return logits;
}

// The largest difference, of the largest value expected.
inline double RelativeError(const std::vector<float>& found, const std::vector<double>& expected) {
  REQUIRE(found.size() == expected.size());
  double largest = 0, difference = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    largest = std::max(largest, std::abs(expected[i]));
    // Not a number is no difference of any size.
    difference =
        std::isfinite(found[i]) ? std::max(difference, std::abs(found[i] - expected[i])) : HUGE_VAL;
  }
  REQUIRE(largest > 1e-2);
  return difference / largest;
}

}  // namespace continuo::test
