// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "daemon/base/version.h"

namespace continuo::base {
namespace {

TEST_CASE("ParseSemanticVersion: numbers are compared as numbers") {
  CHECK(ParseSemanticVersion("1.10.0") > ParseSemanticVersion("1.9.99"));
  CHECK(ParseSemanticVersion("2.0.0") > ParseSemanticVersion("1.999999999.0"));
  CHECK(ParseSemanticVersion("0.1.0") == SemanticVersion{0, 1, 0});
  CHECK(ParseSemanticVersion(kVersion).has_value());
}

TEST_CASE("ParseSemanticVersion: anything but MAJOR.MINOR.PATCH is refused") {
  const auto* text = GENERATE("", "1", "1.2", "1.2.", ".1.2", "1..2", "1.2.3.4", "1.2.3-rc1",
                              "v1.2.3", "01.2.3", "1.2.03", "-1.2.3", "+1.2.3", " 1.2.3", "1.2.3 ",
                              "1.2.x", "1234567890.0.0", "0x1.2.3");
  CAPTURE(text);
  CHECK_FALSE(ParseSemanticVersion(text).has_value());
}

}  // namespace
}  // namespace continuo::base
