// SPDX-License-Identifier: Apache-2.0
// continuoctl memory: who holds how much, for how long, and who waits.
#include "daemon/app/ctl/memory.h"

#include <spdlog/fmt/fmt.h>

#include "continuo/v1/memory_service.grpc.pb.h"
#include "daemon/app/ctl/json.h"
#include "daemon/app/ctl/proto_json.h"
#include "daemon/app/ctl/text.h"
#include "daemon/base/bytes_in_words.h"

namespace continuo::ctl {
namespace {

using base::BytesInWords;

std::string StateOf(const v1::ModelMemory& model) {
  switch (model.state()) {
    case v1::MODEL_MEMORY_STATE_LOADING:
      return model.estimated() ? "loading (estimated)" : "loading";
    case v1::MODEL_MEMORY_STATE_LEAVING:
      return "being unloaded";
    default:
      break;
  }
  if (!model.used_by().empty()) return model.used_by();
  const std::string idle = fmt::format("idle for {}", Duration(model.idle_s()));
  return model.unloads_in_s() < 0
             ? fmt::format("{}, kept", idle)
             : fmt::format("{}, unloads in {}", idle, Duration(model.unloads_in_s()));
}

void PrintPressure(const v1::MemoryPressure& pressure) {
  fmt::print("pressure {}", pressure.short_of_memory() ? pressure.reason() : "none");
  fmt::print(", {} available", BytesInWords(pressure.available_bytes()));
  if (pressure.group_limit_bytes() > 0) {
    fmt::print(", control group {} of {}", BytesInWords(pressure.group_used_bytes()),
               BytesInWords(pressure.group_limit_bytes()));
  }
  fmt::print("{}\n", pressure.stall_information()
                         ? ""
                         : "; this kernel has no PSI, so stalls are not seen");
}

ExitCode Run(const Context& context) {
  const client::Connected connected = context.Connect();
  v1::MemoryService::Stub stub(connected.channel);
  const auto held = Call(stub, &v1::MemoryService::Stub::GetMemory, v1::GetMemoryRequest());
  if (context.json) {
    PrintJson(ToJson(held));
    return ExitCode::kOk;
  }
  fmt::print("budget {} ({}), {} counted, {} measured now\n", BytesInWords(held.budget_bytes()),
             held.budget_reason(), BytesInWords(held.used_bytes()),
             BytesInWords(held.measured_bytes()));
  PrintPressure(held.pressure());
  Table holders({"PROCESS", "WHAT", "RESIDENT", "SHARED OUT", "COUNTED"});
  holders.Add({"daemon", "continuod", BytesInWords(held.daemon_counted_bytes()),
               BytesInWords(held.daemon_bytes()), BytesInWords(held.daemon_counted_bytes())});
  for (const v1::RunnerMemory& runner : held.runners()) {
    holders.Add({std::to_string(runner.pid()), runner.place(),
                 BytesInWords(runner.resident_bytes()), BytesInWords(runner.proportional_bytes()),
                 runner.beyond_bytes() == 0
                     ? BytesInWords(runner.base_bytes())
                     : fmt::format("{} + {} beyond its models", BytesInWords(runner.base_bytes()),
                                   BytesInWords(runner.beyond_bytes()))});
  }
  fmt::print("\n");
  holders.Print();
  fmt::print("\n");
  if (held.models().empty()) fmt::print("no model is loaded\n");
  Table models({"MODEL", "IN", "COUNTED", "WEIGHTS", "STATE"});
  for (const v1::ModelMemory& model : held.models()) {
    models.Add({model.model(), model.place(), BytesInWords(model.bytes()),
                BytesInWords(model.weights_bytes()) + (model.streamed() ? ", streamed" : ""),
                StateOf(model)});
  }
  if (!models.empty()) models.Print();
  for (const v1::MemoryWait& wait : held.waiting()) {
    fmt::print("waiting for {}: {} {}\n", Duration(wait.waits_s()), wait.model(),
               wait.reason().empty() ? "for its turn" : wait.reason());
  }
  for (const std::string& note : held.notes()) fmt::print("note: {}\n", note);
  fmt::print("{} had to go for others, {} refused, {} loaded after a wait\n", held.evicted(),
             held.refused(), held.waited());
  return ExitCode::kOk;
}

}  // namespace

void AddMemory(CLI::App& app, Context& context) {
  CLI::App* verb = app.add_subcommand("memory", "Show who holds how much memory");
  verb->callback([&context] { context.action = [&context] { return Run(context); }; });
}

}  // namespace continuo::ctl
