// SPDX-License-Identifier: Apache-2.0
// Where models can be had, as the configuration says it.
#pragma once

#include <absl/status/status.h>

#include <string>
#include <vector>

namespace continuo::repository {

struct Source {
  std::string name;               // [a-z0-9][a-z0-9-]{0,63}; becomes a file's name
  std::string url;                // "https://HOST/PATH/", or the absolute path of a directory
  std::vector<std::string> keys;  // public ones, any of which may have signed; at least one
  std::string ca_file;            // PEM, in place of the system's authorities; empty: those
};

inline constexpr std::size_t kMaxSources = 16;
inline constexpr std::size_t kMaxKeys = 4;

// INVALID_ARGUMENT "url 'http://…' does not begin with https://; …".
[[nodiscard]] absl::Status CheckSource(const Source& source);

[[nodiscard]] inline bool IsDirectory(const Source& source) {
  return !source.url.empty() && source.url.front() == '/';
}

// Of a file beside the index. `place` is a URL or a directory, with or without a last slash.
[[nodiscard]] std::string Beside(const std::string& place, const std::string& file);

}  // namespace continuo::repository
