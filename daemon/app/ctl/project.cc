// SPDX-License-Identifier: Apache-2.0
// continuoctl project: what a song of LMMS needs of Continuo, whether it is here, and whose work
// it is. Upgrading, placing, bundling and adopting are in project_*.cc.
#include "daemon/app/ctl/project.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <memory>

#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/midi_file.h"
#include "daemon/app/ctl/text.h"
#include "daemon/model/parameters.h"
#include "shared/project/recipes.h"

namespace continuo::ctl {
namespace {

using project::GeneratedClip;
using project::SavedEffect;

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

Json ClipJson(const GeneratedClip& clip, bool has_recipe) {
  return {{"line", clip.line},
          {"track", Printable(clip.track)},
          {"bar", clip.bar},
          {"bars", clip.bars},
          {"task", Printable(clip.task)},
          {"model", Printable(clip.model)},
          {"version", Printable(clip.version)},
          {"weights_sha256", clip.weights_sha256},
          {"seed", clip.seed},
          {"record", Printable(clip.record)},
          {"candidate", clip.candidate + 1},
          {"score", clip.score < 0 ? Json() : Json(clip.score)},
          {"parents", clip.parents},
          {"recipe", clip.recipe},
          {"recipe_is_there", has_recipe},
          {"license", Printable(clip.license)},
          {"attribution", Printable(clip.attribution)}};
}

void PrintEffects(const std::vector<SavedEffect>& effects) {
  Table table({"LINE", "WHERE", "MODEL", "MODE", "ON", "WET", "KNOBS"});
  for (const SavedEffect& effect : effects) {
    std::vector<std::string> knobs;
    for (const project::SavedParameter& one : effect.parameters) {
      knobs.push_back(fmt::format("{}={}{}", Printable(one.id), Number(one.value),
                                  one.automated ? " (moves)" : ""));
    }
    table.Add({std::to_string(effect.line), Printable(effect.place),
               Printable(ModelName(effect.model, effect.version)), Printable(effect.mode),
               effect.on ? "yes" : "no", Number(effect.wet),
               knobs.empty() ? "-" : Join(knobs, ", ")});
  }
  if (!table.empty()) table.Print();
}

void PrintGenerated(const std::vector<GeneratedClip>& clips, const project::RecipeFolder& folder) {
  Table table(
      {"LINE", "TRACK", "BAR", "BARS", "TASK", "MODEL", "SEED", "SCORE", "RECORD", "RECIPE"});
  for (const GeneratedClip& clip : clips) {
    table.Add({std::to_string(clip.line), Printable(clip.track), std::to_string(clip.bar),
               clip.bars == 0 ? "-" : std::to_string(clip.bars), Printable(clip.task),
               Printable(ModelName(clip.model, clip.version)), std::to_string(clip.seed),
               clip.score < 0 ? "-" : fmt::format("{:.2f}", clip.score),
               fmt::format("{}:{}", Printable(clip.record), clip.candidate + 1),
               clip.recipe.empty()       ? "none"
               : folder.Has(clip.recipe) ? "kept"
                                         : "missing"});
  }
  if (!table.empty()) table.Print();
}

ExitCode Show(const Context& context, const std::string& path) {
  const project::Project project = ReadSongProject(path).content;
  const project::RecipeFolder folder(path);
  if (context.json) {
    Json effects = Json::array();
    for (const SavedEffect& effect : project.effects) effects.push_back(EffectJson(effect));
    Json generated = Json::array();
    for (const GeneratedClip& clip : project.generated) {
      generated.push_back(ClipJson(clip, folder.Has(clip.recipe)));
    }
    PrintJson({{"file", path},
               {"creator", Printable(project.creator)},
               {"effects", effects},
               {"generated", generated}});
    return ExitCode::kOk;
  }
  fmt::print("{}: by {}, {} Continuo effects, {} generated clips\n", path,
             Printable(project.creator), project.effects.size(), project.generated.size());
  PrintEffects(project.effects);
  PrintGenerated(project.generated, folder);
  return ExitCode::kOk;
}

struct Finding {
  std::string place;
  std::size_t line;
  bool problem;  // the song sounds other than it was made, or cannot be made again
  std::string what;
};

void CheckParameters(const SavedEffect& effect, const v1::ModelManifest& manifest,
                     std::vector<Finding>* findings) {
  for (const project::SavedParameter& saved : effect.parameters) {
    const int index = model::FindParameter(manifest, saved.id);
    const v1::Parameter* const found = index < 0 ? nullptr : &manifest.parameters(index);
    if (found == nullptr) {
      findings->push_back({effect.place, effect.line, true,
                           fmt::format("knob '{}' is none of {} {}: kept in the project, without "
                                       "effect",
                                       saved.id, manifest.id(), manifest.version())});
      continue;
    }
    if (found->id() != saved.id) {
      findings->push_back({effect.place, effect.line, false,
                           fmt::format("knob '{}' is called '{}' now, and keeps its value; "
                                       "`continuoctl project upgrade` writes it so",
                                       saved.id, found->id())});
    }
    if (saved.value < found->minimum() || saved.value > found->maximum()) {
      findings->push_back({effect.place, effect.line, true,
                           fmt::format("knob '{}' is {}, and {} {} takes {} to {}", saved.id,
                                       Number(saved.value), manifest.id(), manifest.version(),
                                       Number(found->minimum()), Number(found->maximum()))});
    }
  }
}

void ExamineEffects(const project::Project& project, const InstalledModels& installed,
                    std::vector<Finding>* findings) {
  for (const SavedEffect& effect : project.effects) {
    const auto add = [&](bool problem, const std::string& what) {
      findings->push_back({effect.place, effect.line, problem, what});
    };
    if (effect.schema > project::kEffectSchema) {
      add(false, fmt::format("saved by a later version of the effect (schema {}, this one knows "
                             "{}): what is not known is kept",
                             effect.schema, project::kEffectSchema));
    }
    if (effect.model.empty()) {
      if (!effect.carries_list) add(false, "no model is chosen: it passes the sound on");
      continue;
    }
    if (effect.mode != "auto" && effect.mode != "direct" && effect.mode != "pipelined") {
      add(false, fmt::format("mode '{}' is not known: auto is taken", effect.mode));
    }
    if (!installed.known()) continue;
    if (const auto* info = installed.Find(effect.model, effect.version); info != nullptr) {
      CheckParameters(effect, info->manifest(), findings);
      continue;
    }
    std::vector<std::string> versions;
    for (const auto* one : installed.Versions(effect.model)) {
      versions.push_back(one->manifest().version());
    }
    add(true, versions.empty()
                  ? fmt::format("model '{}' is not installed: the effect stays dry until it is",
                                effect.model)
                  : fmt::format("{} is not installed, but version {} is: choose it in the effect",
                                ModelName(effect.model, effect.version), Join(versions, ", ")));
  }
}

void ExamineGenerated(const project::Project& project, const std::string& path,
                      std::vector<Finding>* findings) {
  const project::RecipeFolder folder(path);
  if (project.generated_schema > project::kGeneratedSchema) {
    findings->push_back({"generated clips", 0, false,
                         fmt::format("the list was saved by a later version (schema {}, this one "
                                     "knows {}): it is read, and never written",
                                     project.generated_schema, project::kGeneratedSchema)});
  }
  for (const GeneratedClip& clip : project.generated) {
    const std::string place = fmt::format("track {}, bar {}", clip.track, clip.bar);
    if (clip.recipe.empty()) {
      findings->push_back({place, clip.line, false, "no recipe is kept"});
      continue;
    }
    if (const auto recipe = folder.Get(clip.recipe); !recipe.ok()) {
      findings->push_back({place, clip.line, true,
                           fmt::format("the recipe cannot be had: {}; bring the folder {} along",
                                       std::string(recipe.status().message()), folder.path())});
    }
  }
}

ExitCode Check(const Context& context, const std::string& path) {
  const project::Project project = ReadSongProject(path).content;
  const InstalledModels installed(context);
  std::vector<Finding> findings;
  ExamineEffects(project, installed, &findings);
  ExamineGenerated(project, path, &findings);
  const bool good = std::none_of(findings.begin(), findings.end(),
                                 [](const Finding& one) { return one.problem; });
  if (context.json) {
    Json list = Json::array();
    for (const Finding& one : findings) {
      list.push_back({{"severity", one.problem ? "problem" : "notice"},
                      {"place", Printable(one.place)},
                      {"line", one.line},
                      {"what", Printable(one.what)}});
    }
    PrintJson({{"file", path},
               {"effects", project.effects.size()},
               {"generated", project.generated.size()},
               {"models_known", installed.known()},
               {"findings", list}});
  } else {
    for (const Finding& one : findings) {
      fmt::print("{}: line {}, {}: {}{}\n", path, one.line, Printable(one.place),
                 one.problem ? "" : "notice: ", Printable(one.what));
    }
    if (!installed.known()) {
      fmt::print("{}: no daemon answers, so whether its models are installed is not known\n", path);
    }
    if (findings.empty() && installed.known()) {
      fmt::print("{}: {} Continuo effects and {} generated clips, all as they were\n", path,
                 project.effects.size(), project.generated.size());
    }
  }
  return good ? ExitCode::kOk : ExitCode::kFailed;
}

ExitCode Credits(const Context& context, const std::string& path) {
  const project::Project project = ReadSongProject(path).content;
  const std::vector<ProjectCredit> credits = CreditsOf(project, InstalledModels(context));
  if (context.json) {
    Json list = Json::array();
    for (const ProjectCredit& credit : credits) {
      Json entry{{"model", Printable(credit.model)}, {"known", credit.known}};
      if (credit.known) {
        entry["name"] = Printable(credit.name);
        entry["version"] = Printable(credit.version);
        entry["license"] = Printable(credit.license);
        entry["attribution"] = Printable(credit.attribution);
      }
      list.push_back(entry);
    }
    PrintJson({{"file", path}, {"credits", list}});
    return ExitCode::kOk;
  }
  for (const ProjectCredit& credit : credits) fmt::print("{}\n", Printable(CreditLine(credit)));
  if (credits.empty()) fmt::print("{}: no model is used\n", path);
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
  add("show", "Its Continuo effects and generated clips, with models, knobs and seeds", Show);
  add("check", "Whether all that it needs is here, as it was", Check);
  add("credits", "Whose models it uses, under which licences", Credits);
  AddProjectUpgrade(*project, context);
  AddProjectPlace(*project, context);
  AddProjectBundle(*project, context);
  AddProjectAdopt(*project, context);
}

}  // namespace continuo::ctl
