// SPDX-License-Identifier: Apache-2.0
// What the rules of a manifest, and of an index of manifests, are written with.
#pragma once

#include <absl/status/status.h>
#include <absl/strings/str_split.h>
#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "continuo/v1/model.pb.h"
#include "daemon/base/str_cat.h"
#include "daemon/base/version.h"
#include "daemon/model/manifest.h"

namespace continuo::model {

// Keeps what is wrong, so that the checks read as a list; the first is the status.
class Checks {
 public:
  template <typename... Words>
  void Require(bool holds, const Words&... words) {
    if (holds) return;
    if (all_.size() < kMaxKept) all_.push_back(base::StrCat(words...));
    if (status_.ok()) status_ = absl::InvalidArgumentError(all_.front());
  }

  template <typename T>
  void Range(const std::string& field, T value, T minimum, T maximum) {
    if constexpr (std::is_floating_point_v<T>) {
      Require(std::isfinite(value), field, " is not a finite number");
    }
    Require(!(value < minimum), field, " is ", value, ", below minimum ", minimum);
    Require(!(value > maximum), field, " is ", value, ", above maximum ", maximum);
  }

  // Text for people. Control characters could drive the terminal that shows it.
  void Text(const std::string& field, const std::string& value, std::size_t maximum_bytes) {
    Range(field + "'s length in bytes", value.size(), std::size_t{0}, maximum_bytes);
    const bool clean = std::none_of(value.begin(), value.end(), [](unsigned char c) {
      return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7F;
    });
    Require(clean, field, " contains a control character");
  }

  void Name(const std::string& field, const std::string& value) {
    Require(!value.empty(), field, " is missing");
    Text(field, value, kMaxNameBytes);
  }

  // [first][a-z0-9 and `joint`]{0,63}, first a letter or, with `digit_first`, a digit.
  void Id(const std::string& field, const std::string& value, char joint, bool digit_first) {
    const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const bool good = !value.empty() && value.size() <= kMaxIdBytes &&
                      (letter(value[0]) || (digit_first && digit(value[0]))) &&
                      std::all_of(value.begin(), value.end(),
                                  [&](char c) { return letter(c) || digit(c) || c == joint; });
    Require(good, field, value.empty() ? " is missing" : " is not a valid name", "; it takes [",
            digit_first ? "a-z0-9" : "a-z", "][a-z0-9", std::string_view(&joint, 1), "]{0,63}");
  }

  void Unique(const std::string& field, const std::string& value, std::set<std::string>* seen) {
    Require(seen->insert(value).second, field, " '", value, "' is there twice");
  }

  // Inside the package, written in the one way that there is.
  void Path(const std::string& field, const std::string& value) {
    Require(!value.empty(), field, " is missing");
    Text(field, value, kMaxTextBytes);
    Require(value.find_first_of("\n\t\\") == std::string::npos, field,
            " contains a backslash, tab or line break");
    Require(value.empty() || value[0] != '/', field, " is absolute; it has to lie in the package");
    for (const absl::string_view part : absl::StrSplit(value, '/')) {
      Require(value.empty() || (part != ".." && part != "." && !part.empty()), field, " '", value,
              "' has a part '", part, "'; it has to lie in the package");
    }
  }

  void Version(const std::string& field, const std::string& value) {
    Require(base::ParseSemanticVersion(value).has_value(), field,
            value.empty() ? " is missing" : " is not valid", "; it takes MAJOR.MINOR.PATCH");
  }

  // An enumerator that has a name and is not ..._UNSPECIFIED.
  void Enum(const std::string& field, int value, const google::protobuf::EnumDescriptor* type) {
    std::string all;
    for (int i = 1; i < type->value_count(); ++i) {
      base::StrAppend(&all, i == 1 ? "" : ", ", type->value(i)->name());
    }
    Require(value != 0, field, " is missing; it is one of ", all);
    Require(type->FindValueByNumber(value) != nullptr, field, " is ", value, "; it is one of ",
            all);
  }

  [[nodiscard]] const absl::Status& status() const { return status_; }
  [[nodiscard]] const std::vector<std::string>& all() const { return all_; }

 private:
  static constexpr std::size_t kMaxKept = 256;

  std::vector<std::string> all_;
  absl::Status status_;
};

inline std::string At(std::string_view list, int index) {
  return base::StrCat(list, "[", index, "]");
}

// Of all parameters, with what they say of each other.
void CheckParameterList(const v1::ModelManifest& manifest, Checks* checks);

// Of a model that writes notes, whose `files` are these.
void CheckNotes(const v1::ModelManifest& manifest, const std::set<std::string>& files,
                Checks* checks);

}  // namespace continuo::model
