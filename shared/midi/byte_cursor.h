// SPDX-License-Identifier: Apache-2.0
// Reads bytes in order and never past their end. The first failure is kept: after it
// every read gives 0, so that a caller may look once after several reads.
#pragma once

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace continuo::midi {

class ByteCursor {
 public:
  explicit ByteCursor(std::string_view bytes) : bytes_(bytes), end_(bytes.size()) {}

  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] std::size_t left() const { return end_ - offset_; }
  [[nodiscard]] const absl::Status& status() const { return status_; }
  [[nodiscard]] bool ok() const { return status_.ok(); }

  // "byte 12: ..."; the first failure stays.
  void Fail(std::size_t at, const std::string& what) {
    if (ok()) status_ = absl::InvalidArgumentError(absl::StrCat("byte ", at, ": ", what));
  }
  void FailWith(absl::Status status) {
    if (ok()) status_ = std::move(status);
  }

  // Reads end there instead of at the end of the bytes. Gives the end before.
  std::size_t Limit(std::size_t end) { return std::exchange(end_, end); }

  // The next `count` bytes, as `what` needs them.
  std::string_view Take(std::size_t count, const char* what) {
    if (ok() && count > left()) {
      Fail(offset_, absl::StrCat(what, " needs ", count, " bytes, and ", left(), " are left"));
    }
    if (!ok()) return {};
    const std::string_view taken = bytes_.substr(offset_, count);
    offset_ += count;
    return taken;
  }

  std::uint8_t Byte(const char* what) {
    const std::string_view byte = Take(1, what);
    return byte.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(byte[0]);
  }

  // Big-endian, `count` bytes, at most 4.
  std::uint32_t Integer(std::size_t count, const char* what) {
    std::uint32_t value = 0;
    for (const char byte : Take(count, what)) value = value << 8 | static_cast<std::uint8_t>(byte);
    return value;
  }

  // A variable-length quantity of the Standard MIDI File: seven bits a byte, four at most.
  std::uint32_t Variable(const char* what) {
    const std::size_t at = offset_;
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      const std::uint8_t byte = Byte(what);
      value = value << 7 | (byte & 0x7FU);
      if ((byte & 0x80) == 0) return value;
    }
    Fail(at, absl::StrCat(what, " has more than four bytes"));
    return 0;
  }

 private:
  const std::string_view bytes_;
  std::size_t offset_ = 0;
  std::size_t end_;
  absl::Status status_;
};

}  // namespace continuo::midi
