// SPDX-License-Identifier: Apache-2.0
#include "daemon/history/blob.h"

#include <absl/status/status.h>
#include <zstd.h>

#include "daemon/base/str_cat.h"
#include "daemon/model/sha256.h"

namespace continuo::history {
namespace {

std::string Digest(std::string_view bytes) {
  model::Sha256 sha256;
  sha256.Update(bytes.data(), bytes.size());
  return sha256.Finish();
}

}  // namespace

absl::StatusOr<Blob> Pack(std::string_view plain) {
  if (plain.size() > kMaxBlobBytes) {
    return absl::InvalidArgumentError(
        base::StrCat("has ", plain.size(), " bytes, the limit is ", kMaxBlobBytes));
  }
  Blob blob{Digest(plain), plain.size(), std::string(ZSTD_compressBound(plain.size()), '\0')};
  if (blob.sha256.empty()) return absl::InternalError("libcrypto has no SHA-256");
  const std::size_t size = ZSTD_compress(blob.packed.data(), blob.packed.size(), plain.data(),
                                         plain.size(), ZSTD_CLEVEL_DEFAULT);
  if (ZSTD_isError(size) != 0) {
    return absl::InternalError(base::StrCat("zstd: ", ZSTD_getErrorName(size)));
  }
  blob.packed.resize(size);
  return blob;
}

absl::StatusOr<std::string> Unpack(const Blob& blob) {
  if (blob.bytes > kMaxBlobBytes) {
    return absl::DataLossError(base::StrCat("blob ", blob.sha256, ": is said to have ", blob.bytes,
                                            " bytes, the limit is ", kMaxBlobBytes));
  }
  std::string plain(blob.bytes, '\0');
  const std::size_t size =
      ZSTD_decompress(plain.data(), plain.size(), blob.packed.data(), blob.packed.size());
  if (ZSTD_isError(size) != 0 || size != plain.size() || Digest(plain) != blob.sha256) {
    return absl::DataLossError(base::StrCat("blob ", blob.sha256, ": is damaged"));
  }
  return plain;
}

}  // namespace continuo::history
