// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "daemon/memory/amounts.h"

namespace continuo::memory {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

TEST_CASE("ParseBudget: sizes and shares, with and without a space") {
  CHECK(*ParseBudget("2 GiB", 8 * kGiB) == 2 * kGiB);
  CHECK(*ParseBudget("2GiB", 8 * kGiB) == 2 * kGiB);
  CHECK(*ParseBudget(" 900 mb ", 8 * kGiB) == 900'000'000);
  CHECK(*ParseBudget("1.5 gib", 8 * kGiB) == 3 * kGiB / 2);
  CHECK(*ParseBudget("50 %", 8 * kGiB) == 4 * kGiB);
  CHECK(*ParseBudget("25%", 8 * kGiB) == 2 * kGiB);
}

TEST_CASE("ParseBudget: never more than there is, never less than what is of use") {
  CHECK(*ParseBudget("100 GiB", 8 * kGiB) == 8 * kGiB);
  CHECK(*ParseBudget("150 %", 8 * kGiB) == 8 * kGiB);
  CHECK(ParseBudget("1 MiB", 8 * kGiB).status().message() == "'1 MiB' is less than 32 MiB");
}

TEST_CASE("ParseBudget: anything else is refused in words") {
  for (const char* text :
       {"", "GiB", "2", "2 TB", "-1 GiB", "1e3 MiB", "2 GiB and more", "nan %"}) {
    INFO(text);
    const auto parsed = ParseBudget(text, 8 * kGiB);
    REQUIRE_FALSE(parsed.ok());
    CHECK(std::string(parsed.status().message()).find("is not a size such as") !=
          std::string::npos);
  }
}

TEST_CASE("ParseDuration: times as people write them") {
  CHECK(*ParseDuration("30 s") == 30);
  CHECK(*ParseDuration("30s") == 30);
  CHECK(*ParseDuration("5 min") == 300);
  CHECK(*ParseDuration("5m") == 300);
  CHECK(*ParseDuration("2 h") == 7200);
  CHECK(*ParseDuration("0") == 0);
  CHECK(*ParseDuration("0.2") == 0.2);
  CHECK(*ParseDuration("forever") == kForever);
  for (const char* text : {"", "soon", "-5 s", "5 days", "1e9", "for ever"}) {
    INFO(text);
    CHECK_FALSE(ParseDuration(text).ok());
  }
}

}  // namespace
}  // namespace continuo::memory
