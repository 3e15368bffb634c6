// SPDX-License-Identifier: Apache-2.0
// What chain.h does with text. Each job is a visitor of Fields().
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <cstdio>
#include <optional>

#include "shared/midi/transform/chain.h"

namespace continuo::midi {
namespace {

// The shortest decimal that reads back as the same number.
std::string Text(double value) {
  char text[32];
  for (int digits = 1; digits <= 17; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    double back = 0;
    if (absl::SimpleAtod(text, &back) && back == value) break;
  }
  return text;
}
std::string Text(int value) { return std::to_string(value); }
std::string Text(std::uint64_t value) { return std::to_string(value); }
std::string Text(bool value) { return value ? "yes" : "no"; }
std::string Text(const std::optional<int>& value) { return value ? Text(*value) : ""; }
std::string Text(const Key& key) { return FormatKey(key); }
std::string Text(const NoteValue& value) {
  return Text(value.denominator) + (value.triplet ? "t" : "");
}

std::string Text(const Range& range) {
  return absl::StrCat(Text(range.lowest), " to ", Text(range.highest));
}

bool Read(const std::string& text, double& value) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) return absl::SimpleAtod(text, &value) && std::isfinite(value);
  double divisor = 0;
  if (!absl::SimpleAtod(text.substr(0, slash), &value) ||
      !absl::SimpleAtod(text.substr(slash + 1), &divisor) || divisor == 0) {
    return false;
  }
  value /= divisor;
  return std::isfinite(value);
}
bool Read(const std::string& text, int& value) { return absl::SimpleAtoi(text, &value); }
bool Read(const std::string& text, std::uint64_t& value) { return absl::SimpleAtoi(text, &value); }
bool Read(const std::string& text, bool& value) { return absl::SimpleAtob(text, &value); }
bool Read(const std::string& text, std::optional<int>& value) {
  return Read(text, value.emplace());
}
bool Read(std::string text, NoteValue& value) {
  value.triplet = !text.empty() && text.back() == 't';
  if (value.triplet) text.pop_back();
  if (text.substr(0, 2) == "1/") text.erase(0, 2);
  return Read(text, value.denominator);
}

double NumberOf(double value) { return value; }
double NumberOf(int value) { return value; }
double NumberOf(const std::optional<int>& value) { return value.value_or(0); }
double NumberOf(const NoteValue& value) { return value.denominator; }

// "grid, strength, swing, ends", for the message.
struct Names {
  std::string list;
  template <class T>
  void operator()(const char* name, const T&, Range, const char*) {
    absl::StrAppend(&list, list.empty() ? "" : ", ", name);
  }
  template <class T>
  void operator()(const char* name, const T& value, const char* what) {
    (*this)(name, value, Range{}, what);
  }
};

// Whether each value is in its range; NaN is in none.
struct Checker {
  const char* transform;
  absl::Status status;

  template <class T>
  void operator()(const char* name, const T& value, Range range, const char*) {
    const double number = NumberOf(value);
    if (number >= range.lowest && number <= range.highest) return;
    if (std::is_same_v<T, std::optional<int>> && Text(value).empty()) return;
    Refuse(name, Text(value), Text(range));
  }
  void operator()(const char* name, const Key& key, const char*) {
    if (key.tonic < 0 || key.tonic > 11) Refuse(name, Text(key.tonic), "a tonic of 0 to 11");
    if (ScaleBits(key.scale) == 0) Refuse(name, std::string(key.scale), ScaleNames());
  }
  template <class T>
  void operator()(const char*, const T&, const char*) {}

  void Refuse(const char* name, const std::string& value, const std::string& range) {
    if (!status.ok()) return;
    status = absl::OutOfRangeError(
        absl::StrCat(transform, ": ", name, " is ", value, "; ", range, " is expected"));
  }
};

// Sets the parameter of one name from its text.
struct Setter {
  const char* transform;
  std::string name;
  std::string text;
  bool found = false;
  absl::Status status{};

  template <class T>
  void operator()(const char* field, T& value, Range range, const char*) {
    Set(field, value, Text(range));
  }
  void operator()(const char* field, Key& value, const char*) {
    if (name != field) return;
    found = true;
    const absl::StatusOr<Key> key = ParseKey(text);
    if (key.ok()) {
      value = *key;
    } else {
      status = absl::InvalidArgumentError(
          absl::StrCat(transform, ": ", name, ": ", key.status().message()));
    }
  }
  void operator()(const char* field, bool& value, const char*) { Set(field, value, "yes or no"); }
  void operator()(const char* field, std::uint64_t& value, const char*) {
    Set(field, value, "a whole number from 0");
  }

