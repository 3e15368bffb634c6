// SPDX-License-Identifier: Apache-2.0
// continuoctl project place: what was generated, put into a song.
#include <spdlog/fmt/fmt.h>

#include <memory>

#include "daemon/app/ctl/generate_run.h"
#include "daemon/app/ctl/history_call.h"
#include "daemon/app/ctl/midi_file.h"
#include "daemon/app/ctl/output_file.h"
#include "daemon/app/ctl/project.h"
#include "shared/project/place.h"
#include "shared/project/recipes.h"
#include "shared/studio/recipe.h"

namespace continuo::ctl {
namespace {

struct Chosen {
  std::string path;
  std::string record;
  std::string output;
  project::Placement placement;
  bool force = false;
};

ExitCode Place(const Context& context, const Chosen& chosen) {
  SongProject song = ReadSongProject(chosen.path);
  const bool in_place = chosen.output.empty();
  const std::string written = in_place ? chosen.path : chosen.output;
  if (!in_place) CheckOutput(written, chosen.path, chosen.force);
  const client::Connected connected = context.Connect();
  HistoryStub stub(connected.channel);
  const Choice choice = GetChoice(stub, chosen.record);
  const studio::Recipe recipe = studio::RecipeOf(choice.record, choice.candidate);

  project::Remarks remarks;
  const absl::Status placed = project::Place(&song.document, SongOf(choice.candidate),
                                             chosen.placement, recipe.clip, &remarks);
  if (!placed.ok()) throw BadInput(chosen.path, std::string(placed.message()));
  // The recipe first: a project never names one that is not there.
  const project::RecipeFolder folder(written);
  const absl::StatusOr<std::string> kept = folder.Put(recipe.json);
  if (!kept.ok()) throw BadOutput(folder.path(), std::string(kept.status().message()));
  CarryRecipes(song.content, chosen.path, written);
  std::string backup;
  if (in_place) backup = KeepBackup(chosen.path);
  WriteWholeFile(written, song.document.Bytes());

  if (context.json) {
    PrintJson({{"file", written},
               {"bar", chosen.placement.bar},
               {"record", choice.record.id()},
               {"candidate", choice.candidate.index() + 1},
               {"recipe", folder.FileOf(*kept)},
               {"remarks", remarks},
               {"backup", backup.empty() ? Json() : Json(backup)}});
    return ExitCode::kOk;
  }
  for (const std::string& remark : remarks) {
    fmt::print("bar {}: {}\n", chosen.placement.bar, Printable(remark));
  }
  fmt::print("{}: written{}\n", written, in_place ? "; " + backup + " is as it was" : "");
  return ExitCode::kOk;
}

}  // namespace

void AddProjectPlace(CLI::App& project, Context& context) {
  const auto chosen = std::make_shared<Chosen>();
  CLI::App* verb = project.add_subcommand(
      "place", "Put what was generated into a song, with its recipe; do it while LMMS is closed");
  verb->add_option("file", chosen->path, ".mmp or .mmpz")->required()->type_name("FILE");
  verb->add_option("record", chosen->record, "Of the history; :N for its candidate N")
      ->required()
      ->type_name("RECORD[:N]");
  verb->add_option("--bar", chosen->placement.bar, "The first bar, counted from 1")
      ->capture_default_str();
  verb->add_option("--track", chosen->placement.track,
                   "The instrument track that gets it (default: new ones)")
      ->type_name("NAME");
  verb->add_option("-o,--output", chosen->output, "Write this file, and leave FILE as it is")
      ->type_name("FILE");
  verb->add_flag("--force", chosen->force, "Replace the output where it is there");
  verb->callback([&context, chosen] {
    context.action = [&context, chosen] { return Place(context, *chosen); };
  });
}

}  // namespace continuo::ctl
