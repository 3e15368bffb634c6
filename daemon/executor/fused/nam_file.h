// SPDX-License-Identifier: Apache-2.0
// A .nam file (Neural Amp Modeler, JSON) as it is, read with distrust.
//
// Only versions 0.5.x: later ones give the same fields another meaning.
// Errors: INVALID_ARGUMENT names the field, what it is, and what is expected.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace continuo::executor::fused {

struct NamFile {
  std::string architecture;
  nlohmann::json config;  // an object
  std::vector<float> weights;
  std::uint32_t sample_rate_hz = 48000;
  bool states_sample_rate = false;
};

[[nodiscard]] absl::StatusOr<NamFile> ReadNamFile(const std::string& path);
[[nodiscard]] absl::StatusOr<NamFile> ParseNamFile(const std::string& text);

// Takes fields out of one JSON object. The first error stays; after it every
// value is the smallest allowed, so that a reader needs one check at its end.
class FieldReader {
 public:
  // `path` for messages, "config.layers[0]"; `status` is shared by nested readers.
  FieldReader(const nlohmann::json& object, std::string path, absl::Status& status);
  ~FieldReader() = default;
  FieldReader(const FieldReader&) = delete;
  FieldReader& operator=(const FieldReader&) = delete;

  std::uint32_t Count(const char* name, std::uint32_t minimum, std::uint32_t maximum);
  std::uint32_t Exactly(const char* name, std::uint32_t value) { return Count(name, value, value); }
  bool Flag(const char* name, bool otherwise);
  std::string Text(const char* name);
  // An array of 1 to `maximum` elements, else an empty one.
  const nlohmann::json& List(const char* name, std::size_t maximum);
  // Must be null or absent.
  void Nothing(const char* name);
  void Unused(const char* name) { known_.emplace_back(name); }
  // A field that nobody asked for changes what the model is: refused.
  void NoOthers();
  void Fail(absl::string_view name, absl::string_view found, absl::string_view expected);
  [[nodiscard]] std::string Path(absl::string_view name) const;

 private:
  const nlohmann::json* Find(const char* name);

  const nlohmann::json& object_;
  const std::string path_;
  absl::Status& status_;
  std::vector<std::string> known_;
};

// Hands out the flat weights in their order.
class WeightCursor {
 public:
  explicit WeightCursor(const std::vector<float>& weights) : next_(weights.data()) {}
  const float* Take(std::size_t count) {
    const float* const taken = next_;
    next_ += count;
    return taken;
  }

 private:
  const float* next_;
};

}  // namespace continuo::executor::fused
