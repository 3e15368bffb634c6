// SPDX-License-Identifier: Apache-2.0
// What the studio's window shows and asks for, as plain values: no message, no gRPC.
//
// Errors: a `problem` in words, ready to be shown; empty where all is well.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "shared/project/generated.h"
#include "shared/studio/notes.h"

namespace continuo::studio {

enum class Task { kAny, kMelody, kHarmony, kDrums, kContinue, kInfill, kVary, kHumanize };

// "melody", "harmony" …, as manifests name them.
[[nodiscard]] const char* ToWords(Task task);

// Bars from 1, both included; of one voice, or of all where it is empty.
struct Bars {
  int first = 1;
  int last = 1;
  std::string voice;
};

// What is to be made. Fields left at 0, empty or unset are the daemon's to decide; ranges
// are those of generation_service.proto.
struct Request {
  Task task = Task::kMelody;
  std::string model;
  std::string input;  // a Standard MIDI File
  int bars = 0;
  std::string key;
  std::string scale;
  double tempo_bpm = 0;
  int numerator = 0;
  int denominator = 0;
  std::string chords;
  std::string style;
  int lowest_pitch = 0;
  int highest_pitch = 0;
  std::optional<double> density;
  std::optional<double> variation;
  std::vector<Bars> regions;
  std::optional<std::uint64_t> seed;
  int candidates = 0;
  double temperature = 0;
  double top_p = 0;
  double minimum_score = 0;
  int attempts = 0;
  std::map<std::string, double> macros;
  std::string transforms;
  std::string parent_record;
};

struct Reason {
  std::string text;
  double effect = 0;  // what it took from the score, or gave to it
};

struct Candidate {
  int index = 0;
  std::uint64_t seed = 0;
  std::string midi;
  Notes notes;
  double score = 0;  // 0 to 1; 0.5 is the median of the model's reference set
  std::vector<Reason> reasons;
  std::map<std::string, double> metrics;
};

struct Plan {
  std::string model;
  std::string version;
  std::string device;
  double estimate_ms = 0;
  Request request;  // every open field decided
  std::vector<std::string> notes;
};

// One thing that happens to a job. The last one has `ended`.
struct Making {
  enum class What { kQueued, kStarted, kProgress, kPartial, kCandidate, kDone, kFailed };
  What what = What::kQueued;
  int position = 0;         // kQueued: jobs before it
  Plan plan;                // kStarted
  double fraction = 0;      // kProgress, 0 to 1
  double remaining_ms = 0;  // kProgress
  int index = 0;            // kPartial: of which candidate
  std::vector<Note> notes;  // kPartial: new or longer ones
  Candidate candidate;      // kCandidate
  // kDone
  std::string record;
  std::vector<int> ranking;  // indices, best first
  double elapsed_ms = 0;
  bool from_cache = false;
  // kDone of what was made again: whether every byte came out the same, else what differs.
  bool identical = false;
  std::string difference;
  // kFailed
  bool cancelled = false;
  std::string problem;

  [[nodiscard]] bool ended() const { return what == What::kDone || what == What::kFailed; }
};

struct Record {
  std::string id;
  std::int64_t created_unix_ms = 0;
  Plan plan;
  std::vector<Candidate> candidates;  // without notes in a list
  std::vector<int> ranking;
  std::vector<std::string> parents;
  bool starred = false;
  int rating = 0;  // 1 to 5; 0: none
  int chosen = 0;  // the rated candidate, where there is a rating
  std::string title;
  std::string comment;
  std::string attribution;
  std::string license;
};

struct RecordQuery {
  std::string words;
  Task task = Task::kAny;
  bool starred_only = false;
  int minimum_rating = 0;
  std::string after;  // RecordsAnswer::next of the page before
};

struct RecordsAnswer {
  std::vector<Record> records;  // newest first
  std::string next;             // empty: these were the last
  std::string problem;
};

struct RecordAnswer {
  Record record;
  std::string problem;
};

// What a project keeps of a candidate: a line of its list, and the whole of it in JSON.
struct Recipe {
  project::GeneratedClip clip;
  std::string json;
};

struct RecipeAnswer {
  Recipe recipe;
  std::string problem;
};

// What a user says of a record; what is not set stays.
struct Marks {
  std::optional<bool> starred;
  std::optional<int> rating;
  std::optional<int> chosen;
  std::optional<std::string> title;
};

struct PlanAnswer {
  Plan plan;
  std::string problem;
};

// One model, installed or to be had.
struct ModelRow {
  std::string id;
  std::string name;
  std::string summary;
  std::string kind;  // "audio effect", "notes"
  // Of an installed one that writes notes: "melody", "continue" …; styles that it knows.
  std::vector<std::string> note_tasks;
  std::vector<std::string> styles;
  std::string license;
  std::string terms;  // what the licence allows, in words
  std::string attribution;
  std::string provenance;
  std::string path;
  std::string installed;  // version that is used; empty: none
  std::string offered;    // newest version of a repository; empty: none has it
  std::string source;     // the repository
  std::uint64_t download_bytes = 0;
  std::uint64_t weights_bytes = 0;
  bool loaded = false;
  int streams = 0;
  std::uint64_t memory_bytes = 0;  // its weights, and what works with them; 0: it is not loaded
  // Whether it runs on this machine: "runs", "pipelined only", "too heavy"; empty: not known (yet).
  std::string verdict;
  std::string verdict_reason;  // with the figures
  bool update = false;         // `offered` is newer than `installed`
};

struct ModelsAnswer {
  std::vector<ModelRow> models;  // by name
  bool complete = false;         // the repositories have been asked too
  std::string remark;            // of a repository that could not be asked
  std::string problem;
};

// What the repositories have of one model.
struct OfferAnswer {
  ModelRow model;      // `offered` is empty where none has it
  std::string remark;  // of a repository that could not be asked
  std::string problem;
};

struct Installing {
  std::string step;  // "downloading"
  std::uint64_t bytes = 0;
  std::uint64_t total_bytes = 0;  // 0: not known
  bool ended = false;
  bool cancelled = false;
  std::string done;  // "melody 1.1.0, from official"
  std::string problem;
};

// Whether there is a daemon.
struct LinkState {
  enum class What { kConnecting, kConnected, kGone };
  What what = What::kConnecting;
  std::string words;
  std::string daemon_version;
  int daemon_pid = 0;
};

}  // namespace continuo::studio
