// SPDX-License-Identifier: Apache-2.0
// A file that is one zstd frame, read piece by piece.
//
// Problem: the file is hostile. It may ask for a window of gigabytes, unpack to more than any
// disk holds, end early, or go on after its end. All of that is refused, and the digest is of the
// very bytes that were unpacked, whatever becomes of the file meanwhile.
// Threads: one at a time.
// Errors: INVALID_ARGUMENT names the file and what is wrong with it; else as the system says.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <zstd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/unique_fd.h"
#include "daemon/model/sha256.h"

namespace continuo::model {

class ZstdFile {
 public:
  // Of a regular file. More than `maximum_bytes` unpacked is an error when it comes to that.
  [[nodiscard]] static absl::StatusOr<ZstdFile> Open(const std::string& path,
                                                     std::uint64_t maximum_bytes);

  // The next piece, good until the next call; empty at the end of a file that is whole.
  [[nodiscard]] absl::StatusOr<std::string_view> Read();

  [[nodiscard]] std::uint64_t size_bytes() const { return size_bytes_; }  // of the file
  [[nodiscard]] std::uint64_t read_bytes() const { return read_bytes_; }  // of it
  // Of the whole file, once, after the end.
  [[nodiscard]] std::string sha256() { return sha256_.Finish(); }

 private:
  ZstdFile() : stream_(ZSTD_createDStream(), &ZSTD_freeDStream) {}
  [[nodiscard]] absl::Status Fill();

  std::string path_;
  base::UniqueFd fd_;
  std::uint64_t size_bytes_ = 0;
  std::uint64_t read_bytes_ = 0;
  std::uint64_t maximum_bytes_ = 0;
  std::uint64_t unpacked_bytes_ = 0;
  std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream_;
  std::vector<char> packed_;
  std::vector<char> unpacked_;
  ZSTD_inBuffer input_{};
  bool frame_ended_ = false;
  bool more_inside_ = false;  // the last piece was full, so the decoder may hold back some
  Sha256 sha256_;
};

}  // namespace continuo::model
