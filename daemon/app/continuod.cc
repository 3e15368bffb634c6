// SPDX-License-Identifier: Apache-2.0
// continuod: the control plane. Links no model code; what crashes is not here.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <exception>
#include <iostream>
#include <optional>

#include "daemon/app/configuration.h"
#include "daemon/app/continuod/background.h"
#include "daemon/app/continuod/command_line.h"
#include "daemon/app/continuod/daemon.h"
#include "daemon/app/continuod/listening_socket.h"
#include "daemon/app/continuod/service_manager.h"
#include "daemon/base/allocator.h"
#include "daemon/base/paths.h"
#include "daemon/base/str_cat.h"
#include "daemon/base/thread.h"
#include "shared/ipc/mapping_guard_handler.h"

namespace continuo::app {
namespace {

int Fail(const absl::Status& status, int exit_code) {
  std::cerr << "continuod: " << base::MessageOf(status) << '\n';
  return exit_code;
}

// Before any thread exists: what all of them inherit.
void PrepareProcess() {
  base::SetAllocatorPolicy(base::Arenas::kOne);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ipc::InstallMappingGuard();
  ::umask(077);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  if (null > STDERR_FILENO) ::close(null);
  // No core: it would hold what people are working on.
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  // A descriptor a client; the usual soft limit is there for select(2) alone.
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
}

std::string SocketPath(const CommandLine& line, const Configuration& configuration) {
  if (!line.socket.empty()) return line.socket;
  if (!configuration.daemon.socket.empty()) return configuration.daemon.socket;
  return base::RuntimeDir() + "/daemon.sock";
}

int Serve(CommandLine line, const Configuration& configuration) {
  absl::StatusOr<base::UniqueFd> given = TakeListeningSocket();
  if (!given.ok()) return Fail(given.status(), kExitFailure);
  const std::string path = SocketPath(line, configuration);
  Background background;
  if (given->valid()) {
    line.foreground = true;  // a service manager watches the process it has started
  } else if (!line.foreground) {
    background = Background::Enter();
  }
  if (const absl::Status status = SetUpLog(line, configuration); !status.ok()) {
    return Fail(status, kExitUsage);
  }
  base::NameThread("continuod");
  if (given->valid()) {
    const std::string given_path = PathOf(*given);
    return RunDaemon(line, configuration, given_path, *std::move(given), &background, [] {});
  }
  absl::StatusOr<ListeningSocket> socket = ListeningSocket::Bind(path);
  if (!socket.ok()) {
    const bool usage = absl::IsInvalidArgument(socket.status());
    return Fail(socket.status(), absl::IsAlreadyExists(socket.status()) ? kExitAlreadyRunning
                                 : usage                                ? kExitUsage
                                                                        : kExitFailure);
  }
  const int exit_code = RunDaemon(line, configuration, path, socket->TakeDescriptor(), &background,
                                  [&socket] { socket->Unlink(); });
  socket->RemoveLock();
  return exit_code;
}

int Main(int argc, const char* const* argv) {
  PrepareProcess();
  int exit_code = kExitOk;
  const std::optional<CommandLine> line = ParseCommandLine(argc, argv, &exit_code);
  if (!line) return exit_code;
  if (line->print_config) {
    std::cout << DefaultConfigurationText();
    return kExitOk;
  }
  const absl::StatusOr<Configuration> configuration = LoadConfiguration(line->config);
  if (!configuration.ok()) return Fail(configuration.status(), kExitUsage);
  if (line->check_config) {
    std::cout << (configuration->path.empty() ? "no configuration file: the defaults"
                                              : configuration->path + ": no errors")
              << '\n';
    return kExitOk;
  }
  return Serve(*line, *configuration);
}

}  // namespace
}  // namespace continuo::app

int main(int argc, char** argv) {
  try {
    return continuo::app::Main(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "continuod: " << error.what() << '\n';
    return continuo::app::kExitFailure;
  }
}
