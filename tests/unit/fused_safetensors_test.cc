// SPDX-License-Identifier: Apache-2.0
// What is not a transformer's file is refused, by the tensor or field and what is expected.
#include <catch2/catch.hpp>
#include <functional>

#include "daemon/executor/fused/transformer_decoder.h"
#include "daemon/executor/fused/transformer_net.h"
#include "tests/unit/transformer_reference.h"

namespace continuo::test {
namespace {

using nlohmann::json;

absl::Status Load(const std::string& file) {
  return executor::fused::MakeTransformerDecoder(
             file, {}, *executor::fused::AvailableTransformerKernels().back())
      .status();
}

void CheckRefused(const std::string& file, const std::string& words) {
  const auto status = Load(file);
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(std::string(status.message()), Catch::Contains(words));
}

// A good file whose header and data `change` has spoilt.
void CheckRefused(const std::function<void(json& header, std::string& data)>& change,
                  const std::string& words) {
  const TransformerConfig config;
  auto [header, data] = Parts(config, RandomTensors(config, 1));
  REQUIRE(Load(WithLength(header.dump(), data)).ok());
  change(header, data);
  CheckRefused(WithLength(header.dump(), data), words);
}

// The same for one field of the configuration.
void CheckConfigRefused(const char* field, const json& value, const std::string& words) {
  CheckRefused(
      [&](json& header, std::string&) {
        json config = json::parse(header["__metadata__"]["config"].get<std::string>());
        config[field] = value;
        header["__metadata__"]["config"] = config.dump();
      },
      words);
}

}  // namespace

TEST_CASE("Safetensors: a length that lies is refused, and so is what is no header") {
  CheckRefused("", "header length: is missing");
  CheckRefused("1234567", "header length: is missing");
  CheckRefused(std::string(8, '\xff'), "header length: is 18446744073709551615, expected at most");
  CheckRefused(std::string("\x10\0\0\0\0\0\0\0{}", 10), "header length: is 16, expected at most");
  CheckRefused(WithLength("{", ""), "header: not a JSON file");
  CheckRefused(WithLength("[]", ""), "header: is [], expected an object");
  CheckRefused(WithLength(std::string(40, '['), ""), "header: nested more than 32 deep");
  CheckRefused(WithLength("{}", ""), "__metadata__.config: is missing");
  CheckRefused(WithLength("{}", "x"), "data: is 1 bytes, expected 0");
}

TEST_CASE("Safetensors: a tensor whose place, type or shape lies is refused by name") {
  const std::string gain = "output_gain", named = "tensor \"output_gain\"";
  const auto changed = [&](const char* field, const json& value, const std::string& words) {
    CheckRefused([&](json& header, std::string&) { header[gain][field] = value; }, words);
  };
  changed("dtype", "F8", named + ".dtype: is \"F8\", expected a type of the format");
  changed("dtype", 16, named + ".dtype: is 16, expected a string");
  changed("dtype", "F32", named + ".data_offsets");
  changed("shape", json::array({8, 2}), "tensor \"output_gain\": is F16 [8, 2], expected F16 [16]");
  changed("shape", json::array({-16}), named + ".shape: is [-16], expected up to 8 counts");
  changed("shape", json::array({0}), named + ".shape: is [0]");
  changed("shape", json::array({1.5}), named + ".shape: is [1.5]");
  changed("shape", json::array({1ULL << 63, 2}), named + ".shape: is [9223372036854775808,2]");
  changed("shape", json::array({65536, 65536, 65536}), named + ".shape");
  changed("shape", json(), named + ".shape: is null");
  changed("shape", json::array({17}), "bytes, expected 34 bytes for F16 [17]");
  changed("data_offsets", json::array({4, 2}), named + ".data_offsets: is [4,2], expected a begin");
  changed("data_offsets", json::array({0}), named + ".data_offsets: is [0]");
  changed("data_offsets", json::array({0, 1ULL << 40}), named + ".data_offsets");
  changed("data_offsets", json::array({0, 32}), ".data_offsets: is from byte");
  changed("more", 1, named + ".more: is 1, expected no such field");
  CheckRefused([&](json& header, std::string&) { header[gain] = 7; }, named + ": is 7");
  CheckRefused([](json& header, std::string&) { header["__metadata__"] = 7; },
               "__metadata__: is 7");
  CheckRefused([](json& header, std::string&) { header["__metadata__"]["a"] = 7; },
               "__metadata__.\"a\": is 7, expected a text");
  CheckRefused([](json&, std::string& data) { data += "more"; }, "data: is ");
  CheckRefused([](json&, std::string& data) { data.pop_back(); }, "data_offsets");
}

TEST_CASE("Safetensors: tensors that are missing, too many or not finite are refused by name") {
  CheckRefused(
      [](json& header, std::string&) {
        header["decoder.1.up.wait"] = header["decoder.1.up.weight"];
        header.erase("decoder.1.up.weight");
      },
      "tensor \"decoder.1.up.weight\": is missing, expected F16 [24, 16]");
  CheckRefused(
      [](json& header, std::string& data) {
        header["extra"] = {
            {"dtype", "U8"}, {"shape", {1}}, {"data_offsets", {data.size(), data.size() + 1}}};
        data += 'x';
      },
      "tensor \"extra\": is U8 [1], expected no such tensor");
  for (const char* half : {"\x01\x7c", "\xff\xff"}) {
    CheckRefused(
        [&](json& header, std::string& data) {
          const std::size_t begin = header["decoder.0.down.weight"]["data_offsets"][0];
          data.replace(begin + 6, 2, half, 2);
        },
        "tensor \"decoder.0.down.weight[3]\": is not finite");
  }
}

TEST_CASE("Safetensors: a configuration out of range is refused by field") {
  CheckConfigRefused("width", 0, "__metadata__.config.width: is 0, expected 2 to 1024");
  CheckConfigRefused("width", 1 << 30, "config.width: is 1073741824");
  CheckConfigRefused("width", "16", "config.width: is \"16\"");
  CheckConfigRefused("heads", 3, "config.heads: is 3, expected a count that divides the width");
  CheckConfigRefused("heads", 16, "config.heads: is 16, expected a count that divides");
  CheckConfigRefused("hidden", 0, "config.hidden: is 0, expected 1 to 8192");
  CheckConfigRefused("hidden", 25, "expected F16 [25, 16]");
  CheckConfigRefused("decoder_layers", 65, "config.decoder_layers: is 65, expected 1 to 64");
  CheckConfigRefused("decoder_layers", 3, "decoder.2.attention_gain");
  CheckConfigRefused("decoder_layers", 1, "tensor \"decoder.1.attention_gain\": is F16 [16]");
  CheckConfigRefused("vocabulary", 12,
                     "tensor \"output.weight\": is F16 [11, 16], expected F16 [12");
  CheckConfigRefused("grid_fields", json::array(), "config.grid_fields: is 0 elements");
  CheckConfigRefused("grid_fields", {5, 0}, "config.grid_fields[1]: is 0, expected 1 to 65536");
  CheckConfigRefused("token_fields", {7}, "tensor \"token.1.weight\"");
  CheckConfigRefused("token_window", 0, "config.token_window: is 0, expected 1 to 8192");
  CheckConfigRefused("dropout", 0.1, "config.dropout: is 0.1, expected no such field");
  CheckRefused([](json& header, std::string&) { header["__metadata__"]["config"] = "{"; },
               "__metadata__.config: not a JSON file");
  TransformerConfig large;
  large.width = 1024;
  large.decoder_layers = 64;
  large.token_window = 8192;
  CheckRefused(WithLength(json{{"__metadata__", {{"config", ToJson(large).dump()}}}}.dump(), ""),
               "config.token_window: is 8192, 1073741824 keys and values a sequence, expected");
}

TEST_CASE("Safetensors: every half is read as it is") {
  for (unsigned half = 0; half < 0x10000; ++half) {
    if ((half & 0x7c00) == 0x7c00) continue;
    const auto value = static_cast<std::uint16_t>(half);
    if (double{executor::fused::HalfToFloat(value)} != FromHalf(value)) FAIL(half);
    if (FromHalf(value) != 0 && ToHalf(FromHalf(value)) != value) FAIL(half);
  }
}

}  // namespace continuo::test
