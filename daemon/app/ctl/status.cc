// SPDX-License-Identifier: Apache-2.0
// continuoctl status: what runs, since when, with how much memory.
#include <spdlog/fmt/fmt.h>

#include "continuo/v1/daemon_service.grpc.pb.h"
#include "continuo/v1/fit_service.grpc.pb.h"
#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/json.h"
#include "daemon/app/ctl/proto_json.h"
#include "daemon/app/ctl/stream_table.h"
#include "daemon/app/ctl/text.h"
#include "daemon/base/bytes_in_words.h"

namespace continuo::ctl {
namespace {

void PrintRunners(const v1::GetStatusResponse& status) {
  if (status.runners().empty()) {
    fmt::print("\nno runner: one is started when a model is needed\n");
    return;
  }
  Table table({"RUNNER", "EXECUTOR", "MODELS", "STREAMS", "MEMORY", "RESTARTS", "SCHEDULING"});
  for (const v1::RunnerStatus& runner : status.runners()) {
    table.Add({std::to_string(runner.pid()), runner.executor(),
               Join({runner.models().begin(), runner.models().end()}),
               std::to_string(runner.streams()), base::BytesInWords(runner.proportional_bytes()),
               std::to_string(runner.restarts()), runner.scheduling()});
  }
  fmt::print("\n");
  table.Print();
  for (const v1::RunnerStatus& runner : status.runners()) {
    if (!runner.placement_reason().empty()) {
      fmt::print("runner {}: {}\n", runner.pid(), runner.placement_reason());
    }
    if (!runner.confinement().empty()) {
      fmt::print("runner {}: confined by {}\n", runner.pid(), runner.confinement());
    }
  }
}

ExitCode Run(const Context& context) {
  const client::Connected connected = context.Connect();
  v1::DaemonService::Stub stub(connected.channel);
  const auto status = Call(stub, &v1::DaemonService::Stub::GetStatus, v1::GetStatusRequest());
  // What it is said to be; nothing is measured for this.
  v1::FitService::Stub fit(connected.channel);
  v1::GetMachineRequest known;
  known.set_only_if_known(true);
  const auto machine = Call(fit, &v1::FitService::Stub::GetMachine, known);
  if (context.json) {
    Json document = ToJson(status);
    document["machine"] = ToJson(machine);
    PrintJson(document);
    return ExitCode::kOk;
  }
  fmt::print("continuod {} (API {}.{}), process {}, up {}, {}\n", status.daemon_version(),
             status.api().major(), status.api().minor(), status.daemon_pid(),
             Duration(status.uptime_s()), base::BytesInWords(status.resident_bytes()));
  fmt::print("socket {}\n", status.socket_path());
  fmt::print("configuration {}\n", status.configuration_path().empty()
                                       ? "built-in defaults"
                                       : status.configuration_path());
  fmt::print("models {}\n", status.models());
  fmt::print("machine {}, {} cores, {}; {}\n", machine.cpu_name(), machine.cores(),
             base::BytesInWords(machine.memory_bytes()),
             machine.measured_unix_s() == 0
                 ? "not measured yet"
                 : fmt::format("benchmark {:.1f} us a block, {:.1f} us a cell", machine.block_us(),
                               machine.cell_us()));
  for (const std::string& warning : status.warnings()) fmt::print("WARNING: {}\n", warning);
  PrintRunners(status);
  fmt::print("\n");
  PrintStreams(status);
  return ExitCode::kOk;
}

}  // namespace

void AddStatus(CLI::App& app, Context& context) {
  CLI::App* verb = app.add_subcommand("status", "Show the daemon, its runners and its streams");
  verb->callback([&context] { context.action = [&context] { return Run(context); }; });
}

}  // namespace continuo::ctl
