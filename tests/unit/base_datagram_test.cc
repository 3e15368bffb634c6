// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "daemon/base/datagram.h"

namespace continuo::base {
namespace {

struct Pair {
  Pair() {
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
    a.Reset(pair[0]);
    b.Reset(pair[1]);
  }
  UniqueFd a, b;
};

std::size_t OpenDescriptors() {
  const auto entries = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

TEST_CASE("Datagram: megabytes arrive by a sealed file, and no descriptor is left") {
  const std::size_t before = OpenDescriptors();
  {
    Pair pair;
    std::string bytes(3 << 20, 'x');
    bytes[1'234'567] = 'y';
    {
      const auto file = MakeSealedFile(bytes);
      REQUIRE(file.ok());
      REQUIRE(SendDatagram(pair.a.get(), "enclosed", file->get(), 0) == 8);
    }
    char buffer[64];
    UniqueFd received;
    REQUIRE(ReceiveDatagram(pair.b.get(), buffer, sizeof buffer, 0, &received) == 8);
    REQUIRE(received.valid());
    CHECK((::fcntl(received.get(), F_GETFD) & FD_CLOEXEC) != 0);
    const auto read = ReadSealedFileUntrusted(received.get());
    REQUIRE(read.ok());
    CHECK(*read == bytes);
  }
  CHECK(OpenDescriptors() == before);
}

TEST_CASE("Datagram: what can still be changed is not read") {
  const UniqueFd open(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  CHECK(ReadSealedFileUntrusted(open.get()).status().code() == absl::StatusCode::kInvalidArgument);
  REQUIRE(::fcntl(open.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0);
  CHECK_FALSE(ReadSealedFileUntrusted(open.get()).ok());
  CHECK_FALSE(ReadSealedFileUntrusted(-1).ok());
  Pair pair;
  CHECK_FALSE(ReadSealedFileUntrusted(pair.a.get()).ok());
}

TEST_CASE("Datagram: a sealed file above the limit is not read") {
  const UniqueFd file(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  REQUIRE(::ftruncate(file.get(), static_cast<off_t>(kMaxSealedBytes + 1)) == 0);
  REQUIRE(::fcntl(file.get(), F_ADD_SEALS,
                  F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0);
  CHECK(ReadSealedFileUntrusted(file.get()).status().code() == absl::StatusCode::kInvalidArgument);
}

TEST_CASE("Datagram: of several descriptors that a peer passes none stays open unseen") {
  const std::size_t before = OpenDescriptors();
  {
    Pair pair;
    int many[3] = {pair.a.get(), pair.a.get(), pair.a.get()};
    iovec part{const_cast<char*>("x"), 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof many)] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof many);
    std::copy(std::begin(many), std::end(many), reinterpret_cast<int*>(CMSG_DATA(header)));
    REQUIRE(::sendmsg(pair.a.get(), &message, 0) == 1);
    char buffer[8];
    UniqueFd received;
    REQUIRE(ReceiveDatagram(pair.b.get(), buffer, sizeof buffer, 0, &received) == 1);
  }
  CHECK(OpenDescriptors() == before);
}

}  // namespace
}  // namespace continuo::base
