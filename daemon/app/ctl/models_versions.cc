// SPDX-License-Identifier: Apache-2.0
// continuoctl models versions, pin, unpin, rollback: which version is used where none is named.
#include <spdlog/fmt/fmt.h>

#include <memory>

#include "continuo/v1/model_service.grpc.pb.h"
#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/json.h"
#include "daemon/app/ctl/model.h"
#include "daemon/app/ctl/models.h"
#include "daemon/app/ctl/proto_json.h"
#include "daemon/app/ctl/text.h"

namespace continuo::ctl {
namespace {

using Stub = v1::ModelService::Stub;

std::string Marks(const v1::ModelInfo& model) {
  std::vector<std::string> marks;
  if (model.used()) marks.emplace_back(model.pinned() ? "used (pinned)" : "used");
  if (model.previous()) marks.emplace_back("rollback goes here");
  return marks.empty() ? "-" : Join(marks);
}

ExitCode Versions(const Context& context, const std::string& id) {
  const client::Connected connected = context.Connect();
  if (!id.empty()) (void)GetModel(connected, {id, ""});  // says what there is, if it is not
  Stub stub(connected.channel);
  auto response = Call(stub, &Stub::ListModels, v1::ListModelsRequest());
  if (!id.empty()) {
    response.clear_refused();
    auto* const models = response.mutable_models();
    for (int i = models->size() - 1; i >= 0; --i) {
      if (models->Get(i).manifest().id() != id) models->DeleteSubrange(i, 1);
    }
  }
  if (context.json) {
    PrintJson(ToJson(response));
    return ExitCode::kOk;
  }
  Table table({"ID", "VERSION", "STATE", "LOADED", "STREAMS", "PATH"});
  for (const v1::ModelInfo& model : response.models()) {
    table.Add({model.manifest().id(), model.manifest().version(), Marks(model),
               model.loaded_variants().empty() ? "-" : "yes", std::to_string(model.streams()),
               model.path()});
  }
  if (table.empty()) {
    fmt::print("no model is installed\n");
  } else {
    table.Print();
  }
  return ExitCode::kOk;
}

template <typename Response>
ExitCode Tell(const Context& context, const std::string& id, const Response& response) {
  if (context.json) {
    PrintJson(ToJson(response));
  } else if (response.version_before() == response.version_used()) {
    fmt::print("{}: {} is used, as before\n", id, response.version_used());
  } else {
    fmt::print("{}: {} is used, before it was {}\n", id, response.version_used(),
               response.version_before());
  }
  return ExitCode::kOk;
}

ExitCode Pin(const Context& context, const std::string& text, bool pin) {
  const ModelName name = ParseModelName(text);
  if (pin == name.version.empty()) {
    throw UsageError(pin ? fmt::format("pin {}: name a version, {}@VERSION", text, text)
                         : fmt::format("unpin {}: takes an id without a version", text));
  }
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  v1::PinModelRequest request;
  request.set_id(name.id);
  request.set_version(name.version);
  return Tell(context, name.id, Call(stub, &Stub::PinModel, request));
}

ExitCode Rollback(const Context& context, const std::string& id) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  v1::RollbackModelRequest request;
  request.set_id(id);
  return Tell(context, id, Call(stub, &Stub::RollbackModel, request));
}

void AddOne(CLI::App& models, Context& context, const char* name, const char* what,
            const char* type, ExitCode (*action)(const Context&, const std::string&),
            bool required = true) {
  auto model = std::make_shared<std::string>();
  CLI::App* verb = models.add_subcommand(name, what);
  verb->add_option("model", *model, "The model's id")->required(required)->type_name(type);
  verb->callback([&context, model, action] {
    context.action = [&context, model, action] { return action(context, *model); };
  });
}

}  // namespace

void AddModelsVersions(CLI::App& models, Context& context) {
  AddOne(models, context, "versions", "List the versions that are installed, and which is used",
         "ID", Versions, /*required=*/false);
  AddOne(models, context, "pin", "Use this version wherever none is named", "ID@VERSION",
         [](const Context& c, const std::string& text) { return Pin(c, text, true); });
  AddOne(models, context, "unpin", "Use the newest version again", "ID",
         [](const Context& c, const std::string& text) { return Pin(c, text, false); });
  AddOne(models, context, "rollback", "Use the version that was used before", "ID", Rollback);
}

}  // namespace continuo::ctl
