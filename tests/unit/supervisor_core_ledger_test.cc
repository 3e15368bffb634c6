// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "daemon/supervisor/core_ledger.h"

namespace continuo::supervisor {
namespace {

using Asked = StreamModeAsked;

// A need of `share` of a core at a period of 10 ms, what crossing costs included.
StreamNeed Need(double share) { return {share * 10'000 - CoreLedger::kCrossingUs, 10'000}; }

CoreLedger Ledger(std::size_t cores, AdmissionPolicy policy = AdmissionPolicy::kAdvise,
                  double quota = 1e9) {
  Cores usable;
  for (std::uint32_t id = 0; id < cores; ++id) usable.ids.push_back(id);
  usable.quota = std::min(quota, static_cast<double>(cores));
  return {usable, policy};
}

TEST_CASE("CoreLedger: who leaves the choice is direct where it fits, and told the sum") {
  CoreLedger ledger = Ledger(2);
  const Admission made = ledger.Admit(1, Need(0.1), Asked::kAny);
  CHECK_FALSE(made.refused);
  CHECK(made.direct);
  CHECK(made.share == Approx(0.1));
  CHECK(made.words == "needs 0.10 of a core, 0.35 is left: direct");
}

TEST_CASE("CoreLedger: what is too long for a direct wait is pipelined") {
  CoreLedger ledger = Ledger(2);
  const Admission made = ledger.Admit(1, Need(0.6), Asked::kAny);
  CHECK_FALSE(made.refused);
  CHECK_FALSE(made.direct);
  CHECK(made.words == "needs 0.60 of a core, 0.35 is left: pipelined");
}

TEST_CASE("CoreLedger: direct streams together leave the host its half of a core") {
  CoreLedger ledger = Ledger(1);
  CHECK(ledger.Admit(1, Need(0.3), Asked::kAny).direct);
  const Admission second = ledger.Admit(2, Need(0.3), Asked::kAny);
  CHECK_FALSE(second.direct);
  CHECK(second.words == "needs 0.30 of a core, 0.20 is left: pipelined");
  // As many as fit, of small ones.
  CoreLedger many = Ledger(1);
  std::uint64_t direct = 0;
  for (std::uint64_t id = 1; id <= 60; ++id) {
    if (many.Admit(id, Need(0.0101), Asked::kAny).direct) ++direct;
  }
  CHECK(direct == 49);
}

TEST_CASE("CoreLedger: asked for direct mode, advise gives it with a warning") {
  CoreLedger ledger = Ledger(1);
  const Admission made = ledger.Admit(1, Need(0.6), Asked::kDirect);
  CHECK(made.direct);
  CHECK(made.words ==
        "needs 0.60 of a core, 0.35 is left: direct, as asked, but blocks will be missed");
}

TEST_CASE("CoreLedger: asked for direct mode, strict refuses and counts nothing") {
  CoreLedger ledger = Ledger(1, AdmissionPolicy::kStrict);
  const Admission made = ledger.Admit(1, Need(0.6), Asked::kDirect);
  CHECK(made.refused);
  CHECK(made.words ==
        "needs 0.60 of a core, 0.35 is left for direct mode; open it pipelined, or set "
        "stream.admission = \"advise\"");
  CHECK(ledger.Find(1) == nullptr);
  CHECK(ledger.Loads()[0].all == 0);
  CHECK_FALSE(ledger.Admit(1, Need(0.6), Asked::kAny).refused);
}

TEST_CASE("CoreLedger: what no core has room for is refused with the sum") {
  for (const auto policy : {AdmissionPolicy::kAdvise, AdmissionPolicy::kStrict}) {
    CoreLedger ledger = Ledger(2, policy);
    CHECK_FALSE(ledger.Admit(1, Need(0.6), Asked::kPipelined).refused);
    CHECK_FALSE(ledger.Admit(2, Need(0.5), Asked::kPipelined).refused);
    // 0.66 is left of both together, and of none as much as 0.5.
    const Admission third = ledger.Admit(3, Need(0.5), Asked::kPipelined);
    CHECK(third.refused);
    CHECK(third.words ==
          "needs 0.50 of a core, 0.38 is left: 2 streams take 1.10 of 1.76 cores; close streams, "
          "or choose a longer period or a cheaper model");
    ledger.Release(2);
    CHECK_FALSE(ledger.Admit(3, Need(0.5), Asked::kPipelined).refused);
  }
}

TEST_CASE("CoreLedger: what is small is told with a digit more") {
  CoreLedger ledger = Ledger(1);
  for (std::uint64_t id = 0; id < 67; ++id) {
    REQUIRE_FALSE(ledger.Admit(id, Need(0.013), Asked::kPipelined).refused);
  }
  CHECK(ledger.Admit(100, Need(0.013), Asked::kPipelined)
            .words.rfind(
                "needs 0.013 of a core, 0.009 is left: 67 streams take 0.87 of 0.88 cores;", 0) ==
        0);
}

TEST_CASE("CoreLedger: a quota is shared by all cores") {
  CoreLedger ledger = Ledger(4, AdmissionPolicy::kAdvise, 1.0);
  CHECK_FALSE(ledger.Admit(1, Need(0.6), Asked::kPipelined).refused);
  const Admission second = ledger.Admit(2, Need(0.6), Asked::kPipelined);
  CHECK(second.refused);
  CHECK(second.words.rfind("needs 0.60 of a core, 0.28 is left", 0) == 0);
}

TEST_CASE("CoreLedger: without admission everybody gets what he asks for") {
  CoreLedger ledger = Ledger(1, AdmissionPolicy::kOff);
  for (std::uint64_t id = 1; id < 10; ++id) {
    CHECK(ledger.Admit(id, Need(2.0), Asked::kDirect).direct);
    CHECK_FALSE(ledger.Admit(id, Need(2.0), Asked::kPipelined).direct);
    CHECK(ledger.Find(id) != nullptr);
  }
}

TEST_CASE("CoreLedger: streams are spread, the next one to where most is left") {
  CoreLedger ledger = Ledger(2);
  for (std::uint64_t id = 1; id <= 100; ++id) {
    REQUIRE_FALSE(ledger.Admit(id, Need(0.015), Asked::kPipelined).refused);
  }
  for (const CoreLedger::Load& load : ledger.Loads()) {
    CHECK(load.streams == 50);
    CHECK(load.all == Approx(0.75));
    CHECK(load.direct == 0);
  }
}

TEST_CASE("CoreLedger: cores are balanced again when streams go") {
  CoreLedger ledger = Ledger(2);
  for (std::uint64_t id = 0; id < 40; ++id) {
    REQUIRE_FALSE(ledger.Admit(id, Need(0.02), Asked::kPipelined).refused);
  }
  CHECK(ledger.Rebalance().empty());
  // Every stream of one core.
  for (std::uint64_t id = 0; id < 40; ++id) {
    if (ledger.Find(id)->core == 0) ledger.Release(id);
  }
  const std::vector<std::uint64_t> moved = ledger.Rebalance();
  CHECK(moved.size() >= 8);
  for (const std::uint64_t id : moved) CHECK(ledger.Find(id)->core == 0);
  const auto loads = ledger.Loads();
  CHECK(std::abs(loads[0].all - loads[1].all) < CoreLedger::kBalanced);
  CHECK(ledger.Rebalance().empty());
}

TEST_CASE("CoreLedger: a stream is counted where its client has gone") {
  CoreLedger ledger = Ledger(1);
  for (std::uint64_t id = 1; id <= 2; ++id) {
    REQUIRE_FALSE(ledger.Admit(id, Need(0.15), Asked::kPipelined).refused);
  }
  CHECK(ledger.Loads()[0].direct == 0);
  ledger.SetDirect(1, true);
  ledger.SetDirect(2, true);
  ledger.SetDirect(3, true);  // nobody's
  CHECK(ledger.Loads()[0].direct == Approx(0.3));
  CHECK(ledger.Loads()[0].all == Approx(0.3));
  // The host's half of the core holds for the next one.
  CHECK(ledger.Admit(4, Need(0.25), Asked::kAny).words ==
        "needs 0.25 of a core, 0.20 is left: pipelined");
  ledger.SetDirect(1, false);
  CHECK(ledger.Loads()[0].direct == Approx(0.15));
  CHECK(ledger.Find(3) == nullptr);
}

TEST_CASE("CoreLedger: cores are balanced when streams take more than was estimated") {
  CoreLedger ledger = Ledger(2);
  for (std::uint64_t id = 0; id < 20; ++id) {
    REQUIRE_FALSE(ledger.Admit(id, Need(0.02), Asked::kPipelined).refused);
  }
  for (std::uint64_t id = 0; id < 20; ++id) {
    if (ledger.Find(id)->core == 1) ledger.Measure(id, 500);
  }
  CHECK_FALSE(ledger.Rebalance().empty());
  const auto loads = ledger.Loads();
  CHECK(std::abs(loads[0].all - loads[1].all) < CoreLedger::kBalanced);
}

TEST_CASE("CoreLedger: what playing streams take beyond their estimate is expected of the next") {
  CoreLedger ledger = Ledger(1);
  for (std::uint64_t id = 0; id < 10; ++id) {
    REQUIRE_FALSE(ledger.Admit(id, Need(0.04), Asked::kPipelined).refused);
  }
  // They are found to take half as much again: 0.6 of 0.88.
  for (std::uint64_t id = 0; id < 10; ++id) ledger.Measure(id, 1.5 * Need(0.04).block_us);
  const double dearer = (1.5 * Need(0.1).block_us + CoreLedger::kCrossingUs) / 10'000;
  const Admission next = ledger.Admit(10, Need(0.1), Asked::kPipelined);
  CHECK_FALSE(next.refused);
  CHECK(next.share == Approx(dearer));
  CHECK(ledger.Loads()[0].all == Approx(0.6 + dearer).margin(0.002));
  // By its estimate it would fit, 0.1 into 0.13.
  CHECK(ledger.Admit(11, Need(0.1), Asked::kPipelined).refused);
  // Cheaper than estimated: that says nothing of a newcomer, who brings his own crowd.
  for (std::uint64_t id = 0; id < 11; ++id) ledger.Measure(id, 0.5 * Need(0.04).block_us);
  CHECK(ledger.Admit(11, Need(0.1), Asked::kPipelined).share == Approx(0.1));
}

TEST_CASE("CoreLedger: a core that is over its capacity afterwards is told of until it is not") {
  CoreLedger ledger = Ledger(2);
  for (std::uint64_t id = 0; id < 80; ++id) {
    REQUIRE_FALSE(ledger.Admit(id, Need(0.02), Asked::kPipelined).refused);
  }
  CHECK(ledger.Overloads().empty());
  const auto measure = [&](double share) {
    for (std::uint64_t id = 0; id < 80; ++id) ledger.Measure(id, Need(share).block_us);
    CHECK(ledger.Rebalance().empty());
  };
  measure(0.0224);  // 0.896: within what measuring wavers
  CHECK(ledger.Overloads().empty());
  measure(0.03);
  const std::vector<Overload> over = ledger.Overloads();
  REQUIRE(over.size() == 2);
  CHECK(over[1].core == 1);
  CHECK(
      over[1].words ==
      "core 1: 40 streams take 1.20 of 0.88 cores: blocks will be missed; close streams, or choose "
      "a longer period or a cheaper model");
  CHECK(ledger.Admit(80, Need(0.001), Asked::kPipelined).refused);
  measure(0.0224);
  CHECK(ledger.Overloads().size() == 2);  // not back yet
  measure(0.02);
  CHECK(ledger.Overloads().empty());
  CHECK_FALSE(ledger.Admit(80, Need(0.001), Asked::kPipelined).refused);
}

TEST_CASE("CoreLedger: of a quota all cores together can be over") {
  CoreLedger ledger = Ledger(4, AdmissionPolicy::kAdvise, 1.0);
  for (std::uint64_t id = 0; id < 4; ++id) {
    REQUIRE_FALSE(ledger.Admit(id, Need(0.2), Asked::kPipelined).refused);
  }
  for (std::uint64_t id = 0; id < 4; ++id) ledger.Measure(id, Need(0.4).block_us);
  const std::vector<Overload> over = ledger.Overloads();
  REQUIRE(over.size() == 1);
  CHECK(over[0].core == -1);
  CHECK(over[0].words.rfind("all cores: 4 streams take 1.60 of 0.88 cores", 0) == 0);
}

TEST_CASE("CoreLedger: a direct stream stays, and one too big to help stays too") {
  CoreLedger ledger = Ledger(2);
  for (std::uint64_t id = 0; id < 4; ++id) REQUIRE(ledger.Admit(id, Need(0.2), Asked::kAny).direct);
  for (std::uint64_t id = 0; id < 4; ++id) {
    if (ledger.Find(id)->core == 0) ledger.Release(id);
  }
  CHECK(ledger.Rebalance().empty());
  CoreLedger big = Ledger(2);
  REQUIRE_FALSE(big.Admit(1, Need(0.85), Asked::kPipelined).refused);
  CHECK(big.Rebalance().empty());
}

}  // namespace
}  // namespace continuo::supervisor
