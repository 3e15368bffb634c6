// SPDX-License-Identifier: Apache-2.0
// The fused decoder against double precision, and against itself.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <limits>

#include "daemon/base/mapped_file.h"
#include "daemon/base/process_memory.h"
#include "daemon/executor/module.h"
#include "tests/unit/decoder_bench.h"
#include "tests/unit/temporary_directory.h"

namespace continuo::test {
namespace {

using executor::Cell;
using executor::fused::AvailableTransformerKernels;
using executor::fused::TransformerKernels;

// Of the largest logit.
constexpr double kTolerance = 1e-5, kInt8Tolerance = 0.05;

struct Subject {
  TransformerConfig config;
  std::uint32_t steps, cells;
};

// Every width of head that a vector may end in, windows that are passed, and the sizes that ship.
const std::vector<Subject> kSubjects = {
    {{}, 9, 30},
    {{2, 1, 1, 0, 1, {1}, {2}, 1, 0, 1}, 1, 5},
    {{12, 2, 17, 2, 1, {3, 3, 3}, {5, 2, 9}, 20, 3, 17}, 40, 60},
    {{30, 3, 33, 1, 3, {4}, {4}, 17, 100, 16}, 21, 40},
    {{66, 1, 65, 1, 2, {2, 2}, {9, 9}, 33, 8, 33}, 20, 70},
    {{204, 1, 50, 1, 1, {2, 2}, {9, 9}, 33, 8, 33}, 20, 40},
    {{112, 4, 336, 2, 3, {20, 13, 5}, {60, 16, 4}, 50, 32, 256}, 130, 290},
    {{192, 4, 768, 1, 4, {40, 7}, {150, 16}, 150, 64, 64}, 70, 90},
};

std::unique_ptr<executor::Decoder> StreamDecoder(const std::string& path,
                                                 const TransformerKernels& kernels,
                                                 const std::string& precision) {
  auto mapped = base::MappedFile::Map(path, std::size_t{1} << 30);
  REQUIRE(mapped.ok());
  executor::LoadRequest request;
  request.options["precision"] = precision;
  request.weight_window_bytes = std::uint64_t{1} << 30;
  auto made = executor::fused::MakeTransformerDecoder(*std::move(mapped), request, kernels);
  INFO(made.status().ToString());
  REQUIRE(made.ok());
  return *std::move(made);
}

void CheckBits(const float* found, const std::vector<float>& expected) {
  std::size_t differ = 0;
  for (std::size_t i = 0; i < expected.size(); ++i)
    differ += std::memcmp(found + i, &expected[i], 4) != 0 ? 1 : 0;
  CHECK(differ == 0);
}

}  // namespace

TEST_CASE("Transformer: agrees with double precision, with every instruction set") {
  const std::size_t which = GENERATE(range(std::size_t{0}, std::size_t{8}));
  const auto& [config, steps, cells] = kSubjects.at(which);
  const auto tensors = RandomTensors(config, 100 + static_cast<unsigned>(which));
  const std::string file = TransformerFile(config, tensors);
  const TransformerReference reference(config, tensors);
  const Piece piece(config, steps, cells, 7);
  const auto expected = ReferenceLogits(reference, piece);
  for (const TransformerKernels* kernels : AvailableTransformerKernels()) {
    INFO(kernels->name << ", width " << config.width);
    const double error = RelativeError(LogitsOf(*MakeDecoder(file, *kernels), piece), expected);
    const double int8 =
        RelativeError(LogitsOf(*MakeDecoder(file, *kernels, "int8"), piece), expected);
    CHECK(error <= kTolerance);
    CHECK(int8 <= kInt8Tolerance);
    if (config.width > 100) CHECK(int8 > 1e-4);  // else it would not be int8
    UNSCOPED_INFO(error << " " << int8);
  }
}

TEST_CASE("Transformer: encoded rows agree with double precision") {
  const auto& [config, steps, cells] = kSubjects.at(6);
  const auto tensors = RandomTensors(config, 3);
  const TransformerReference reference(config, tensors);
  const Piece piece(config, steps, 1, 7);
  std::vector<double> expected;
  for (const auto& row : reference.Encode(piece.grid)) {
    expected.insert(expected.end(), row.begin(), row.end());
  }
  const std::string file = TransformerFile(config, tensors);
  for (const TransformerKernels* kernels : AvailableTransformerKernels()) {
    INFO(kernels->name);
    const auto rows = MakeDecoder(file, *kernels)->Encode(piece.flat, steps);
    REQUIRE(rows.ok());
    CHECK(RelativeError(*rows, expected) <= kTolerance);
  }
}

TEST_CASE("Transformer: streamed weights give what those that stay give, bit by bit") {
  const std::string precision = GENERATE(as<std::string>(), "fp32", "int8");
  // Panels and pairs that are not whole, and several layers of each part.
  const auto& [config, steps, cells] = kSubjects.at(GENERATE(2U, 3U, 6U));
  const TemporaryDirectory directory;
  const std::string file = TransformerFile(config, RandomTensors(config, 11));
  WriteFile(directory / "weights", file);
  const Piece piece(config, steps, cells, 7);
  for (const TransformerKernels* kernels : AvailableTransformerKernels()) {
    INFO(kernels->name << " " << precision << " " << config.width);
    const auto streamed = StreamDecoder(directory / "weights", *kernels, precision);
    CHECK(streamed->shape().window_bytes > 0);
    const auto resident = MakeDecoder(file, *kernels, precision);
    CHECK(resident->shape().window_bytes == 0);
    const auto rows = streamed->Encode(piece.flat, steps),
               expected = resident->Encode(piece.flat, steps);
    REQUIRE((rows.ok() && expected.ok()));
    CheckBits(rows->data(), *expected);
    const auto logits = LogitsOf(*resident, piece);
    CheckBits(LogitsOf(*streamed, piece).data(), logits);
    CheckBits(LogitsOf(*streamed, piece).data(), logits);
  }
}

TEST_CASE("Transformer: streamed weights take their window and no more") {
  // 32 layers, so that what stays of each would be seen.
  const TransformerConfig config{192, 4, 768, 0, 32, {2}, {2}, 17, 8, 16};
  const TemporaryDirectory directory;
  const std::string file = TransformerFile(config, RandomTensors(config, 12));
  WriteFile(directory / "weights", file);
  const TransformerKernels& kernels = *AvailableTransformerKernels().back();
  const Piece piece(config, 4, 8, 7);
  base::MemoryGrowth growth;
  const int own = base::OpenOwnMemory();
  growth.Begin(own);
  const auto streamed = StreamDecoder(directory / "weights", kernels, "fp32");
  const std::uint64_t window = streamed->shape().window_bytes;
  CHECK(window < file.size() / 10);
  Player player(*streamed, piece);
  for (std::size_t n = 0; n < 8; ++n) {
    const Cell cell = player.At(n);
    REQUIRE(streamed->Next({&cell, 1}).ok());
  }
  // Keys and values of 32 layers are there too; all weights would be ten windows more.
  CHECK(growth.resident_bytes() < window + file.size() / 4);
  ::close(own);
}

TEST_CASE("Transformer: weights stay halves with every instruction set but SSE2") {
  const TemporaryDirectory directory;
  WriteFile(directory / "weights",
            TransformerFile(kSubjects.at(6).config, RandomTensors(kSubjects.at(6).config, 14)));
  for (const TransformerKernels* kernels : AvailableTransformerKernels()) {
    INFO(kernels->name);
    const auto window = [&](const char* precision) {
      return StreamDecoder(directory / "weights", *kernels, precision)->shape().window_bytes;
    };
    // A window holds packed weights and pages of the file: twice the former is not twice it all.
    CHECK((window("fp32") < 2 * window("int8")) == (std::string(kernels->name) != "sse2"));
  }
}

TEST_CASE("Transformer: a window that is too small is refused with both sizes") {
  const auto& config = kSubjects.at(6).config;
  const TemporaryDirectory directory;
  WriteFile(directory / "weights", TransformerFile(config, RandomTensors(config, 13)));
  auto mapped = base::MappedFile::Map(directory / "weights", std::size_t{1} << 30);
  REQUIRE(mapped.ok());
  executor::LoadRequest request;
  request.weight_window_bytes = 1024;
  const auto made = executor::fused::MakeTransformerDecoder(*std::move(mapped), request,
                                                            *AvailableTransformerKernels().back());
  CHECK(absl::IsResourceExhausted(made.status()));
  CHECK_THAT(std::string(made.status().message()),
             Catch::Contains("its layers go through a window of ") &&
                 Catch::Contains(", and there are 1.0 KiB"));
}

TEST_CASE("Transformer: a sequence's logits do not depend on what else is in the batch") {
  const std::string precision = GENERATE(as<std::string>(), "fp32", "int8");
  const auto& config = kSubjects.at(2).config;
  const std::string file = TransformerFile(config, RandomTensors(config, 5));
  constexpr std::size_t kCells = 41;
  for (const TransformerKernels* kernels : AvailableTransformerKernels()) {
    const auto decoder = MakeDecoder(file, *kernels, precision);
    std::vector<Piece> pieces;
    std::vector<std::vector<float>> alone;
    for (unsigned i = 0; i < 64; ++i) pieces.emplace_back(config, 9, kCells, i);
    for (unsigned i = 0; i < 64; ++i) alone.push_back(LogitsOf(*decoder, pieces[i]));
    for (const std::size_t batch : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 9U, 13U, 64U}) {
      std::vector<std::unique_ptr<Player>> players;
      for (std::size_t i = 0; i < batch; ++i) {
        players.push_back(std::make_unique<Player>(*decoder, pieces[i]));
      }
      for (std::size_t n = 0; n < kCells; ++n) {
        std::vector<Cell> cells;
        for (auto& player : players) cells.push_back(player->At(n));
        REQUIRE(decoder->Next(cells).ok());
      }
      INFO(kernels->name << ", " << batch << " at once");
      for (std::size_t i = 0; i < batch; ++i) CheckBits(players[i]->logits.data(), alone[i]);
    }
  }
}

