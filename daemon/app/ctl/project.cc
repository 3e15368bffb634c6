// SPDX-License-Identifier: Apache-2.0
// continuoctl project: what a song of LMMS needs of Continuo, whether it is here, and whose work
// it is. Files are only read.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "continuo/v1/model_service.grpc.pb.h"
#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/midi_file.h"
#include "daemon/app/ctl/text.h"
#include "daemon/base/read_file.h"
#include "shared/project/effects.h"

namespace continuo::ctl {
namespace {

using project::SavedEffect;

project::Project Read(const std::string& path) {
  const absl::StatusOr<std::string> bytes = base::ReadFile(path, project::kMaxProjectBytes);
  if (!bytes.ok()) throw BadInput(path, std::string(bytes.status().message()));
  absl::StatusOr<project::Project> found = project::ReadProject(*bytes);
  if (!found.ok()) throw BadInput(path, std::string(found.status().message()));
  return *std::move(found);
}

// The installed models; nothing where no daemon can be had.
class Installed {
 public:
  explicit Installed(const Context& context) {
    try {
      const client::Connected connected = context.Connect();
      v1::ModelService::Stub stub(connected.channel);
      answer_ = Call(stub, &v1::ModelService::Stub::ListModels, v1::ListModelsRequest());
    } catch (const Failure& failure) {
      if (failure.exit_code() != ExitCode::kUnreachable) throw;
    }
  }

  [[nodiscard]] bool known() const { return answer_.has_value(); }

  // As the daemon chooses: an empty version is the newest. Null: there is none.
  [[nodiscard]] const v1::ModelManifest* Find(const std::string& id,
                                              const std::string& version) const {
    for (const v1::ModelManifest* one : Versions(id)) {
      if (version.empty() || one->version() == version) return one;
    }
    return nullptr;
  }

  // The newest first, as they are listed.
  [[nodiscard]] std::vector<const v1::ModelManifest*> Versions(const std::string& id) const {
    std::vector<const v1::ModelManifest*> found;
    if (!answer_) return found;
    for (const v1::ModelInfo& model : answer_->models()) {
      if (model.manifest().id() == id) found.push_back(&model.manifest());
    }
    return found;
  }

 private:
  std::optional<v1::ListModelsResponse> answer_;
};

std::string NameOf(const SavedEffect& effect) {
  if (effect.model.empty()) return "-";
  return effect.version.empty() ? effect.model : effect.model + "@" + effect.version;
}

Json EffectJson(const SavedEffect& effect) {
  Json parameters = Json::array();
  for (const project::SavedParameter& one : effect.parameters) {
    Json entry{{"id", one.id}, {"value", one.value}, {"automated", one.automated}};
    if (!one.name.empty()) entry["name"] = one.name;
    if (!one.unit.empty()) entry["unit"] = one.unit;
    parameters.push_back(entry);
  }
  return {{"place", Printable(effect.place)},
          {"line", effect.line},
          {"on", effect.on},
          {"wet", effect.wet},
          {"schema", effect.schema},
          {"model", effect.model},
          {"version", effect.version},
          {"mode", effect.mode},
          {"channels", effect.channels},
          {"parameters", parameters}};
}

ExitCode Show(const Context& context, const std::string& path) {
  const project::Project project = Read(path);
  if (context.json) {
    Json effects = Json::array();
    for (const SavedEffect& effect : project.effects) effects.push_back(EffectJson(effect));
    PrintJson({{"file", path}, {"creator", Printable(project.creator)}, {"effects", effects}});
    return ExitCode::kOk;
  }
  fmt::print("{}: by {}, {} Continuo effects\n", path, Printable(project.creator),
             project.effects.size());
  Table table({"LINE", "WHERE", "MODEL", "MODE", "ON", "WET", "KNOBS"});
  for (const SavedEffect& effect : project.effects) {
    std::vector<std::string> knobs;
    for (const project::SavedParameter& one : effect.parameters) {
      knobs.push_back(fmt::format("{}={}{}", Printable(one.id), Number(one.value),
                                  one.automated ? " (moves)" : ""));
    }
    table.Add({std::to_string(effect.line), Printable(effect.place), Printable(NameOf(effect)),
               Printable(effect.mode), effect.on ? "yes" : "no", Number(effect.wet),
               knobs.empty() ? "-" : Join(knobs, ", ")});
  }
  if (!table.empty()) table.Print();
  return ExitCode::kOk;
}

struct Finding {
  const SavedEffect* effect;
  bool problem;  // the song sounds other than it was made
  std::string what;
};

void CheckParameters(const SavedEffect& effect, const v1::ModelManifest& manifest,
                     std::vector<Finding>* findings) {
  for (const project::SavedParameter& saved : effect.parameters) {
    const auto& known = manifest.parameters();
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const v1::Parameter& one) { return one.id() == saved.id; });
    if (found == known.end()) {
      findings->push_back({&effect, true,
                           fmt::format("knob '{}' is none of {} {}: kept in the project, without "
                                       "effect",
                                       saved.id, manifest.id(), manifest.version())});
    } else if (saved.value < found->minimum() || saved.value > found->maximum()) {
      findings->push_back({&effect, true,
                           fmt::format("knob '{}' is {}, and {} {} takes {} to {}", saved.id,
                                       Number(saved.value), manifest.id(), manifest.version(),
                                       Number(found->minimum()), Number(found->maximum()))});
    }
  }
}

