// SPDX-License-Identifier: Apache-2.0
// Weights in other numbers: what is stored comes back as near as its numbers allow.
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "daemon/executor/fused/benchmark.h"
#include "daemon/executor/fused/convert.h"
#include "daemon/executor/fused/packed_document.h"
#include "daemon/executor/fused/stored_numbers.h"
#include "daemon/executor/fused/transformer_decoder.h"
#include "daemon/executor/fused/transformer_net.h"
#include "daemon/executor/golden.h"
#include "tests/unit/transformer_reference.h"

namespace continuo::test {
namespace {

using namespace continuo::executor;
using namespace continuo::executor::fused;
using nlohmann::json;

std::vector<float> RandomFloats(std::size_t count) {
  std::mt19937 engine(7);
  std::normal_distribution<float> draw(0, 0.3F);
  std::vector<float> values(count);
  for (float& value : values) value = draw(engine);
  return values;
}

PlainTensor ThroughFile(const PlainTensor& tensor, const Storing& how,
                        std::size_t* bytes = nullptr) {
  StoredFile file;
  Store("x", tensor, how, &file);
  const std::string text = Serialise(file);
  if (bytes != nullptr) *bytes = text.size();
  const auto read = ReadSafetensors(text);
  REQUIRE(read.ok());
  CHECK(NamesOf(*read) == std::vector<std::string>{"x"});
  const auto widened = Widen(*read, "x");
  INFO(widened.status().ToString());
  REQUIRE(widened.ok());
  CHECK(widened->shape == tensor.shape);
  return *widened;
}

double Largest(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(double{a[i]} - double{b[i]}));
  }
  return largest;
}

std::string TransformerFile(const TransformerConfig& config, unsigned seed) {
  auto [header, data] = Parts(config, RandomTensors(config, seed));
  return WithLength(header.dump(), data);
}

std::unique_ptr<Decoder> Loaded(const std::string& file,
                                const std::map<std::string, std::string>& options = {}) {
  LoadRequest request;
  request.options = options;
  auto decoder = MakeTransformerDecoder(file, request, *AvailableTransformerKernels().back());
  INFO(decoder.status().ToString());
  REQUIRE(decoder.ok());
  return *std::move(decoder);
}

Conversion To(const std::string& precision, double prune = 0) {
  Conversion conversion;
  conversion.precision = precision;
  conversion.prune = prune;
  conversion.sparse = true;
  return conversion;
}

}  // namespace

TEST_CASE("Stored numbers: floats come back exactly, others as near as their numbers are") {
  const PlainTensor tensor{{40, 25}, RandomFloats(1000)};
  CHECK(ThroughFile(tensor, {Numbers::kFloat32, 1, false}).values == tensor.values);
  const auto largest = [&](Numbers numbers, std::uint32_t groups) {
    return Largest(ThroughFile(tensor, {numbers, groups, false}).values, tensor.values);
  };
  // Half of the last bit of the largest, which is below 2.
  CHECK(largest(Numbers::kFloat16, 1) <= std::ldexp(1, -11));
  CHECK(largest(Numbers::kBfloat16, 1) <= std::ldexp(1, -8));
  CHECK(largest(Numbers::kInt8, 40) <= 2.0 / 127 / 2);
  CHECK(largest(Numbers::kInt8, 40) <= largest(Numbers::kInt8, 1));
}

TEST_CASE("Stored numbers: halves are rounded as the standard says, and stay finite") {
  for (std::uint32_t bits = 0; bits < 0x7c00U; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    REQUIRE(FloatToHalf(HalfToFloat(half)) == half);
    REQUIRE(FloatToHalf(-HalfToFloat(half)) == (half | 0x8000U));
  }
  CHECK(FloatToHalf(1.0F + std::ldexp(1.0F, -11)) == 0x3c00);      // a tie, to even
  CHECK(FloatToHalf(1.0F + 3 * std::ldexp(1.0F, -11)) == 0x3c02);  // a tie, to even
  CHECK(HalfToFloat(FloatToHalf(1e9F)) == 65504.0F);
}

