// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/zstd_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "daemon/base/str_cat.h"
#include "daemon/model/durable.h"

namespace continuo::model {
namespace {

constexpr int kMaxWindowLog = 27;  // 128 MiB, what zstd itself writes without --ultra --long

}  // namespace

absl::StatusOr<ZstdFile> ZstdFile::Open(const std::string& path, std::uint64_t maximum_bytes) {
  ZstdFile file;
  file.path_ = path;
  file.maximum_bytes_ = maximum_bytes;
  // Not to wait for a writer where it is a FIFO.
  file.fd_ = base::UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!file.fd_.valid() || ::fstat(file.fd_.get(), &info) != 0) {
    return SystemError(base::StrCat("cannot read ", path));
  }
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(base::StrCat(path, " is not a regular file"));
  }
  file.size_bytes_ = static_cast<std::uint64_t>(info.st_size);
  if (!file.stream_ || ZSTD_isError(ZSTD_DCtx_setParameter(file.stream_.get(), ZSTD_d_windowLogMax,
                                                           kMaxWindowLog))) {
    return absl::InternalError("libzstd gives no stream");
  }
  file.packed_.resize(ZSTD_DStreamInSize());
  file.unpacked_.resize(ZSTD_DStreamOutSize());
  return file;
}

absl::Status ZstdFile::Fill() {
  for (;;) {
    const ssize_t size = ::read(fd_.get(), packed_.data(), packed_.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return SystemError(base::StrCat("cannot read ", path_));
    input_ = {packed_.data(), static_cast<std::size_t>(size), 0};
    read_bytes_ += static_cast<std::uint64_t>(size);
    sha256_.Update(packed_.data(), static_cast<std::size_t>(size));
    return absl::OkStatus();
  }
}

absl::StatusOr<std::string_view> ZstdFile::Read() {
  ZSTD_outBuffer output{unpacked_.data(), unpacked_.size(), 0};
  while (output.pos == 0) {
    if (input_.pos == input_.size && !frame_ended_ && !more_inside_) {
      if (absl::Status status = Fill(); !status.ok()) return status;
      if (input_.size == 0) {
        return absl::InvalidArgumentError(
            base::StrCat(path_, " is cut off after ", read_bytes_, " bytes; get it again"));
      }
    }
    if (frame_ended_) {
      if (input_.pos == input_.size) {
        if (absl::Status status = Fill(); !status.ok()) return status;
      }
      if (input_.pos == input_.size) return std::string_view();
      return absl::InvalidArgumentError(base::StrCat(path_, " goes on after its end"));
    }
    const std::size_t left = ZSTD_decompressStream(stream_.get(), &output, &input_);
    if (ZSTD_isError(left)) {
      return absl::InvalidArgumentError(
          base::StrCat(path_, " is no zstd archive, or a damaged one: ", ZSTD_getErrorName(left)));
    }
    frame_ended_ = left == 0;
    more_inside_ = output.pos == output.size;
  }
  unpacked_bytes_ += output.pos;
  if (unpacked_bytes_ > maximum_bytes_) {
    return absl::InvalidArgumentError(
        base::StrCat(path_, " unpacks to more than ", maximum_bytes_, " bytes, the limit"));
  }
  return std::string_view(unpacked_.data(), output.pos);
}

}  // namespace continuo::model
