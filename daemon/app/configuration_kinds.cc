// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/configuration_kinds.h"

#include <absl/strings/escaping.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "daemon/base/paths.h"
#include "daemon/base/str_cat.h"

namespace continuo::app {
namespace {

std::string Quoted(std::string_view text) { return base::StrCat("\"", text, "\""); }

std::string TakesOf(const PathKind& kind) {
  return base::StrCat("an absolute path up to ", kind.maximum_bytes, " bytes");
}
std::string TakesOf(const PathsKind&) {
  return base::StrCat("an array of up to ", kMaxPaths, " absolute paths");
}
std::string TakesOf(const LevelKind&) {
  return "trace, debug, info, warning, error, critical or off";
}
std::string TakesOf(const LevelsKind&) { return "a table of module = level"; }
std::string TakesOf(const IsolationKind&) { return "executor or model"; }
std::string TakesOf(const WordKind& kind) {
  return base::StrCat(kind.words[0], ", ", kind.words[1], " or ", kind.words[2]);
}
std::string TakesOf(const TextKind& kind) { return std::string(kind.takes); }
std::string TakesOf(const FlagKind&) { return "true or false"; }
template <typename T>
std::string TakesOf(const NumberKind<T>& kind) {
  return base::StrCat(std::is_integral_v<T> ? "a whole number" : "a number", " from ", kind.minimum,
                      " to ", kind.maximum);
}

std::string ShowOf(const PathKind& kind, Configuration& c) { return Quoted(kind.at(c)); }
std::string ShowOf(const PathsKind&, Configuration&) { return "[]"; }
std::string ShowOf(const LevelKind& kind, Configuration& c) { return Quoted(kind.at(c)); }
std::string ShowOf(const LevelsKind&, Configuration&) { return "{}"; }
std::string ShowOf(const IsolationKind& kind, Configuration& c) {
  return Quoted(kind.at(c) == Isolation::kModel ? "model" : "executor");
}
std::string ShowOf(const WordKind& kind, Configuration& c) { return Quoted(kind.at(c)); }
std::string ShowOf(const TextKind& kind, Configuration& c) { return Quoted(kind.at(c)); }
std::string ShowOf(const FlagKind& kind, Configuration& c) { return kind.at(c) ? "true" : "false"; }
template <typename T>
std::string ShowOf(const NumberKind<T>& kind, Configuration& c) {
  return base::StrCat(kind.at(c));
}

using Wrong = std::string;  // empty: taken
const Wrong kTaken;

Wrong NotFit(const toml::node& node) {
  if (const auto* text = node.as_string()) return "is '" + Shown(text->get()) + "'";
  if (const auto* number = node.as_integer()) return base::StrCat("is ", number->get());
  if (const auto* number = node.as_floating_point()) return base::StrCat("is ", number->get());
  return base::StrCat("is ", TypeName(node));
}

bool ReadPath(const toml::node& node, std::size_t maximum_bytes, std::string* path) {
  const auto* text = node.as_string();
  if (text == nullptr || text->get().find('\0') != std::string::npos) return false;
  *path = base::ExpandHome(text->get());
  return path->empty() || ((*path)[0] == '/' && path->size() <= maximum_bytes);
}

Wrong ReadOf(const toml::node& node, const PathKind& kind, Configuration* c) {
  return ReadPath(node, kind.maximum_bytes, &kind.at(*c)) ? kTaken : NotFit(node);
}

Wrong ReadOf(const toml::node& node, const PathsKind& kind, Configuration* c) {
  const auto* array = node.as_array();
  if (array == nullptr) return NotFit(node);
  if (array->size() > kMaxPaths) return base::StrCat("has ", array->size(), " entries");
  for (const toml::node& entry : *array) {
    std::string path;
    if (!ReadPath(entry, kMaxPathBytes, &path) || path.empty()) {
      return base::StrCat("has an entry that ", NotFit(entry));
    }
    kind.at(*c).push_back(std::move(path));
  }
  return kTaken;
}

bool ReadLevel(const toml::node& node, std::string* level) {
  const auto* text = node.as_string();
  if (text == nullptr || !base::ParseLogLevel(text->get()).ok()) return false;
  *level = text->get();
  return true;
}

Wrong ReadOf(const toml::node& node, const LevelKind& kind, Configuration* c) {
  return ReadLevel(node, &kind.at(*c)) ? kTaken : NotFit(node);
}

Wrong ReadOf(const toml::node& node, const LevelsKind& kind, Configuration* c) {
  const auto* table = node.as_table();
  if (table == nullptr) return NotFit(node);
  for (const auto& [module, level] : *table) {
    if (!ReadLevel(level, &kind.at(*c)[std::string(module.str())])) {
      return base::StrCat("gives '", Shown(module.str()), "' a level that ", NotFit(level));
    }
  }
  return kTaken;
}

Wrong ReadOf(const toml::node& node, const IsolationKind& kind, Configuration* c) {
  const auto text = node.value_exact<std::string_view>();
  if (text != "executor" && text != "model") return NotFit(node);
  kind.at(*c) = text == "model" ? Isolation::kModel : Isolation::kExecutor;
  return kTaken;
}

Wrong ReadOf(const toml::node& node, const WordKind& kind, Configuration* c) {
  const auto text = node.value_exact<std::string_view>();
  if (!text || std::find(kind.words.begin(), kind.words.end(), *text) == kind.words.end()) {
    return NotFit(node);
  }
  kind.at(*c) = *text;
  return kTaken;
}

Wrong ReadOf(const toml::node& node, const TextKind& kind, Configuration* c) {
  const auto text = node.value_exact<std::string>();
  if (!text || !kind.fits(*text)) return NotFit(node);
  kind.at(*c) = *text;
  return kTaken;
}

Wrong ReadOf(const toml::node& node, const FlagKind& kind, Configuration* c) {
  const auto flag = node.value_exact<bool>();
  if (flag) kind.at(*c) = *flag;
  return flag ? kTaken : NotFit(node);
}

template <typename T>
Wrong ReadOf(const toml::node& node, const NumberKind<T>& kind, Configuration* c) {
  auto number = node.value_exact<T>();
  if (!number && node.is_integer()) number = static_cast<T>(node.as_integer()->get());  // 5 for 5.0
  if (!number || !(*number >= kind.minimum && *number <= kind.maximum)) return NotFit(node);
  kind.at(*c) = *number;
  return kTaken;
}

}  // namespace

std::string Takes(const Kind& kind) {
  return std::visit([](const auto& which) { return TakesOf(which); }, kind);
}

std::string Show(const Kind& kind, Configuration& configuration) {
  return std::visit([&](const auto& which) { return ShowOf(which, configuration); }, kind);
}

std::string Read(const toml::node& node, const Kind& kind, Configuration* configuration) {
  return std::visit([&](const auto& which) { return ReadOf(node, which, configuration); }, kind);
}

std::string_view TypeName(const toml::node& node) {
  if (node.is_table()) return "a table";
  if (node.is_array()) return "an array";
  if (node.is_string()) return "a string";
  if (node.is_boolean()) return "a boolean";
  return node.is_number() ? "a number" : "a date or time";
}

std::string Shown(std::string_view text) {
  const std::string escaped = absl::Utf8SafeCEscape(std::string(text.substr(0, kMaxShownBytes)));
  return text.size() > kMaxShownBytes ? escaped + "…" : escaped;
}

}  // namespace continuo::app
