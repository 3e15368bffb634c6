// SPDX-License-Identifier: Apache-2.0
// Pipelined streams that share a thread of a real runner: who is in a lane, and who gets out.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/bare_stream.h"
#include "tests/integration/daemon_process.h"
#include "tests/integration/daemon_stream.h"

namespace continuo::test {
namespace {

namespace fs = std::filesystem;

bool HasThread(std::int32_t process, const std::string& name) {
  std::error_code gone;
  for (const auto& task :
       fs::directory_iterator("/proc/" + std::to_string(process) + "/task", gone)) {
    std::string found;
    std::getline(std::ifstream(task.path() / "comm"), found);
    if (found == name) return true;
  }
  return false;
}

TEST_CASE("lanes: a stream leaves its lane when its client waits for it") {
  const DaemonProcess daemon;
  BareStream member(daemon);
  CHECK(Eventually([&] { return member.Says("one of 1 in a lane"); }));
  // As a client in mode `auto` does it when there is room.
  const auto go_to = [&](std::uint32_t pipelined_frames) {
    member.segment->client().pipelined_frames.store(pipelined_frames);
    member.segment->client().blocks.store(1);
  };
  go_to(0);
  CHECK(Eventually([&] { return StatusOf(daemon, member).mode() == v1::STREAM_MODE_DIRECT; }));
  CHECK(Eventually([&] { return !member.Says("in a lane"); }));
  member.Send();
  CHECK(Eventually([&] { return member.Answered(); }));
  go_to(BareStream::kFrames);
  CHECK(Eventually([&] { return StatusOf(daemon, member).mode() == v1::STREAM_MODE_PIPELINED; }));
}

TEST_CASE("lanes: who shares one with a model that hangs plays on, while another model loads") {
  DaemonOptions options;
  options.configuration = "[stream]\nstart_timeout_s = 300\n";
  const DaemonProcess daemon(options);
  std::vector<std::unique_ptr<BareStream>> members;
  members.push_back(std::make_unique<BareStream>(daemon));
  // Until there are two on one core.
  do {
    members.push_back(std::make_unique<BareStream>(daemon));
  } while (StatusOf(daemon, *members.back()).core() != StatusOf(daemon, *members.front()).core());
  BareStream& stuck = *members.front();
  BareStream& other = *members.back();
  CHECK(Eventually([&] { return other.Says("one of 2 in a lane"); }));
  // Ten seconds for each of its trial blocks.
  v1::OpenStreamRequest slow = BareStream::Request(v1::STREAM_MODE_OFFLINE);
  (*slow.mutable_parameters())["hang_ms"] = 10'000;
  const AttachedStream loading(daemon.channel(), slow);
  REQUIRE(Eventually([&] { return HasThread(stuck.runner, "loading"); }));
  stuck.Set("hang_ms", 8'000);
  // The parameter may come after some blocks; it comes.
  do {
    stuck.Send();
  } while (Eventually([&] { return stuck.Answered(); }, 1));
  other.Send();
  CHECK(Eventually([&] { return other.Answered(); }));
  CHECK_FALSE(stuck.Answered());
  CHECK(HasThread(stuck.runner, "loading"));
}

}  // namespace
}  // namespace continuo::test
