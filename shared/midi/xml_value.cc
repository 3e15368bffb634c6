// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/xml_value.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <cmath>

namespace continuo::midi {

absl::Status WrongXml(const pugi::xml_node& node, const std::string& what) {
  return absl::InvalidArgumentError(
      absl::StrCat("byte ", node.offset_debug(), ", <", node.name(), ">: ", what));
}

absl::StatusOr<std::int64_t> XmlInteger(const pugi::xml_node& node, const char* name,
                                        XmlRange range, std::int64_t missing) {
  const pugi::xml_attribute attribute = node.attribute(name);
  if (!attribute) return missing;
  double value = 0;
  if (!absl::SimpleAtod(attribute.value(), &value) || !std::isfinite(value) ||
      value < static_cast<double>(range.lowest) || value > static_cast<double>(range.highest)) {
    const std::string text = attribute.value();
    return WrongXml(node, absl::StrCat(name, " is '", text.substr(0, 40), "'; ", range.lowest,
                                       " to ", range.highest, " is expected"));
  }
  return static_cast<std::int64_t>(std::llround(value));
}

absl::StatusOr<std::int64_t> XmlSetting(const pugi::xml_node& node, const char* name,
                                        XmlRange range, std::int64_t missing) {
  const pugi::xml_node child = node.child(name);
  if (child && !node.attribute(name)) return XmlInteger(child, "value", range, missing);
  return XmlInteger(node, name, range, missing);
}

}  // namespace continuo::midi
