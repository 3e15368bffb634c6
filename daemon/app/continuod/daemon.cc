// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/continuod/daemon.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <future>
#include <memory>
#include <utility>

#include "daemon/app/continuod/history_store.h"
#include "daemon/app/continuod/listening_socket.h"
#include "daemon/app/continuod/service_manager.h"
#include "daemon/base/background_worker.h"
#include "daemon/base/bytes_in_words.h"
#include "daemon/base/code_pages.h"
#include "daemon/base/log.h"
#include "daemon/base/paths.h"
#include "daemon/base/str_cat.h"
#include "daemon/base/version.h"
#include "daemon/fit/advisor.h"
#include "daemon/fit/figures.h"
#include "daemon/fit/workbench.h"
#include "daemon/history/history.h"
#include "daemon/memory/amounts.h"
#include "daemon/memory/pressure.h"
#include "daemon/model/installer.h"
#include "daemon/model/store.h"
#include "daemon/repository/repository.h"
#include "daemon/service/acceptor.h"
#include "daemon/service/event_broadcaster.h"
#include "daemon/service/metrics_collector.h"
#include "daemon/service/metrics_endpoint.h"
#include "daemon/service/server.h"
#include "daemon/supervisor/appraisals.h"
#include "daemon/supervisor/job_desk.h"
#include "daemon/supervisor/memory_keeper.h"
#include "daemon/supervisor/supervisor.h"

namespace continuo::app {
namespace {

using std::chrono::milliseconds;
using supervisor::AdmissionPolicy;
using Clock = std::chrono::steady_clock;

// How often idleness is looked at, and how long calls may take to end.
constexpr milliseconds kIdleCheck{500};
constexpr milliseconds kServerPatience{1000};

// What the configuration says has been checked when it was read.
supervisor::MemoryOptions ForMemory(const Configuration& configuration) {
  supervisor::MemoryOptions options;
  const std::uint64_t whole = memory::UsableMemory();
  // A share that comes to less than the least is the least.
  options.budget_bytes = memory::ParseBudget(configuration.memory.budget, whole)
                             .value_or(std::min(memory::kLeastBudget, whole));
  options.budget_reason =
      base::StrCat(configuration.memory.budget, " of ", base::BytesInWords(whole));
  options.figures_path = base::StateDir() + "/memory.json";
  options.wait_s = configuration.memory.wait_s;
  options.smaller_variants = configuration.memory.smaller_variants;
  options.keep_alive_s =
      memory::ParseDuration(configuration.memory.keep_alive).value_or(options.keep_alive_s);
  return options;
}

supervisor::SupervisorOptions ForSupervisor(const CommandLine& line,
                                            const Configuration& configuration,
                                            supervisor::MemoryKeeper* memory) {
  supervisor::SupervisorOptions options;
  options.runner.realtime_priority = static_cast<int>(configuration.runner.realtime_priority);
  options.runner.lock_memory = configuration.runner.lock_memory;
  options.runner.confine = configuration.runner.confine;
  options.runner.readable = base::ModelPath(configuration.models.paths);
  options.runner.log_level = line.log_level.empty() ? configuration.log.level : line.log_level;
  if (const auto found = configuration.log.levels.find("runner");
      found != configuration.log.levels.end()) {
    options.runner.log_level = found->second;
  }
  options.wake = configuration.runner.wake;
  options.one_runner_per_model = configuration.runner.isolation == Isolation::kModel;
  options.hang_timeout_s = configuration.runner.hang_timeout_s;
  options.start_timeout_s = configuration.stream.start_timeout_s;
  options.restart_limit = static_cast<std::size_t>(configuration.runner.restart_limit);
  options.restart_window_s = kRestartWindowS;
  options.memory = memory;
  options.keep_loaded_s = memory->options().keep_alive_s;
  options.import_timeout_s = configuration.models.import_timeout_s;
  options.maximum_streams = static_cast<std::size_t>(configuration.stream.maximum_streams);
  options.attach_timeout_s = configuration.stream.attach_timeout_s;
  options.admission = configuration.stream.admission == "strict" ? AdmissionPolicy::kStrict
                      : configuration.stream.admission == "off"  ? AdmissionPolicy::kOff
                                                                 : AdmissionPolicy::kAdvise;
  return options;
}

supervisor::JobDeskOptions ForJobs(const supervisor::SupervisorOptions& runners,
                                   const Configuration& configuration) {
  supervisor::JobDeskOptions options;
  options.runners = runners;
  options.threads = static_cast<int>(configuration.jobs.threads);
  options.board.slots = static_cast<std::size_t>(configuration.jobs.at_once);
  options.board.limits.jobs = static_cast<std::size_t>(configuration.jobs.maximum_queued);
  options.board.limits.jobs_of_client = std::max<std::size_t>(1, options.board.limits.jobs / 2);
  options.board.cache_bytes = static_cast<std::size_t>(configuration.jobs.cache_mib) << 20;
  options.board.predict = configuration.jobs.predict;
  return options;
}

// Archives of a repository go the way of any other archive.
repository::RepositoryOptions ForRepository(const Configuration& configuration,
                                            const std::shared_ptr<model::ModelStore>& store) {
  repository::RepositoryOptions options;
  options.sources = configuration.repositories;
  options.state_directory = base::StateDir() + "/repository";
  options.models_directory = base::DataDir() + "/models";
  options.store = store;
  options.install =
      [store, directory = options.models_directory](
          const std::string& archive, const v1::RepositoryEntry& entry,
          const std::function<void()>& on_installing,
          const repository::Cancelled& cancelled) -> absl::StatusOr<repository::Placed> {
    model::InstallOptions install;
    install.expected_id = entry.id();
    install.expected_version = entry.version();
    install.expected_sha256 = entry.sha256();
    install.watcher.cancelled = cancelled;
    install.step = [&on_installing](std::string_view step) {
      if (step == "installing") on_installing();
    };
    const auto installed = model::Install(store.get(), directory, archive, install);
    if (!installed.ok()) return installed.status();
    return repository::Placed{installed->package->directory, installed->already_there};
  };
  options.remove = [directory = options.models_directory](const repository::Placed& placed) {
    return model::TakeBack(directory, placed.directory);
  };
  return options;
}

void ReloadLogLevels(const CommandLine& line) {
  const absl::StatusOr<Configuration> configuration = LoadConfiguration(line.config);
  absl::Status status = configuration.status();
  if (status.ok()) status = SetUpLog(line, *configuration);
  if (status.ok()) {
    base::Log("daemon").info("log levels read again");
  } else {
    base::Log("daemon").error("the log levels stay as they are: {}", base::MessageOf(status));
  }
}

// Whether a client has been there within the last `limit_s`.
class Idleness {
 public:
  explicit Idleness(double limit_s) : limit_(limit_s) {}

