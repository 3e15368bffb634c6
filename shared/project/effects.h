// SPDX-License-Identifier: Apache-2.0
// What is ours in a project of LMMS (.mmp, .mmpz; of 1.2.2 and of newer ones), as its file has it:
// effects, with the models that they need and their settings, and what was generated for the song.
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

#include "shared/project/document.h"
#include "shared/project/generated.h"

namespace continuo::project {

inline constexpr std::size_t kMaxEffects = 10'000;
// The newest form of the effect's settings that this version knows.
inline constexpr int kEffectSchema = 1;
// The element of an effect that holds its settings.
inline constexpr const char* kControls = "continuofxcontrols";
// Within it: the settings of the side that does not sound.
inline constexpr const char* kOtherSide = "other_side";
// Before the id of a knob, in the names of attributes and elements.
inline constexpr const char* kParameterPrefix = "p_";

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

// A set of settings that an effect can sound with.
struct SavedSide {
  std::size_t line = 0;  // of the XML
  std::string model;
  std::string version;  // empty: the newest
  std::string mode;
  std::string channels;
  std::vector<SavedParameter> parameters;  // in the order of the file
};

// With the settings that sound, and those that they are compared with.
struct SavedEffect : SavedSide {
  std::string place;  // "FX 1 Guitar", "track Bass"
  bool on = true;
  double wet = 1;
  int schema = 0;          // 0: none is told
  bool is_side_b = false;  // what sounds is called B
  std::optional<SavedSide> other_side;
  std::string link;           // the group that it turns its knobs with; empty: none
  std::string send_key;       // the name that it gives its input to others by; empty: none
  std::string take_key;       // whose input it listens to; empty: nobody's
  bool carries_list = false;  // of what was generated (generated.h)
};

struct Project {
  std::string creator;  // "LMMS 1.2.2"
  std::vector<SavedEffect> effects;
  std::vector<GeneratedClip> generated;
  int generated_schema = 0;  // the latest that was seen; 0: none
};

[[nodiscard]] absl::StatusOr<Project> ReadProject(Document* document);
[[nodiscard]] absl::StatusOr<Project> ReadProject(std::string_view bytes);

// Where the side stands that does not sound: "FX 1 Guitar, side B".
[[nodiscard]] std::string PlaceOfOtherSide(const SavedEffect& effect);

// An <effect> of ours.
[[nodiscard]] bool IsOurEffect(const pugi::xml_node& node);

}  // namespace continuo::project
