// SPDX-License-Identifier: Apache-2.0
#include "shared/studio/wire.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace continuo::studio {
namespace {

struct TaskName {
  Task task;
  v1::GenerationTask proto;
  const char* words;
};

constexpr std::array kTasks = {
    TaskName{Task::kAny, v1::GENERATION_TASK_UNSPECIFIED, ""},
    TaskName{Task::kMelody, v1::GENERATION_TASK_MELODY, "melody"},
    TaskName{Task::kHarmony, v1::GENERATION_TASK_HARMONY, "harmony"},
    TaskName{Task::kDrums, v1::GENERATION_TASK_DRUMS, "drums"},
    TaskName{Task::kContinue, v1::GENERATION_TASK_CONTINUE, "continue"},
    TaskName{Task::kInfill, v1::GENERATION_TASK_INFILL, "infill"},
    TaskName{Task::kVary, v1::GENERATION_TASK_VARY, "vary"},
    TaskName{Task::kHumanize, v1::GENERATION_TASK_HUMANIZE, "humanize"},
};

std::uint32_t Unsigned(int value) { return static_cast<std::uint32_t>(std::max(value, 0)); }

}  // namespace

const char* ToWords(Task task) {
  for (const TaskName& name : kTasks) {
    if (name.task == task) return name.words;
  }
  return "";
}

v1::GenerationTask ToProto(Task task) {
  for (const TaskName& name : kTasks) {
    if (name.task == task) return name.proto;
  }
  return v1::GENERATION_TASK_UNSPECIFIED;
}

Task FromProto(v1::GenerationTask task) {
  for (const TaskName& name : kTasks) {
    if (name.proto == task) return name.task;
  }
  return Task::kAny;
}

v1::GenerateRequest ToProto(const Request& request) {
  v1::GenerateRequest proto;
  proto.set_task(ToProto(request.task));
  proto.set_model(request.model);
  proto.set_input(request.input);
  proto.set_bars(Unsigned(request.bars));
  proto.set_key(request.key);
  proto.set_scale(request.scale);
  proto.set_tempo_bpm(request.tempo_bpm);
  proto.set_signature_numerator(Unsigned(request.numerator));
  proto.set_signature_denominator(Unsigned(request.denominator));
  proto.set_chords(request.chords);
  proto.set_style(request.style);
  proto.set_lowest_pitch(Unsigned(request.lowest_pitch));
  proto.set_highest_pitch(Unsigned(request.highest_pitch));
  if (request.density) proto.set_density(*request.density);
  if (request.variation) proto.set_variation(*request.variation);
  for (const Bars& bars : request.regions) {
    v1::Region* const region = proto.add_regions();
    region->set_first_bar(Unsigned(bars.first));
    region->set_last_bar(Unsigned(bars.last));
    region->set_voice(bars.voice);
  }
  if (request.seed) proto.set_seed(*request.seed);
  proto.set_candidates(Unsigned(request.candidates));
  proto.set_temperature(request.temperature);
  proto.set_top_p(request.top_p);
  proto.set_minimum_score(request.minimum_score);
  proto.set_attempts(Unsigned(request.attempts));
  proto.mutable_macros()->insert(request.macros.begin(), request.macros.end());
  proto.set_transforms(request.transforms);
  proto.set_parent_record(request.parent_record);
  proto.set_priority(v1::JOB_PRIORITY_INTERACTIVE);
  return proto;
}

Request FromProto(const v1::GenerateRequest& proto) {
  Request request;
  request.task = FromProto(proto.task());
  request.model = proto.model();
  request.input = proto.input();
  request.bars = static_cast<int>(proto.bars());
  request.key = proto.key();
  request.scale = proto.scale();
  request.tempo_bpm = proto.tempo_bpm();
  request.numerator = static_cast<int>(proto.signature_numerator());
  request.denominator = static_cast<int>(proto.signature_denominator());
  request.chords = proto.chords();
  request.style = proto.style();
  request.lowest_pitch = static_cast<int>(proto.lowest_pitch());
  request.highest_pitch = static_cast<int>(proto.highest_pitch());
  if (proto.has_density()) request.density = proto.density();
  if (proto.has_variation()) request.variation = proto.variation();
  for (const v1::Region& region : proto.regions()) {
    request.regions.push_back({static_cast<int>(region.first_bar()),
                               static_cast<int>(region.last_bar()), region.voice()});
  }
  if (proto.has_seed()) request.seed = proto.seed();
  request.candidates = static_cast<int>(proto.candidates());
  request.temperature = proto.temperature();
  request.top_p = proto.top_p();
  request.minimum_score = proto.minimum_score();
  request.attempts = static_cast<int>(proto.attempts());
  request.macros = {proto.macros().begin(), proto.macros().end()};
  request.transforms = proto.transforms();
  request.parent_record = proto.parent_record();
  return request;
}

