// SPDX-License-Identifier: Apache-2.0
// continuoctl project check: whether all that a song needs is here, as it was.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <set>

#include "daemon/app/ctl/lmms_folders.h"
#include "daemon/app/ctl/midi_file.h"
#include "daemon/app/ctl/project.h"
#include "daemon/app/ctl/text.h"
#include "daemon/model/parameters.h"
#include "shared/project/recipes.h"
#include "shared/project/samples.h"
#include "shared/project/sounds.h"

namespace continuo::ctl {
namespace {

using project::GeneratedClip;
using project::SavedEffect;
using project::SavedSide;

struct Finding {
  std::string place;
  std::size_t line;
  bool problem;  // the song sounds other than it was made, or cannot be made again
  std::string what;
};

void CheckParameters(const SavedSide& side, const std::string& place,
                     const v1::ModelManifest& manifest, std::vector<Finding>* findings) {
  for (const project::SavedParameter& saved : side.parameters) {
    const int index = model::FindParameter(manifest, saved.id);
    const v1::Parameter* const found = index < 0 ? nullptr : &manifest.parameters(index);
    if (found == nullptr) {
      findings->push_back({place, side.line, true,
                           fmt::format("knob '{}' is none of {} {}: kept in the project, without "
                                       "effect",
                                       saved.id, manifest.id(), manifest.version())});
      continue;
    }
    if (found->id() != saved.id) {
      findings->push_back({place, side.line, false,
                           fmt::format("knob '{}' is called '{}' now, and keeps its value; "
                                       "`continuoctl project upgrade` writes it so",
                                       saved.id, found->id())});
    }
    if (saved.value < found->minimum() || saved.value > found->maximum()) {
      findings->push_back({place, side.line, true,
                           fmt::format("knob '{}' is {}, and {} {} takes {} to {}", saved.id,
                                       Number(saved.value), manifest.id(), manifest.version(),
                                       Number(found->minimum()), Number(found->maximum()))});
    }
  }
}

void ExamineSide(const SavedSide& side, const std::string& place, const InstalledModels& installed,
                 std::vector<Finding>* findings) {
  const auto add = [&](bool problem, const std::string& what) {
    findings->push_back({place, side.line, problem, what});
  };
  if (side.mode != "auto" && side.mode != "direct" && side.mode != "pipelined") {
    add(false, fmt::format("mode '{}' is not known: auto is taken", side.mode));
  }
  if (!installed.known()) return;
  if (const auto* info = installed.Find(side.model, side.version); info != nullptr) {
    CheckParameters(side, place, info->manifest(), findings);
    return;
  }
  std::vector<std::string> versions;
  for (const auto* one : installed.Versions(side.model)) {
    versions.push_back(one->manifest().version());
  }
  add(true,
      versions.empty()
          ? fmt::format("model '{}' is not installed: the effect stays dry until it is", side.model)
          : fmt::format("{} is not installed, but version {} is: choose it in the effect",
                        ModelName(side.model, side.version), Join(versions)));
}

void ExamineEffects(const project::Project& project, const InstalledModels& installed,
                    std::vector<Finding>* findings) {
  for (const SavedEffect& effect : project.effects) {
    const auto notice = [&](const std::string& what) {
      findings->push_back({effect.place, effect.line, false, what});
    };
    if (effect.schema > project::kEffectSchema) {
      notice(
          fmt::format("saved by a later version of the effect (schema {}, this one knows {}): "
                      "what is not known is kept",
                      effect.schema, project::kEffectSchema));
    }
    if (!effect.model.empty()) {
      ExamineSide(effect, effect.place, installed, findings);
    } else if (!effect.carries_list && effect.send_key.empty()) {
      notice("no model is chosen: it passes the sound on");
    }
    if (effect.other_side && !effect.other_side->model.empty()) {
      ExamineSide(*effect.other_side, PlaceOfOtherSide(effect), installed, findings);
    }
  }
}

// An effect without a model can send a key, but takes none and turns no knob.
void ExamineLinks(const project::Project& project, std::vector<Finding>* findings) {
  std::map<std::string, const SavedEffect*> senders;         // by key, the first of each
  std::map<std::string, std::map<std::string, int>> groups;  // by link, how many of each model
  for (const SavedEffect& effect : project.effects) {
    if (!effect.send_key.empty()) senders.emplace(effect.send_key, &effect);
    if (!effect.model.empty() && !effect.link.empty()) ++groups[effect.link][effect.model];
  }
  for (const SavedEffect& effect : project.effects) {
    const auto add = [&](bool problem, const std::string& what) {
      findings->push_back({effect.place, effect.line, problem, what});
    };
    if (!effect.send_key.empty() && senders[effect.send_key] != &effect) {
      add(false, fmt::format("sends the key '{}' as {} does: one of them is heard", effect.send_key,
                             senders[effect.send_key]->place));
    }
    if (effect.model.empty()) continue;
    if (!effect.take_key.empty() && senders.count(effect.take_key) == 0) {
      add(true, fmt::format("listens to the key '{}', which no effect of this song sends: it hears "
                            "silence there",
                            effect.take_key));
    }
    if (!effect.link.empty() && groups[effect.link].size() > 1 &&
        groups[effect.link][effect.model] == 1) {
      add(false, fmt::format("is the only '{}' in the link group '{}': knobs are shared by equal "
                             "models alone",
                             effect.model, effect.link));
    }
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

// Sounds of ours that the song's clips name, and that are not there.
void ExamineSounds(SongProject* song, std::vector<Finding>* findings) {
  const project::SampleFolders folders = LmmsSampleFolders();
  std::set<std::string> missing;
  for (const project::SampleUse& use : project::SamplesOf(&song->document)) {
    const std::string name = use.name.value();
    if (project::FindSample(name, folders).whose == project::FoundSample::Whose::kNobodys) {
      missing.insert(project::SoundDigestOf(name));
    }
  }
  for (const GeneratedClip& clip : song->content.generated) {
    if (clip.sound.empty() || missing.count(clip.sound) == 0) continue;
    findings->push_back({fmt::format("track {}, bar {}", clip.track, clip.bar), clip.line, true,
                         fmt::format("its sound {}.wav is not where the song looks for it; bring "
                                     "the file along, or place it again",
                                     clip.sound)});
  }
}

}  // namespace

ExitCode CheckProject(const Context& context, const std::string& path) {
  SongProject song = ReadSongProject(path);
  const project::Project& project = song.content;
  const InstalledModels installed(context);
  std::vector<Finding> findings;
  ExamineEffects(project, installed, &findings);
  ExamineLinks(project, &findings);
  ExamineGenerated(project, path, &findings);
  ExamineSounds(&song, &findings);
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

}  // namespace continuo::ctl
