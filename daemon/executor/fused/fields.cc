// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/fields.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

constexpr std::size_t kMaximumShownBytes = 60;
constexpr int kMaximumDepth = 32;

// Before it is parsed: what walks a document, such as its printing, recurses.
bool IsDeep(const std::string& text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '[' || c == '{')) {
      if (++depth > kMaximumDepth) return true;
    } else if (!quoted && (c == ']' || c == '}')) {
      --depth;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<json> ParseDocument(const std::string& text) {
  if (IsDeep(text)) {
    return absl::InvalidArgumentError(
        absl::StrCat("nested more than ", kMaximumDepth, " deep, which no model is"));
  }
  json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return absl::InvalidArgumentError("not a JSON file");
  return document;
}

std::string Shown(const json& value) {
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  if (text.size() > kMaximumShownBytes) text = text.substr(0, kMaximumShownBytes) + "…";
  return text;
}

FieldReader::FieldReader(const json& object, std::string path, absl::Status& status)
    : object_(object), path_(std::move(path)), status_(status) {
  if (!object.is_object()) Fail("", Shown(object), "an object");
}

std::string FieldReader::Path(absl::string_view name) const {
  return absl::StrCat(path_, path_.empty() || name.empty() ? "" : ".", name);
}

void FieldReader::Fail(absl::string_view name, absl::string_view found,
                       absl::string_view expected) {
  if (!status_.ok()) return;
  status_ =
      absl::InvalidArgumentError(absl::StrCat(Path(name), ": is ", found, ", expected ", expected));
}

const json* FieldReader::Find(const char* name) {
  known_.emplace_back(name);
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(name);
  return found == object_.end() ? nullptr : &*found;
}

std::uint32_t FieldReader::Count(const char* name, std::uint32_t minimum, std::uint32_t maximum) {
  const json* value = Find(name);
  const std::string expected =
      minimum == maximum ? absl::StrCat(minimum) : absl::StrCat(minimum, " to ", maximum);
  if (value == nullptr) {
    Fail(name, "missing", expected);
    return minimum;
  }
  // Negative numbers are not unsigned, and neither are fractions.
  if (!value->is_number_unsigned() || value->get<std::uint64_t>() < minimum ||
      value->get<std::uint64_t>() > maximum) {
    Fail(name, Shown(*value), expected);
    return minimum;
  }
  return value->get<std::uint32_t>();
}

bool FieldReader::Flag(const char* name, bool otherwise) {
  const json* value = Find(name);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) Fail(name, Shown(*value), "true or false");
  return value->is_boolean() && value->get<bool>();
}

std::string FieldReader::Text(const char* name) {
  const json* value = Find(name);
  if (value != nullptr && value->is_string()) return value->get<std::string>();
  Fail(name, value == nullptr ? "missing" : Shown(*value), "a string");
  return "";
}

const json& FieldReader::List(const char* name, std::size_t maximum) {
  static const json kEmpty = json::array();
  const json* value = Find(name);
  if (value != nullptr && value->is_array() && !value->empty() && value->size() <= maximum) {
    return *value;
  }
  const std::string found = value == nullptr     ? "missing"
                            : !value->is_array() ? Shown(*value)
                                                 : absl::StrCat(value->size(), " elements");
  Fail(name, found, absl::StrCat("a list of 1 to ", maximum));
  return kEmpty;
}

std::uint32_t FieldReader::Count(const char* name, std::uint32_t minimum, std::uint32_t maximum,
                                 std::uint32_t otherwise) {
  return Optional(name) == nullptr ? otherwise : Count(name, minimum, maximum);
}

double FieldReader::Number(const char* name, double otherwise, double minimum, double maximum) {
  const json* value = Optional(name);
  if (value == nullptr) return otherwise;
  const double number = value->is_number() ? value->get<double>() : std::nan("");
  if (number >= minimum && number <= maximum) return number;
  Fail(name, Shown(*value), absl::StrCat(minimum, " to ", maximum));
  return otherwise;
}

std::vector<float> FieldReader::Numbers(const char* name, double maximum) {
  std::vector<float> numbers;
  for (const json& value : List(name, 4096)) {
    const double number = value.is_number() ? value.get<double>() : std::nan("");
    if (!(std::abs(number) <= maximum)) {
      Fail(absl::StrCat(name, "[", numbers.size(), "]"), Shown(value),
           absl::StrCat("a number up to ", maximum));
      return {};
    }
    numbers.push_back(static_cast<float>(number));
  }
  return numbers;
}

bool FieldReader::Has(const char* name) const {
  return object_.is_object() && object_.contains(name);
}

const json* FieldReader::Optional(const char* name) {
  const json* value = Find(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

void FieldReader::NoOthers() {
  if (!object_.is_object()) return;
  for (const auto& [name, value] : object_.items()) {
    if (std::find(known_.begin(), known_.end(), name) == known_.end()) {
      Fail(name, Shown(value), "no such field");
    }
  }
}

}  // namespace continuo::executor::fused
