// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <limits>

#include "daemon/job/prediction.h"
#include "daemon/job/request_check.h"
#include "daemon/job/result_cache.h"
#include "model_sample.h"

namespace continuo::job {
namespace {

using R = v1::GenerateRequest;

R Melody() {
  R request;
  request.set_task(v1::GENERATION_TASK_MELODY);
  request.set_seed(7);
  (*request.mutable_macros())["busy"] = 0.3;
  (*request.mutable_macros())["human"] = 0.7;
  return request;
}

Result Of(const std::string& midi) {
  Result result;
  result.candidates.emplace_back().set_midi(midi);
  result.ranking = {0};
  return result;
}

TEST_CASE("CacheKey: what shapes the result counts, and nothing else") {
  const std::string key = CacheKey(Melody(), "weights");
  R other = Melody();
  other.set_priority(v1::JOB_PRIORITY_BATCH);
  other.set_detached(true);
  other.set_parent_record("r1");
  other.set_model("melody");
  CHECK(CacheKey(other, "weights") == key);
  CHECK(CacheKey(Melody(), "other weights") != key);
  void (*const kChanges[])(R&) = {
      [](R& r) { r.set_seed(8); },         [](R& r) { r.set_task(v1::GENERATION_TASK_VARY); },
      [](R& r) { r.set_input("MThd"); },   [](R& r) { r.set_bars(8); },
      [](R& r) { r.set_key("Dm"); },       [](R& r) { r.set_candidates(2); },
      [](R& r) { r.set_density(0); },      [](R& r) { (*r.mutable_macros())["busy"] = 0.4; },
      [](R& r) { r.set_transforms("x"); }, [](R& r) { r.set_minimum_score(0.5); }};
  for (const auto change : kChanges) {
    R changed = Melody();
    change(changed);
    CHECK(CacheKey(changed, "weights") != key);
  }
}

TEST_CASE("ResultCache: what was not asked for the longest goes first, and the bound holds") {
  ResultCache cache(20'000);
  bool predicted = false;
  cache.Add("a", Of(std::string(8000, 'a')));
  cache.Add("b", Of(std::string(8000, 'b')));
  REQUIRE(cache.Find("a", &predicted) != nullptr);
  cache.Add("c", Of(std::string(8000, 'c')));
  CHECK(cache.Has("a"));
  CHECK_FALSE(cache.Has("b"));
  CHECK(cache.bytes() <= 20'000);
  cache.Add("d", Of(std::string(30'000, 'd')));
  CHECK_FALSE(cache.Has("d"));
  CHECK(cache.entries() == 2);
}

TEST_CASE("ResultCache: a prediction is used once") {
  ResultCache cache(20'000);
  Result result = Of("x");
  result.predicted = true;
  cache.Add("a", result);
  bool predicted = false;
  REQUIRE(cache.Find("a", &predicted));
  CHECK(predicted);
  REQUIRE(cache.Find("a", &predicted));
  CHECK_FALSE(predicted);
}

TEST_CASE(
    "PredictNext: the next seed follows the last candidate's, a variation where there is one") {
  R request = Melody();
  request.set_candidates(4);
  request.set_detached(true);
  v1::ModelManifest manifest = model::SampleNotesManifest();
  auto next = PredictNext(request, Of("best"), manifest);
  REQUIRE(next.size() == 1);
  CHECK(next[0].seed() == 11);
  CHECK_FALSE(next[0].detached());
  CHECK(next[0].priority() == v1::JOB_PRIORITY_SPECULATIVE);
  manifest.mutable_notes()->add_tasks("vary");
  next = PredictNext(request, Of("best"), manifest);
  REQUIRE(next.size() == 2);
  CHECK(next[1].task() == v1::GENERATION_TASK_VARY);
  CHECK(next[1].input() == "best");
}

struct Fault {
  void (*make)(R&);
  const char* message;
};
const Fault kFaults[] = {
    {[](R& r) { r.clear_task(); }, "task is 0"},
    {[](R& r) { r.set_task(static_cast<v1::GenerationTask>(8)); }, "task is 8"},
    {[](R& r) { r.set_priority(static_cast<v1::JobPriority>(9)); }, "priority is 9"},
    {[](R& r) { r.set_input(std::string(kMaxInputBytes + 1, 'x')); }, "input has 2097153 bytes"},
    {[](R& r) { r.set_bars(65); }, "bars is 65, outside 0 to 64"},
    {[](R& r) { r.set_tempo_bpm(-1); }, "tempo_bpm is -1"},
    {[](R& r) { r.set_tempo_bpm(std::numeric_limits<double>::quiet_NaN()); }, "tempo_bpm is nan"},
    {[](R& r) { r.set_signature_numerator(4); }, "signature_numerator and signature_denominator"},
    {[](R& r) { r.set_signature_denominator(3); }, "signature_denominator is 3"},
    {[](R& r) { r.set_lowest_pitch(128); }, "lowest_pitch is 128"},
    {[](R& r) { r.set_lowest_pitch(60); }, "highest_pitch is 0, outside 60 to 127"},
    {[](R& r) { r.set_density(-0.1); }, "density is -0.1"},
    {[](R& r) { r.set_variation(1.5); }, "variation is 1.5"},
    {[](R& r) { r.set_key("\x1b[2J"); }, "key has a control character"},
    {[](R& r) { r.set_chords(std::string(5000, 'C')); }, "chords has 5000 bytes"},
    {[](R& r) { r.set_candidates(17); }, "candidates is 17"},
    {[](R& r) { r.set_temperature(0.01); }, "temperature is 0.01"},
    {[](R& r) { r.set_top_p(1.1); }, "top_p is 1.1"},
    {[](R& r) { r.set_minimum_score(2); }, "minimum_score is 2"},
    {[](R& r) { r.set_attempts(99); }, "attempts is 99"},
    {[](R& r) { r.add_regions()->set_first_bar(3); }, "regions.last_bar is 0, outside 3"},
    {[](R& r) { (*r.mutable_macros())["spicy"] = 1; }, "macros has 'spicy'"},
    {[](R& r) { (*r.mutable_macros())["busy"] = 2; }, "macros.busy is 2"},
};

TEST_CASE("CheckRequest: each rule refuses its fault and names the field") {
  REQUIRE(CheckRequest(Melody()).ok());
  const auto& fault = GENERATE(from_range(std::begin(kFaults), std::end(kFaults)));
  R request = Melody();
  fault.make(request);
  const absl::Status status = CheckRequest(request);
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(std::string(status.message()), Catch::StartsWith(fault.message));
}

TEST_CASE("ChooseModel: by name and version, else by task, the fake one never by itself") {
  TemporaryDirectory directory;
  v1::ModelManifest good = model::SampleNotesManifest();
  v1::ModelManifest fake = model::SampleNotesManifest();
  fake.set_id("fake");
  fake.mutable_notes()->set_composer("fake");
  v1::ModelManifest drums = model::SampleNotesManifest();
  drums.set_id("drums");
  drums.mutable_notes()->set_voices(0, "kick");
  drums.mutable_notes()->set_tasks(0, "drums");
  for (const auto& manifest : {good, fake, drums}) {
    model::WritePackage(directory.path() + "/" + manifest.id(), manifest);
  }
  model::WritePackage(directory.path() + "/effect", model::SampleManifest("effect"));
  model::ModelStore store({directory.path()});
  R request = Melody();
  CHECK(ChooseModel(request, &store).value()->manifest.id() == "notes");
  request.set_model("fake@1.0.0");
  CHECK(ChooseModel(request, &store).value()->manifest.id() == "fake");
  request.set_model("effect");
  CHECK(ChooseModel(request, &store).status().message() ==
        "model is 'effect', which does not do task melody; it does audio alone");
  request.set_model("none");
  CHECK(ChooseModel(request, &store).status().code() == absl::StatusCode::kNotFound);
  request.clear_model();
  request.set_task(v1::GENERATION_TASK_CONTINUE);
  CHECK(ChooseModel(request, &store).value()->manifest.id() == "notes");
  request.set_task(v1::GENERATION_TASK_HARMONY);
  CHECK(ChooseModel(request, &store).status().code() == absl::StatusCode::kNotFound);
}

TEST_CASE("ChooseModel: another version than the one that is named is said in the plan") {
  TemporaryDirectory directory;
  v1::ModelManifest manifest = model::SampleNotesManifest();
  manifest.set_version("1.1.0");
  model::WritePackage(directory.path() + "/notes", manifest);
  model::ModelStore store({directory.path()});
  R request = Melody();
  request.set_model("notes@1.0.0");
  CHECK(absl::IsNotFound(ChooseModel(request, &store).status()));
  store.SetSubstitutes(true);
  JobSpec spec;
  spec.request = request;
  spec.package = ChooseModel(request, &store).value();
  v1::GenerationPlan plan;
  NoteSubstitution(spec, &plan);
  REQUIRE(plan.notes_size() == 1);
  CHECK(plan.notes(0) == "notes 1.1.0 in place of 1.0.0, which is not installed");
  for (const char* named : {"", "notes", "notes@1.1.0"}) {
    spec.request.set_model(named);
    plan.clear_notes();
    NoteSubstitution(spec, &plan);
    CHECK(plan.notes().empty());
  }
}

}  // namespace
}  // namespace continuo::job
