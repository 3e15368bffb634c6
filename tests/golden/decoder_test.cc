// SPDX-License-Identifier: Apache-2.0
// Every shipped model that writes notes gives its golden logits through each executor that it has
// a variant for, cell by cell and several cells a call.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "daemon/executor/module.h"
#include "daemon/model/package.h"
#include "daemon/model/variant.h"

namespace continuo {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

template <typename Value>
std::vector<Value> ReadValues(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  INFO(path);
  REQUIRE(!bytes.empty());
  std::vector<Value> values(bytes.size() / sizeof(Value));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(Value));
  return values;
}

executor::Executor& Opened(const std::string& name) {
  static std::map<std::string, std::unique_ptr<executor::Executor>> opened;
  auto& slot = opened[name];
  if (slot == nullptr) {
    auto executor = executor::OpenExecutor(CONTINUO_EXECUTOR_DIR, name);
    INFO(executor.status().ToString());
    REQUIRE(executor.ok());
    slot = *std::move(executor);
  }
  return *slot;
}

std::unique_ptr<executor::Decoder> Load(const model::Package& package,
                                        const std::string& variant_id) {
  const v1::Variant* const variant = model::FindVariant(package.manifest, variant_id);
  INFO(variant_id);
  REQUIRE(variant != nullptr);
  executor::LoadRequest request;
  request.model_id = package.manifest.id();
  request.weights_path = package.directory + "/" + variant->file();
  request.options.insert(variant->options().begin(), variant->options().end());
  auto decoder = Opened(model::ExecutorOf(package.manifest, *variant)).LoadDecoder(request);
  INFO(decoder.status().ToString());
  REQUIRE(decoder.ok());
  return *std::move(decoder);
}

// The golden piece, `at_once` cells a call.
std::vector<float> Logits(const executor::Decoder& decoder, const json& golden,
                          const fs::path& folder, std::size_t at_once) {
  const auto ints = [&](const char* part) {
    return ReadValues<std::int32_t>(folder / golden[part].get<std::string>());
  };
  const auto tokens = ints("token"), steps = ints("step"), positions = ints("position");
  const auto& shape = decoder.shape();
  const std::size_t count = golden["cells"];
  REQUIRE(tokens.size() == count * shape.token_fields.size());
  REQUIRE(steps.size() == count);
  REQUIRE(positions.size() == count);
  const auto rows = decoder.Encode(ints("grid"), golden["steps"].get<std::uint32_t>());
  INFO(rows.status().ToString());
  REQUIRE(rows.ok());
  const auto sequence = decoder.CreateSequence();
  std::vector<float> logits(count * shape.vocabulary);
  for (std::size_t done = 0; done < count; done += at_once) {
    std::vector<executor::Cell> cells;
    for (std::size_t n = done; n < std::min(count, done + at_once); ++n) {
      REQUIRE((steps[n] >= 0 && steps[n] < golden["steps"].get<std::int32_t>()));
      cells.push_back({sequence.get(), tokens.data() + n * shape.token_fields.size(),
                       rows->data() + static_cast<std::size_t>(steps[n]) * shape.width,
                       positions[n], logits.data() + n * shape.vocabulary});
    }
    const auto status = decoder.Next(cells);
    INFO(status.ToString());
    REQUIRE(status.ok());
  }
  return logits;
}

}  // namespace

TEST_CASE("Golden: each shipped model that writes notes gives its recorded logits") {
  for (const auto& entry : fs::directory_iterator(CONTINUO_MODEL_SOURCE_DIR)) {
    if (!fs::exists(entry.path() / "model.json")) continue;
    const auto package = model::LoadPackage(entry.path());
    INFO(entry.path() << ": " << package.status().ToString());
    REQUIRE(package.ok());
    REQUIRE(package->manifest.golden_size() > 0);
    const fs::path description = entry.path() / package->manifest.golden(0).file();
    std::ifstream file(description);
    const json golden = json::parse(file);
    if (!golden["cases"][0].contains("logits")) continue;  // one of audio
    CHECK(golden["cases"].size() == static_cast<std::size_t>(package->manifest.variants_size()));
    for (const json& golden_case : golden["cases"]) {
      const auto variant = golden_case["variant"].get<std::string>();
      const auto decoder = Load(*package, variant);
      const fs::path folder = description.parent_path();
      const auto expected = ReadValues<float>(folder / golden_case["logits"].get<std::string>());
      const auto logits = Logits(*decoder, golden_case, folder, 1);
      REQUIRE(logits.size() == expected.size());
      double largest = 0;
      for (std::size_t i = 0; i < logits.size(); ++i) {
        const double difference = std::abs(double{logits[i]} - expected[i]);
        largest = std::isfinite(difference) ? std::max(largest, difference) : HUGE_VAL;
      }
      INFO(variant << ": " << largest);
      CHECK(largest <= golden_case["tolerance"].get<double>());
      CHECK(Logits(*decoder, golden_case, folder, 13) == logits);
    }
  }
}

}  // namespace continuo