TEST_CASE("Transformer: cells given in one call give what they give one by one") {
  const std::string precision = GENERATE(as<std::string>(), "fp32", "int8");
  const auto& config = kSubjects.at(2).config;  // looks back at 17 cells
  const std::string file = TransformerFile(config, RandomTensors(config, 5));
  constexpr std::size_t kCells = 120;
  const Piece one(config, 9, kCells, 1), other(config, 9, kCells, 2);
  for (const TransformerKernels* kernels : AvailableTransformerKernels()) {
    const auto decoder = MakeDecoder(file, *kernels, precision);
    const auto expected_one = LogitsOf(*decoder, one), expected_other = LogitsOf(*decoder, other);
    for (const std::size_t run : {2U, 7U, 16U, 31U, 32U}) {
      Player a(*decoder, one), b(*decoder, other);
      for (std::size_t done = 0; done < kCells; done += run) {
        std::vector<Cell> cells;
        for (std::size_t n = done; n < std::min(kCells, done + run); ++n) {
          cells.push_back(a.At(n));
          cells.push_back(b.At(n));
          // Most are given: nobody wants their logits.
          if (n % 3 != 0) cells[cells.size() - 2].logits = nullptr;
        }
        REQUIRE(decoder->Next(cells).ok());
      }
      CHECK(a.sequence->size() == kCells);
      INFO(kernels->name << ", " << run << " at once");
      CheckBits(b.logits.data(), expected_other);
      for (std::size_t n = 0; n < kCells; n += 3) {
        const auto at = static_cast<std::ptrdiff_t>(n * config.vocabulary);
        CheckBits(a.logits.data() + at,
                  {expected_one.begin() + at, expected_one.begin() + at + config.vocabulary});
      }
    }
  }
}

