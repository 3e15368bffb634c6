// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/continuod/background.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace continuo::app {
namespace {

[[noreturn]] void WaitAsStarter(pid_t daemon, const base::UniqueFd& pipe) {
  unsigned char code = 1;
  ssize_t size = 0;
  while ((size = ::read(pipe.get(), &code, 1)) < 0 && errno == EINTR) {
  }
  if (size == 1) ::_exit(code);
  int status = 0;
  while (::waitpid(daemon, &status, 0) < 0 && errno == EINTR) {
  }
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

}  // namespace

Background Background::Enter() {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  const base::UniqueFd read_end(pipe[0]);
  base::UniqueFd write_end(pipe[1]);
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child > 0) {
    write_end.Reset();
    WaitAsStarter(child, read_end);
  }
  ::setsid();
  if (::chdir("/") != 0) throw std::system_error(errno, std::generic_category(), "chdir /");
  return Background(std::move(write_end));
}

void Background::Release(int exit_code) {
  if (!starter_.valid()) return;
  const base::UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  ::dup2(null.get(), STDOUT_FILENO);
  ::dup2(null.get(), STDERR_FILENO);
  const auto code = static_cast<unsigned char>(exit_code);
  [[maybe_unused]] const auto written = ::write(starter_.get(), &code, 1);
  starter_.Reset();
}

}  // namespace continuo::app
