// SPDX-License-Identifier: Apache-2.0
// continuoctl jobs: what is being made, by whoever asked.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <memory>

#include "continuo/v1/generation_service.grpc.pb.h"
#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/generate_view.h"
#include "daemon/app/ctl/interrupt.h"
#include "daemon/app/ctl/proto_json.h"
#include "daemon/app/ctl/text.h"

namespace continuo::ctl {
namespace {

using Stub = v1::GenerationService::Stub;

// "JOB_STATE_RUNNING" as "running".
std::string Word(const std::string& name, const char* prefix) {
  std::string word = name.rfind(prefix, 0) == 0 ? name.substr(std::strlen(prefix)) : name;
  std::transform(word.begin(), word.end(), word.begin(), ::tolower);
  return word;
}

ExitCode List(const Context& context) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  const auto response = Call(stub, &Stub::ListJobs, v1::ListJobsRequest());
  if (context.json) {
    PrintJson(ToJson(response));
    return ExitCode::kOk;
  }
  Table table({"JOB", "STATE", "DONE", "TASK", "MODEL", "PRIORITY", "CLIENT", "RECORD"});
  for (const v1::Job& job : response.jobs()) {
    table.Add({job.id(), Word(v1::JobState_Name(job.state()), "JOB_STATE_"),
               fmt::format("{:.0f} %", 100 * job.fraction()), TaskText(job.task()), job.model(),
               Word(v1::JobPriority_Name(job.priority()), "JOB_PRIORITY_"), job.client(),
               !job.error().empty()      ? job.error()
               : job.record_id().empty() ? "-"
                                         : job.record_id()});
  }
  if (table.empty()) {
    fmt::print("no job is there, and none has ended lately\n");
  } else {
    table.Print();
  }
  return ExitCode::kOk;
}

ExitCode Watch(const Context& context, const std::string& id) {
  Interrupt interrupt;
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  v1::WatchJobRequest request;
  request.set_job_id(id);
  grpc::ClientContext call;
  interrupt.Call([&call] { call.TryCancel(); });
  const auto reader = stub.WatchJob(&call, request);
  GenerateView view(context.json);
  v1::GenerateEvent event;
  while (reader->Read(&event)) view.Show(event);
  view.Clear();
  const grpc::Status status = reader->Finish();
  interrupt.EndIfAsked();
  if (!status.ok()) throw FromStatus(status);
  return ExitCode::kOk;
}

ExitCode Cancel(const Context& context, const std::string& id) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  v1::CancelJobRequest request;
  request.set_job_id(id);
  (void)Call(stub, &Stub::CancelJob, request);
  if (context.json) {
    PrintJson({{"cancelled", id}});
  } else {
    fmt::print("{}: cancelled\n", id);
  }
  return ExitCode::kOk;
}

}  // namespace

void AddJobs(CLI::App& app, Context& context) {
  CLI::App* jobs = app.add_subcommand("jobs", "What is being made");
  jobs->require_subcommand(0, 1);
  jobs->callback([&context, jobs] {
    if (jobs->get_subcommands().empty()) context.action = [&context] { return List(context); };
  });
  jobs->add_subcommand("list", "Those that wait, those at work, those that ended lately")
      ->callback([&context] { context.action = [&context] { return List(context); }; });
  const auto id = std::make_shared<std::string>();
  const auto add = [&](const char* name, const char* what, auto action) {
    CLI::App* verb = jobs->add_subcommand(name, what);
    verb->add_option("job", *id, "Its id, as `jobs list` shows it")->required()->type_name("JOB");
    verb->callback([&context, id, action] {
      context.action = [&context, id, action] { return action(context, *id); };
    });
  };
  add("watch", "Follow one (--json: one document a line)", Watch);
  add("cancel", "End one", Cancel);
}

}  // namespace continuo::ctl
