// SPDX-License-Identifier: Apache-2.0
// continuoctl history compare: two records side by side, as figures and as a picture.
#include <spdlog/fmt/fmt.h>

#include <map>
#include <memory>
#include <set>

#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/generate_run.h"
#include "daemon/app/ctl/generate_view.h"
#include "daemon/app/ctl/history_call.h"
#include "daemon/app/ctl/output_file.h"
#include "daemon/app/ctl/text.h"
#include "shared/midi/note_identity.h"
#include "shared/midi/picture/comparison.h"
#include "shared/studio/comparison.h"
#include "shared/studio/wire.h"

namespace continuo::ctl {
namespace {

struct Chosen {
  std::string left;
  std::string right;
  std::string png;
  midi::ComparisonOptions options;
  bool force = false;
};

// What can be said of one side in a figure.
std::map<std::string, double> Figures(const Choice& choice) {
  auto figures = studio::FiguresOf(studio::FromProto(choice.candidate));
  figures["log_likelihood"] = choice.candidate.quality().log_likelihood();
  return figures;
}

std::string Name(const Choice& choice) {
  return fmt::format("{}:{}", choice.record.id(), choice.candidate.index() + 1);
}

midi::ComparedSong Side(const Choice& choice, const midi::Song& song) {
  const v1::GenerationPlan& plan = choice.record.plan();
  const std::string title =
      choice.record.title().empty() ? TaskText(plan.request().task()) : choice.record.title();
  std::string details = fmt::format("{}, seed {}", ModelText(plan), choice.candidate.seed());
  if (!plan.request().key().empty()) details += ", " + plan.request().key();
  if (!choice.candidate.quality().reasons().empty()) {
    details += ": " + choice.candidate.quality().reasons(0).text();
  }
  return {.song = song,
          .title = fmt::format("{}  {}", title, Name(choice)),
          .details = details,
          .score = choice.candidate.quality().score()};
}

ExitCode Compare(const Context& context, const Chosen& chosen) {
  if (!chosen.png.empty()) CheckOutput(chosen.png, "", chosen.force);
  const client::Connected connected = context.Connect();
  HistoryStub stub(connected.channel);
  const Choice left = GetChoice(stub, chosen.left);
  const Choice right = GetChoice(stub, chosen.right);
  const midi::Song left_song = SongOf(left.candidate);
  const midi::Song right_song = SongOf(right.candidate);
  const auto left_figures = Figures(left);
  const auto right_figures = Figures(right);
  const std::size_t shared =
      midi::Match(midi::IdentitiesOf(left_song), midi::IdentitiesOf(right_song)).count;
  const bool identical = left.candidate.midi() == right.candidate.midi();
  if (!chosen.png.empty()) {
    const absl::StatusOr<std::string> png =
        midi::ComparisonPng({Side(left, left_song), Side(right, right_song)}, chosen.options);
    if (!png.ok()) throw UsageError(std::string(png.status().message()));
    WriteWholeFile(chosen.png, *png);
  }
  if (context.json) {
    PrintJson({{"left",
                {{"record", left.record.id()},
                 {"candidate", left.candidate.index() + 1},
                 {"figures", left_figures}}},
               {"right",
                {{"record", right.record.id()},
                 {"candidate", right.candidate.index() + 1},
                 {"figures", right_figures}}},
               {"shared_notes", shared},
               {"identical", identical}});
    return ExitCode::kOk;
  }
  Table table({"", Name(left), Name(right), "DIFFERENCE"});
  std::set<std::string> names;
  for (const auto& [name, value] : left_figures) names.insert(name);
  for (const auto& [name, value] : right_figures) names.insert(name);
  for (const std::string& name : names) {
    const auto l = left_figures.find(name);
    const auto r = right_figures.find(name);
    const bool both = l != left_figures.end() && r != right_figures.end();
    table.Add({name, l == left_figures.end() ? "-" : fmt::format("{:.3g}", l->second),
               r == right_figures.end() ? "-" : fmt::format("{:.3g}", r->second),
               both ? fmt::format("{:+.3g}", r->second - l->second) : "-"});
  }
  table.Print();
  fmt::print("{} notes are the same{}\n", shared,
             identical ? "; the files are the same, byte for byte" : "");
  if (!chosen.png.empty()) fmt::print("{}\n", chosen.png);
  return ExitCode::kOk;
}

}  // namespace

void AddHistoryCompare(CLI::App& history, Context& context) {
  CLI::App* verb = history.add_subcommand("compare", "Two records, as figures and as a picture");
  auto chosen = std::make_shared<Chosen>();
  verb->add_option("left", chosen->left)->required()->type_name("RECORD[:N]");
  verb->add_option("right", chosen->right)->required()->type_name("RECORD[:N]");
  verb->add_option("--png", chosen->png, "Piano rolls side by side")->type_name("OUT.png");
  verb->add_option("--width", chosen->options.width, "Pixels (default 1600)");
  verb->add_option("--height", chosen->options.panel_height, "Pixels of a roll (default 420)");
  verb->add_flag("--force", chosen->force, "Replace what exists");
  verb->callback([&context, chosen] {
    context.action = [&context, chosen] { return Compare(context, *chosen); };
  });
}

}  // namespace continuo::ctl
