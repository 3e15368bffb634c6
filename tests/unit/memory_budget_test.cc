// SPDX-License-Identifier: Apache-2.0
// The budget by itself: no process, and time is given.
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "daemon/memory/budget.h"

namespace continuo::memory {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
const Clock::time_point kStart{seconds(1000)};

Name Streams(const std::string& item) { return {"streams/fused", item}; }
Name Jobs(const std::string& item) { return {"jobs/fused", item}; }

Request Stream(const std::string& item, std::uint64_t mib) {
  return {Streams(item), {mib * kMiB, 0, 0, false}, Rank::kStream, {}};
}
Request Job(const std::string& item, std::uint64_t mib, Clock::time_point until) {
  return {Jobs(item), {mib * kMiB, 0, 0, false}, Rank::kJob, until};
}

// "grant a", "evict b", "refuse c" in order.
std::vector<std::string> Words(const std::vector<Action>& actions) {
  std::vector<std::string> words;
  for (const Action& action : actions) {
    const char* const kind = action.kind == Action::kGrant    ? "grant "
                             : action.kind == Action::kRefuse ? "refuse "
                                                              : "evict ";
    words.push_back(kind + action.name.item);
  }
  return words;
}

using List = std::vector<std::string>;

// Loads it, as a holder would that has nobody using it.
void Hold(Budget* budget, const Request& request, Clock::time_point now) {
  budget->Ask(request, now);
  REQUIRE(Words(budget->Plan(now)) == List{"grant " + request.name.item});
  budget->Loaded(request.name, request.need.bytes, now);
  budget->SetUsers(request.name, 0, "", now);
}

TEST_CASE("Budget: what fits is granted, and counts from then on") {
  Budget budget(100 * kMiB);
  budget.Ask(Stream("a", 60), kStart);
  CHECK(Words(budget.Plan(kStart)) == List{"grant a"});
  CHECK(budget.used() == 60 * kMiB);
  CHECK(budget.Plan(kStart).empty());
}

TEST_CASE("Budget: the least recently used of what is idle goes first, and no more than needed") {
  Budget budget(100 * kMiB);
  Hold(&budget, Stream("a", 30), kStart);
  Hold(&budget, Stream("b", 30), kStart + seconds(1));
  Hold(&budget, Stream("c", 30), kStart + seconds(2));
  budget.SetUsers(Streams("a"), 1, "1 stream", kStart + seconds(3));
  budget.SetUsers(Streams("a"), 0, "", kStart + seconds(4));
  budget.Ask(Stream("d", 30), kStart + seconds(5));
  CHECK(Words(budget.Plan(kStart + seconds(5))) == List{"evict b"});
  // It has not been given back yet: nothing is granted, nothing more is evicted.
  CHECK(budget.Plan(kStart + seconds(5)).empty());
  budget.Release(Streams("b"));
  CHECK(Words(budget.Plan(kStart + seconds(5))) == List{"grant d"});
  CHECK(budget.used() == 90 * kMiB);
}

TEST_CASE("Budget: a stream is refused at once, with the words of who holds what") {
  Budget budget(900 * kMiB);
  Hold(&budget, Stream("a", 400), kStart);
  Hold(&budget, Job("b", 300, kStart), kStart);
  budget.SetUsers(Streams("a"), 2, "2 streams", kStart);
  budget.SetUsers(Jobs("b"), 1, "job j17", kStart);
  budget.Ask(Stream("c", 300), kStart);
  const std::vector<Action> actions = budget.Plan(kStart);
  REQUIRE(Words(actions) == List{"refuse c"});
  CHECK(absl::IsResourceExhausted(actions[0].status));
  CHECK(std::string(actions[0].status.message()) ==
        "needs 300 MiB, the budget of 900 MiB is held by b (300 MiB, job j17), a (400 MiB, 2 "
        "streams): close one or raise memory.budget");
  CHECK(budget.used() == 700 * kMiB);
}

TEST_CASE("Budget: nothing is evicted for what does not fit all the same") {
  Budget budget(100 * kMiB);
  Hold(&budget, Stream("a", 40), kStart);
  Hold(&budget, Stream("b", 40), kStart);
  budget.SetUsers(Streams("b"), 1, "1 stream", kStart);
  budget.Ask(Stream("c", 70), kStart);
  CHECK(Words(budget.Plan(kStart)) == List{"refuse c"});
}

TEST_CASE("Budget: a job waits with a reason, and gets what is given back") {
  Budget budget(100 * kMiB);
  Hold(&budget, Stream("a", 60), kStart);
  budget.SetUsers(Streams("a"), 1, "1 stream", kStart);
  budget.Ask(Job("b", 60, kStart + seconds(60)), kStart);
  CHECK(budget.Plan(kStart).empty());
  REQUIRE(budget.waiting().size() == 1);
  CHECK(budget.waiting().front().reason.find("is held by a (60 MiB, 1 stream)") !=
        std::string::npos);
  budget.SetUsers(Streams("a"), 0, "", kStart + seconds(10));
  CHECK(Words(budget.Plan(kStart + seconds(10))) == List{"evict a"});
  budget.Release(Streams("a"));
  CHECK(Words(budget.Plan(kStart + seconds(10))) == List{"grant b"});
  CHECK(budget.counts().waited == 1);
}

TEST_CASE("Budget: a job that has waited long enough is refused") {
  Budget budget(100 * kMiB);
  Hold(&budget, Stream("a", 60), kStart);
  budget.SetUsers(Streams("a"), 1, "1 stream", kStart);
  budget.Ask(Job("b", 60, kStart + seconds(5)), kStart);
  CHECK(budget.Plan(kStart + seconds(4)).empty());
  CHECK(Words(budget.Plan(kStart + seconds(5))) == List{"refuse b"});
  CHECK(budget.waiting().empty());
}

TEST_CASE("Budget: what never fits is not waited for") {
  Budget budget(100 * kMiB);
  budget.SetOwn(30 * kMiB);
  budget.Ask(Job("b", 80, kStart + seconds(60)), kStart);
  const std::vector<Action> actions = budget.Plan(kStart);
  REQUIRE(Words(actions) == List{"refuse b"});
  CHECK(std::string(actions[0].status.message()) ==
        "needs 80 MiB, the budget of 100 MiB has 70 MiB for models: raise memory.budget");
}

TEST_CASE("Budget: an estimate above the budget is tried when all that is idle has gone") {
  Budget budget(100 * kMiB);
  Hold(&budget, Stream("a", 40), kStart);
  Request guess = Stream("b", 120);
  guess.need.estimated = true;
  budget.Ask(guess, kStart);
  CHECK(Words(budget.Plan(kStart)) == List{"evict a"});
  budget.Release(Streams("a"));
  CHECK(Words(budget.Plan(kStart)) == List{"grant b"});
  budget.Loaded(Streams("b"), 50 * kMiB, kStart);
  CHECK(budget.used() == 50 * kMiB);
}

TEST_CASE("Budget: who waits is cancelled without a trace") {
  Budget budget(100 * kMiB);
  Hold(&budget, Stream("a", 60), kStart);
  budget.SetUsers(Streams("a"), 1, "1 stream", kStart);
  budget.Ask(Job("b", 60, kStart + seconds(60)), kStart);
  budget.Ask(Job("c", 30, kStart + seconds(60)), kStart);
  CHECK(budget.Plan(kStart).empty());
  budget.Cancel(Jobs("b"));
  CHECK(Words(budget.Plan(kStart)) == List{"grant c"});
  budget.Release(Streams("a"));
  CHECK(budget.Plan(kStart).empty());
}

TEST_CASE("Budget: nobody overtakes a job by asking for less, but a stream goes first") {
  Budget budget(100 * kMiB);
  Hold(&budget, Job("a", 60, kStart), kStart);
  budget.SetUsers(Jobs("a"), 1, "job j1", kStart);
  budget.Ask(Job("big", 90, kStart + seconds(60)), kStart);
  budget.Ask(Job("small", 10, kStart + seconds(60)), kStart);
  CHECK(budget.Plan(kStart).empty());
  budget.Ask(Stream("stream", 20), kStart);
  CHECK(Words(budget.Plan(kStart)) == List{"grant stream"});
}

TEST_CASE("Budget: after a while those who use what a job waits for have to yield") {
  Budget budget(100 * kMiB);
  Hold(&budget, Job("a", 60, kStart), kStart);
  budget.SetUsers(Jobs("a"), 1, "job j1", kStart);
  budget.Ask(Job("b", 60, kStart + seconds(60)), kStart);
  CHECK(budget.Plan(kStart).empty());
  CHECK_FALSE(budget.MustYield(kStart + milliseconds(1900)));
  CHECK(budget.MustYield(kStart + seconds(2)));
  budget.SetUsers(Jobs("a"), 0, "", kStart + seconds(3));
  CHECK(Words(budget.Plan(kStart + seconds(3))) == List{"evict a"});
  budget.Release(Jobs("a"));
  CHECK(Words(budget.Plan(kStart + seconds(3))) == List{"grant b"});
  CHECK_FALSE(budget.MustYield(kStart + seconds(9)));
}

TEST_CASE("Budget: what turns out to be in use stays, and another goes") {
  Budget budget(100 * kMiB);
  Hold(&budget, Stream("a", 40), kStart);
  Hold(&budget, Stream("b", 40), kStart + seconds(1));
  budget.Ask(Stream("c", 40), kStart + seconds(2));
  CHECK(Words(budget.Plan(kStart + seconds(2))) == List{"evict a"});
  budget.Busy(Streams("a"), kStart + seconds(2));
  CHECK(Words(budget.Plan(kStart + seconds(2))) == List{"evict b"});
}

TEST_CASE("Budget: what is asked for while it leaves is loaded anew") {
  Budget budget(100 * kMiB);
  Hold(&budget, Stream("a", 60), kStart);
  budget.Ask(Stream("b", 60), kStart);
  CHECK(Words(budget.Plan(kStart)) == List{"evict a"});
  budget.Ask(Stream("a", 60), kStart);
  CHECK(budget.Plan(kStart).empty());
  budget.Release(Streams("a"));
  // First come, first served: `a` then finds `b` in use.
  const std::vector<Action> actions = budget.Plan(kStart);
  CHECK(Words(actions) == List{"grant b", "refuse a"});
}

TEST_CASE("Budget: a place costs something by itself until its process has gone") {
  Budget budget(100 * kMiB);
  budget.SetBase("streams/fused", 20 * kMiB);
  budget.SetBase("jobs/fused", 20 * kMiB);
  Hold(&budget, Stream("a", 50), kStart);
  budget.SetRunning("streams/fused", true);
  CHECK(budget.used() == 70 * kMiB);
  // In another place it would need 70 + 20: `a` has to go, and its process with it.
  budget.Ask(Job("b", 70, kStart), kStart + seconds(1));
  CHECK(Words(budget.Plan(kStart + seconds(1))) == List{"evict a"});
  budget.Release(Streams("a"));
  CHECK(budget.Plan(kStart + seconds(1)).empty());
  budget.SetRunning("streams/fused", false);
  CHECK(Words(budget.Plan(kStart + seconds(1))) == List{"grant b"});
  CHECK(budget.used() == 90 * kMiB);
}

TEST_CASE("Budget: loading counts with its peak, work with each stream") {
  Budget budget(100 * kMiB);
  Request request = Stream("a", 40);
  request.need.peak_bytes = 90 * kMiB;
  request.need.work_bytes = 5 * kMiB;
  budget.Ask(request, kStart);
  CHECK(Words(budget.Plan(kStart)) == List{"grant a"});
  CHECK(budget.used() == 90 * kMiB);
  budget.Loaded(Streams("a"), 42 * kMiB, kStart);
  CHECK(budget.used() == 47 * kMiB);
  budget.SetUsers(Streams("a"), 3, "3 streams", kStart);
  CHECK(budget.used() == 57 * kMiB);
}

TEST_CASE("Budget: what is measured beyond the grants counts, and idle models go for it") {
  Budget budget(100 * kMiB);
  Hold(&budget, Stream("a", 30), kStart);
  Hold(&budget, Stream("b", 30), kStart + seconds(1));
  budget.SetRunning("streams/fused", true);
  budget.SetMeasured("streams/fused", 75 * kMiB);
  CHECK(budget.used() == 75 * kMiB);
  CHECK(budget.Plan(kStart).empty());
  budget.SetMeasured("streams/fused", 110 * kMiB);
  CHECK(Words(budget.Plan(kStart)) == List{"evict a"});
}

TEST_CASE("Budget: under pressure all that is idle goes, what is used stays") {
  Budget budget(1000 * kMiB);
  Hold(&budget, Stream("a", 30), kStart);
  Hold(&budget, Stream("b", 30), kStart);
  Hold(&budget, Stream("c", 30), kStart);
  budget.SetUsers(Streams("b"), 1, "1 stream", kStart);
  CHECK(Words(budget.Plan(kStart, true)) == List{"evict a", "evict c"});
}

TEST_CASE("Budget: whatever happens in whatever order, the limit is not passed") {
  std::mt19937 random(7);
  const auto below = [&](unsigned n) { return random() % n; };
  for (int round = 0; round < 50; ++round) {
    Budget budget((80 + below(200)) * kMiB);
    budget.SetBase("streams/fused", 8 * kMiB);
    budget.SetBase("jobs/fused", 8 * kMiB);
    std::map<Name, bool> loading;  // granted, not loaded yet
    std::map<Name, bool> leaving;
    std::map<Name, std::size_t> users;
    Clock::time_point now = kStart;
    std::size_t granted = 0;
    for (int step = 0; step < 400; ++step) {
      now += milliseconds(below(500));
      const std::string item = std::string(1, static_cast<char>('a' + below(10)));
      const bool stream = below(2) == 0;
      switch (below(5)) {
        case 0:
        case 1: {
          const std::uint64_t mib = 10 + static_cast<std::uint64_t>(item[0] - 'a') * 7;
          budget.Ask(stream ? Stream(item, mib) : Job(item, mib, now + seconds(20)), now);
          break;
        }
        case 2:
          if (!loading.empty()) {
            const Name name = loading.begin()->first;
            for (const Budget::Item& one : budget.items()) {
              if (one.name == name) budget.Loaded(name, one.need.bytes, now);
            }
            loading.erase(name);
            users[name] = 1;
          }
          break;
        case 3:
          if (!users.empty()) {
            auto one = users.begin();
            std::advance(one, below(static_cast<unsigned>(users.size())));
            budget.SetUsers(one->first, 0, "", now);
            users.erase(one);
          }
          break;
        default:
          if (!leaving.empty()) {
            const Name name = leaving.begin()->first;
            leaving.erase(name);
            budget.Release(name);
          }
      }
      for (const Action& action : budget.Plan(now)) {
        if (action.kind == Action::kGrant) {
          ++granted;
          if (!users.contains(action.name)) loading[action.name] = true;
        } else if (action.kind == Action::kEvict) {
          CHECK_FALSE(users.contains(action.name));
          leaving[action.name] = true;
        }
      }
      REQUIRE(budget.used() <= budget.limit());
    }
    CHECK(granted > 10);
  }
}

}  // namespace
}  // namespace continuo::memory
