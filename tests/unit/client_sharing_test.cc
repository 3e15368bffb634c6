// SPDX-License-Identifier: Apache-2.0
// What a stream tells its link group, and what it takes, against a group that the test plays.
#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <vector>

#include "shared/client/parameter_sharing.h"

namespace continuo::test {
namespace {

using client::ParameterBoard;
using client::ParameterSharing;

// A board of two parameters, and all that is sent.
class Bench {
 public:
  Bench() {
    board.SetCount(2);
    board.Note(0, 1.0F);
    board.Note(1, 2.0F);
    sharing.SetParameters({"gain", "tone"});
  }
  void Begin() {
    sharing.Begin([this](const v1::AttachStreamRequest& request) {
      const std::lock_guard lock(mutex_);
      sent_.push_back(request);
      arrived_.notify_all();
    });
  }
  // The next message that was sent; the watchdog ends a test that waits for none.
  v1::AttachStreamRequest Next() {
    std::unique_lock lock(mutex_);
    REQUIRE(arrived_.wait_for(lock, std::chrono::seconds(20), [this] { return !sent_.empty(); }));
    v1::AttachStreamRequest first = sent_.front();
    sent_.erase(sent_.begin());
    return first;
  }
  void ExpectTurned(const std::string& id, float value) {
    const v1::AttachStreamRequest message = Next();
    REQUIRE(message.has_parameter_turned());
    CHECK(message.parameter_turned().id() == id);
    CHECK(message.parameter_turned().value() == value);
  }
  void ExpectJoined(const std::string& group, float gain) {
    const v1::AttachStreamRequest message = Next();
    REQUIRE(message.has_join_link());
    CHECK(message.join_link().group() == group);
    CHECK(message.join_link().parameters().at("gain") == gain);
  }
  void Hear(const std::string& id, float value, std::uint32_t turned = 0) {
    v1::ParameterChanged changed;
    changed.set_id(id);
    changed.set_value(value);
    changed.set_by_link(true);
    changed.set_turned(turned);
    sharing.Take(changed);
  }

  ParameterBoard board;
  ParameterSharing sharing{&board};

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<v1::AttachStreamRequest> sent_;
};

TEST_CASE("ParameterSharing: it joins with its values, and tells what is turned, once") {
  Bench bench;
  bench.sharing.SetGroup("drums");
  bench.Begin();
  bench.ExpectJoined("drums", 1.0F);
  bench.board.Set(1, 5.0F);
  bench.ExpectTurned("tone", 5.0F);
  bench.board.Set(0, 3.0F);
  bench.ExpectTurned("gain", 3.0F);
  bench.sharing.End();
}

TEST_CASE("ParameterSharing: what it hears goes to the runner, and is no echo") {
  Bench bench;
  bench.sharing.SetGroup("drums");
  bench.Begin();
  bench.ExpectJoined("drums", 1.0F);
  bench.Hear("tone", 7.0F);
  CHECK(bench.board.Get(1) == 7.0F);
  std::uint32_t to_runner = 0;
  bench.board.TakeChanges([&](std::uint32_t index, float) { to_runner += index == 1; });
  CHECK(to_runner == 1);
  // Were it told again, this would not be the next message.
  bench.board.Set(0, 3.0F);
  bench.ExpectTurned("gain", 3.0F);
  bench.sharing.End();
}

TEST_CASE("ParameterSharing: while its own value is on its way it takes no older one") {
  Bench bench;
  bench.sharing.SetGroup("drums");
  bench.Begin();
  bench.ExpectJoined("drums", 1.0F);
  bench.board.Set(0, 3.0F);
  bench.ExpectTurned("gain", 3.0F);
  bench.Hear("gain", 9.0F, 0);  // was sent before the daemon had heard
  CHECK(bench.board.Get(0) == 3.0F);
  bench.Hear("tone", 9.0F, 0);  // of another parameter
  CHECK(bench.board.Get(1) == 9.0F);
  bench.Hear("gain", 4.0F, 1);  // afterwards
  CHECK(bench.board.Get(0) == 4.0F);
  bench.sharing.End();
}

TEST_CASE("ParameterSharing: a kept value stays, and the group does not hear of it") {
  Bench bench;
  bench.sharing.SetGroup("drums");
  bench.Begin();
  bench.ExpectJoined("drums", 1.0F);
  bench.Hear("gain", 9.0F);
  bench.sharing.Keep(0, 2.5F);
  CHECK(bench.board.Get(0) == 2.5F);
  bench.board.Set(1, 5.0F);
  bench.ExpectTurned("tone", 5.0F);
  bench.sharing.End();
}

TEST_CASE("ParameterSharing: what was turned while the daemon was away is told to the next") {
  Bench bench;
  bench.sharing.SetGroup("drums");
  bench.Begin();
  bench.ExpectJoined("drums", 1.0F);
  bench.sharing.End();
  bench.board.Set(0, 3.0F);
  bench.Begin();
  bench.ExpectJoined("drums", 1.0F);  // what it had in common with the group
  bench.ExpectTurned("gain", 3.0F);
  bench.sharing.End();
}

TEST_CASE("ParameterSharing: whoever joins anew, or with another model, takes and tells nothing") {
  Bench bench;
  bench.sharing.SetGroup("drums");
  bench.Begin();
  bench.ExpectJoined("drums", 1.0F);
  if (GENERATE(true, false)) {
    bench.sharing.SetGroup("");
    bench.ExpectJoined("", 1.0F);
    bench.Hear("gain", 9.0F);
    CHECK(bench.board.Get(0) == 1.0F);
    bench.board.Set(0, 3.0F);
    bench.sharing.SetGroup("drums");
  } else {
    bench.sharing.End();
    bench.board.Set(0, 3.0F);
    bench.sharing.SetParameters({"gain", "depth"});
    bench.Begin();
  }
  bench.ExpectJoined("drums", 3.0F);
  bench.board.Set(1, 8.0F);
  CHECK(bench.Next().parameter_turned().value() == 8.0F);
  bench.sharing.End();
}

TEST_CASE("ParameterSharing: an export leaves the group and comes back") {
  Bench bench;
  bench.sharing.SetGroup("drums");
  bench.Begin();
  bench.ExpectJoined("drums", 1.0F);
  bench.sharing.SetExporting(true);
  bench.Hear("gain", 9.0F);  // at once, before the group knows
  CHECK(bench.board.Get(0) == 1.0F);
  bench.ExpectJoined("", 1.0F);
  bench.sharing.SetExporting(false);
  bench.ExpectJoined("drums", 1.0F);
  bench.Hear("gain", 9.0F);
  CHECK(bench.board.Get(0) == 9.0F);
  bench.sharing.End();
}

TEST_CASE(
    "ParameterSharing: what the daemon says of unknown parameters, or not finite, is nothing") {
  Bench bench;
  bench.sharing.SetGroup("drums");
  bench.Begin();
  bench.ExpectJoined("drums", 1.0F);
  bench.Hear("volume", 9.0F);
  bench.Hear("gain", std::numeric_limits<float>::quiet_NaN());
  CHECK(bench.board.Get(0) == 1.0F);
  CHECK(bench.board.Get(1) == 2.0F);
  bench.sharing.End();
}

}  // namespace
}  // namespace continuo::test