std::vector<Finding> Examine(const project::Project& project, const Installed& installed) {
  std::vector<Finding> findings;
  for (const SavedEffect& effect : project.effects) {
    const auto add = [&](bool problem, const std::string& what) {
      findings.push_back({&effect, problem, what});
    };
    if (effect.schema > project::kEffectSchema) {
      add(false, fmt::format("saved by a later version of the effect (schema {}, this one knows "
                             "{}): what is not known is kept",
                             effect.schema, project::kEffectSchema));
    }
    if (effect.model.empty()) {
      add(false, "no model is chosen: it passes the sound on");
      continue;
    }
    if (effect.mode != "auto" && effect.mode != "direct" && effect.mode != "pipelined") {
      add(false, fmt::format("mode '{}' is not known: auto is taken", effect.mode));
    }
    if (!installed.known()) continue;
    if (const auto* manifest = installed.Find(effect.model, effect.version); manifest != nullptr) {
      CheckParameters(effect, *manifest, &findings);
      continue;
    }
    std::vector<std::string> versions;
    for (const auto* one : installed.Versions(effect.model)) versions.push_back(one->version());
    add(true, versions.empty()
                  ? fmt::format("model '{}' is not installed: the effect stays dry until it is",
                                effect.model)
                  : fmt::format("{} is not installed, but version {} is: choose it in the effect",
                                NameOf(effect), Join(versions, ", ")));
  }
  return findings;
}

ExitCode Check(const Context& context, const std::string& path) {
  const project::Project project = Read(path);
  const Installed installed(context);
  const std::vector<Finding> findings = Examine(project, installed);
  const bool good = std::none_of(findings.begin(), findings.end(),
                                 [](const Finding& one) { return one.problem; });
  if (context.json) {
    Json list = Json::array();
    for (const Finding& one : findings) {
      list.push_back({{"severity", one.problem ? "problem" : "notice"},
                      {"place", Printable(one.effect->place)},
                      {"line", one.effect->line},
                      {"what", Printable(one.what)}});
    }
    PrintJson({{"file", path},
               {"effects", project.effects.size()},
               {"models_known", installed.known()},
               {"findings", list}});
  } else {
    for (const Finding& one : findings) {
      fmt::print("{}: line {}, {}: {}{}\n", path, one.effect->line, Printable(one.effect->place),
                 one.problem ? "" : "notice: ", Printable(one.what));
    }
    if (!installed.known()) {
      fmt::print("{}: no daemon answers, so whether its models are installed is not known\n", path);
    }
    if (findings.empty() && installed.known()) {
      fmt::print("{}: {} Continuo effects, all as they were\n", path, project.effects.size());
    }
  }
  return good ? ExitCode::kOk : ExitCode::kFailed;
}

ExitCode Credits(const Context& context, const std::string& path) {
  const project::Project project = Read(path);
  const Installed installed(context);
  std::map<std::string, const v1::ModelManifest*> used;  // by name, in its order
  for (const SavedEffect& effect : project.effects) {
    if (!effect.model.empty()) {
      used[NameOf(effect)] = installed.Find(effect.model, effect.version);
    }
  }
  if (context.json) {
    Json list = Json::array();
    for (const auto& [name, manifest] : used) {
      Json entry{{"model", Printable(name)}, {"installed", manifest != nullptr}};
      if (manifest != nullptr) {
        entry["name"] = manifest->name();
        entry["version"] = manifest->version();
        entry["license"] = manifest->license();
        entry["attribution"] = manifest->attribution();
      }
      list.push_back(entry);
    }
    PrintJson({{"file", path}, {"credits", list}});
    return ExitCode::kOk;
  }
  for (const auto& [name, manifest] : used) {
    if (manifest == nullptr) {
      fmt::print("{}: not installed, so its author and licence are not known here\n",
                 Printable(name));
    } else {
      fmt::print("{} {} ({}): {}\n", manifest->name(), manifest->version(), manifest->license(),
                 manifest->attribution());
    }
  }
  if (used.empty()) fmt::print("{}: no model is used\n", path);
  return ExitCode::kOk;
}

}  // namespace

void AddProject(CLI::App& app, Context& context) {
  CLI::App* project = app.add_subcommand("project", "What an LMMS project needs of Continuo");
  project->require_subcommand(1);
  const auto add = [&](const char* name, const char* what, auto action) {
    CLI::App* verb = project->add_subcommand(name, what);
    const auto path = std::make_shared<std::string>();
    verb->add_option("file", *path, ".mmp or .mmpz")->required()->type_name("FILE");
    verb->callback([&context, path, action] {
      context.action = [&context, path, action] { return action(context, *path); };
    });
  };
  add("show", "Its Continuo effects, with their models and knobs", Show);
  add("check", "Whether all that it needs is here, as it was", Check);
  add("credits", "Whose models it uses, under which licences", Credits);
}

}  // namespace continuo::ctl
