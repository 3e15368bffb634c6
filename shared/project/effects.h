// SPDX-License-Identifier: Apache-2.0
// Our effects in a project of LMMS (.mmp, .mmpz; of 1.2.2 and of newer ones), as its
// file has them: which models a song needs, with what settings.
//
// The file is only read, never written. What is not ours is passed over.
// Errors: INVALID_ARGUMENT with line and column (of the XML, uncompressed) and the
// reason; RESOURCE_EXHAUSTED beyond a limit.
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace continuo::project {

inline constexpr std::size_t kMaxProjectBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxEffects = 10'000;
// The newest form of the effect's settings that this version knows.
inline constexpr int kEffectSchema = 1;

struct SavedParameter {
  std::string id;
  double value = 0;
  bool automated = false;  // by a controller or an automation track: `value` is the knob's
  // What the project remembers of it, where the model is missing.
  std::string name;
  std::string unit;
  std::optional<double> minimum;
  std::optional<double> maximum;
};

struct SavedEffect {
  std::string place;     // "FX 1 Guitar", "track Bass"
  std::size_t line = 0;  // of the XML
  bool on = true;
  double wet = 1;
  int schema = 0;  // 0: none is told
  std::string model;
  std::string version;  // empty: the newest
  std::string mode;
  std::string channels;
  std::vector<SavedParameter> parameters;  // in the order of the file
};

struct Project {
  std::string creator;  // "LMMS 1.2.2"
  std::vector<SavedEffect> effects;
};

[[nodiscard]] absl::StatusOr<Project> ReadProject(std::string_view bytes);

}  // namespace continuo::project