  [[nodiscard]] bool enabled() const { return limit_.count() > 0; }

  [[nodiscard]] bool Expired(service::Acceptor* acceptor, const supervisor::Supervisor& streams,
                             supervisor::JobDesk* jobs) {
    const std::uint64_t accepted = acceptor->accepted();
    const bool came = std::exchange(accepted_, accepted) != accepted;
    if (came || acceptor->open_connections() > 0 || streams.stream_count() > 0 ||
        jobs->job_count() > 0) {
      since_ = Clock::now();
    }
    return Clock::now() - since_ >= limit_;
  }

 private:
  std::chrono::duration<double> limit_;
  Clock::time_point since_ = Clock::now();
  std::uint64_t accepted_ = 0;
};

// Returns when the daemon is to end.
void WaitForEnd(const CommandLine& line, Idleness idleness, service::Acceptor* acceptor,
                const supervisor::Supervisor& streams, supervisor::JobDesk* jobs) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  const timespec pause{0, std::chrono::nanoseconds(kIdleCheck).count()};
  for (;;) {
    const int signal = idleness.enabled() ? sigtimedwait(&signals, nullptr, &pause)
                                          : sigwaitinfo(&signals, nullptr);
    if (signal == SIGHUP) {
      ReloadLogLevels(line);
    } else if (signal > 0) {
      base::Log("daemon").info("ending: {}", ::sigdescr_np(signal));
      return;
    } else if (idleness.enabled() && idleness.Expired(acceptor, streams, jobs)) {
      base::Log("daemon").info("ending: no client for the time of --idle-exit");
      return;
    }
  }
}

// Says what became of the history at the start, and looks through it when there is time.
void LookAfter(history::History* history, base::BackgroundWorker* worker) {
  // Music goes on without a history.
  if (const absl::Status status = history->status(); !status.ok()) {
    base::Log("history").error("{}", base::MessageOf(status));
  }
  if (!history->notice().empty()) base::Log("history").error("{}", history->notice());
  worker->Run([history] {
    const absl::StatusOr<int> swept = history->Sweep();
    if (absl::IsDataLoss(swept.status())) {
      base::Log("history").error("{}", base::MessageOf(swept.status()));
    } else if (swept.ok() && *swept > 0) {
      base::Log("history").info("{} files that no record needs are removed", *swept);
    }
  });
}

// The endpoint for collectors, where the configuration names a socket for it.
class MetricsSocket {
 public:
  MetricsSocket(const std::string& path, service::MetricsCollector* metrics,
                supervisor::MemoryKeeper* memory)
      : socket_(absl::NotFoundError("no metrics.socket is named")) {
    if (path.empty()) return;
    socket_ = ListeningSocket::Bind(path);
    if (!socket_.ok()) {
      status_ = socket_.status();
      return;
    }
    endpoint_ =
        std::make_unique<service::MetricsEndpoint>(socket_->TakeDescriptor(), metrics, memory);
    base::Log("daemon").info("metrics are on {}", path);
  }
  void Stop() {
    if (!endpoint_) return;
    socket_->Unlink();
    endpoint_->Stop();
    socket_->RemoveLock();
  }
  [[nodiscard]] const absl::Status& status() const { return status_; }

