// SPDX-License-Identifier: Apache-2.0
// What a key of the configuration may take: in words, as TOML, and out of TOML.
// Used by configuration.cc alone.
#pragma once

#include <toml++/toml.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/app/configuration.h"

namespace continuo::app {

inline constexpr std::size_t kMaxPathBytes = 4095;
inline constexpr std::size_t kMaxPaths = 64;
inline constexpr std::size_t kMaxShownBytes = 64;

// `at` is where the value goes.
struct PathKind {
  std::string& (*at)(Configuration&);
  std::size_t maximum_bytes;
};
struct PathsKind {
  std::vector<std::string>& (*at)(Configuration&);
};
struct LevelKind {
  std::string& (*at)(Configuration&);
};
struct LevelsKind {
  std::map<std::string, std::string>& (*at)(Configuration&);
};
struct IsolationKind {
  Isolation& (*at)(Configuration&);
};
struct WordKind {
  std::string& (*at)(Configuration&);
  std::array<std::string_view, 3> words;
};
// What `fits` takes.
struct TextKind {
  std::string& (*at)(Configuration&);
  std::string_view takes;
  bool (*fits)(std::string_view);
};
struct FlagKind {
  bool& (*at)(Configuration&);
};
template <typename T>
struct NumberKind {
  T& (*at)(Configuration&);
  T minimum;
  T maximum;
};
using Number = NumberKind<double>;
using Integer = NumberKind<std::int64_t>;

using Kind = std::variant<PathKind, PathsKind, LevelKind, LevelsKind, IsolationKind, WordKind,
                          TextKind, FlagKind, Number, Integer>;

// "a whole number from 0 to 20".
[[nodiscard]] std::string Takes(const Kind& kind);

// The value as TOML. Simple: only ever for the defaults, whose lists are empty.
[[nodiscard]] std::string Show(const Kind& kind, Configuration& configuration);

// Puts the file's value where it goes; empty, or what is wrong with it: "is 21".
[[nodiscard]] std::string Read(const toml::node& node, const Kind& kind,
                               Configuration* configuration);

// "a table".
[[nodiscard]] std::string_view TypeName(const toml::node& node);

// Text of the file in a message: short, and nothing that drives a terminal.
[[nodiscard]] std::string Shown(std::string_view text);

}  // namespace continuo::app
