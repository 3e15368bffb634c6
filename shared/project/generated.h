// SPDX-License-Identifier: Apache-2.0
// What was generated and placed in a song, as its project remembers it.
//
// LMMS keeps the state of an effect even where the effect is missing, and nothing else that it
// does not know. So an effect of ours carries the list, below its settings (clip_list.h). Of each
// clip it has:
//
//   <clip track="Lead" bar="3" bars="8" task="melody" model="melody" model_version="1.0.0"
//         weights="<sha256>" seed="7" record="r0123456789abcdef" candidate="1" score="0.82"
//         parents="r…" recipe="<sha256>" license="CC-BY-4.0" attribution="…"/>
//
// The notes are the pattern's own; where they were placed as sound, `sound` is the digest of its
// file (sounds.h). The whole recipe (request, input, candidates) lies beside the project under its
// digest (recipes.h).
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace continuo::project {

// The newest form of the list that this version knows.
inline constexpr int kGeneratedSchema = 2;
inline constexpr std::size_t kMaxGeneratedClips = 100'000;
inline constexpr const char* kGenerated = "generated";
inline constexpr const char* kClip = "clip";

struct GeneratedClip {
  std::string track;           // its name when it was placed
  std::uint32_t bar = 0;       // the first one, counted from 1
  std::uint32_t bars = 0;      // 0: not told
  std::string task;            // "melody", "drums" …
  std::string model;           // id
  std::string version;         // MAJOR.MINOR.PATCH
  std::string weights_sha256;  // of the weights that made it
  std::uint64_t seed = 0;      // of the candidate
  std::string record;          // in the history: "r" and 16 hexadecimal digits
  std::uint32_t candidate = 0;
  double score = -1;                 // 0 to 1; negative: none
  std::vector<std::string> parents;  // records that it derives from
  std::string recipe;                // SHA-256 of the recipe; empty: none is kept
  std::string sound;                 // SHA-256 of the sound; empty: placed as notes
  std::string license;               // SPDX expression of the model's
  std::string attribution;
  std::size_t line = 0;  // of the XML, where it was read
};

// A clip as the attributes of its element, what it has not with an empty text. One writer and one
// reader, whatever holds the XML.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> ToAttributes(
    const GeneratedClip& clip);
// `attribute` gives the text of one, empty where it is missing. INVALID_ARGUMENT names the
// attribute and what is expected.
[[nodiscard]] absl::StatusOr<GeneratedClip> FromAttributes(
    const std::function<std::string(const std::string& name)>& attribute);

}  // namespace continuo::project