TEST_CASE("Transformer: a copy goes on as the original does, and Reset begins anew") {
  const auto& config = kSubjects.at(2).config;
  const std::string file = TransformerFile(config, RandomTensors(config, 5));
  constexpr std::size_t kCells = 60;
  const Piece piece(config, 9, kCells, 1), other(config, 9, kCells, 2);
  for (const TransformerKernels* kernels : AvailableTransformerKernels()) {
    const auto decoder = MakeDecoder(file, *kernels);
    const auto expected = LogitsOf(*decoder, piece);
    for (const std::size_t at : {0U, 1U, 16U, 17U, 40U}) {
      Player original(*decoder, piece), copy(*decoder, piece), disturbing(*decoder, other);
      const auto play = [&](Player& player, std::size_t begin, std::size_t end) {
        for (std::size_t n = begin; n < end; ++n) {
          const Cell cell = player.At(n);
          REQUIRE(decoder->Next({&cell, 1}).ok());
        }
      };
      // The copy had a past of its own.
      copy.sequence->CopyFrom(*disturbing.sequence);
      play(disturbing, 0, 30);
      copy.sequence->CopyFrom(*disturbing.sequence);
      CHECK(copy.sequence->size() == 30);
      play(original, 0, at);
      copy.sequence->CopyFrom(*original.sequence);
      CHECK(copy.sequence->size() == at);
      copy.logits = original.logits;
      play(original, at, kCells);
      play(copy, at, kCells);
      INFO(kernels->name << ", copied after " << at);
      CheckBits(original.logits.data(), expected);
      CheckBits(copy.logits.data(), expected);
      original.sequence->Reset();
      CHECK(original.sequence->size() == 0);
      std::fill(original.logits.begin(), original.logits.end(), 0.0F);
      play(original, 0, kCells);
      CheckBits(original.logits.data(), expected);
    }
  }
}

