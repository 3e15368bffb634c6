// SPDX-License-Identifier: Apache-2.0
// Who is let onto the cores, what he is told, and that streams move when cores get empty. The
// fake model sleeps for as long as `hang_ms` says, and is measured with that.
#include <sched.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "continuo/v1/metrics_service.grpc.pb.h"
#include "daemon/base/read_file.h"
#include "tests/integration/daemon_process.h"
#include "tests/integration/daemon_stream.h"
#include "tests/integration/stream_player.h"
#include "tests/unit/temporary_directory.h"

namespace continuo::test {
namespace {

using Catch::Contains;
using Catch::StartsWith;

// A stream whose block takes so long; a period of 4096 frames is 85.3 ms.
v1::OpenStreamRequest Request(float hang_ms, v1::StreamMode mode) {
  v1::OpenStreamRequest request = GoodStream();
  request.set_channels(1);
  request.set_maximum_block_frames(4096);
  request.set_mode(mode);
  (*request.mutable_parameters())["hang_ms"] = hang_ms;
  return request;
}

DaemonOptions With(const std::string& admission) {
  DaemonOptions options;
  options.configuration = "[stream]\nadmission = \"" + admission + "\"\n";
  return options;
}

int UsableCores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  sched_getaffinity(0, sizeof cores, &cores);
  return CPU_COUNT(&cores);
}

// A host that plays in real time.
void PlayOn(client::Stream* stream, const std::atomic<bool>& playing) {
  std::vector<float> in(1024), out(1024);
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = Sound(i, 48000);
  const float* const in_rows[] = {in.data()};
  float* const out_rows[] = {out.data()};
  while (playing) {
    stream->Process(in_rows, out_rows, 1024, {});
    std::this_thread::sleep_for(std::chrono::microseconds(21'333));
  }
}

v1::GetMetricsResponse MetricsOf(const DaemonProcess& daemon) {
  const auto stub = v1::MetricsService::NewStub(daemon.channel());
  v1::GetMetricsResponse response;
  REQUIRE(
      Call(&v1::MetricsService::Stub::GetMetrics, *stub, v1::GetMetricsRequest(), &response).ok());
  return response;
}

TEST_CASE("admission: a cheap stream is direct, a long one pipelined, both with the sum") {
  const DaemonProcess daemon;
  AttachedStream cheap(daemon.channel(), Request(0, v1::STREAM_MODE_UNSPECIFIED));
  const v1::SegmentOffered direct = cheap.Next().segment();
  CHECK(direct.mode() == v1::STREAM_MODE_DIRECT);
  CHECK_THAT(direct.admission(), StartsWith("needs 0.0") && Contains("0.35 is left: direct"));

  AttachedStream costly(daemon.channel(), Request(45, v1::STREAM_MODE_UNSPECIFIED));
  const v1::SegmentOffered pipelined = costly.Next().segment();
  CHECK(pipelined.mode() == v1::STREAM_MODE_PIPELINED);
  CHECK_THAT(pipelined.admission(), StartsWith("needs 0.5") && Contains("0.35 is left: pipelined"));

  const auto stub = v1::DaemonService::NewStub(daemon.channel());
  v1::GetStatusResponse status;
  REQUIRE(Call(&v1::DaemonService::Stub::GetStatus, *stub, v1::GetStatusRequest(), &status).ok());
  REQUIRE(status.streams_size() == 2);
  CHECK(status.streams(0).mode() == v1::STREAM_MODE_DIRECT);
  CHECK(status.streams(1).mode() == v1::STREAM_MODE_PIPELINED);
  CHECK(status.streams(1).share() > 0.5);
  CHECK(status.streams(1).core() >= 0);
  CHECK(status.streams(1).admission() == pipelined.admission());
}

TEST_CASE("admission: direct mode that was asked for is given with a warning") {
  const DaemonProcess daemon(With("advise"));
  AttachedStream stream(daemon.channel(), Request(45, v1::STREAM_MODE_DIRECT));
  const v1::SegmentOffered offered = stream.Next().segment();
  CHECK(offered.mode() == v1::STREAM_MODE_DIRECT);
  CHECK_THAT(offered.admission(), Contains("direct, as asked, but blocks will be missed"));
}

TEST_CASE("admission: strict refuses it, and before the model is warmed up from then on") {
  const DaemonProcess daemon(With("strict"));
  {
    AttachedStream first(daemon.channel(), Request(45, v1::STREAM_MODE_DIRECT));
    REQUIRE(first.status().ok());  // what it costs is not known yet
    const grpc::Status ended = first.Finish();
    CHECK(ended.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
    CHECK_THAT(ended.error_message(), Contains("needs 0.5") && Contains("is left for direct mode"));
  }
  const AttachedStream second(daemon.channel(), Request(45, v1::STREAM_MODE_DIRECT));
  CHECK(second.status().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK_THAT(second.status().error_message(), Contains("is left for direct mode"));
  CHECK(MetricsOf(daemon).streams_refused() == 2);
  AttachedStream pipelined(daemon.channel(), Request(45, v1::STREAM_MODE_UNSPECIFIED));
  CHECK(pipelined.Next().segment().mode() == v1::STREAM_MODE_PIPELINED);
}

TEST_CASE("admission: when no core has room the next one is refused, until one goes") {
  const DaemonProcess daemon;
  std::vector<std::unique_ptr<AttachedStream>> streams;
  const auto open = [&] {
    return std::make_unique<AttachedStream>(daemon.channel(),
                                            Request(45, v1::STREAM_MODE_PIPELINED));
  };
  for (int i = 0; i < UsableCores(); ++i) {
    streams.push_back(open());
    REQUIRE(streams.back()->Next().has_segment());
  }
  const auto refused = open();
  CHECK(refused->status().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK_THAT(refused->status().error_message(),
             Contains("fake-gain") && Contains("needs 0.5") &&
                 Contains(std::to_string(UsableCores()) + " streams take") &&
                 Contains("close streams"));
  streams.pop_back();
  CHECK(Eventually([&] { return open()->status().ok(); }));
}

TEST_CASE("admission: a stream that could not run alone is refused, a rendered file never is") {
  const DaemonProcess daemon;
  AttachedStream stream(daemon.channel(), Request(100, v1::STREAM_MODE_UNSPECIFIED));
  CHECK(stream.Finish().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  AttachedStream offline(daemon.channel(), Request(100, v1::STREAM_MODE_OFFLINE));
  CHECK(offline.Next().segment().mode() == v1::STREAM_MODE_OFFLINE);
}

TEST_CASE("admission: off lets everybody in") {
  const DaemonProcess daemon(With("off"));
  std::vector<std::unique_ptr<AttachedStream>> streams;
  for (int i = 0; i < UsableCores() + 2; ++i) {
    streams.push_back(std::make_unique<AttachedStream>(daemon.channel(),
                                                       Request(100, v1::STREAM_MODE_UNSPECIFIED)));
    const v1::StreamEvent event = streams.back()->Next();
    REQUIRE(event.has_segment());
    CHECK(event.segment().mode() == v1::STREAM_MODE_UNSPECIFIED);
  }
}

TEST_CASE("admission: a version that takes the place of another is named before the sum") {
  const TemporaryDirectory models;
  namespace fs = std::filesystem;
  fs::copy(std::string(CONTINUO_SOURCE_DIR) + "/tests/models/fake-gain", models / "newer",
           fs::copy_options::recursive);
  std::string text = base::ReadFile(models / "newer/model.json", 1U << 20).value();
  const std::string version = "\"version\": \"1.0.0\"";
  REQUIRE(text.find(version) != std::string::npos);
  WriteFile(models / "newer/model.json",
            text.replace(text.find(version), version.size(), "\"version\": \"1.4.0\""));
  v1::OpenStreamRequest request = Request(0, v1::STREAM_MODE_UNSPECIFIED);
  request.set_model_version("1.2.0");
  for (const bool substitutes : {false, true}) {
    DaemonOptions options;
    options.configuration = "[models]\npaths = [\"" + models.path() + "\"]\nsubstitute = \"" +
                            (substitutes ? "compatible" : "never") + "\"\n";
    const DaemonProcess daemon(options);
    AttachedStream stream(daemon.channel(), request);
    if (!substitutes) {
      CHECK(stream.status().error_code() == grpc::StatusCode::NOT_FOUND);
      continue;
    }
    const std::string said = stream.Next().segment().admission();
    CHECK_THAT(said,
               StartsWith("fake-gain 1.4.0 in place of 1.2.0, which is not installed; needs"));
    const auto stub = v1::DaemonService::NewStub(daemon.channel());
    v1::GetStatusResponse status;
    REQUIRE(Call(&v1::DaemonService::Stub::GetStatus, *stub, v1::GetStatusRequest(), &status).ok());
    CHECK(status.streams(0).model_version() == "1.4.0");
    CHECK(status.streams(0).admission() == said);
  }
}

TEST_CASE("admission: a mode that is not known is refused with the limit") {
  const DaemonProcess daemon;
  v1::OpenStreamRequest request = GoodStream();
  request.set_mode(static_cast<v1::StreamMode>(99));
  const AttachedStream stream(daemon.channel(), request);
  CHECK(stream.status().error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK_THAT(stream.status().error_message(), Contains("mode is 99"));
}

// The fake model's streams that take more, once they play, than they were let in with.
TEST_CASE("admission: cores that turn out to be too full are told of, and take nobody") {
  const DaemonProcess daemon;
  const auto stub = v1::DaemonService::NewStub(daemon.channel());
  const auto warnings = [&] {
    v1::GetStatusResponse status;
    REQUIRE(Call(&v1::DaemonService::Stub::GetStatus, *stub, v1::GetStatusRequest(), &status).ok());
    return status.warnings();
  };
  grpc::ClientContext context;
  SetDeadline(&context);
  const auto events = stub->Subscribe(&context, v1::SubscribeRequest());
  events->WaitForInitialMetadata();
  const auto await_warnings = [&](int count) {
    v1::Event event;
    while (events->Read(&event)) {
      const auto& now = event.warnings_changed().warnings();
      if (event.has_warnings_changed() && now.size() == count) return now;
    }
    FAIL("no event with " << count << " warnings");
    return event.warnings_changed().warnings();
  };

  // Three a core that sleep 5 of 21 ms: 0.7 of it.
  std::vector<std::unique_ptr<Player>> players;
  Run run;
  run.lengths = {1024};
  run.mode = client::Mode::kPipelined;
  run.parameters = {{"hang_ms", 5.0F}};
  for (int i = 0; i < 3 * UsableCores(); ++i)
    players.push_back(std::make_unique<Player>(daemon, run));
  CHECK(warnings().empty());
  for (const auto& player : players) player->stream->SetParameter("hang_ms", 9.5F);
  std::atomic<bool> playing{true};
  std::vector<std::thread> hosts;
  for (const auto& player : players) {
    hosts.emplace_back([&playing, stream = player->stream.get()] { PlayOn(stream, playing); });
  }
  const auto told = await_warnings(UsableCores());
  CHECK_THAT(told[0], StartsWith("core ") && Contains("3 streams take 1.") &&
                          Contains("of 0.88 cores: blocks will be missed"));
  CHECK(warnings().size() == told.size());
  AttachedStream newcomer(daemon.channel(), Request(1, v1::STREAM_MODE_PIPELINED));
  const grpc::Status answer = newcomer.status().ok() ? newcomer.Finish() : newcomer.status();
  CHECK(answer.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  playing = false;
  for (std::thread& host : hosts) host.join();
  players.clear();
  CHECK(await_warnings(0).empty());
  CHECK(warnings().empty());
  context.TryCancel();
}

TEST_CASE("admission: streams move when a core gets empty") {
  if (UsableCores() < 2) return;
  const DaemonProcess daemon;
  std::vector<std::unique_ptr<AttachedStream>> streams;
  for (int i = 0; i < 2 * UsableCores(); ++i) {
    streams.push_back(
        std::make_unique<AttachedStream>(daemon.channel(), Request(20, v1::STREAM_MODE_PIPELINED)));
    REQUIRE(streams.back()->Next().has_segment());
  }
  CHECK(MetricsOf(daemon).streams_moved() == 0);
  // All but those of the first core.
  const std::uint32_t kept = MetricsOf(daemon).cores(0).core();
  const v1::GetMetricsResponse before = MetricsOf(daemon);
  for (const v1::StreamMetrics& stream : before.streams()) {
    if (stream.stream().core() == static_cast<int>(kept)) continue;
    std::erase_if(streams,
                  [&](const auto& one) { return one->id() == stream.stream().stream_id(); });
  }
  CHECK(streams.size() == 2);
  CHECK(Eventually([&] { return MetricsOf(daemon).streams_moved() == 1; }));
  const v1::GetMetricsResponse after = MetricsOf(daemon);
  REQUIRE(after.streams_size() == 2);
  CHECK(after.streams(0).stream().core() != after.streams(1).stream().core());
}

}  // namespace
}  // namespace continuo::test
