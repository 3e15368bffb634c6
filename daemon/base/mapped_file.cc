// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/mapped_file.h"

#include <absl/status/status.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/base/unique_fd.h"

namespace continuo::base {
absl::StatusOr<MappedFile> MappedFile::Map(const std::string& path, std::size_t maximum_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0) {
    return absl::ErrnoToStatus(errno, StrCat("cannot read ", path));
  }
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(StrCat(path, " is not a regular file"));
  }
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size > maximum_bytes) {
    return absl::InvalidArgumentError(StrCat(path, " is longer than ", maximum_bytes, " bytes"));
  }
  if (size == 0) return MappedFile(nullptr, 0);
  void* const address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (address == MAP_FAILED) return absl::ErrnoToStatus(errno, StrCat("cannot map ", path));
  ::madvise(address, size, MADV_SEQUENTIAL);
  return MappedFile(address, size);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : address_(std::exchange(other.address_, nullptr)), size_(std::exchange(other.size_, 0)) {}

void MappedFile::ReadAhead(absl::string_view part) const {
  if (part.empty()) return;
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(part.data());
  const std::uintptr_t first = begin / page * page;
  ::madvise(reinterpret_cast<void*>(first), begin + part.size() - first, MADV_WILLNEED);
}

void MappedFile::GiveBack() const {
  if (address_ != nullptr) ::madvise(address_, size_, MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  if (address_ != nullptr) ::munmap(address_, size_);
}

}  // namespace continuo::base