Plan FromProto(const v1::GenerationPlan& proto) {
  return {proto.model(),
          proto.version(),
          proto.device(),
          proto.estimate_ms(),
          FromProto(proto.request()),
          {proto.notes().begin(), proto.notes().end()}};
}

Candidate FromProto(const v1::GenerationCandidate& proto) {
  Candidate candidate;
  candidate.index = static_cast<int>(proto.index());
  candidate.seed = proto.seed();
  candidate.midi = proto.midi();
  std::string problem;
  if (!proto.midi().empty() && !ReadNotes(proto.midi(), &candidate.notes, &problem)) {
    candidate.notes = {};
  }
  candidate.score = proto.quality().score();
  for (const v1::Reason& reason : proto.quality().reasons()) {
    candidate.reasons.push_back({reason.text(), reason.effect()});
  }
  candidate.metrics = {proto.quality().metrics().begin(), proto.quality().metrics().end()};
  return candidate;
}

Record FromProto(const v1::HistoryRecord& proto) {
  Record record;
  record.id = proto.id();
  record.created_unix_ms = proto.created_unix_ms();
  record.plan = FromProto(proto.plan());
  for (const v1::GenerationCandidate& candidate : proto.candidates()) {
    record.candidates.push_back(FromProto(candidate));
  }
  record.ranking = {proto.ranking().begin(), proto.ranking().end()};
  record.parents = {proto.parents().begin(), proto.parents().end()};
  record.starred = proto.starred();
  record.rating = static_cast<int>(proto.rating());
  record.chosen = static_cast<int>(proto.rated_candidate());
  record.title = proto.title();
  record.comment = proto.comment();
  record.attribution = proto.attribution();
  record.license = proto.license();
  return record;
}

Making MakingReader::Read(const v1::GenerateEvent& event) {
  Making making;
  const auto ticks = [this](std::int64_t time) {
    return static_cast<std::int64_t>(std::llround(static_cast<double>(time) * scale_));
  };
  switch (event.what_case()) {
    case v1::GenerateEvent::kStarted:
      making.what = Making::What::kStarted;
      making.plan = FromProto(event.started().plan());
      scale_ =
          static_cast<double>(kTicksPerQuarter) / std::max(1U, event.started().ticks_per_quarter());
      break;
    case v1::GenerateEvent::kProgress:
      making.what = Making::What::kProgress;
      making.fraction = event.progress().fraction();
      making.remaining_ms = event.progress().remaining_ms();
      break;
    case v1::GenerateEvent::kPartial:
      making.what = Making::What::kPartial;
      making.index = static_cast<int>(event.partial().candidate());
      for (const v1::GeneratedNote& note : event.partial().notes()) {
        making.notes.push_back({static_cast<int>(note.track()), ticks(note.start()),
                                std::max<std::int64_t>(1, ticks(note.length())),
                                static_cast<int>(note.pitch()), static_cast<int>(note.velocity())});
      }
      break;
    case v1::GenerateEvent::kCandidate:
      making.what = Making::What::kCandidate;
      making.candidate = FromProto(event.candidate());
      making.index = making.candidate.index;
      break;
    case v1::GenerateEvent::kDone:
      making.what = Making::What::kDone;
      making.record = event.done().record_id();
      making.ranking = {event.done().ranking().begin(), event.done().ranking().end()};
      making.elapsed_ms = event.done().elapsed_ms();
      making.from_cache = event.done().from_cache();
      break;
    case v1::GenerateEvent::kQueued:
    case v1::GenerateEvent::WHAT_NOT_SET:
      making.what = Making::What::kQueued;
      making.position = static_cast<int>(event.queued().position());
      break;
  }
  return making;
}

}  // namespace continuo::studio
