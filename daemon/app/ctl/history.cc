// SPDX-License-Identifier: Apache-2.0
// continuoctl history: list, search, show, star, rate, prune, export. Two records compared are in
// history_compare.cc, new ones from old ones in history_derive.cc.
#include <spdlog/fmt/chrono.h>
#include <spdlog/fmt/fmt.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <memory>

#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/generate_run.h"
#include "daemon/app/ctl/generate_view.h"
#include "daemon/app/ctl/history_call.h"
#include "daemon/app/ctl/midi_roll.h"
#include "daemon/app/ctl/output_file.h"
#include "daemon/app/ctl/proto_json.h"
#include "daemon/app/ctl/text.h"
#include "daemon/base/bytes_in_words.h"
#include "shared/midi/meter_map.h"

namespace continuo::ctl {
namespace {

namespace fs = std::filesystem;
using Stub = HistoryStub;

struct Chosen {
  std::vector<std::string> ids;
  v1::ListRecordsRequest list;
  v1::UpdateRecordRequest update;
  v1::PruneRecordsRequest prune;
  std::string query;
  std::string output;
  double older_than_days = 0;
  std::uint32_t limit = 20;
  std::uint32_t rating = 0;
  std::uint32_t candidate = 0;  // counted from 1
  bool force = false;
};

std::string When(std::int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("{:%Y-%m-%d %H:%M}", local);
}

double BestScore(const v1::HistoryRecord& record) {
  double best = 0;
  for (const auto& one : record.candidates()) best = std::max(best, one.quality().score());
  return best;
}

std::string Marks(const v1::HistoryRecord& record) {
  std::string marks = record.starred() ? "*" : "";
  if (record.rating() > 0) marks += fmt::format("{}/5", record.rating());
  return marks.empty() ? "-" : marks;
}

ExitCode List(const Context& context, const Chosen& chosen) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  v1::ListRecordsRequest request = chosen.list;
  request.set_query(chosen.query);
  v1::ListRecordsResponse all;
  // Pages, up to the number that was asked for.
  do {
    const auto left = chosen.limit - static_cast<std::uint32_t>(all.records_size());
    request.set_page_size(std::min<std::uint32_t>(left, 500));
    const auto page = Call(stub, &Stub::ListRecords, request);
    all.mutable_records()->MergeFrom(page.records());
    all.set_next_page_token(page.next_page_token());
    request.set_page_token(page.next_page_token());
  } while (!all.next_page_token().empty() &&
           static_cast<std::uint32_t>(all.records_size()) < chosen.limit);
  if (context.json) {
    PrintJson(ToJson(all));
    return ExitCode::kOk;
  }
  Table table(
      {"RECORD", "WHEN", "TASK", "MODEL", "BARS", "KEY", "SEED", "SCORE", "MARKS", "TITLE"});
  for (const v1::HistoryRecord& record : all.records()) {
    const v1::GenerateRequest& made = record.plan().request();
    table.Add({record.id(), When(record.created_unix_ms()), TaskText(made.task()),
               record.plan().model(), std::to_string(made.bars()),
               made.key().empty() ? "-" : made.key(), std::to_string(made.seed()),
               fmt::format("{:.2f}", BestScore(record)), Marks(record), record.title()});
  }
  if (table.empty()) {
    fmt::print("no record {}\n", chosen.query.empty() ? "is there" : "fits");
  } else {
    table.Print();
    if (!all.next_page_token().empty()) fmt::print(stderr, "… and more; see --limit\n");
  }
  return ExitCode::kOk;
}

void PrintRecord(const v1::HistoryRecord& record) {
  const v1::GenerationPlan& plan = record.plan();
  const v1::GenerateRequest& request = plan.request();
  fmt::print("{}  {}  {}{}\n", record.id(), When(record.created_unix_ms()),
             TaskText(request.task()), record.title().empty() ? "" : "  " + record.title());
  fmt::print("model      {}, weights {}\n", ModelText(plan), plan.weights_sha256().substr(0, 12));
  fmt::print("request    seed {}, {} bars, key {}{}\n", request.seed(), request.bars(),
             request.key().empty() ? "free" : request.key(),
             request.style().empty() ? "" : ", " + request.style());
  if (!request.chords().empty()) fmt::print("chords     {}\n", request.chords());
  if (!request.transforms().empty()) fmt::print("transforms {}\n", request.transforms());
  fmt::print("marks      {}\n", Marks(record));
  if (!record.comment().empty()) fmt::print("comment    {}\n", record.comment());
  for (const std::string& parent : record.parents()) fmt::print("parent     {}\n", parent);
  if (!record.license().empty()) {
    fmt::print("licence    {}{}\n", record.license(),
               record.attribution().empty() ? "" : ", " + record.attribution());
  }
  for (const std::string& note : plan.notes()) fmt::print("  {}\n", note);
  for (const auto& one : record.candidates()) {
    fmt::print("candidate {}: seed {}, score {}{}\n", one.index() + 1, one.seed(),
               QualityText(one.quality(), 4),
               record.rating() > 0 && record.rated_candidate() == one.index() ? "  (chosen)" : "");
  }
}

ExitCode Show(const Context& context, const Chosen& chosen) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  const Choice choice = GetChoice(stub, chosen.ids.at(0));
  if (context.json) {
    PrintJson(ToJson(choice.record));
    return ExitCode::kOk;
  }
  PrintRecord(choice.record);
  const midi::Song song = SongOf(choice.candidate);
  RollView view;
  const midi::MeterMap meters(song);
  view.last_bar = meters.PositionOf(std::max<midi::Tick>(midi::EndOf(song) - 1, 0)).bar;
  fmt::print("\n{}", TextRoll(song, view));
  return ExitCode::kOk;
}

