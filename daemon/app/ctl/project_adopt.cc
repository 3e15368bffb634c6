// SPDX-License-Identifier: Apache-2.0
// continuoctl project adopt: what was generated for a song, in the history of this machine.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <memory>
#include <set>

#include "daemon/app/ctl/history_call.h"
#include "daemon/app/ctl/midi_file.h"
#include "daemon/app/ctl/project.h"
#include "daemon/app/ctl/recipe_source.h"
#include "daemon/app/ctl/text.h"
#include "shared/studio/recipe.h"

namespace continuo::ctl {
namespace {

// What a message to the daemon has room for.
constexpr std::size_t kMaxRecordBytes = (std::size_t{4} << 20) - 1024;

struct Chosen {
  std::string path;
  bool dry_run = false;
};

struct Outcome {
  project::GeneratedClip clip;  // task and model as the recipe has them, where it can be read
  std::string word;             // "adopted", "present", "refused"
  std::string why;              // it was refused
};

// A recipe that cannot be taken is told of; that the daemon cannot take any ends it all.
Outcome AdoptOne(HistoryStub& stub, const SongWithRecipes& song, const project::GeneratedClip& clip,
                 bool dry_run) {
  Outcome outcome{clip, "refused", ""};
  const absl::StatusOr<std::string> json = song.recipe(clip.recipe);
  const absl::StatusOr<v1::HistoryRecord> record =
      json.ok() ? studio::RecordOf(*json) : json.status();
  if (!record.ok()) {
    outcome.why = std::string(record.status().message());
    return outcome;
  }
  outcome.clip = studio::RecipeOf(*record, {}).clip;
  outcome.clip.recipe = clip.recipe;
  if (record->id() != clip.record) {
    outcome.why = fmt::format("the song says that it is {}", clip.record);
  } else if (record->ByteSizeLong() > kMaxRecordBytes) {
    outcome.why = fmt::format("has more than {} bytes", kMaxRecordBytes);
  }
  if (!outcome.why.empty()) return outcome;
  v1::AdoptRecordRequest request;
  *request.mutable_record() = *record;
  request.set_dry_run(dry_run);
  try {
    outcome.word = Call(stub, &HistoryStub::AdoptRecord, request).present() ? "present" : "adopted";
  } catch (const Failure& failure) {
    if (failure.word() != "invalid_argument" && failure.word() != "already_exists") throw;
    outcome.why = failure.what();
  }
  return outcome;
}

// Of those that are in the history now.
std::set<std::string> MissingModels(const std::vector<Outcome>& outcomes,
                                    const InstalledModels& installed) {
  std::set<std::string> missing;
  for (const Outcome& one : outcomes) {
    if (one.word == "refused" || installed.Find(one.clip.model, one.clip.version)) continue;
    missing.insert(ModelName(one.clip.model, one.clip.version));
  }
  return missing;
}

void Print(const Chosen& chosen, const std::vector<Outcome>& outcomes,
           const std::set<std::string>& missing) {
  const auto count = [&outcomes](const char* word) {
    return std::count_if(outcomes.begin(), outcomes.end(),
                         [word](const Outcome& one) { return one.word == word; });
  };
  Table table({"RECORD", "TASK", "MODEL", "HISTORY"});
  for (const Outcome& one : outcomes) {
    table.Add({Printable(one.clip.record), Printable(one.clip.task),
               Printable(ModelName(one.clip.model, one.clip.version)),
               one.word == "present"   ? "has it already"
               : one.word == "refused" ? Printable("refused: " + one.why)
               : chosen.dry_run        ? "would have it"
                                       : "has it now"});
  }
  if (!table.empty()) table.Print();
  fmt::print("{}: {} records {}, {} were there already, {} refused\n", chosen.path,
             count("adopted"), chosen.dry_run ? "would be taken" : "taken", count("present"),
             count("refused"));
  for (const std::string& name : missing) {
    fmt::print("{} is not installed: what it made cannot be made again until it is\n",
               Printable(name));
  }
}

void PrintAsJson(const Chosen& chosen, const std::vector<Outcome>& outcomes,
                 const std::set<std::string>& missing) {
  Json records = Json::array();
  for (const Outcome& one : outcomes) {
    records.push_back({{"record", Printable(one.clip.record)},
                       {"recipe", one.clip.recipe},
                       {"task", Printable(one.clip.task)},
                       {"model", Printable(one.clip.model)},
                       {"version", Printable(one.clip.version)},
                       {"outcome", one.word},
                       {"why", one.why.empty() ? Json() : Json(Printable(one.why))}});
  }
  Json models = Json::array();
  for (const std::string& name : missing) models.push_back(Printable(name));
  PrintJson({{"file", chosen.path},
             {"dry_run", chosen.dry_run},
             {"records", records},
             {"missing_models", models}});
}

ExitCode Adopt(const Context& context, const Chosen& chosen) {
  const SongWithRecipes song = ReadSongWithRecipes(chosen.path);
  const client::Connected connected = context.Connect();
  HistoryStub stub(connected.channel);
  std::vector<Outcome> outcomes;
  std::set<std::string> seen;
  for (const project::GeneratedClip& clip : song.content.generated) {
    if (clip.recipe.empty() || !seen.insert(clip.recipe).second) continue;
    outcomes.push_back(AdoptOne(stub, song, clip, chosen.dry_run));
  }
  const std::set<std::string> missing = MissingModels(outcomes, InstalledModels(context));
  if (context.json) {
    PrintAsJson(chosen, outcomes, missing);
  } else {
    Print(chosen, outcomes, missing);
  }
  const bool good = std::none_of(outcomes.begin(), outcomes.end(),
                                 [](const Outcome& one) { return one.word == "refused"; });
  return good ? ExitCode::kOk : ExitCode::kFailed;
}

}  // namespace

void AddProjectAdopt(CLI::App& project, Context& context) {
  const auto chosen = std::make_shared<Chosen>();
  CLI::App* verb = project.add_subcommand(
      "adopt", "Take the recipes of a song or bundle into this machine's history");
  verb->add_option("file", chosen->path, ".mmp, .mmpz, or a bundle (.zip)")
      ->required()
      ->type_name("FILE");
  verb->add_flag("--dry-run", chosen->dry_run, "Only say what would be taken");
  verb->callback([&context, chosen] {
    context.action = [&context, chosen] { return Adopt(context, *chosen); };
  });
}

}  // namespace continuo::ctl