TEST_CASE("Stored numbers: zeros are left out where that is smaller, and come back") {
  PlainTensor tensor{{100, 100}, RandomFloats(10000)};
  std::size_t dense = 0, full = 0, sparse = 0;
  (void)ThroughFile(tensor, {Numbers::kInt8, 100, false}, &dense);
  (void)ThroughFile(tensor, {Numbers::kInt8, 100, true}, &full);
  CHECK(full == dense);  // hardly a zero: as it is
  for (std::size_t i = 0; i < tensor.values.size(); ++i) {
    if (i % 4 != 0) tensor.values[i] = 0;
  }
  const auto back = ThroughFile(tensor, {Numbers::kFloat16, 1, true}, &sparse);
  CHECK(sparse < 10000);
  CHECK(Largest(back.values, tensor.values) <= std::ldexp(1, -11));
  std::fill(tensor.values.begin(), tensor.values.end(), 0.0F);
  CHECK(ThroughFile(tensor, {Numbers::kInt8, 100, true}).values == tensor.values);
}

TEST_CASE("Stored numbers: a scale or mask that does not fit is refused by name") {
  const auto refused = [](const std::function<void(StoredFile*)>& change, const char* words) {
    StoredFile file;
    PlainTensor tensor{{8, 100}, RandomFloats(800)};
    for (std::size_t i = 0; i < 600; ++i) tensor.values[i] = 0;
    Store("x", tensor, {Numbers::kInt8, 8, true}, &file);
    change(&file);
    const std::string text = Serialise(file);
    const auto read = ReadSafetensors(text);
    REQUIRE(read.ok());
    const auto widened = Widen(*read, "x");
    CHECK(widened.status().code() == absl::StatusCode::kInvalidArgument);
    CHECK_THAT(std::string(widened.status().message()), Catch::Contains(words));
  };
  refused([](StoredFile* file) { file->tensors.erase("x.scale"); }, "x.scale\": is missing");
  refused([](StoredFile* file) { file->tensors.erase("x.shape"); }, "x.shape\": is missing");
  refused([](StoredFile* file) { file->tensors["x.mask"].bytes[99] = '\0'; }, "one a bit");
  refused([](StoredFile* file) { file->tensors["x.shape"].bytes[3] = '\x7f'; }, "a dimension of");
  refused(
      [](StoredFile* file) {
        file->tensors["x.scale"].bytes.replace(0, 32, std::string(32, '\xff'));
      },
      "not finite");
}

TEST_CASE("Packed document: long lists go into tensors, all else stays to the letter") {
  const json document = {{"version", "0.5.4"},
                         {"config", {{"dilations", json::array({1, 2, 4})}, {"scale", 0.1}}},
                         {"weights", RandomFloats(500)}};
  const auto exact = PackDocument(document, Numbers::kFloat32, true);
  REQUIRE(exact.ok());
  CHECK(LooksLikeSafetensors(*exact));
  CHECK_FALSE(LooksLikeSafetensors(document.dump()));
  const auto back = UnpackDocument(*exact);
  REQUIRE(back.ok());
  CHECK(*back == document);
  const auto small = PackDocument(document, Numbers::kInt8, true);
  REQUIRE(small.ok());
  CHECK(small->size() < exact->size() / 2);
  const auto near = UnpackDocument(*small);
  REQUIRE(near.ok());
  CHECK((*near)["config"] == document["config"]);
  CHECK(Largest((*near)["weights"].get<std::vector<float>>(),
                document["weights"].get<std::vector<float>>()) < 0.01);
  CHECK(PackDocument({{"weights", {1.5, 2.5}}}, Numbers::kInt8, false).status().code() ==
        absl::StatusCode::kFailedPrecondition);
}