ExitCode Update(const Context& context, const Chosen& chosen) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  Json records = Json::array();
  for (const std::string& id : chosen.ids) {
    v1::UpdateRecordRequest request = chosen.update;
    request.set_id(id);
    const v1::HistoryRecord record = Call(stub, &Stub::UpdateRecord, request).record();
    if (context.json) {
      records.push_back(ToJson(record));
    } else {
      fmt::print("{}: {}{}\n", record.id(), Marks(record),
                 record.title().empty() ? "" : "  " + record.title());
    }
  }
  if (context.json) PrintJson({{"records", records}});
  return ExitCode::kOk;
}

ExitCode Rate(const Context& context, const Chosen& chosen) {
  Chosen rated = chosen;
  rated.update.set_rating(chosen.rating);
  if (chosen.candidate > 0) rated.update.set_rated_candidate(chosen.candidate - 1);
  return Update(context, rated);
}

ExitCode Prune(const Context& context, const Chosen& chosen) {
  v1::PruneRecordsRequest request = chosen.prune;
  for (const std::string& id : chosen.ids) request.add_ids(id);
  if (chosen.older_than_days > 0) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    request.set_older_than_unix_ms(
        std::chrono::duration_cast<std::chrono::milliseconds>(now).count() -
        static_cast<std::int64_t>(chosen.older_than_days * 86'400'000));
  }
  if (request.ids().empty() && request.keep() == 0 && request.older_than_unix_ms() == 0) {
    throw UsageError("history prune: name records, --older-than DAYS or --keep N");
  }
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  constexpr double kTimeoutSeconds = 300;
  const auto response = Call(stub, &Stub::PruneRecords, request, kTimeoutSeconds);
  if (context.json) {
    PrintJson(ToJson(response));
    return ExitCode::kOk;
  }
  for (const std::string& id : response.removed()) fmt::print("{}\n", id);
  fmt::print("{} records, {} {}\n", response.removed_size(),
             base::BytesInWords(response.freed_bytes()), request.dry_run() ? "would go" : "freed");
  return ExitCode::kOk;
}

