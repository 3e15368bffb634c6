// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fake/intruder.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iterator>

namespace continuo::executor {
namespace {

bool Opens(const char* path, int flags) {
  const int fd = ::open(path, flags | O_CLOEXEC, 0600);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

bool OpensSocket(int family) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

bool Ends(pid_t child) { return child > 0 && ::waitpid(child, nullptr, 0) == child; }

bool Forks() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  return Ends(child);
}

bool RunsProgram() {
  char program[] = "/bin/true";
  char* const arguments[] = {program, nullptr};
  pid_t child = 0;
  return ::posix_spawn(&child, program, nullptr, nullptr, arguments, nullptr) == 0 && Ends(child);
}

}  // namespace

std::uint32_t Intrude() noexcept {
  const char* const secret = std::getenv("CONTINUO_FAKE_SECRET");
  if (secret == nullptr) std::abort();  // nothing would be shown
  char other[4096];
  char renamed[4096];
  char environment[64];
  std::snprintf(other, sizeof other, "%s.other", secret);
  std::snprintf(renamed, sizeof renamed, "%s.renamed", secret);
  std::snprintf(environment, sizeof environment, "/proc/%d/environ", ::getppid());
  const bool done[] = {
      Opens(secret, O_RDONLY),
      Opens(secret, O_WRONLY),
      Opens(other, O_WRONLY | O_CREAT),
      ::rename(secret, renamed) == 0 && ::rename(renamed, secret) == 0,
      OpensSocket(AF_INET),
      OpensSocket(AF_UNIX),
      Forks(),
      RunsProgram(),
      ::kill(::getppid(), 0) == 0,
      Opens(environment, O_RDONLY),
  };
  static_assert(std::size(done) == std::size(kDeeds));
  std::uint32_t mask = 0;
  for (std::size_t i = 0; i < std::size(done); ++i) mask |= done[i] ? 1U << i : 0U;
  return mask;
}

}  // namespace continuo::executor
