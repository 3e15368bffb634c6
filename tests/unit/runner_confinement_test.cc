// SPDX-License-Identifier: Apache-2.0
// What a confined process cannot do, tried by one.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "daemon/app/runner/confinement.h"
#include "temporary_directory.h"

namespace continuo::runner {
namespace {

constexpr std::uint64_t kMore = 64 << 20;

// Whether `what` succeeds in a child process, before or after it confines itself.
bool Succeeds(bool confined, const std::function<bool()>& what) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (confined && !Confine(kMore).ok()) ::_exit(3);
    ::_exit(what() ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) != 3);
  return WEXITSTATUS(status) == 0;
}

TEST_CASE("Confine: what was possible before is not any more") {
  const TemporaryDirectory directory;
  const std::string file = directory / "file";
  WriteFile(file, "text");
  const pid_t self = ::getpid();
  const std::pair<const char*, std::function<bool()>> deeds[] = {
      {"write a file", [&] { return ::open(file.c_str(), O_RDWR) >= 0; }},
      {"make a file", [&] { return ::open((file + "2").c_str(), O_RDONLY | O_CREAT, 0600) >= 0; }},
      {"make a directory", [&] { return ::mkdir((file + "3").c_str(), 0700) == 0; }},
      {"rename", [&] { return ::rename((file + "3").c_str(), (file + "4").c_str()) == 0; }},
      {"open a socket", [] { return ::socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }},
      {"signal another", [&] { return ::kill(self, 0) == 0; }},
      {"make a process",
       [] {
         const pid_t pid = ::vfork();
         if (pid == 0) ::_exit(0);
         return pid > 0;
       }},
      {"map much",
       [] {
         return ::mmap(nullptr, 2 * kMore, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
                MAP_FAILED;
       }},
      {"remove", [&] { return ::unlink(file.c_str()) == 0; }},
  };
  for (const auto& [what, deed] : deeds) {
    CAPTURE(what);
    CHECK_FALSE(Succeeds(true, deed));
    CHECK(Succeeds(false, deed));
  }
}

TEST_CASE("Confine: what an inspector needs stays possible") {
  const TemporaryDirectory directory;
  const std::string file = directory / "file";
  WriteFile(file, "text");
  CHECK(Succeeds(true, [&] { return ::open(file.c_str(), O_RDONLY) >= 0; }));
  CHECK(Succeeds(true, [] {
    return ::mmap(nullptr, kMore / 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
           MAP_FAILED;
  }));
  int pair[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
  CHECK(Succeeds(true, [&] { return ::send(pair[0], "x", 1, MSG_NOSIGNAL) == 1; }));
}

}  // namespace
}  // namespace continuo::runner
