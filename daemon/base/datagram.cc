// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/datagram.h"

#include <absl/status/status.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "daemon/base/str_cat.h"

namespace continuo::base {
namespace {

constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

union ControlBuffer {
  char bytes[CMSG_SPACE(sizeof(int))];
  cmsghdr aligned;
};

}  // namespace

ssize_t SendDatagram(int socket, std::string_view bytes, int descriptor, int flags) {
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  ControlBuffer control{};
  if (descriptor >= 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  }
  return ::sendmsg(socket, &message, flags);
}

ssize_t ReceiveDatagram(int socket, char* buffer, std::size_t size, int flags,
                        UniqueFd* descriptor) {
  iovec part{buffer, size};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  ControlBuffer control{};
  message.msg_control = control.bytes;
  message.msg_controllen = CMSG_LEN(sizeof(int));  // what is there for alignment would hold another
  const ssize_t received = ::recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
  if (received < 0) return received;
  // There is room for one; the kernel closes what a peer passes beyond that.
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    int passed = -1;
    std::memcpy(&passed, CMSG_DATA(header), sizeof passed);
    descriptor->Reset(passed);
  }
  return received;
}

absl::StatusOr<UniqueFd> MakeSealedFile(std::string_view bytes) {
  UniqueFd file(::memfd_create("continuo-message", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file.valid()) return absl::ErrnoToStatus(errno, "cannot make a memory file");
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::write(file.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return absl::ErrnoToStatus(errno, "cannot write a memory file");
    done += static_cast<std::size_t>(count);
  }
  if (::fcntl(file.get(), F_ADD_SEALS, kSeals) != 0) {
    return absl::ErrnoToStatus(errno, "cannot seal a memory file");
  }
  return file;
}

absl::StatusOr<std::string> ReadSealedFileUntrusted(int descriptor) {
  const int seals = ::fcntl(descriptor, F_GET_SEALS);
  if (seals < 0 || (seals & kSeals) != kSeals) {
    return absl::InvalidArgumentError("what was passed along is no sealed memory file");
  }
  struct stat info {};
  if (::fstat(descriptor, &info) != 0) return absl::ErrnoToStatus(errno, "fstat");
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size > kMaxSealedBytes) {
    return absl::InvalidArgumentError(
        StrCat("the memory file has ", size, " bytes, the limit is ", kMaxSealedBytes));
  }
  std::string bytes(size, '\0');
  for (std::size_t done = 0; done < size;) {
    const ssize_t count =
        ::pread(descriptor, bytes.data() + done, size - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return absl::ErrnoToStatus(errno, "cannot read a memory file");
    done += static_cast<std::size_t>(count);
  }
  return bytes;
}

}  // namespace continuo::base