TEST_CASE("Transformer: what is out of range is refused by name, and nothing is done") {
  const TransformerConfig config;
  const auto tensors = RandomTensors(config, 5);
  const auto decoder =
      MakeDecoder(TransformerFile(config, tensors), *AvailableTransformerKernels().back());
  const auto other =
      MakeDecoder(TransformerFile(config, tensors), *AvailableTransformerKernels().back());
  const Piece piece(config, 9, 3, 1);
  Player player(*decoder, piece);
  const auto refused = [&](const Cell& bad, const std::string& words) {
    const Cell cells[] = {player.At(0), bad};
    const auto status = decoder->Next(cells);
    CHECK(status.code() == absl::StatusCode::kInvalidArgument);
    CHECK_THAT(std::string(status.message()), Catch::Contains(words));
    CHECK(player.sequence->size() == 0);
  };
  Cell bad = player.At(1);
  const std::int32_t tokens[][2] = {{7, 0}, {0, 4}, {-1, 0}, {0, -5}};
  bad.token = tokens[0];
  refused(bad, "cells[1].token[0]: is 7, expected 0 to 6");
  bad.token = tokens[1];
  refused(bad, "cells[1].token[1]: is 4, expected 0 to 3");
  bad.token = tokens[2];
  refused(bad, "cells[1].token[0]: is -1, expected 0 to 6");
  bad.token = tokens[3];
  refused(bad, "cells[1].token[1]: is -5");
  bad.token = nullptr;
  refused(bad, "cells[1].token: is missing");
  bad = player.At(1);
  bad.position = -1;
  refused(bad, "cells[1].position: is -1, expected 0 to 1048576");
  bad.position = (1 << 20) + 1;
  refused(bad, "cells[1].position: is 1048577");
  bad = player.At(1);
  bad.encoded = nullptr;
  refused(bad, "cells[1].encoded: is missing");
  bad = player.At(1);
  bad.sequence = nullptr;
  refused(bad, "cells[1].sequence: is not one of this decoder");
  const auto foreign = other->CreateSequence();
  bad.sequence = foreign.get();
  refused(bad, "cells[1].sequence: is not one of this decoder");
  CHECK_THAT(std::string(decoder->Next({}).message()), Catch::Contains("cells: is 0, expected 1"));
  const std::vector<Cell> many(65, player.At(0));
  CHECK_THAT(std::string(decoder->Next(many).message()), Catch::Contains("cells: is 65"));
  CHECK(player.sequence->size() == 0);

  const std::vector<std::int32_t> grid = {0, 0, 4, 2, 5, 0};
  CHECK_THAT(std::string(decoder->Encode(grid, 3).status().message()),
             Catch::Contains("grid[2][0]: is 5, expected 0 to 4"));
  CHECK_THAT(std::string(decoder->Encode(grid, 4).status().message()),
             Catch::Contains("grid: is 6, expected 8 values, 2 a step"));
  CHECK_THAT(std::string(decoder->Encode({}, 0).status().message()),
             Catch::Contains("steps: is 0, expected 1 to 4096"));
  CHECK(decoder->Encode({grid.data(), 4}, 2).ok());
}

