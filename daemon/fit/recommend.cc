// SPDX-License-Identifier: Apache-2.0
#include "daemon/fit/recommend.h"

#include <absl/strings/ascii.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "daemon/base/bytes_in_words.h"
#include "daemon/base/str_cat.h"

namespace continuo::fit {
namespace {

constexpr double kFitWeight = 0.5, kQualityWeight = 0.3, kLicenseWeight = 0.2;
constexpr double kInstalledBonus = 0.03;

struct Candidate {
  const Subject* subject;
  v1::ModelFacts facts;
  double score = 0;
  std::vector<std::string> reasons;
};

bool DoesTask(const v1::RepositoryEntry& entry, const std::string& task) {
  if (task == "effect") return entry.task() == v1::TASK_AUDIO_EFFECT;
  if (task == "notes") return entry.task() == v1::TASK_NOTES;
  const auto& tasks = entry.notes().tasks();
  return std::find(tasks.begin(), tasks.end(), task) != tasks.end();
}

absl::Status CheckTask(const std::string& task, const std::vector<Subject>& subjects) {
  std::set<std::string> tasks = {"effect", "notes"};
  for (const Subject& subject : subjects) {
    tasks.insert(subject.entry.notes().tasks().begin(), subject.entry.notes().tasks().end());
  }
  if (tasks.contains(task)) return absl::OkStatus();
  std::string known;
  for (const std::string& one : tasks) base::StrAppend(&known, known.empty() ? "" : ", ", one);
  return absl::InvalidArgumentError(
      base::StrCat("task is '", task, "', which no model does; there are ", known));
}

bool HasWords(const v1::RepositoryEntry& entry, const v1::RecommendModelsRequest& request) {
  const std::string text =
      absl::AsciiStrToLower(base::StrCat(entry.id(), "\n", entry.name(), "\n", entry.summary()));
  return std::all_of(request.words().begin(), request.words().end(), [&](const std::string& word) {
    return text.find(absl::AsciiStrToLower(word)) != std::string::npos;
  });
}

bool IsOpen(const v1::ModelFacts& facts) {
  return facts.terms().commercial_use() == v1::PERMISSION_YES;
}

// Why it is left out; empty: it is not.
std::string WhyNot(const v1::ModelFacts& facts, const v1::RecommendModelsRequest& request) {
  if (request.for_commercial_use() && !IsOpen(facts)) {
    return facts.terms().commercial_use() == v1::PERMISSION_NO
               ? base::StrCat("its licence ", facts.license(), " forbids commercial use")
               : base::StrCat("its licence ", facts.license(),
                              " is not known to allow commercial use");
  }
  if (request.maximum_latency_ms() > 0 && facts.latency_ms() > request.maximum_latency_ms()) {
    return base::StrCat("it is ", FigureText(facts.latency_ms()), " ms late, the most is ",
                        FigureText(request.maximum_latency_ms()), " ms");
  }
  if (request.maximum_memory_bytes() > 0 &&
      facts.assessment().memory_bytes() > request.maximum_memory_bytes()) {
    return base::StrCat("it takes ", base::BytesInWords(facts.assessment().memory_bytes()),
                        " of memory, the most is ",
                        base::BytesInWords(request.maximum_memory_bytes()));
  }
  if (facts.assessment().verdict() == v1::VERDICT_TOO_HEAVY) return facts.assessment().reason();
  return "";
}

double FitScore(const v1::Assessment& assessment) {
  switch (assessment.verdict()) {
    case v1::VERDICT_RUNS:
      // What runs at all is well off; half of the rest is what it leaves to others.
      return 0.6 + 0.4 * std::max(0.0, 1 - std::max(assessment.load(),
                                                    assessment.seconds_for_8_bars() / 60));
    case v1::VERDICT_PIPELINED_ONLY:
      return 0.4;
    default:
      return 0.3;
  }
}

// By measure: the best and the worst of the candidates.
using Ranges = std::map<std::string, std::pair<double, double>>;

Ranges QualityRanges(const std::vector<Candidate>& candidates) {
  Ranges ranges;
  for (const Candidate& candidate : candidates) {
    for (const v1::ModelQuality& quality : candidate.facts.quality()) {
      const auto [range, added] =
          ranges.try_emplace(quality.measure(), quality.value(), quality.value());
      range->second.first = std::min(range->second.first, quality.value());
      range->second.second = std::max(range->second.second, quality.value());
    }
  }
  return ranges;
}

double QualityScore(const v1::ModelFacts& facts, const Ranges& ranges,
                    std::vector<std::string>* reasons) {
  if (facts.quality().empty()) {
    reasons->emplace_back("its maker states no quality");
    return 0.5;
  }
  const v1::ModelQuality& quality = facts.quality(0);
  const auto [least, most] = ranges.at(quality.measure());
  const double place = most > least ? (quality.value() - least) / (most - least) : 0.5;
  const double score = most > least && !quality.higher_is_better() ? 1 - place : place;
  const char* const among = most <= least  ? ""
                            : score >= 1.0 ? ", the best of these"
                            : score <= 0.0 ? ", the worst of these"
                                           : "";
  reasons->push_back(base::StrCat(quality.measure(), " ", FigureText(quality.value()), " on ",
                                  quality.measured_on(), among));
  return score;
}

double LicenseScore(const v1::ModelFacts& facts, std::vector<std::string>* reasons) {
  const v1::LicenseTerms& terms = facts.terms();
  if (terms.commercial_use() == v1::PERMISSION_UNSPECIFIED) {
    reasons->push_back(base::StrCat("licence ", facts.license(), ", whose terms are not known"));
    return 0.2;
  }
  if (terms.commercial_use() == v1::PERMISSION_NO) {
    reasons->push_back(base::StrCat("licence ", facts.license(), ": no commercial use"));
    return 0.3;
  }
  const bool duties = terms.share_alike() == v1::PERMISSION_YES;
  reasons->push_back(base::StrCat("licence ", facts.license(), ": commercial use is allowed",
                                  duties ? ", changed models stay under it" : ""));
  return duties ? 0.8 : 1.0;
}

void Score(const Ranges& ranges, Candidate* candidate) {
  const v1::ModelFacts& facts = candidate->facts;
  candidate->reasons.push_back(facts.assessment().reason());
  candidate->score = kFitWeight * FitScore(facts.assessment()) +
                     kQualityWeight * QualityScore(facts, ranges, &candidate->reasons) +
                     kLicenseWeight * LicenseScore(facts, &candidate->reasons);
  if (facts.task() == v1::TASK_AUDIO_EFFECT) {
    candidate->reasons.push_back(facts.latency_ms() > 0
                                     ? base::StrCat(FigureText(facts.latency_ms()), " ms late")
                                     : "no latency of its own");
  }
  if (facts.source().empty()) {
    candidate->score += kInstalledBonus;
    candidate->reasons.emplace_back("installed");
  } else {
    candidate->reasons.push_back(base::StrCat("from ", facts.source(), ", ",
                                              base::BytesInWords(facts.size_bytes()), " to fetch"));
  }
}

}  // namespace

absl::StatusOr<v1::RecommendModelsResponse> Recommend(const v1::RecommendModelsRequest& request,
                                                      const std::vector<Subject>& subjects,
                                                      const v1::Machine& machine,
                                                      const Limits& limits) {
  if (absl::Status status = CheckTask(request.task(), subjects); !status.ok()) return status;
  std::set<std::string> installed;
  for (const Subject& subject : subjects) {
    if (subject.source.empty()) installed.insert(subject.entry.id());
  }
  v1::RecommendModelsResponse response;
  std::vector<Candidate> candidates;
  std::set<std::string> seen;
  for (const Subject& subject : subjects) {
    const v1::RepositoryEntry& entry = subject.entry;
    if (!DoesTask(entry, request.task()) || !HasWords(entry, request)) continue;
    if (!subject.source.empty() && installed.contains(entry.id())) continue;
    if (!seen.insert(entry.id()).second) continue;  // of one id the first: the one that is used
    v1::ModelFacts facts = FactsOf(subject);
    *facts.mutable_assessment() = Assess(subject, machine, limits);
    if (std::string reason = WhyNot(facts, request); !reason.empty()) {
      v1::Exclusion* const excluded = response.add_excluded();
      excluded->set_id(entry.id());
      excluded->set_version(entry.version());
      excluded->set_source(subject.source);
      excluded->set_reason(std::move(reason));
    } else {
      candidates.push_back({&subject, std::move(facts), 0, {}});
    }
  }
  const Ranges ranges = QualityRanges(candidates);
  for (Candidate& candidate : candidates) Score(ranges, &candidate);
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  for (Candidate& candidate : candidates) {
    for (v1::Exclusion& excluded : *response.mutable_excluded()) {
      if (IsOpen(candidate.facts)) excluded.add_open_alternatives(candidate.facts.id());
    }
    v1::Recommendation* const added = response.add_models();
    *added->mutable_model() = std::move(candidate.facts);
    added->set_score(candidate.score);
    added->mutable_reasons()->Assign(candidate.reasons.begin(), candidate.reasons.end());
  }
  return response;
}

}  // namespace continuo::fit
