// SPDX-License-Identifier: Apache-2.0
// continuoctl project place: what was generated, put into a song.
#include <spdlog/fmt/fmt.h>

#include <memory>

#include "daemon/app/ctl/generate_run.h"
#include "daemon/app/ctl/generate_view.h"
#include "daemon/app/ctl/history_call.h"
#include "daemon/app/ctl/midi_file.h"
#include "daemon/app/ctl/output_file.h"
#include "daemon/app/ctl/project.h"
#include "daemon/app/ctl/proto_json.h"
#include "shared/project/place.h"
#include "shared/project/recipes.h"

namespace continuo::ctl {
namespace {

struct Chosen {
  std::string path;
  std::string record;
  std::string output;
  project::Placement placement;
  bool force = false;
};

project::GeneratedClip ClipOf(const Choice& choice) {
  const v1::HistoryRecord& record = choice.record;
  const v1::GenerationPlan& plan = record.plan();
  project::GeneratedClip clip;
  clip.bars = plan.request().bars();
  clip.task = TaskText(plan.request().task());
  clip.model = plan.model();
  clip.version = plan.version();
  clip.weights_sha256 = plan.weights_sha256();
  clip.seed = choice.candidate.seed();
  clip.record = record.id();
  clip.candidate = choice.candidate.index();
  clip.score = choice.candidate.quality().score();
  clip.parents = {record.parents().begin(), record.parents().end()};
  clip.license = record.license();
  clip.attribution = record.attribution();
  return clip;
}

ExitCode Place(const Context& context, const Chosen& chosen) {
  SongProject song = ReadSongProject(chosen.path);
  const bool in_place = chosen.output.empty();
  const std::string written = in_place ? chosen.path : chosen.output;
  if (!in_place) CheckOutput(written, chosen.path, chosen.force);
  const client::Connected connected = context.Connect();
  HistoryStub stub(connected.channel);
  const Choice choice = GetChoice(stub, chosen.record);
  project::GeneratedClip clip = ClipOf(choice);

  // The recipe first: a project never names one that is not there.
  const std::string recipe = ToJson(choice.record).dump();
  clip.recipe = project::RecipeDigest(recipe);
  project::Remarks remarks;
  const absl::Status placed =
      project::Place(&song.document, SongOf(choice.candidate), chosen.placement, clip, &remarks);
  if (!placed.ok()) throw BadInput(chosen.path, std::string(placed.message()));
  const project::RecipeFolder folder(written);
  const absl::StatusOr<std::string> kept = folder.Put(recipe);
  if (!kept.ok()) throw BadOutput(folder.path(), std::string(kept.status().message()));
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