TEST_CASE("Transformer: 2^y is within 1.5e-7 of it, over all that a softmax asks for") {
  std::vector<float> y, power;
  for (float at = 0; at > -126; at -= 0.0007F) y.push_back(at);
  power.resize(y.size());
  for (const TransformerKernels* kernels : AvailableTransformerKernels()) {
    kernels->exp2(y.data(), power.data(), y.size());
    double largest = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      largest = std::max(largest, std::abs(power[i] / std::exp2(double{y[i]}) - 1));
    }
    INFO(kernels->name << " " << largest);
    CHECK(largest <= 1.5e-7);
    const float far[] = {-200, -1e38F, -std::numeric_limits<float>::infinity()};
    float nothing[3];
    kernels->exp2(far, nothing, 3);
    for (const float value : nothing) CHECK((value >= 0 && value < 1e-37F));
  }
}

TEST_CASE("Transformer: the module reads a file, and says what it is") {
  const TemporaryDirectory directory;
  const TransformerConfig config;
  auto [header, data] = Parts(config, RandomTensors(config, 5));
  header["__metadata__"]["names"] = "[\"rest\"]";
  WriteFile(directory / "m.safetensors", WithLength(header.dump(), data));
  auto module = executor::OpenExecutor(CONTINUO_EXECUTOR_DIR, "fused");
  REQUIRE(module.ok());
  executor::LoadRequest request;
  request.weights_path = directory / "m.safetensors";
  auto decoder = (*module)->LoadDecoder(request);
  INFO(decoder.status().ToString());
  REQUIRE(decoder.ok());
  const auto& shape = (*decoder)->shape();
  CHECK(shape.width == config.width);
  CHECK(shape.grid_fields == config.grid_fields);
  CHECK(shape.token_fields == config.token_fields);
  CHECK(shape.vocabulary == config.vocabulary);
  CHECK(shape.token_window == config.token_window);
  CHECK(shape.parameter_count == data.size() / 2);
  CHECK(shape.metadata == std::map<std::string, std::string>{{"names", "[\"rest\"]"}});
  const Piece piece(config, 9, 20, 1);
  CHECK(LogitsOf(**decoder, piece).size() == 20 * config.vocabulary);
  request.options["precision"] = "fp16";
  decoder = (*module)->LoadDecoder(request);
  CHECK(decoder.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(std::string(decoder.status().message()),
             Catch::Contains("m.safetensors: precision: is 'fp16', expected fp32 or int8"));
}

}  // namespace continuo::test
