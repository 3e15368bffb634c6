// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/midi_analyse.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "daemon/app/ctl/midi_file.h"
#include "daemon/app/ctl/midi_model.h"
#include "daemon/app/ctl/text.h"
#include "daemon/generate/context.h"
#include "daemon/generate/key_finding.h"
#include "daemon/generate/key_text.h"
#include "daemon/generate/note_grid.h"
#include "daemon/generate/quality.h"
#include "daemon/generate/reference.h"
#include "daemon/generate/voice_leading.h"

namespace continuo::ctl {
namespace {

struct Chosen {
  std::vector<std::string> inputs;
  std::string reference;
  std::string model;
  std::string situation;
};

struct Analysis {
  std::string path;
  generate::Metrics metrics;
  std::optional<generate::FoundKey> key;
  std::optional<generate::VoiceLeading> voices;
  std::optional<v1::Quality> quality;
  std::optional<generate::SongLikelihood> likelihood;
};

Analysis Analysed(const std::string& path, const midi::Song& song,
                  const generate::Reference* reference,
                  const std::optional<generate::SongLikelihood>& likelihood) {
  Analysis analysis{path,
                    generate::Measure(song),
                    generate::FindKey(song),
                    generate::CheckVoices(song),
                    std::nullopt,
                    likelihood};
  if (reference == nullptr && !likelihood) return analysis;
  analysis.quality = generate::Assess(song, reference, likelihood);
  // What is measured against the reference is among them.
  analysis.metrics = {analysis.quality->metrics().begin(), analysis.quality->metrics().end()};
  return analysis;
}

Json JsonOf(const Analysis& analysis) {
  Json json{{"path", analysis.path}, {"metrics", Json::object()}};
  for (const auto& [name, value] : analysis.metrics) json["metrics"][name] = value;
  if (analysis.key) {
    json["key"] = generate::KeyInWords(analysis.key->key);
    json["key_margin"] = analysis.key->margin;
  }
  if (analysis.voices) {
    json["chords"] = analysis.voices->chords;
    json["faults"] = Json::array();
    for (const generate::Fault& fault : analysis.voices->faults) {
      json["faults"].push_back({{"what", generate::FaultName(fault.kind)},
                                {"bar", fault.bar + 1},
                                {"tick", fault.time},
                                {"upper", generate::VoiceName(fault.upper)},
                                {"lower", generate::VoiceName(fault.lower)}});
    }
  }
  if (analysis.quality) {
    json["score"] = analysis.quality->score();
    if (analysis.likelihood) {
      json["likelihood"] = {{"as", analysis.likelihood->situation},
                            {"mean", analysis.likelihood->mean}};
    }
    json["reasons"] = Json::array();
    for (const v1::Reason& reason : analysis.quality->reasons()) {
      json["reasons"].push_back({{"text", reason.text()}, {"effect", reason.effect()}});
    }
  }
  return json;
}

void Print(const Analysis& analysis) {
  fmt::print("{}\n", analysis.path);
  if (analysis.key) fmt::print("key: {}\n", generate::KeyInWords(analysis.key->key));
  Table table({"METRIC", "VALUE"});
  for (const auto& [name, value] : analysis.metrics)
    table.Add({name, fmt::format("{:.3f}", value)});
  if (!table.empty()) table.Print();
  if (analysis.voices) {
    for (const generate::Fault& fault : analysis.voices->faults) {
      fmt::print("{}\n", generate::Describe(fault));
    }
  }
  if (!analysis.quality) return;
  if (analysis.likelihood) {
    fmt::print("likelihood as {}: {:.3f} nats a cell\n", analysis.likelihood->situation,
               analysis.likelihood->mean);
  }
  fmt::print("score: {:.2f}\n", analysis.quality->score());
  for (const v1::Reason& reason : analysis.quality->reasons()) {
    fmt::print("  {:+.2f}  {}\n", reason.effect(), reason.text());
  }
}

// Each figure over the songs that have it.
struct Summary {
  std::size_t songs = 0;
  double mean = 0;
  double deviation = 0;
  double least = 0;
  double most = 0;
};

std::map<std::string, Summary> Summarised(const std::vector<Analysis>& analyses) {
  std::map<std::string, std::vector<double>> values;
  for (const Analysis& analysis : analyses) {
    for (const auto& [name, value] : analysis.metrics) values[name].push_back(value);
    if (analysis.quality) values["score"].push_back(analysis.quality->score());
    if (analysis.likelihood) values["log_likelihood"].push_back(analysis.likelihood->mean);
  }
  std::map<std::string, Summary> summaries;
  for (const auto& [name, all] : values) {
    const auto count = static_cast<double>(all.size());
    Summary summary{.songs = all.size()};
    for (const double value : all) summary.mean += value / count;
    for (const double value : all) {
      summary.deviation += (value - summary.mean) * (value - summary.mean) / count;
    }
    summary.deviation = std::sqrt(summary.deviation);
    std::tie(summary.least, summary.most) = std::pair(*std::min_element(all.begin(), all.end()),
                                                      *std::max_element(all.begin(), all.end()));
    summaries.emplace(name, summary);
  }
  return summaries;
}

void PrintSummary(const std::map<std::string, Summary>& summaries) {
  Table table({"METRIC", "SONGS", "MEAN", "DEVIATION", "LEAST", "MOST"});
  for (const auto& [name, summary] : summaries) {
    table.Add({name, std::to_string(summary.songs), fmt::format("{:.4f}", summary.mean),
               fmt::format("{:.4f}", summary.deviation), fmt::format("{:.3f}", summary.least),
               fmt::format("{:.3f}", summary.most)});
  }
  if (!table.empty()) table.Print();
}

// How likely the model has each song; none where it does not fit.
generate::SongLikelihoods Heard(const NotesModel& model, const std::string& situation,
                                const std::vector<midi::Song>& songs) {
  std::map<std::int64_t, std::vector<std::size_t>> by_bars;
  for (std::size_t i = 0; i < songs.size(); ++i) {
    by_bars[generate::OnGrid(songs[i]).bars()].push_back(i);
  }
  generate::SongLikelihoods likelihoods(songs.size());
  for (const auto& [bars, indices] : by_bars) {
    if (bars < 1 || bars > generate::kMaxBars) continue;
    std::vector<midi::Song> some;
    for (const std::size_t i : indices) some.push_back(songs[i]);
    const auto found = model.Likelihoods(some, static_cast<std::uint32_t>(bars), situation);
    for (std::size_t i = 0; i < indices.size(); ++i) likelihoods[indices[i]] = found[i];
  }
  return likelihoods;
}

// The situation that is asked for, else the model's first.
std::string SituationFor(const NotesModel& model, const std::string& wanted) {
  const std::vector<std::string> known = model.situations();
  if (wanted.empty()) return known.front();
  if (std::find(known.begin(), known.end(), wanted) == known.end()) {
    throw UsageError(fmt::format("--as {}: this model knows {}", wanted, Join(known, ", ")));
  }
  return wanted;
}

ExitCode Analyse(const Context& context, const Chosen& chosen) {
  std::optional<generate::Reference> reference;
  if (!chosen.reference.empty()) reference = ReadReferenceFile(chosen.reference);
  const std::vector<std::string> files = SongPathsOf(chosen.inputs);
  if (files.empty()) throw BadInput(chosen.inputs.front(), "has no .mid files");
  const std::vector<midi::Song> songs = ReadSongFiles(files);
  std::string situation;
  generate::SongLikelihoods likelihoods(songs.size());
  if (!chosen.model.empty()) {
    const NotesModel model(chosen.model);
    situation = SituationFor(model, chosen.situation);
    if (!reference) reference = model.ReadReference();
    likelihoods = Heard(model, situation, songs);
  }
  std::vector<Analysis> analyses;
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::optional<generate::SongLikelihood> likelihood;
    if (likelihoods[i]) likelihood = {situation, *likelihoods[i]};
    analyses.push_back(Analysed(files[i], songs[i], reference ? &*reference : nullptr, likelihood));
  }
  const std::map<std::string, Summary> summaries = Summarised(analyses);
  if (context.json) {
    Json json{{"files", Json::array()}, {"summary", Json::object()}};
    for (const Analysis& analysis : analyses) json["files"].push_back(JsonOf(analysis));
    for (const auto& [name, summary] : summaries) {
      json["summary"][name] = {{"songs", summary.songs},
                               {"mean", summary.mean},
                               {"deviation", summary.deviation},
                               {"least", summary.least},
                               {"most", summary.most}};
    }
    PrintJson(json);
  } else if (analyses.size() == 1) {
    Print(analyses.front());
  } else {
    PrintSummary(summaries);
  }
  return ExitCode::kOk;
}

}  // namespace

void AddMidiAnalyse(CLI::App& midi, Context& context) {
  const auto chosen = std::make_shared<Chosen>();
  CLI::App* verb =
      midi.add_subcommand("analyse", "Figures of songs, faults of four-part writing, and a score");
  verb->add_option("input", chosen->inputs, "Files of notes, or folders of .mid files")
      ->required()
      ->type_name("IN…");
  verb->add_option("--reference", chosen->reference, "Score by this reference set, as models have")
      ->type_name("FILE");
  verb->add_option("--model", chosen->model,
                   "Ask this model how likely it has them, and score by its reference set")
      ->type_name("FOLDER|ID");
  verb->add_option("--as", chosen->situation,
                   "The task that a song is judged as a result of (default the model's first)")
      ->type_name("TASK");
  verb->callback([&context, chosen] {
    context.action = [&context, chosen] { return Analyse(context, *chosen); };
  });
}

}  // namespace continuo::ctl
