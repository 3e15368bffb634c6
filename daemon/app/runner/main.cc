// SPDX-License-Identifier: Apache-2.0
// continuo-runner: executes models for the daemon that has started it.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "daemon/app/runner/confinement.h"
#include "daemon/app/runner/control_channel.h"
#include "daemon/app/runner/inspector.h"
#include "daemon/app/runner/realtime_kit.h"
#include "daemon/app/runner/runner_host.h"
#include "daemon/base/allocator.h"
#include "daemon/base/log.h"
#include "daemon/base/paths.h"
#include "daemon/base/process_memory.h"
#include "daemon/base/realtime_priority.h"
#include "daemon/base/thread.h"
#include "shared/ipc/mapping_guard_handler.h"

namespace {

using continuo::runner::ControlChannel;

constexpr int kHousekeepingMs = 50;
constexpr int kExitOrphan = 4;
constexpr int kExitHang = 75;

struct CommandLine {
  int control_fd = -1;
  int realtime_priority = 0;
  bool lock_memory = false;
  double hang_timeout_s = 10;
  bool inspector = false;
  int job_threads = 0;
  bool confine = false;
  std::vector<std::string> readable;  // directories of models
  std::string log_level = "info";
};

// Ends with the daemon, whatever way that ends, also while stopped. Where it has
// ended before this line, the end of the control socket tells.
void EndWithParent() { prctl(PR_SET_PDEATHSIG, SIGKILL); }

// One thread a model. BLAS libraries read this when they are loaded, which is with the
// executor that needs them; OpenBLAS does not obey LibTorch's own setting.
void KeepBlasToOneThread() {
  for (const char* name : {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"}) {
    setenv(name, "1", 1);
  }
}

int Serve(const CommandLine& options) {
  namespace runner = continuo::runner;
  ControlChannel channel(options.control_fd);
  if (options.inspector) {
    continuo::base::LowerPriority();
    _exit(runner::RunInspector(&channel, continuo::base::ModuleDir()));
  }
  // Before any thread exists: all of them give way to a host's audio threads.
  if (options.job_threads > 0) continuo::base::LowerPriority();
  const int own_memory = continuo::base::OpenOwnMemory();
  std::string confinement = "off";
  if (options.confine) {
    // Reaching it takes a socket.
    if (options.realtime_priority > 0) runner::OpenRealtimeKit();
    absl::StatusOr<std::string> confined = runner::ConfineServing(options.readable);
    if (!confined.ok()) {
      continuo::base::Log("runner").critical(
          "cannot give up its rights: {}; runner.confine = false runs models without",
          confined.status().ToString());
      return 2;
    }
    confinement = *std::move(confined);
  }
  runner::RunnerOptions host_options;
  host_options.module_directory = continuo::base::ModuleDir();
  host_options.realtime_priority = options.realtime_priority;
  host_options.priority_broker = &runner::MakeThreadRealtime;
  host_options.hang_timeout_ns = static_cast<std::uint64_t>(options.hang_timeout_s * 1e9);
  host_options.job_threads = options.job_threads;
  host_options.own_memory = own_memory;
  runner::RunnerHost host(host_options, &channel);

  continuo::internal::FromRunner hello;
  hello.mutable_hello()->set_pid(getpid());
  hello.mutable_hello()->set_confinement(confinement);
  channel.Send(hello);
  for (;;) {
    continuo::internal::ToRunner message;
    switch (channel.Receive(kHousekeepingMs, &message)) {
      case ControlChannel::Received::kMessage:
        if (message.has_shutdown()) {
          host.Stop();
          // No static destructors: LibTorch's threads may still be about.
          _exit(EXIT_SUCCESS);
        }
        host.Handle(message);
        break;
      case ControlChannel::Received::kEnd:
        _exit(kExitOrphan);
      case ControlChannel::Received::kNothing:
        break;
    }
    if (const std::string reason = host.Housekeep(); !reason.empty()) {
      continuo::base::Log("runner").critical("{}; ending, to be started anew", reason);
      _exit(kExitHang);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  EndWithParent();
  KeepBlasToOneThread();
  continuo::base::SetAllocatorPolicy(continuo::base::Arenas::kPerThread);
  CommandLine options;
  CLI::App app("Executes models for continuod, which starts it; of no use by itself.");
  app.add_option("--control-fd", options.control_fd, "Socket to the daemon")->required();
  app.add_option("--realtime-priority", options.realtime_priority, "SCHED_FIFO priority, 0: none");
  app.add_option("--lock-memory", options.lock_memory, "Keep the memory in RAM");
  app.add_option("--hang-timeout", options.hang_timeout_s, "Seconds that one block may take");
  app.add_flag("--confine", options.confine, "Give up files, network and processes");
  app.add_option("--readable", options.readable, "A directory of models that stays readable")
      ->take_all();
  app.add_flag("--inspector", options.inspector, "Inspect one file and end");
  app.add_option("--job-threads", options.job_threads, "Run jobs, on so many threads");
  app.add_option("--log-level", options.log_level, "trace … critical");
  CLI11_PARSE(app, argc, argv);
  try {
    continuo::base::LogOptions log;
    log.level = options.log_level;
    if (const absl::Status status = continuo::base::SetUpLog(log); !status.ok()) return 2;
    // Terminal signals are the daemon's to answer.
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    if (fcntl(options.control_fd, F_GETFD) < 0) {
      continuo::base::Log("runner").error("--control-fd {} is not open; continuod starts me",
                                          options.control_fd);
      return 2;
    }
    fcntl(options.control_fd, F_SETFD, FD_CLOEXEC);
    if (options.lock_memory) {
      if (const absl::Status locked = continuo::base::LockMemory(); !locked.ok()) {
        continuo::base::Log("runner").debug("memory not locked: {}", locked.ToString());
      }
    }
    continuo::base::GuardRealtime(false);
    continuo::ipc::InstallMappingGuard();
    return Serve(options);
  } catch (const std::exception& error) {
    continuo::base::Log("runner").critical("ended by an error: {}", error.what());
    return EXIT_FAILURE;
  }
}