  template <class T>
  void Set(const char* field, T& value, const std::string& expected) {
    if (name != field) return;
    found = true;
    if (Read(text, value)) return;
    status = absl::InvalidArgumentError(absl::StrCat(
        transform, ": ", name, " is '", text.substr(0, 40), "'; ", expected, " is expected"));
  }
};

struct Formatter {
  std::string list;
  template <class T>
  void operator()(const char* name, const T& value, Range, const char*) {
    if (Text(value).empty()) return;
    absl::StrAppend(&list, list.empty() ? ":" : ",", name, "=", Text(value));
  }
  template <class T>
  void operator()(const char* name, const T& value, const char* what) {
    (*this)(name, value, Range{}, what);
  }
};

struct Describer {
  std::string lines;
  template <class T>
  void operator()(const char* name, const T& value, Range range, const char* what) {
    Line(name, Text(value), absl::StrCat(what, "; ", Text(range)));
  }
  template <class T>
  void operator()(const char* name, const T& value, const char* what) {
    Line(name, Text(value), what);
  }
  void Line(std::string name, const std::string& value, const std::string& what) {
    if (!value.empty()) absl::StrAppend(&name, "=", value);
    name.resize(std::max<std::size_t>(name.size(), 16), ' ');
    absl::StrAppend(&lines, "  ", name, "  ", what, "\n");
  }
};

// Each kind of transform once, with its defaults.
template <std::size_t index = 0, class Function>
void ForEachKind(Function function) {
  if constexpr (index < std::variant_size_v<Transform>) {
    function(std::variant_alternative_t<index, Transform>());
    ForEachKind<index + 1>(function);
  }
}

// What stands before `separator`; `text` is what stands behind it.
std::string_view Before(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  const std::string_view before = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return before;
}

std::string Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kBlank) - first + 1));
}

template <class Kind>
absl::Status SetParameters(std::string_view text, Kind& transform) {
  while (!text.empty()) {
    std::string_view value = Before(text, ',');
    const std::string name = Trimmed(Before(value, '='));
    Setter setter{Kind::kName, name, Trimmed(value)};
    Kind::Fields(transform, setter);
    if (!setter.status.ok()) return setter.status;
    if (setter.found) continue;
    Names names;
    Kind::Fields(transform, names);
    return absl::InvalidArgumentError(
        absl::StrCat(Kind::kName, ": has no parameter '", name.substr(0, 40), "'; ",
                     names.list.empty() ? "it has none" : "it has " + names.list));
  }
  return absl::OkStatus();
}

absl::StatusOr<Transform> ParseTransform(std::string_view text) {
  const std::string name = Trimmed(Before(text, ':'));
  std::optional<absl::StatusOr<Transform>> found;
  std::string names;
  ForEachKind([&](auto transform) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", transform.kName);
    if (name != transform.kName) return;
    const absl::Status status = SetParameters(text, transform);
    found = status.ok() ? absl::StatusOr<Transform>(transform) : status;
  });
  if (found) return *found;
  return absl::InvalidArgumentError(
      absl::StrCat("'", name.substr(0, 40), "' is no transform; there are ", names));
}

}  // namespace

absl::StatusOr<Chain> ParseChain(std::string_view text) {
  Chain chain;
  while (!text.empty()) {
    const std::string_view one = Before(text, ';');
    if (Trimmed(one).empty()) continue;
    const absl::StatusOr<Transform> transform = ParseTransform(one);
    if (!transform.ok()) return transform.status();
    chain.push_back(*transform);
  }
  if (absl::Status status = CheckChain(chain); !status.ok()) return status;
  return chain;
}

std::string FormatChain(const Chain& chain) {
  std::string text;
  for (const Transform& transform : chain) {
    std::visit(
        [&text](const auto& t) {
          Formatter formatter;
          t.Fields(t, formatter);
          absl::StrAppend(&text, text.empty() ? "" : ";", t.kName, formatter.list);
        },
        transform);
  }
  return text;
}

std::string DescribeTransforms() {
  std::string text;
  ForEachKind([&text](const auto& transform) {
    Describer describer;
    transform.Fields(transform, describer);
    absl::StrAppend(&text, transform.kName, ": ", transform.kWhat, "\n", describer.lines);
  });
  return text;
}

absl::Status CheckChain(const Chain& chain) {
  for (const Transform& transform : chain) {
    absl::Status status = std::visit(
        [](const auto& t) {
          Checker checker{t.kName, absl::OkStatus()};
          t.Fields(t, checker);
          return checker.status;
        },
        transform);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace continuo::midi
