// SPDX-License-Identifier: Apache-2.0
// continuoctl history regenerate, vary, extend, refine: records made again, and new ones made
// from them.
#include <spdlog/fmt/fmt.h>

#include <memory>

#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/generate_run.h"
#include "daemon/app/ctl/generate_view.h"
#include "daemon/app/ctl/history_call.h"
#include "daemon/app/ctl/interrupt.h"
#include "daemon/app/ctl/proto_json.h"

namespace continuo::ctl {
namespace {

struct Chosen {
  std::string record;
  std::shared_ptr<GenerateArguments> arguments = std::make_shared<GenerateArguments>();
};
using ChosenPtr = std::shared_ptr<Chosen>;

ExitCode Regenerate(const Context& context, const std::string& id) {
  Interrupt interrupt;
  const client::Connected connected = context.Connect();
  HistoryStub stub(connected.channel);
  v1::RegenerateRecordRequest request;
  request.set_id(id);
  grpc::ClientContext call;
  interrupt.Call([&call] { call.TryCancel(); });
  const auto reader = stub.RegenerateRecord(&call, request);
  GenerateView view(context.json);
  v1::RegenerateEvent event;
  v1::RegenerateEvent last;
  while (reader->Read(&event)) {
    if (event.has_progress()) view.Show(event.progress());
    if (event.finished()) last = event;
  }
  view.Clear();
  const grpc::Status status = reader->Finish();
  interrupt.EndIfAsked();
  if (!status.ok()) throw FromStatus(status);
  if (context.json) {
    fmt::print("{}\n", ToJson(last).dump());
  } else if (last.identical()) {
    fmt::print("{}: every byte came out the same\n", id);
  } else {
    fmt::print("{}: {}\n", id, last.difference());
  }
  return last.identical() ? ExitCode::kOk : ExitCode::kFailed;
}

// What the user leaves open is as it was; the notes are those of the chosen candidate.
ExitCode Derive(const Context& context, const Chosen& chosen, v1::GenerationTask task) {
  GenerateArguments arguments = *chosen.arguments;
  v1::GenerateRequest& request = arguments.request;
  {
    const client::Connected connected = context.Connect();
    HistoryStub stub(connected.channel);
    const Choice choice = GetChoice(stub, chosen.record);
    const v1::GenerateRequest& made = choice.record.plan().request();
    request.set_task(task);
    request.set_input(choice.candidate.midi());
    request.set_parent_record(choice.record.id());
    if (request.model().empty()) request.set_model(choice.record.plan().model());
    if (request.key().empty()) request.set_key(made.key());
    if (request.scale().empty()) request.set_scale(made.scale());
    if (request.style().empty()) request.set_style(made.style());
  }
  return Generate(context, arguments);
}

CLI::App* Add(CLI::App& history, const char* name, const char* what, const ChosenPtr& chosen) {
  CLI::App* verb = history.add_subcommand(name, what);
  verb->add_option("record", chosen->record,
                   "Its id, the first digits of it, or last; :N names a "
                   "candidate")
      ->required()
      ->type_name("RECORD[:N]");
  return verb;
}

}  // namespace

void AddHistoryDerive(CLI::App& history, Context& context) {
  auto again = std::make_shared<Chosen>();
  Add(history, "regenerate", "Make it again, and see whether every byte is the same", again)
      ->callback([&context, again] {
        context.action = [&context, again] { return Regenerate(context, again->record); };
      });
  const auto derive = [&](const char* name, const char* what, v1::GenerationTask task,
                          auto prepare) {
    auto chosen = std::make_shared<Chosen>();
    CLI::App* verb = Add(history, name, what, chosen);
    prepare(verb, chosen->arguments);
    AddCommonOptions(verb, chosen->arguments);
    verb->callback([&context, chosen, task] {
      context.action = [&context, chosen, task] { return Derive(context, *chosen, task); };
    });
  };
  using Arguments = std::shared_ptr<GenerateArguments>;
  derive("vary", "Write it again, somewhat otherwise", v1::GENERATION_TASK_VARY,
         [](CLI::App* verb, const Arguments& arguments) {
           verb->add_option_function<double>(
               "--variation",
               [arguments](double share) {
                 arguments->variation = share;
                 arguments->has_variation = true;
               },
               "The share that may change, 0 to 1 (default 0.3)");
         });
  derive("extend", "Write what comes after", v1::GENERATION_TASK_CONTINUE,
         [](CLI::App* verb, const Arguments& arguments) {
           verb->add_option_function<std::uint32_t>(
               "--bars", [arguments](std::uint32_t bars) { arguments->request.set_bars(bars); },
               "Bars more, 1 to 64 (default 4)");
         });
  derive("refine", "Write some of its bars anew", v1::GENERATION_TASK_INFILL,
         [](CLI::App* verb, const Arguments& arguments) {
           verb->add_option("--bars", arguments->bars, "Which, counted from 1: 3-4")
               ->required()
               ->type_name("N-N");
           verb->add_option("--voice", arguments->voice, "Of this voice alone")->type_name("NAME");
         });
}

}  // namespace continuo::ctl
