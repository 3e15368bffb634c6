// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/qt_compress.h"

#include <absl/strings/str_cat.h>
#include <zlib.h>

#include <cstdint>
#include <new>

namespace continuo::midi {
namespace {

constexpr std::size_t kLengthBytes = 4;
// zlib cannot make more of a byte; a length beyond that is a lie.
constexpr std::size_t kMaxRatio = 1032;

const Bytef* BytesOf(std::string_view text) { return reinterpret_cast<const Bytef*>(text.data()); }
Bytef* BytesOf(std::string& text) { return reinterpret_cast<Bytef*>(text.data()); }

}  // namespace

std::string QtCompress(std::string_view text) {
  uLongf size = compressBound(static_cast<uLong>(text.size()));
  std::string out(kLengthBytes + size, '\0');
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    out[i] = static_cast<char>(text.size() >> (8 * (kLengthBytes - 1 - i)));
  }
  // It has the room that it asked for: there is nothing that it could fail of but memory.
  if (compress(BytesOf(out) + kLengthBytes, &size, BytesOf(text),
               static_cast<uLong>(text.size())) != Z_OK) {
    throw std::bad_alloc();
  }
  out.resize(kLengthBytes + size);
  return out;
}

absl::StatusOr<std::string> QtUncompress(std::string_view bytes) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes && i < bytes.size(); ++i) {
    length = length << 8 | static_cast<std::uint8_t>(bytes[i]);
  }
  if (length > kMaxUncompressedBytes) {
    return absl::ResourceExhaustedError(absl::StrCat("says that it has ", length,
                                                     " bytes uncompressed; at most ",
                                                     kMaxUncompressedBytes, " are read"));
  }
  if (bytes.size() <= kLengthBytes || length / kMaxRatio > bytes.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("says that it has ", length, " bytes uncompressed, and has ", bytes.size()));
  }
  std::string out(length, '\0');
  uLongf size = static_cast<uLongf>(length);
  const std::string_view stream = bytes.substr(kLengthBytes);
  const int result =
      uncompress(BytesOf(out), &size, BytesOf(stream), static_cast<uLong>(stream.size()));
  if (result != Z_OK || size != length) {
    return absl::InvalidArgumentError("is not what LMMS compresses: the data is damaged");
  }
  return out;
}

}  // namespace continuo::midi