void WriteRecord(const v1::HistoryRecord& record, const std::string& directory, bool force,
                 std::vector<std::string>* written) {
  std::vector<std::pair<std::string, std::string>> files;
  v1::HistoryRecord plain = record;
  const std::string& input = record.plan().request().input();
  if (!input.empty()) files.emplace_back("input.mid", input);
  plain.mutable_plan()->mutable_request()->clear_input();
  for (auto& one : *plain.mutable_candidates()) {
    files.emplace_back(fmt::format("candidate-{}.mid", one.index() + 1), one.midi());
    one.clear_midi();
  }
  files.emplace_back("record.json", ToJson(plain).dump(2) + "\n");
  for (const auto& [name, bytes] : files) {
    const std::string path = directory + "/" + name;
    CheckOutput(path, "", force);
    WriteWholeFile(path, bytes);
    written->push_back(path);
  }
}

ExitCode Export(const Context& context, const Chosen& chosen) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  std::vector<std::string> written;
  for (const std::string& id : chosen.ids) {
    const v1::HistoryRecord record = GetRecord(stub, id);
    const std::string directory = chosen.output + "/" + record.id();
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) throw BadOutput(directory, error.message());
    WriteRecord(record, directory, chosen.force, &written);
  }
  if (context.json) {
    PrintJson({{"written", written}});
  } else {
    for (const std::string& path : written) fmt::print("{}\n", path);
  }
  return ExitCode::kOk;
}

using Action = ExitCode (*)(const Context&, const Chosen&);
using ChosenPtr = std::shared_ptr<Chosen>;

void AddFilters(CLI::App* verb, const ChosenPtr& chosen) {
  verb->add_option_function<std::string>(
      "--model", [chosen](const std::string& model) { chosen->list.set_model(model); },
      "Made by this model");
  verb->add_flag_callback(
      "--starred", [chosen] { chosen->list.set_starred_only(true); }, "Starred ones alone");
  verb->add_option_function<std::uint32_t>(
      "--minimum-rating", [chosen](std::uint32_t v) { chosen->list.set_minimum_rating(v); },
      "1 to 5");
  verb->add_option_function<double>(
      "--minimum-score", [chosen](double v) { chosen->list.set_minimum_score(v); }, "0 to 1");
  verb->add_option_function<std::string>(
          "--parent", [chosen](const std::string& id) { chosen->list.set_parent(id); },
          "Derived from this record")
      ->type_name("RECORD");
  verb->add_option("--limit", chosen->limit, "How many at most (default 20)")
      ->check(CLI::Range(1, 100000));
}

}  // namespace

v1::HistoryRecord GetRecord(HistoryStub& stub, const std::string& id) {
  v1::GetRecordRequest request;
  request.set_id(id);
  return Call(stub, &Stub::GetRecord, request).record();
}

Choice GetChoice(HistoryStub& stub, const std::string& text) {
  const std::size_t colon = text.find(':');
  Choice choice{GetRecord(stub, text.substr(0, colon)), {}};
  const auto& candidates = choice.record.candidates();
  std::uint32_t index = choice.record.rating() > 0        ? choice.record.rated_candidate()
                        : choice.record.ranking().empty() ? 0
                                                          : choice.record.ranking(0);
  if (colon != std::string::npos) {
    unsigned number = 0;
    char rest = 0;
    if (std::sscanf(text.c_str() + colon + 1, "%u%c", &number, &rest) != 1 || number < 1) {
      throw UsageError(
          fmt::format("'{}': RECORD:N, a candidate counted from 1, is expected", text));
    }
    index = number - 1;
  }
  for (const v1::GenerationCandidate& one : candidates) {
    if (one.index() == index) choice.candidate = one;
  }
  if (choice.candidate.midi().empty()) {
    throw Refused("not_found", fmt::format("record {}: has no candidate {}; it has {}",
                                           choice.record.id(), index + 1, candidates.size()));
  }
  return choice;
}

