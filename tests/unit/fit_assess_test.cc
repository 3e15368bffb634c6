// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "daemon/fit/assess.h"
#include "tests/unit/fit_sample.h"

namespace continuo::fit {

TEST_CASE("Scale: a cost from elsewhere becomes what the benchmark says of both machines") {
  v1::Cost cost = CostOf(400, 256, 80);
  const v1::Machine machine = SampleMachine();  // 40 us a block, 20 us a cell
  const Scaled scaled = Scale(cost, v1::TASK_AUDIO_EFFECT, false, machine);
  CHECK(scaled.us == Approx(200));
  CHECK(scaled.evidence == v1::EVIDENCE_SCALED);
  CHECK(scaled.in_words == "estimated from Reference CPU");
  // By the benchmark of its own kind.
  CHECK(Scale(cost, v1::TASK_NOTES, false, machine).us == Approx(100));
}

TEST_CASE("Scale: what was measured here is taken as it is, and said to be") {
  const Scaled here = Scale(CostOf(400, 256, 80), v1::TASK_AUDIO_EFFECT, true, SampleMachine());
  CHECK(here.us == 400);
  CHECK(here.evidence == v1::EVIDENCE_MEASURED_HERE);
  CHECK(here.in_words == "measured here");
}

TEST_CASE("Scale: without a benchmark of the other machine the cost is only stated") {
  const Scaled stated = Scale(CostOf(400, 256, 0), v1::TASK_AUDIO_EFFECT, false, SampleMachine());
  CHECK(stated.us == 400);
  CHECK(stated.evidence == v1::EVIDENCE_STATED);
  CHECK(stated.in_words == "as on Reference CPU, whose speed is not known");
  CHECK(Scale(v1::Cost(), v1::TASK_NOTES, false, SampleMachine()).evidence ==
        v1::EVIDENCE_UNSPECIFIED);
}

TEST_CASE("Assess: an effect's verdict is by what a stream takes of a core") {
  struct Case {
    double us;  // of 256 frames at 48 kHz, which last 5333 us
    v1::Verdict verdict;
    const char* begin;
  };
  for (const Case& one :
       {Case{533, v1::VERDICT_RUNS, "runs: a stream takes 9.99 % of a core"},
        Case{2667, v1::VERDICT_PIPELINED_ONLY,
             "runs pipelined only: a stream takes 50 % of a core"},
        Case{5000, v1::VERDICT_TOO_HEAVY, "too heavy: a stream takes 93.8 % of a core"}}) {
    Subject subject = Effect("amp", CostOf(one.us, 256, 40));
    const v1::Assessment assessment = Assess(subject, SampleMachine());
    CHECK(assessment.verdict() == one.verdict);
    CHECK_THAT(assessment.reason(), Catch::StartsWith(one.begin));
    CHECK_THAT(assessment.reason(), Catch::EndsWith("(estimated from Reference CPU)"));
    CHECK(assessment.load() == Approx(one.us / 5333.3).epsilon(1e-3));
  }
}

TEST_CASE("Assess: what a model at another rate takes is counted at its own rate") {
  Subject subject = Effect("amp", CostOf(533, 256, 40));
  subject.entry.mutable_variants(0)->set_sample_rate_hz(96000);
  CHECK(Assess(subject, SampleMachine()).load() == Approx(0.2).epsilon(1e-2));
}

TEST_CASE("Assess: notes are told in cells a second and in seconds for 8 bars") {
  Subject subject = Notes("tune", CostOf(100, 1, 20));
  const v1::Assessment assessment = Assess(subject, SampleMachine());
  CHECK(assessment.verdict() == v1::VERDICT_RUNS);
  CHECK(assessment.cells_per_second() == Approx(10000));
  // 8 bars of 16 steps in two voices.
  CHECK(assessment.seconds_for_8_bars() == Approx(0.0256));
  subject.entry.mutable_variants(0)->mutable_cost()->set_microseconds_per_block(1e6);
  CHECK(Assess(subject, SampleMachine()).verdict() == v1::VERDICT_TOO_HEAVY);
}

TEST_CASE("Assess: more memory than the machine has is too heavy, whatever the cost") {
  Subject subject = Effect("huge", CostOf(1, 256, 40));
  subject.entry.mutable_variants(0)->mutable_cost()->set_memory_bytes(std::uint64_t{9} << 30);
  const v1::Assessment assessment = Assess(subject, SampleMachine());
  CHECK(assessment.verdict() == v1::VERDICT_TOO_HEAVY);
  CHECK_THAT(assessment.reason(), Catch::Contains("9.0 GiB of memory, this machine has 8.0 GiB"));
}

TEST_CASE("Assess: without a cost the verdict is not known, and the way to know it is named") {
  const v1::Assessment here = Assess(Effect("amp", v1::Cost()), SampleMachine());
  CHECK(here.verdict() == v1::VERDICT_UNSPECIFIED);
  CHECK_THAT(here.reason(), Catch::Contains("continuoctl models measure amp"));
  Subject offered = Effect("amp", v1::Cost());
  offered.source = "shop";
  CHECK_THAT(Assess(offered, SampleMachine()).reason(), Catch::Contains("when it is installed"));
}

}  // namespace continuo::fit