 private:
  absl::StatusOr<ListeningSocket> socket_;
  absl::Status status_;
  std::unique_ptr<service::MetricsEndpoint> endpoint_;
};

// A confined runner reads the directories that there were when it started, so the one that
// imports go to has to be there.
void MakeOwnModelDir() {
  const std::string directory = base::DataDir() + "/models";
  if (const absl::Status status = base::EnsurePrivateDir(directory); !status.ok()) {
    base::Log("daemon").warn("no models can be imported: {}", base::MessageOf(status));
  }
}

}  // namespace

absl::Status SetUpLog(const CommandLine& line, const Configuration& configuration) {
  base::LogOptions options = configuration.log;
  if (!line.log_level.empty()) options.level = line.log_level;
  if (!line.foreground && options.file.empty()) {
    // In the background stderr leads nowhere. Not being able to write there is no reason
    // not to serve.
    options.file = base::StateDir() + "/continuod.log";
    if (base::SetUpLog(options).ok()) return absl::OkStatus();
    options.file.clear();
  }
  return base::SetUpLog(options);
}

int RunDaemon(const CommandLine& line, const Configuration& configuration,
              const std::string& socket_path, base::UniqueFd listener, Background* background,
              const std::function<void()>& on_stopping) {
  MakeOwnModelDir();
  const auto store = std::make_shared<model::ModelStore>(
      base::ModelPath(configuration.models.paths), base::DataDir() + "/models/versions.json");
  supervisor::MemoryKeeper memory(ForMemory(configuration));
  const supervisor::SupervisorOptions options = ForSupervisor(line, configuration, &memory);
  supervisor::Appraisals appraisals(options.runner, &memory);
  const fit::Appraise appraise = [&appraisals](const internal::Appraise& request,
                                               const fit::Cancelled& cancelled) {
    return appraisals.Run(request, cancelled);
  };
  fit::Figures figures(base::StateDir() + "/fit", appraise);
  store->SetSubstitutes(configuration.models.substitute == "compatible");
  store->SetRefine([&figures](v1::ModelManifest* manifest) { figures.Refine(manifest); });
  service::EventBroadcaster events;
  supervisor::Supervisor streams(options, store, &events);
  history::History history(base::DataDir() + "/history");
  base::BackgroundWorker chores("chores");
  LookAfter(&history, &chores);
  HistoryStore job_store(&history);
  supervisor::JobDesk jobs(ForJobs(options, configuration), store, &job_store, &events, &events);
  service::MetricsCollector metrics(&streams, &jobs);
  repository::Repository repositories(ForRepository(configuration, store));
  fit::Limits limits;
  limits.budget_bytes = memory.options().budget_bytes;
  fit::Advisor advisor(store.get(), &repositories, &figures, limits);
  fit::Workbench workbench(store.get(), &figures, appraise, limits);
  service::Server server({socket_path, configuration.path, options.maximum_streams}, &streams,
                         store, &events, &metrics, &jobs, &history, &repositories, &memory,
                         {&figures, &advisor, &workbench});
  if (const absl::Status status = server.Start(); !status.ok()) {
    base::Log("daemon").critical("{}", base::MessageOf(status));
    return kExitFailure;
  }
  // Static objects, gRPC's start and the configuration touch far more code than serving does.
  base::ReleaseCodePages();
  service::Acceptor acceptor(std::move(listener), [&server](base::UniqueFd connection) {
    server.AddConnection(std::move(connection));
  });
  MetricsSocket metrics_socket(configuration.metrics.socket, &metrics, &memory);
  if (const absl::Status status = metrics_socket.status(); !status.ok()) {
    // Music goes on without figures.
    base::Log("daemon").error("metrics.socket: {}", base::MessageOf(status));
  }
  base::Log("daemon").info("continuod {} serves {}", base::kVersion, socket_path);
  NotifyServiceManager("READY=1");
  background->Release(kExitOk);

  WaitForEnd(line, Idleness(line.idle_exit_s.value_or(configuration.daemon.idle_exit_s)), &acceptor,
             streams, &jobs);

  NotifyServiceManager("STOPPING=1");
  on_stopping();
  acceptor.Stop();
  appraisals.Stop();
  metrics_socket.Stop();
  std::promise<void> stopped;
  streams.Stop([&stopped] { stopped.set_value(); });
  std::promise<void> jobs_stopped;
  jobs.Stop([&jobs_stopped] { jobs_stopped.set_value(); });
  stopped.get_future().wait();
  jobs_stopped.get_future().wait();
  events.Stop();
  server.Shutdown(kServerPatience);
  return kExitOk;
}

}  // namespace continuo::app
