// SPDX-License-Identifier: Apache-2.0
// A JSON document of a model, read with distrust.
// Errors: INVALID_ARGUMENT names the field, what it is, and what is expected.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace continuo::executor::fused {

// Refuses what is no JSON, or nested deeper than any model is.
[[nodiscard]] absl::StatusOr<nlohmann::json> ParseDocument(const std::string& text);

// A value as a message shows it: short, and valid UTF-8.
[[nodiscard]] std::string Shown(const nlohmann::json& value);

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
  // Of `minimum` to `maximum`; absent: `otherwise`.
  std::uint32_t Count(const char* name, std::uint32_t minimum, std::uint32_t maximum,
                      std::uint32_t otherwise);
  double Number(const char* name, double otherwise, double minimum, double maximum);
  // 1 to 4096 numbers up to ±maximum, else none.
  std::vector<float> Numbers(const char* name, double maximum);
  std::string Text(const char* name);
  [[nodiscard]] bool Has(const char* name) const;
  // nullptr where it is absent or null.
  const nlohmann::json* Optional(const char* name);
  // An array of 1 to `maximum` elements, else an empty one.
  const nlohmann::json& List(const char* name, std::size_t maximum);
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

}  // namespace continuo::executor::fused
