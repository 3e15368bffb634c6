// SPDX-License-Identifier: Apache-2.0
// continuoctl events: everything that changes, one line each, until interrupted.
#include <spdlog/fmt/chrono.h>
#include <spdlog/fmt/fmt.h>

#include <cstdio>
#include <ctime>
#include <memory>

#include "continuo/v1/daemon_service.grpc.pb.h"
#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/json.h"
#include "daemon/app/ctl/proto_json.h"
#include "daemon/app/ctl/text.h"

namespace continuo::ctl {
namespace {

std::string Sentence(const v1::Event& event) {
  switch (event.what_case()) {
    case v1::Event::kRunnerStarted:
      return fmt::format("runner {} started", event.runner_started().pid());
    case v1::Event::kRunnerEnded:
      return fmt::format("runner {} ended{}: {}", event.runner_ended().pid(),
                         event.runner_ended().asked() ? " as asked" : " unasked",
                         event.runner_ended().reason());
    case v1::Event::kStreamChanged: {
      const v1::StreamStatus& stream = event.stream_changed().stream();
      return fmt::format("stream {} ({}, {}): {}", stream.stream_id(), stream.model_id(),
                         stream.client_name(),
                         event.stream_changed().closed() ? "closed" : stream.state());
    }
    case v1::Event::kModelsChanged:
      return "models changed";
    case v1::Event::kWarningsChanged: {
      const auto& warnings = event.warnings_changed().warnings();
      return warnings.empty() ? "no warning any more" : Join({warnings.begin(), warnings.end()});
    }
    case v1::Event::kJobChanged: {
      const v1::Job& job = event.job_changed().job();
      return fmt::format("job {} ({}, {}): {}{}", job.id(), job.model(), job.client(),
                         v1::JobState_Name(job.state()).substr(sizeof("JOB_STATE_") - 1),
                         job.error().empty() ? "" : ": " + job.error());
    }
    case v1::Event::kRecordAdded:
      return fmt::format("record {} added", event.record_added().record_id());
    case v1::Event::WHAT_NOT_SET:
      break;
  }
  return "something that this continuoctl is too old to know";
}

void Print(const v1::Event& event) {
  const std::time_t seconds = event.time_ms() / 1000;
  std::tm local{};
  localtime_r(&seconds, &local);
  if (event.missed() > 0) fmt::print("({} events were missed)\n", event.missed());
  fmt::print("{:%H:%M:%S}.{:03} {}\n", local, event.time_ms() % 1000, Sentence(event));
}

ExitCode Run(const Context& context, std::uint64_t count) {
  const client::Connected connected = context.Connect();
  v1::DaemonService::Stub stub(connected.channel);
  grpc::ClientContext call;
  const auto reader = stub.Subscribe(&call, v1::SubscribeRequest());
  v1::Event event;
  for (std::uint64_t seen = 0; count == 0 || seen < count; ++seen) {
    if (!reader->Read(&event)) {
      const grpc::Status status = reader->Finish();
      throw status.ok() ? Failed("the daemon ended") : FromStatus(status);
    }
    if (context.json) {
      fmt::print("{}\n", ToJson(event).dump());
    } else {
      Print(event);
    }
    std::fflush(stdout);
  }
  call.TryCancel();
  (void)reader->Finish();
  return ExitCode::kOk;
}

}  // namespace

void AddEvents(CLI::App& app, Context& context) {
  CLI::App* verb = app.add_subcommand(
      "events", "Follow what changes, until interrupted (--json: one document a line)");
  auto count = std::make_shared<std::uint64_t>(0);
  verb->add_option("--count", *count, "End after so many events")->type_name("N");
  verb->callback(
      [&context, count] { context.action = [&context, count] { return Run(context, *count); }; });
}

}  // namespace continuo::ctl
