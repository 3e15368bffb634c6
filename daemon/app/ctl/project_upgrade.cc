// SPDX-License-Identifier: Apache-2.0
// continuoctl project upgrade: an older song in the form of today.
#include <spdlog/fmt/fmt.h>

#include <memory>

#include "daemon/app/ctl/midi_file.h"
#include "daemon/app/ctl/output_file.h"
#include "daemon/app/ctl/project.h"
#include "shared/project/upgrade.h"

namespace continuo::ctl {
namespace {

struct Chosen {
  std::string path;
  std::string output;
  bool dry_run = false;
  bool force = false;
};

ExitCode Upgrade(const Context& context, const Chosen& chosen) {
  SongProject song = ReadSongProject(chosen.path);
  const bool in_place = chosen.output.empty();
  if (!in_place) CheckOutput(chosen.output, chosen.path, chosen.force);
  const InstalledModels installed(context);
  const auto names = [&](const std::string& model,
                         const std::string& version) -> std::optional<project::FormerNames> {
    const v1::ModelInfo* const info = installed.Find(model, version);
    if (info == nullptr) return std::nullopt;
    project::FormerNames former;
    for (const v1::Parameter& parameter : info->manifest().parameters()) {
      for (const std::string& id : parameter.former_ids()) former[id] = parameter.id();
    }
    return former;
  };
  const auto changes = project::Upgrade(&song.document, names);
  if (!changes.ok()) throw BadInput(chosen.path, std::string(changes.status().message()));

  const bool writes = !chosen.dry_run && !(in_place && changes->empty());
  const std::string written = in_place ? chosen.path : chosen.output;
  std::string backup;
  if (writes) {
    CarryRecipes(song.content, chosen.path, written);
    if (in_place) backup = KeepBackup(chosen.path);
    WriteWholeFile(written, song.document.Bytes());
  }
  if (context.json) {
    Json list = Json::array();
    for (const project::Change& change : *changes) {
      list.push_back({{"line", change.line},
                      {"place", Printable(change.place)},
                      {"what", Printable(change.what)}});
    }
    PrintJson({{"file", chosen.path},
               {"changes", list},
               {"models_known", installed.known()},
               {"written", writes ? Json(written) : Json()},
               {"backup", backup.empty() ? Json() : Json(backup)}});
    return ExitCode::kOk;
  }
  for (const project::Change& change : *changes) {
    fmt::print("{}: line {}, {}: {}\n", chosen.path, change.line, Printable(change.place),
               Printable(change.what));
  }
  if (!installed.known()) {
    fmt::print("{}: no daemon answers, so what knobs are called now is not known\n", chosen.path);
  }
  if (changes->empty()) fmt::print("{}: is in today's form\n", chosen.path);
  if (!writes) {
    if (chosen.dry_run && !changes->empty()) fmt::print("nothing is written\n");
  } else if (in_place) {
    fmt::print("{}: written; {} is as it was\n", written, backup);
  } else {
    fmt::print("{}: written\n", written);
  }
  return ExitCode::kOk;
}

}  // namespace

void AddProjectUpgrade(CLI::App& project, Context& context) {
  const auto chosen = std::make_shared<Chosen>();
  CLI::App* verb = project.add_subcommand(
      "upgrade", "Write our settings in it in today's form; what it was is kept beside it");
  verb->add_option("file", chosen->path, ".mmp or .mmpz")->required()->type_name("FILE");
  verb->add_option("-o,--output", chosen->output, "Write this file, and leave FILE as it is")
      ->type_name("FILE");
  verb->add_flag("--dry-run", chosen->dry_run, "Only say what would change");
  verb->add_flag("--force", chosen->force, "Replace the output where it is there");
  verb->callback([&context, chosen] {
    context.action = [&context, chosen] { return Upgrade(context, *chosen); };
  });
}

}  // namespace continuo::ctl
