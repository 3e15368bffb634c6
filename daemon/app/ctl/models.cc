// SPDX-License-Identifier: Apache-2.0
// continuoctl models: list, show, load, unload, remove; the others are in models_*.cc.
#include "daemon/app/ctl/models.h"

#include <spdlog/fmt/fmt.h>

#include <memory>

#include "continuo/v1/memory_service.grpc.pb.h"
#include "continuo/v1/model_service.grpc.pb.h"
#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/fit.h"
#include "daemon/app/ctl/json.h"
#include "daemon/app/ctl/model.h"
#include "daemon/app/ctl/progress.h"
#include "daemon/app/ctl/proto_json.h"
#include "daemon/app/ctl/text.h"
#include "daemon/base/str_cat.h"
#include "daemon/memory/amounts.h"

namespace continuo::ctl {
namespace {

using Stub = v1::ModelService::Stub;

// A model may take long to load; nothing that works takes as long as this.
constexpr double kLoadTimeoutSeconds = 300;

struct Chosen {
  std::string model;
  std::uint32_t sample_rate_hz = 0;
  std::string keep_alive;  // empty: as configured
};

ExitCode List(const Context& context) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  const auto response = Call(stub, &Stub::ListModels, v1::ListModelsRequest());
  if (context.json) {
    PrintJson(ToJson(response));
    return ExitCode::kOk;
  }
  Table table({"ID", "VERSION", "EXECUTOR", "RATES", "LOADED", "STREAMS", "NAME"});
  for (const v1::ModelInfo& model : response.models()) {
    const v1::ModelManifest& manifest = model.manifest();
    table.Add({manifest.id(), manifest.version(), manifest.executor(), Rates(manifest),
               model.loaded_variants().empty()
                   ? "-"
                   : Join({model.loaded_variants().begin(), model.loaded_variants().end()}),
               std::to_string(model.streams()), manifest.name()});
  }
  if (table.empty()) {
    fmt::print("no model is installed\n");
  } else {
    table.Print();
  }
  for (const v1::RefusedPackage& package : response.refused()) {
    fmt::print(stderr, "continuoctl: refused package {}: {}\n", package.path(), package.reason());
  }
  return ExitCode::kOk;
}

ExitCode Show(const Context& context, const Chosen& chosen) {
  const client::Connected connected = context.Connect();
  const v1::ModelInfo model = GetModel(connected, ParseModelName(chosen.model));
  v1::AssessModelsRequest request;
  request.add_models()->set_id(model.manifest().id());
  request.mutable_models(0)->set_version(model.manifest().version());
  const auto assessed = AssessModels(connected, request);
  if (context.json) {
    Json document = ToJson(model);
    document["assessment"] = ToJson(assessed.models(0).assessment());
    PrintJson(document);
  } else {
    PrintModel(model);
    fmt::print("\nhere: {}\n", assessed.models(0).assessment().reason());
  }
  return ExitCode::kOk;
}

ExitCode Load(const Context& context, const Chosen& chosen) {
  const client::Connected connected = context.Connect();
  v1::MemoryService::Stub stub(connected.channel);
  v1::KeepModelRequest request;
  const ModelName name = ParseModelName(chosen.model);
  request.set_id(name.id);
  request.set_version(name.version);
  request.set_sample_rate_hz(chosen.sample_rate_hz);
  if (!chosen.keep_alive.empty()) {
    const absl::StatusOr<double> seconds = memory::ParseDuration(chosen.keep_alive);
    if (!seconds.ok()) {
      throw UsageError("--keep-alive: " + std::string(base::MessageOf(seconds.status())));
    }
    if (*seconds == memory::kForever) {
      request.set_forever(true);
    } else {
      request.set_keep_alive_s(*seconds);
    }
  }
  const auto response = WithProgress("loading " + chosen.model, [&] {
    return Call(stub, &v1::MemoryService::Stub::KeepModel, request, kLoadTimeoutSeconds);
  });
  if (context.json) {
    PrintJson(ToJson(response));
  } else {
    fmt::print("{}: {} is loaded in runner {}\n", chosen.model, response.variant(),
               response.runner_pid());
  }
  return ExitCode::kOk;
}

ExitCode Unload(const Context& context, const Chosen& chosen) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  v1::UnloadModelRequest request;
  const ModelName name = ParseModelName(chosen.model);
  request.set_id(name.id);
  request.set_version(name.version);
  const auto response = Call(stub, &Stub::UnloadModel, request, kLoadTimeoutSeconds);
  if (context.json) {
    PrintJson(ToJson(response));
  } else if (response.unloaded_variants() == 0) {
    fmt::print("{}: was not loaded\n", chosen.model);
  } else {
    fmt::print("{}: unloaded\n", chosen.model);
  }
  return ExitCode::kOk;
}

ExitCode Remove(const Context& context, const Chosen& chosen) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  v1::RemoveModelRequest request;
  const ModelName name = ParseModelName(chosen.model);
  request.set_id(name.id);
  request.set_version(name.version);
  const auto response = Call(stub, &Stub::RemoveModel, request, kLoadTimeoutSeconds);
  if (context.json) {
    PrintJson(ToJson(response));
  } else {
    for (const std::string& path : response.paths()) fmt::print("{} is removed\n", path);
  }
  return ExitCode::kOk;
}

using Action = ExitCode (*)(const Context&, const Chosen&);

CLI::App* AddOne(CLI::App& models, Context& context, const char* name, const char* what,
                 const std::shared_ptr<Chosen>& chosen, Action action) {
  CLI::App* verb = models.add_subcommand(name, what);
  verb->add_option("model", chosen->model, "The model's id, as `models list` shows it")
      ->required()
      ->type_name("ID[@VERSION]");
  verb->callback([&context, chosen, action] {
    context.action = [&context, chosen, action] { return action(context, *chosen); };
  });
  return verb;
}

}  // namespace

void AddModels(CLI::App& app, Context& context) {
  CLI::App* models = app.add_subcommand("models", "The models of this machine");
  models->require_subcommand(1);
  CLI::App* list = models->add_subcommand("list", "List the installed models");
  list->callback([&context] { context.action = [&context] { return List(context); }; });
  auto chosen = std::make_shared<Chosen>();
  AddOne(*models, context, "show", "Show one model: its knobs, presets and licence", chosen, Show)
      ->alias("info");
  CLI::App* load = AddOne(*models, context, "load",
                          "Load a model, so that a stream or a job begins at once", chosen, Load);
  load->add_option("--rate", chosen->sample_rate_hz, "Sample rate of the streams to come")
      ->type_name("HZ");
  load->add_option("--keep-alive", chosen->keep_alive,
                   "How long it stays when nothing uses it: 30s, 5min, 0, forever")
      ->type_name("TIME");
  AddOne(*models, context, "unload", "Give a model's memory back", chosen, Unload);
  AddModelsSearch(*models, context);
  AddModelsUpdate(*models, context);
  AddModelsInstall(*models, context);
  AddModelsImport(*models, context);
  AddModelsVersions(*models, context);
  AddModelsCare(*models, context);
  AddModelsFit(*models, context);
  AddModelsOptimize(*models, context);
  AddOne(*models, context, "remove", "Remove one of your own models from the disk", chosen, Remove);
}

}  // namespace continuo::ctl
