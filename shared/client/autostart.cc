// SPDX-License-Identifier: Apache-2.0
#include "shared/client/autostart.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "shared/client/errand.h"

extern char** environ;

namespace continuo::client {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDaemonName = "continuod";
// continuod's exit code for "another one serves this socket already".
constexpr int kAlreadyRunning = 3;
// An autostarted daemon ends by itself when nobody has used it for so long.
constexpr const char* kIdleExitSeconds = "60";

bool IsProgram(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
}

// The child starts clean: no descriptor, signal or priority of the host's.
class SpawnSettings {
 public:
  explicit SpawnSettings(int stderr_fd) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, stderr_fd, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    const sched_param normal{};
    posix_spawnattr_setschedpolicy(&attributes_, SCHED_OTHER);
    posix_spawnattr_setschedparam(&attributes_, &normal);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                               POSIX_SPAWN_SETSCHEDULER | POSIX_SPAWN_SETSID);
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

// What the daemon writes until it serves (then it lets go of the pipe) or ends, or the errand is
// cancelled.
std::string ReadAll(int fd, const Errand& errand) {
  constexpr std::size_t kMostBytes = 4096;
  constexpr int kLookMilliseconds = 20;
  std::string text;
  char buffer[512];
  while (!errand.cancelled()) {
    pollfd readable{fd, POLLIN, 0};
    if (poll(&readable, 1, kLookMilliseconds) <= 0) continue;
    const ssize_t size = read(fd, buffer, sizeof(buffer));
    if (size == 0 || (size < 0 && errno != EINTR)) break;
    if (size > 0 && text.size() < kMostBytes) text.append(buffer, static_cast<std::size_t>(size));
  }
  return text;
}

std::string LastLine(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

fs::path OwnFolder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&OwnFolder), &info) == 0 || info.dli_fname == nullptr) {
    return {};
  }
  std::error_code error;
  const fs::path path = fs::canonical(info.dli_fname, error);
  return error ? fs::path() : path.parent_path();
}

std::string FindDaemon() {
  if (const char* named = std::getenv("CONTINUO_DAEMON")) return IsProgram(named) ? named : "";
  if (const fs::path own = OwnFolder(); !own.empty()) {
    for (const char* relative : {".", "../bin", "../../bin", "../../../bin"}) {
      const fs::path candidate = own / relative / kDaemonName;
      if (IsProgram(candidate)) return candidate.lexically_normal();
    }
  }
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path candidate = fs::path(folder) / kDaemonName;
    if (IsProgram(candidate)) return candidate;
  }
  return {};
}

std::string StartDaemon(const std::string& socket_path, const Errand& errand) {
  const std::string daemon = FindDaemon();
  if (daemon.empty()) {
    const char* named = std::getenv("CONTINUO_DAEMON");
    return named != nullptr ? "CONTINUO_DAEMON is '" + std::string(named) +
                                  "', where there is no program; correct or unset it"
                            : "no continuod found beside this program or in PATH; install "
                              "Continuo or set CONTINUO_DAEMON to its path";
  }
  const char* arguments[] = {daemon.c_str(), "--socket",       socket_path.c_str(),
                             "--idle-exit",  kIdleExitSeconds, nullptr};
  int pipe[2];
  if (pipe2(pipe, O_CLOEXEC) != 0) return std::string("no pipe: ") + std::strerror(errno);
  const SpawnSettings settings(pipe[1]);
  pid_t pid = 0;
  const int failed = posix_spawn(&pid, daemon.c_str(), settings.actions(), settings.attributes(),
                                 const_cast<char* const*>(arguments), environ);
  close(pipe[1]);
  const std::string said = failed == 0 ? ReadAll(pipe[0], errand) : std::string();
  close(pipe[0]);
  if (failed != 0) return daemon + " cannot be started: " + std::strerror(failed);
  // It only waits for the daemon, which has a session of its own by now, or is not there yet.
  if (errand.cancelled()) kill(-pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    // A host that ignores SIGCHLD has reaped it; whether it serves shows soon.
    if (errno != EINTR) return {};
  }
  if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == kAlreadyRunning)) {
    return {};
  }
  return daemon + " was started and ended at once (" +
         (WIFEXITED(status) ? "exit code " + std::to_string(WEXITSTATUS(status))
                            : "signal " + std::to_string(WTERMSIG(status))) +
         "): " + LastLine(said);
}

}  // namespace continuo::client
