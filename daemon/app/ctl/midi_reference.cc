// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/midi_reference.h"

#include <spdlog/fmt/fmt.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/app/ctl/midi_file.h"
#include "daemon/app/ctl/midi_model.h"
#include "daemon/app/ctl/output_file.h"
#include "daemon/app/ctl/progress.h"
#include "daemon/app/ctl/text.h"
#include "daemon/base/str_cat.h"
#include "daemon/generate/reference.h"

namespace continuo::ctl {
namespace {

struct Chosen {
  std::vector<std::string> inputs;
  std::string output;
  std::string model;
  std::vector<std::string> held_out;
  std::vector<std::uint32_t> bars{4, 8, 16};
  bool force = false;
};

void Hear(const NotesModel& model, const std::vector<midi::Song>& songs,
          generate::Reference* reference) {
  const std::vector<std::string> situations = model.situations();
  const double all = static_cast<double>(situations.size() * reference->lengths().size());
  double done = 0;
  Progress progress("listening");
  using Figures = std::map<std::string, generate::SongLikelihoods>;
  const auto listen = [&](absl::Span<const midi::Song> excerpts,
                          std::uint32_t bars) -> absl::StatusOr<Figures> {
    Figures figures;
    for (const std::string& situation : situations) {
      figures[situation] = model.Likelihoods(excerpts, bars, situation);
      progress.Update(++done / all);
    }
    return figures;
  };
  const absl::Status heard = reference->Hear(songs, listen);
  if (!heard.ok()) throw Failed(std::string(base::MessageOf(heard)));
}

ExitCode MakeReference(const Context& context, const Chosen& chosen) {
  CheckOutput(chosen.output, "", chosen.force);
  const std::vector<midi::Song> songs = ReadSongFiles(SongPathsOf(chosen.inputs));
  absl::StatusOr<generate::Reference> reference = generate::Reference::Make(songs, chosen.bars);
  if (!reference.ok()) {
    throw BadInput(chosen.inputs.front(), std::string(base::MessageOf(reference.status())));
  }
  if (!chosen.model.empty()) {
    Hear(NotesModel(chosen.model),
         chosen.held_out.empty() ? songs : ReadSongFiles(SongPathsOf(chosen.held_out)),
         &*reference);
  }
  WriteWholeFile(chosen.output, reference->Json());
  Json lengths = Json::array();
  for (const generate::Reference::Length& length : reference->lengths()) {
    Json heard = Json::object();
    std::vector<std::string> situations;
    for (const auto& [situation, figures] : length.heard) {
      heard[situation] = figures.excerpts;
      situations.push_back(fmt::format("{} ({})", situation, figures.excerpts));
    }
    lengths.push_back({{"bars", length.bars}, {"excerpts", length.excerpts}, {"heard", heard}});
    if (context.json) continue;
    fmt::print("{}: {} excerpts of {} bars, {} figures\n", chosen.output, length.excerpts,
               length.bars, length.metrics.size());
    if (!situations.empty()) fmt::print("  likelihoods: {}\n", Join(situations, ", "));
  }
  if (context.json) {
    PrintJson({{"output", chosen.output}, {"songs", songs.size()}, {"lengths", lengths}});
  }
  return ExitCode::kOk;
}

}  // namespace

void AddMidiReference(CLI::App& midi, Context& context) {
  const auto chosen = std::make_shared<Chosen>();
  CLI::App* verb =
      midi.add_subcommand("reference", "Make the reference set that a model's songs are scored by");
  verb->add_option("input", chosen->inputs, "Files of notes, or folders of .mid files")
      ->required()
      ->type_name("IN…");
  verb->add_option("-o,--output", chosen->output, "The JSON file to write")
      ->required()
      ->type_name("OUT");
  verb->add_option("--bars", chosen->bars, "Lengths of the excerpts (default 4,8,16)")
      ->delimiter(',')
      ->type_name("N,…");
  CLI::Option* model =
      verb->add_option("--model", chosen->model, "Add how likely this model has real songs")
          ->type_name("FOLDER|ID");
  verb->add_option("--held-out", chosen->held_out,
                   "Songs for --model that it was not trained with (default IN)")
      ->needs(model)
      ->type_name("IN…");
  verb->add_flag("--force", chosen->force, "Replace OUT where it exists");
  verb->callback([&context, chosen] {
    context.action = [&context, chosen] { return MakeReference(context, *chosen); };
  });
}

}  // namespace continuo::ctl
