// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "daemon/base/bytes_in_words.h"

namespace continuo::base {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

TEST_CASE("BytesInWords: powers of 1024, one digit more below ten") {
  CHECK(BytesInWords(0) == "0 bytes");
  CHECK(BytesInWords(1023) == "1023 bytes");
  CHECK(BytesInWords(1024) == "1.0 KiB");
  CHECK(BytesInWords(12 << 10) == "12 KiB");
  CHECK(BytesInWords(3 * kMiB / 2) == "1.5 MiB");
  CHECK(BytesInWords(300 * kMiB) == "300 MiB");
  CHECK(BytesInWords(24 * 1024 * kMiB) == "24 GiB");
  CHECK(BytesInWords(~std::uint64_t{0}) == "16 EiB");
}

TEST_CASE("BytesInWords: what is rounded goes to the next unit or digit") {
  CHECK(BytesInWords(kMiB - 1) == "1.0 MiB");
  CHECK(BytesInWords(1023 << 10) == "1023 KiB");
  CHECK(BytesInWords(10 * kMiB - 1) == "10 MiB");
}

}  // namespace
}  // namespace continuo::base
