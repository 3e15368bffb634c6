// SPDX-License-Identifier: Apache-2.0
// absl::StrCat and StrAppend that take std::string_view too. Debian builds abseil as
// C++14, where absl::string_view is a type of its own that the standard one does not
// convert to.
#pragma once

#include <absl/strings/str_cat.h>

#include <string>
#include <string_view>

namespace continuo::base {
namespace internal {

template <typename T>
const T& Piece(const T& piece) {
  return piece;
}
inline absl::string_view Piece(std::string_view piece) { return {piece.data(), piece.size()}; }

}  // namespace internal

template <typename... Pieces>
[[nodiscard]] std::string StrCat(const Pieces&... pieces) {
  return absl::StrCat(internal::Piece(pieces)...);
}

template <typename... Pieces>
void StrAppend(std::string* text, const Pieces&... pieces) {
  absl::StrAppend(text, internal::Piece(pieces)...);
}

// The message of a status, as a standard view; good as long as the status is.
template <typename Status>
[[nodiscard]] std::string_view MessageOf(const Status& status) {
  return {status.message().data(), status.message().size()};
}

}  // namespace continuo::base
