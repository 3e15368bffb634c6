// SPDX-License-Identifier: Apache-2.0
// continuoctl project: what a song of LMMS keeps of Continuo, and whose work it is. Checking,
// upgrading, placing, bundling and adopting are in project_*.cc.
#include "daemon/app/ctl/project.h"

#include <spdlog/fmt/fmt.h>

#include <memory>

#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/midi_file.h"
#include "daemon/app/ctl/text.h"
#include "shared/project/recipes.h"

namespace continuo::ctl {
namespace {

using project::GeneratedClip;
using project::SavedEffect;
using project::SavedSide;

Json ParametersJson(const SavedSide& side) {
  Json parameters = Json::array();
  for (const project::SavedParameter& one : side.parameters) {
    Json entry{{"id", one.id}, {"value", one.value}, {"automated", one.automated}};
    if (!one.name.empty()) entry["name"] = one.name;
    if (!one.unit.empty()) entry["unit"] = one.unit;
    parameters.push_back(entry);
  }
  return parameters;
}

Json OtherSideJson(const SavedEffect& effect) {
  if (!effect.other_side) return {};
  const SavedSide& other = *effect.other_side;
  return {{"line", other.line},
          {"model", Printable(other.model)},
          {"version", Printable(other.version)},
          {"mode", Printable(other.mode)},
          {"channels", Printable(other.channels)},
          {"parameters", ParametersJson(other)}};
}

Json EffectJson(const SavedEffect& effect) {
  return {{"place", Printable(effect.place)},
          {"line", effect.line},
          {"on", effect.on},
          {"wet", effect.wet},
          {"schema", effect.schema},
          {"model", effect.model},
          {"version", effect.version},
          {"mode", effect.mode},
          {"channels", effect.channels},
          {"link", Printable(effect.link)},
          {"send_key", Printable(effect.send_key)},
          {"take_key", Printable(effect.take_key)},
          {"parameters", ParametersJson(effect)},
          {"side", effect.is_side_b ? "B" : "A"},
          {"other_side", OtherSideJson(effect)}};
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
          {"sound", clip.sound},
          {"license", Printable(clip.license)},
          {"attribution", Printable(clip.attribution)}};
}

std::string Knobs(const SavedSide& side) {
  std::vector<std::string> knobs;
  for (const project::SavedParameter& one : side.parameters) {
    knobs.push_back(fmt::format("{}={}{}", Printable(one.id), Number(one.value),
                                one.automated ? " (moves)" : ""));
  }
  return knobs.empty() ? "-" : Join(knobs);
}

std::string Keys(const SavedEffect& effect) {
  std::vector<std::string> keys;
  if (!effect.send_key.empty()) keys.push_back("sends " + Printable(effect.send_key));
  if (!effect.take_key.empty()) keys.push_back("takes " + Printable(effect.take_key));
  return keys.empty() ? "-" : Join(keys);
}

// The side that does not sound has a line of its own below.
void PrintEffects(const std::vector<SavedEffect>& effects) {
  Table table({"LINE", "WHERE", "MODEL", "MODE", "ON", "WET", "LINK", "KEY", "KNOBS"});
  for (const SavedEffect& effect : effects) {
    table.Add({std::to_string(effect.line), Printable(effect.place),
               Printable(ModelName(effect.model, effect.version)), Printable(effect.mode),
               effect.on ? "yes" : "no", Number(effect.wet),
               effect.link.empty() ? "-" : Printable(effect.link), Keys(effect), Knobs(effect)});
    if (!effect.other_side) continue;
    const SavedSide& other = *effect.other_side;
    table.Add({std::to_string(other.line), Printable(PlaceOfOtherSide(effect)),
               Printable(ModelName(other.model, other.version)), Printable(other.mode), "-", "-",
               "-", "-", Knobs(other)});
  }
  if (!table.empty()) table.Print();
}

void PrintGenerated(const std::vector<GeneratedClip>& clips, const project::RecipeFolder& folder) {
  Table table(
      {"LINE", "TRACK", "BAR", "BARS", "AS", "TASK", "MODEL", "SEED", "SCORE", "RECORD", "RECIPE"});
  for (const GeneratedClip& clip : clips) {
    table.Add({std::to_string(clip.line), Printable(clip.track), std::to_string(clip.bar),
               clip.bars == 0 ? "-" : std::to_string(clip.bars),
               clip.sound.empty() ? "notes" : "sound", Printable(clip.task),
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
  add("check", "Whether all that it needs is here, as it was", CheckProject);
  add("credits", "Whose models it uses, under which licences", Credits);
  AddProjectUpgrade(*project, context);
  AddProjectPlace(*project, context);
  AddProjectBundle(*project, context);
  AddProjectAdopt(*project, context);
}

}  // namespace continuo::ctl
