// SPDX-License-Identifier: Apache-2.0
// A user's own presets of one model, each a small file:
//
//   $XDG_DATA_HOME/continuo/presets/<model>/<name>.json
//   {"schema": 1, "model": "drive", "name": "Warm lead", "values": {"drive": 6.5, "tone": 4.0}}
//
// Files: readable by people, written whole or not at all. The name inside is the one that counts;
// of the file's and the folder's, what a file system does not take is written as %XX, so that the
// model of a hostile project leads nowhere else. Threads: [any-thread]; waits for the disk. Errors:
// with the path. A file that cannot be read costs that preset and no other.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace continuo::preset {

inline constexpr int kSchema = 1;
inline constexpr std::size_t kMaxNameBytes = 80;
inline constexpr std::size_t kMaxFileBytes = std::size_t{64} << 10;
inline constexpr std::size_t kMaxPresets = 1000;

struct Preset {
  std::string name;
  std::map<std::string, float> values;  // by parameter id
};

class PresetFolder {
 public:
  // `data_home`: $XDG_DATA_HOME, or what stands for it.
  PresetFolder(const std::string& data_home, std::string model);

  [[nodiscard]] std::string FileOf(std::string_view name) const;
  [[nodiscard]] bool Has(std::string_view name) const;
  // By name. What is wrong with the others is added to `problems`.
  [[nodiscard]] std::vector<Preset> List(std::vector<std::string>* problems) const;
  // Over one of the same name. INVALID_ARGUMENT for a name that is empty or too long.
  [[nodiscard]] absl::Status Save(const Preset& preset) const;
  // NOT_FOUND where there is none.
  [[nodiscard]] absl::Status Remove(std::string_view name) const;

 private:
  [[nodiscard]] absl::StatusOr<Preset> Read(const std::string& path) const;

  std::string model_;
  std::string folder_;
};

}  // namespace continuo::preset
