// SPDX-License-Identifier: Apache-2.0
// How the daemon ends, whichever way, and what it leaves: nothing.
#include <signal.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/integration/daemon_process.h"
#include "tests/integration/daemon_stream.h"

namespace continuo::test {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

bool Leftover(const DaemonProcess& daemon) {
  return fs::exists(daemon.socket_path()) || fs::exists(daemon.socket_path() + ".lock");
}

TEST_CASE("continuod: SIGTERM or SIGINT ends all, tells the streams, and leaves nothing") {
  const int signal = GENERATE(SIGTERM, SIGINT);
  DaemonProcess daemon;
  AttachedStream stream(daemon.channel());
  const v1::StreamEvent offered = stream.Next();
  REQUIRE(offered.has_segment());  // and left unmapped: its name is still there
  const pid_t runner = daemon.runners().at(0);
  const Exit exit = daemon.End(signal);
  CHECK(exit.code == 0);
  CHECK_THAT(stream.Next().failed().reason(), Contains("the daemon is stopping"));
  CHECK(stream.Finish().ok());
  CHECK_FALSE(IsAlive(runner));
  CHECK_FALSE(Leftover(daemon));
  CHECK_FALSE(fs::exists("/dev/shm/" + offered.segment().name()));
}

TEST_CASE("continuod: SIGTERM ends a runner that does not listen") {
  DaemonProcess daemon;
  AttachedStream stream(daemon.channel());
  REQUIRE(stream.Next().has_segment());
  const pid_t runner = daemon.runners().at(0);
  REQUIRE(::kill(runner, SIGSTOP) == 0);
  CHECK(daemon.End(SIGTERM).code == 0);
  CHECK_FALSE(IsAlive(runner));
}

TEST_CASE("continuod: kill -9 ends its runners too, and the next daemon clears up and serves") {
  DaemonProcess daemon;
  AttachedStream stream(daemon.channel());
  const v1::StreamEvent offered = stream.Next();
  REQUIRE(offered.has_segment());
  const pid_t runner = daemon.runners().at(0);
  CHECK(daemon.End(SIGKILL).signal == SIGKILL);
  CHECK(Eventually([&] { return !IsAlive(runner); }));
  CHECK(stream.Finish().error_code() == grpc::UNAVAILABLE);
  // What a kill leaves behind: the socket's file, the lock's, and a segment not yet mapped.
  CHECK(Leftover(daemon));
  CHECK(fs::exists("/dev/shm/" + offered.segment().name()));
  daemon.Start();
  AttachedStream again(daemon.channel());
  CHECK(again.Next().has_segment());
  CHECK_FALSE(fs::exists("/dev/shm/" + offered.segment().name()));
  CHECK(daemon.End(SIGTERM).code == 0);
  CHECK_FALSE(Leftover(daemon));
}

TEST_CASE("continuod: a daemon that starts while one is ending takes its place") {
  DaemonProcess daemon;
  AttachedStream stream(daemon.channel());
  REQUIRE(stream.Next().has_segment());
  // The first needs 2 s to end: its runner does not listen.
  REQUIRE(::kill(daemon.runners().at(0), SIGSTOP) == 0);
  REQUIRE(::kill(daemon.pid(), SIGTERM) == 0);
  REQUIRE(Eventually([&] { return !fs::exists(daemon.socket_path()); }));
  std::string output;
  const Exit second =
      RunProgram({DaemonPath(), "--idle-exit", "0.5"}, daemon.environment(), &output);
  INFO(output);
  CHECK(second.code == 0);
  CHECK(daemon.Wait().code == 0);
  CHECK(Eventually([&] { return !Leftover(daemon); }));
}

}  // namespace
}  // namespace continuo::test
