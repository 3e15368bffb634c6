// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "daemon/model/license.h"

namespace continuo::model {
namespace {

TEST_CASE("CheckLicenseExpression: what the specification's grammar allows is accepted") {
  for (const char* good :
       {"MIT", "CC-BY-NC-SA-4.0", "GPL-2.0+", "LicenseRef-unknown", "MIT AND Apache-2.0",
        "(MIT OR BSD-3-Clause) AND CC0-1.0", "GPL-2.0-only WITH Classpath-exception-2.0",
        "DocumentRef-spdx-tool-1.2:LicenseRef-MIT-Style-2", "((MIT))"}) {
    CAPTURE(good);
    CHECK(CheckLicenseExpression(good).ok());
  }
}

TEST_CASE("CheckLicenseExpression: anything else is refused, and where it goes wrong is told") {
  const auto message = [](const std::string& text) {
    const absl::Status status = CheckLicenseExpression(text);
    REQUIRE(absl::IsInvalidArgument(status));
    return std::string(status.message());
  };
  CHECK_THAT(message(""), Catch::Contains("it ends where a licence is expected"));
  CHECK_THAT(message("CC BY 4.0"), Catch::Contains("'BY' stands where AND, OR or the end"));
  CHECK_THAT(message("MIT OR"), Catch::Contains("it ends where a licence"));
  CHECK_THAT(message("(MIT"), Catch::Contains("where ')' is expected"));
  CHECK_THAT(message("MIT)"), Catch::Contains("')' stands where"));
  CHECK_THAT(message("MIT WITH"), Catch::Contains("an exception"));
  CHECK_THAT(message("free for all!"), Catch::Contains("LicenseRef-unknown"));
  CHECK_THAT(message("DocumentRef-:LicenseRef-x"), Catch::Contains("a licence"));
  CHECK_THAT(message(std::string(200, 'a')), Catch::Contains("the limit is 128"));
  CHECK_THAT(message(std::string(60, '(')), Catch::Contains("a licence"));
}

}  // namespace
}  // namespace continuo::model
