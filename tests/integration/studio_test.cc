// SPDX-License-Identifier: Apache-2.0
// The studio's client with a real daemon, and with one that goes and comes.
#include "shared/studio/studio.h"

#include <signal.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/daemon_process.h"
#include "tests/integration/studio_window.h"
#include "tests/unit/scoped_environment.h"

namespace continuo::test {
namespace {

using Catch::Contains;
using namespace studio;

// A daemon, the environment in which the client finds it, and a connected studio. Where the
// daemon has gone, the client is not to start one of its own.
struct Room {
  explicit Room(bool connect = true) {
    if (connect) REQUIRE(window.UntilConnected());
  }

  DaemonProcess daemon;
  ScopedEnvironment socket{"CONTINUO_SOCKET", daemon.socket_path()};
  ScopedEnvironment program{"CONTINUO_DAEMON", "/nonexistent/continuod"};
  Window window;
  Studio studio{"studio test", window.post(), window.listener()};
};

Request Wanted(std::uint64_t seed, const std::string& model = "fake-notes") {
  Request request;
  request.task = Task::kMelody;
  request.model = model;
  request.bars = 4;
  request.seed = seed;
  request.candidates = 2;
  return request;
}

// All that is told of a job, to its end.
std::vector<Making> Make(Room& room, const Request& request) {
  std::vector<Making> told;
  room.studio.Generate(request, [&](const Making& making) { told.push_back(making); });
  REQUIRE(room.window.Until([&] { return !told.empty() && told.back().ended(); }));
  return told;
}

TEST_CASE("Studio: notes come as they are written, then candidates with scores, then a record") {
  Room room;
  const std::vector<Making> told = Make(room, Wanted(5));
  REQUIRE(told.back().what == Making::What::kDone);
  CHECK(told.back().problem == "");
  std::vector<Note> partial;
  std::vector<Candidate> candidates;
  for (const Making& making : told) {
    if (making.what == Making::What::kStarted) CHECK(making.plan.model == "fake-notes");
    if (making.what == Making::What::kPartial && making.index == 0) {
      for (const Note& note : making.notes) Merge(note, &partial);
    }
    if (making.what == Making::What::kCandidate) candidates.push_back(making.candidate);
  }
  REQUIRE(candidates.size() == 2);
  CHECK(candidates[0].seed == 5);
  CHECK(candidates[0].score > 0);
  REQUIRE_FALSE(candidates[0].notes.notes.empty());
  CHECK_FALSE(partial.empty());
  CHECK(told.back().ranking.size() == 2);
  CHECK(told.back().record != "");
  REQUIRE(room.window.Until([&] { return !room.window.records_added.empty(); }));
  CHECK(room.window.records_added.back() == told.back().record);
}

TEST_CASE("Studio: a plan says what would be made, and what is wrong with a request") {
  Room room;
  std::vector<PlanAnswer> answers;
  const auto keep = [&](const PlanAnswer& answer) { answers.push_back(answer); };
  room.studio.MakePlan(Wanted(1), keep);
  REQUIRE(room.window.Until([&] { return answers.size() == 1; }));
  CHECK(answers[0].problem == "");
  CHECK(answers[0].plan.model == "fake-notes");
  CHECK(answers[0].plan.request.bars == 4);
  room.studio.MakePlan(Wanted(1, "no-such-model"), keep);
  REQUIRE(room.window.Until([&] { return answers.size() == 2; }));
  CHECK_THAT(answers[1].problem, Contains("no-such-model"));
}

TEST_CASE("Studio: a cancelled job ends as cancelled") {
  Room room;
  Request request = Wanted(3, "fake-notes-slow");
  request.bars = 64;
  request.candidates = 8;  // 4 s, unless it is ended before
  std::vector<Making> told;
  const Studio::Call call =
      room.studio.Generate(request, [&](const Making& making) { told.push_back(making); });
  REQUIRE(room.window.Until(
      [&] { return !told.empty() && told.back().what == Making::What::kPartial; }));
  room.studio.Cancel(call);
  REQUIRE(room.window.Until([&] { return told.back().ended(); }));
  CHECK(told.back().what == Making::What::kFailed);
  CHECK(told.back().cancelled);
  room.studio.Cancel(call);  // one that has ended is no error
}

TEST_CASE("Studio: the history is listed, marked, and made again to the byte") {
  Room room;
  const std::string id = Make(room, Wanted(8)).back().record;
  RecordsAnswer list;
  bool listed = false;
  const auto take = [&](const RecordsAnswer& answer) {
    list = answer;
    listed = true;
  };
  room.studio.ListRecords({}, take);
  REQUIRE(room.window.Until([&] { return listed; }));
  REQUIRE(list.records.size() == 1);
  CHECK(list.records[0].id == id);

  RecordAnswer record;
  room.studio.GetRecord(id, [&](const RecordAnswer& answer) { record = answer; });
  REQUIRE(room.window.Until([&] { return record.record.id == id; }));
  REQUIRE(record.record.candidates.size() == 2);
  CHECK_FALSE(record.record.candidates[0].notes.notes.empty());

  Marks marks;
  marks.starred = true;
  marks.rating = 4;
  marks.chosen = 1;
  RecordAnswer marked;
  room.studio.Mark(id, marks, [&](const RecordAnswer& answer) { marked = answer; });
  REQUIRE(room.window.Until([&] { return marked.record.id == id; }));
  CHECK(marked.record.starred);
  CHECK(marked.record.rating == 4);
  CHECK(marked.record.chosen == 1);

  RecordQuery starred;
  starred.starred_only = true;
  starred.task = Task::kDrums;
  listed = false;
  room.studio.ListRecords(starred, take);
  REQUIRE(room.window.Until([&] { return listed; }));
  CHECK(list.records.empty());

  Making remade;
  room.studio.Remake(id, [&](const Making& making) { remade = making; });
  REQUIRE(room.window.Until([&] { return remade.ended(); }));
  CHECK(remade.problem == "");
  CHECK(remade.identical);
}

TEST_CASE("Studio: models are listed, those of no repository too") {
  Room room;
  Making making;
  room.studio.Generate(Wanted(3, "fake-notes"), [&](const Making& now) { making = now; });
  REQUIRE(room.window.Until([&] { return making.ended(); }));
  std::vector<ModelsAnswer> answers;
  room.studio.ListModels([&](const ModelsAnswer& answer) { answers.push_back(answer); });
  REQUIRE(room.window.Until([&] { return !answers.empty() && answers.back().complete; }));
  CHECK(answers.size() == 2);
  const std::vector<ModelRow>& models = answers.back().models;
  const auto notes = std::find_if(models.begin(), models.end(),
                                  [](const ModelRow& row) { return row.id == "fake-notes"; });
  REQUIRE(notes != models.end());
  CHECK(notes->kind == "notes");
  CHECK(notes->installed == "1.0.0");
  CHECK(notes->offered == "");
  CHECK_FALSE(notes->note_tasks.empty());
  CHECK(notes->loaded);
  CHECK(notes->memory_bytes > 0);
}

TEST_CASE("Studio: what no repository has is not installed, and what is not here is not removed") {
  Room room;
  Installing installing;
  room.studio.Install("no-such-model", "", [&](const Installing& now) { installing = now; });
  REQUIRE(room.window.Until([&] { return installing.ended; }));
  CHECK_THAT(installing.problem, Contains("no-such-model"));
  std::string problem;
  room.studio.Remove("no-such-model", [&](const std::string& words) { problem = words; });
  REQUIRE(room.window.Until([&] { return !problem.empty(); }));
  CHECK_THAT(problem, Contains("no-such-model"));
}

TEST_CASE("Studio: a daemon that is killed is told of with the reason, and the next one is found") {
  Room room;
  std::vector<Making> told;
  Request slow = Wanted(3, "fake-notes-slow");
  slow.bars = 64;
  slow.candidates = 8;
  room.studio.Generate(slow, [&](const Making& making) { told.push_back(making); });
  REQUIRE(room.window.Until([&] { return !told.empty(); }));
  room.daemon.End(SIGKILL);
  REQUIRE(room.window.Until([&] { return told.back().ended(); }));
  CHECK(told.back().what == Making::What::kFailed);
  CHECK_FALSE(told.back().cancelled);
  CHECK(told.back().problem != "");
  REQUIRE(room.window.Until([&] {
    return room.window.links.back().what == LinkState::What::kGone &&
           room.window.links.back().words.find("CONTINUO_DAEMON") != std::string::npos;
  }));
  // Asked now, it says why there is no answer.
  RecordsAnswer list;
  room.studio.ListRecords({}, [&](const RecordsAnswer& answer) { list = answer; });
  REQUIRE(room.window.Until([&] { return !list.problem.empty(); }));

  room.daemon.Start();
  REQUIRE(room.window.UntilConnected());
  CHECK(Make(room, Wanted(4)).back().what == Making::What::kDone);
}

TEST_CASE("Studio: it goes at once while a daemon does not answer") {
  DaemonProcess daemon;
  const ScopedEnvironment socket("CONTINUO_SOCKET", daemon.socket_path());
  const ScopedEnvironment program("CONTINUO_DAEMON", "/nonexistent/continuod");
  Window window;
  bool answered = false;
  {
    Studio studio("studio test", window.post(), window.listener());
    REQUIRE(window.UntilConnected());
    kill(daemon.pid(), SIGSTOP);
    studio.ListRecords({}, [&](const RecordsAnswer&) { answered = true; });
  }
  // Told by the studio that has gone, while the daemon still stands.
  CHECK(window.Until([&] { return answered; }));
  kill(daemon.pid(), SIGCONT);
}

TEST_CASE("Studio: it goes at once while it connects to a daemon that does not answer") {
  const DaemonProcess daemon;
  const ScopedEnvironment socket("CONTINUO_SOCKET", daemon.socket_path());
  kill(daemon.pid(), SIGSTOP);
  Window window;
  auto studio = std::make_unique<Studio>("studio test", window.post(), window.listener());
  CHECK(window.Until([&] { return !window.links.empty(); }));  // it asks from here on
  studio.reset();
  kill(daemon.pid(), SIGCONT);
  REQUIRE(window.Until([&] { return window.links.back().what == LinkState::What::kGone; }));
  // Else it would be that the daemon did not answer in time.
  CHECK_THAT(window.links.back().words, Contains("cancel", Catch::CaseSensitive::No));
}

}  // namespace
}  // namespace continuo::test