void AddHistory(CLI::App& app, Context& context) {
  CLI::App* history = app.add_subcommand("history", "What was made, and how to make it again");
  history->require_subcommand(1);
  const auto add = [&](const char* name, const char* what, Action action, auto prepare) {
    auto chosen = std::make_shared<Chosen>();
    CLI::App* verb = history->add_subcommand(name, what);
    prepare(verb, chosen);
    verb->callback([&context, chosen, action] {
      context.action = [&context, chosen, action] { return action(context, *chosen); };
    });
  };
  const auto ids = [](CLI::App* verb, const ChosenPtr& chosen, int most) {
    verb->add_option("record", chosen->ids,
                     "Its id, the first digits of it, or last; show: RECORD:N for a candidate")
        ->required()
        ->expected(1, most)
        ->allow_extra_args(most > 1)
        ->type_name("RECORD");
  };
  constexpr int kMany = 10000;
  add("list", "The newest records", List,
      [](CLI::App* verb, const ChosenPtr& chosen) { AddFilters(verb, chosen); });
  add("search", "Records with these words in title, comment, model, key or style", List,
      [](CLI::App* verb, const ChosenPtr& chosen) {
        verb->add_option("words", chosen->query)->required()->type_name("WORDS");
        AddFilters(verb, chosen);
      });
  add("show", "One record: request, model, scores, notes", Show,
      [&](CLI::App* verb, const ChosenPtr& chosen) { ids(verb, chosen, 1); });
  add("star", "Keep records when others are pruned", Update,
      [&](CLI::App* verb, const ChosenPtr& chosen) {
        ids(verb, chosen, kMany);
        chosen->update.set_starred(true);
      });
  add("unstar", "Take the star away", Update, [&](CLI::App* verb, const ChosenPtr& chosen) {
    ids(verb, chosen, kMany);
    chosen->update.set_starred(false);
  });
  add("rate", "How good it is, and which candidate was chosen", Rate,
      [&](CLI::App* verb, const ChosenPtr& chosen) {
        ids(verb, chosen, 1);
        verb->add_option("rating", chosen->rating, "1 to 5; 0: none")->required();
        verb->add_option("--candidate", chosen->candidate, "The chosen one, counted from 1");
      });
  add("title", "Name a record, or say something about it", Update,
      [&](CLI::App* verb, const ChosenPtr& chosen) {
        ids(verb, chosen, 1);
        verb->add_option_function<std::string>(
            "--title", [chosen](const std::string& text) { chosen->update.set_title(text); });
        verb->add_option_function<std::string>(
            "--comment", [chosen](const std::string& text) { chosen->update.set_comment(text); });
      });
  add("prune", "Remove records; starred ones stay unless they are named", Prune,
      [](CLI::App* verb, const ChosenPtr& chosen) {
        verb->add_option("record", chosen->ids, "These")->type_name("RECORD");
        verb->add_option("--older-than", chosen->older_than_days, "Those of so many days ago")
            ->type_name("DAYS");
        verb->add_option_function<std::uint32_t>(
            "--keep", [chosen](std::uint32_t keep) { chosen->prune.set_keep(keep); },
            "All but the newest N");
        verb->add_flag_callback(
            "--dry-run", [chosen] { chosen->prune.set_dry_run(true); }, "Say what would go");
      });
  add("export", "Write records as files: MIDI and JSON", Export,
      [&](CLI::App* verb, const ChosenPtr& chosen) {
        ids(verb, chosen, kMany);
        verb->add_option("-o,--output", chosen->output, "A folder; each record has one in it")
            ->required()
            ->type_name("DIR");
        verb->add_flag("--force", chosen->force, "Replace what exists");
      });
  AddHistoryCompare(*history, context);
  AddHistoryDerive(*history, context);
}

}  // namespace continuo::ctl
