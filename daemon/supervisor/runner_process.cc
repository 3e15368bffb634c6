// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/runner_process.h"

#include <absl/status/status.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "daemon/base/paths.h"
#include "daemon/base/str_cat.h"

extern char** environ;

namespace continuo::supervisor {
namespace {

constexpr int kControlFd = 3;
// By which a runner says that one of its models hangs (daemon/app/runner).
constexpr int kExitHang = 75;

std::string ProgramOf(const RunnerOptions& options) {
  if (!options.program.empty()) return options.program;
  if (const char* named = std::getenv("CONTINUO_RUNNER"); named != nullptr && *named != '\0') {
    return named;
  }
  return base::InstalledPrefix() + "/bin/continuo-runner";
}

// The child starts with no signal blocked, stdin closed to it, and the socket alone.
class SpawnSettings {
 public:
  explicit SpawnSettings(int control) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    // Also where it is 3 already: that clears close-on-exec.
    posix_spawn_file_actions_adddup2(&actions_, control, kControlFd);
    posix_spawn_file_actions_addclosefrom_np(&actions_, kControlFd + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    // A group of its own: Ctrl-C in the daemon's terminal is the daemon's to handle.
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

absl::StatusOr<RunnerProcess> RunnerProcess::Spawn(const RunnerOptions& options) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
    return absl::ErrnoToStatus(errno, "cannot make a socket pair for a runner");
  }
  base::UniqueFd ours(pair[0]);
  const base::UniqueFd theirs(pair[1]);
  // The runner reads with blocking calls.
  if (::fcntl(theirs.get(), F_SETFL, 0) != 0) return absl::ErrnoToStatus(errno, "fcntl");

  std::string program = ProgramOf(options);
  std::vector<std::string> arguments = {program,
                                        "--control-fd",
                                        base::StrCat(kControlFd),
                                        "--realtime-priority",
                                        base::StrCat(options.realtime_priority),
                                        "--lock-memory",
                                        options.lock_memory ? "1" : "0",
                                        "--hang-timeout",
                                        base::StrCat(options.hang_timeout_s),
                                        "--log-level",
                                        options.log_level};
  if (options.job_threads > 0) {
    arguments.insert(arguments.end(), {"--job-threads", base::StrCat(options.job_threads)});
  }
  if (options.inspector) {
    arguments.emplace_back("--inspector");
  } else if (options.confine) {
    arguments.emplace_back("--confine");
    for (const std::string& directory : options.readable) {
      arguments.emplace_back("--readable");
      arguments.push_back(directory);
    }
  }
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const SpawnSettings settings(theirs.get());
  pid_t pid = 0;
  if (const int error = ::posix_spawn(&pid, program.c_str(), settings.actions(),
                                      settings.attributes(), pointers.data(), environ)) {
    return absl::UnavailableError(
        base::StrCat("the runner ", program, " cannot be started: ", std::strerror(error),
                     "; install it beside continuod or set CONTINUO_RUNNER to its path"));
  }
  // No other process can have this id until we have waited for it.
  base::UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd.valid()) {
    const int error = errno;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return absl::ErrnoToStatus(error, "cannot watch a runner (pidfd_open, Linux 5.3)");
  }
  ::fcntl(pidfd.get(), F_SETFD, FD_CLOEXEC);
  return RunnerProcess(pid, std::move(pidfd), std::move(ours));
}

void RunnerProcess::Kill() const { ::kill(pid_, SIGKILL); }

std::string RunnerProcess::Reap() const {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) return base::StrCat("unknown end: ", std::strerror(errno));
  }
  if (WIFEXITED(status)) {
    const int code = WEXITSTATUS(status);
    return base::StrCat("exit ", code, code == kExitHang ? " (a model hangs)" : "");
  }
  const int number = WTERMSIG(status);
  const char* const name = ::sigdescr_np(number);
  return base::StrCat("signal ", number, " (", name != nullptr ? name : "unknown", ")");
}

}  // namespace continuo::supervisor
