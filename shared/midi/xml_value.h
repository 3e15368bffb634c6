// SPDX-License-Identifier: Apache-2.0
// Values of LMMS's XML, looked at before they are used.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <pugixml.hpp>
#include <string>

namespace continuo::midi {

// "byte 123, <note>: what".
[[nodiscard]] absl::Status WrongXml(const pugi::xml_node& node, const std::string& what);

struct XmlRange {
  std::int64_t lowest;
  std::int64_t highest;
};

// An attribute as the nearest whole number; `missing` where there is none.
[[nodiscard]] absl::StatusOr<std::int64_t> XmlInteger(const pugi::xml_node& node, const char* name,
                                                      XmlRange range, std::int64_t missing);

// A setting of LMMS: an attribute, or, where it is automated, a child with a value.
[[nodiscard]] absl::StatusOr<std::int64_t> XmlSetting(const pugi::xml_node& node, const char* name,
                                                      XmlRange range, std::int64_t missing);

}  // namespace continuo::midi