TEST_CASE("Packed document: zeros that are not stored do not make it larger than a model may be") {
  constexpr std::uint32_t kMany = 1U << 25;
  StoredFile file;
  file.tensors["x"] = {"F32", {1}, std::string(4, '\0')};
  file.tensors["x.mask"] = {"U8", {kMany / 8}, std::string(kMany / 8, '\0')};
  file.tensors["x.shape"] = {"U32", {1}, std::string("\0\0\0\2", 4)};
  file.metadata["document"] = json::object({{"$tensor", "x"}}).dump();
  const auto unpacked = UnpackDocument(Serialise(file));
  CHECK(unpacked.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(std::string(unpacked.status().message()), Catch::Contains("at most 16777216"));
}

TEST_CASE("Packed document: one that would grow, or names what is not there, is refused") {
  StoredFile file;
  Store("list.0", {{64}, RandomFloats(64)}, {Numbers::kFloat32, 1, false}, &file);
  const auto place = json::object({{"$tensor", "list.0"}});
  const auto refused = [&](const json& document, const char* words) {
    file.metadata["document"] = document.dump();
    const auto unpacked = UnpackDocument(Serialise(file));
    CHECK(unpacked.status().code() == absl::StatusCode::kInvalidArgument);
    CHECK_THAT(std::string(unpacked.status().message()), Catch::Contains(words));
  };
  refused(json::array({place, place}), "twice");
  refused(json::object({{"$tensor", "other"}}), "is missing");
  refused(json::object({{"$tensor", 3}}), "expected a tensor's name");
}

TEST_CASE("Convert: a transformer in other numbers gives nearly the same logits") {
  TransformerConfig config;
  config.width = 32;
  config.hidden = 64;
  const std::string file = TransformerFile(config, 3);
  const auto original = Loaded(file);
  for (const auto& [precision, most] : {std::pair("fp16", 0.0), std::pair("fp32", 0.0),
                                        std::pair("bf16", 0.2), std::pair("int8", 0.4)}) {
    const auto converted = ConvertFile(file, To(precision));
    INFO(precision << " " << converted.status().ToString());
    REQUIRE(converted.ok());
    // With the kernels of floats: the error of what is stored alone.
    const auto decoder = Loaded(converted->file);
    const auto deviation = CompareWith(*original, *decoder);
    REQUIRE(deviation.ok());
    CHECK(deviation->difference <= most);
    CHECK(decoder->shape().parameter_count == original->shape().parameter_count);
  }
}

TEST_CASE("Convert: 8 bits on disk are those that the kernels of 8 bits would make themselves") {
  TransformerConfig config;
  config.width = 32;
  config.hidden = 64;
  const std::string file = TransformerFile(config, 4);
  const auto converted = ConvertFile(file, To("int8"));
  REQUIRE(converted.ok());
  CHECK(converted->options.at("precision") == "int8");
  CHECK(converted->file.size() < file.size() * 3 / 4);
  const auto of_halves = Loaded(file, {{"precision", "int8"}});
  const auto of_int8 = Loaded(converted->file, converted->options);
  const auto original = Loaded(file);
  const auto between = CompareWith(*of_halves, *of_int8);
  const auto beyond = CompareWith(*original, *of_halves);
  REQUIRE(between.ok());
  REQUIRE(beyond.ok());
  CHECK(between->difference < beyond->difference);
}

TEST_CASE("Convert: hidden units are pruned from the network, the lightest first") {
  TransformerConfig config;
  config.width = 32;
  config.hidden = 64;
  Tensors tensors = RandomTensors(config, 5);
  // Half of the units lead nowhere: without them nothing changes.
  for (auto& [name, tensor] : tensors) {
    if (name.find(".down.weight") == std::string::npos) continue;
    for (std::size_t i = 0; i < tensor.halves.size(); ++i) {
      if (i % 64 % 2 == 1) tensor.halves[i] = 0;
    }
  }
  auto [header, data] = Parts(config, tensors);
  const std::string file = WithLength(header.dump(), data);
  const auto pruned = ConvertFile(file, To("fp16", 0.5));
  INFO(pruned.status().ToString());
  REQUIRE(pruned.ok());
  CHECK_THAT(pruned->remark, Catch::StartsWith("32 hidden units a layer are left"));
  const auto less = Loaded(pruned->file);
  const auto original = Loaded(file);
  CHECK(less->shape().parameter_count < original->shape().parameter_count);
  const auto same = CompareWith(*original, *less);
  REQUIRE(same.ok());
  CHECK(same->difference < 1e-4);
  // Of weights that matter, not so.
  const auto worse = ConvertFile(file, To("fp16", 0.75));
  REQUIRE(worse.ok());
  CHECK(CompareWith(*original, *Loaded(worse->file))->difference > 0.01);
}

TEST_CASE("Convert: what cannot be done is refused by name") {
  const json document = {{"weights", RandomFloats(100)}};
  CHECK(ConvertFile(document.dump(), To("fp16", 0.5)).status().code() ==
        absl::StatusCode::kFailedPrecondition);
  CHECK(ConvertFile(document.dump(), To("fp8")).status().message() ==
        "precision: is 'fp8', expected fp32, fp16, bf16 or int8");
  CHECK(ConvertFile("neither", To("fp16")).status().code() == absl::StatusCode::kInvalidArgument);
}

TEST_CASE("Benchmark: both kinds of kernels take some time, and not none") {
  const auto kernels = ChooseKernels();
  REQUIRE(kernels.ok());
  const auto figures = RunBenchmark(**kernels);
  INFO(figures.status().ToString());
  REQUIRE(figures.ok());
  CHECK(figures->block_us > 0);
  CHECK(figures->cell_us > 0);
}

}  // namespace continuo::test
