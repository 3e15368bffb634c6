// SPDX-License-Identifier: Apache-2.0
// Streams on real runners (fake models): loading, restarting, giving up.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "shared/ipc/block_ring.h"
#include "shared/ipc/segment.h"
#include "shared/ipc/wakeup.h"
#include "tests/integration/daemon_process.h"
#include "tests/integration/daemon_status.h"
#include "tests/integration/daemon_stream.h"

namespace continuo::test {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

bool SegmentExists(const std::string& name) { return fs::exists("/dev/shm/" + name); }

// A stream that is ready, with its segment mapped as a client does it.
struct ReadyStream {
  explicit ReadyStream(const DaemonProcess& daemon,
                       const v1::OpenStreamRequest& request = GoodStream())
      : attached(daemon.channel(), request) {
    REQUIRE(attached.status().error_message() == "");
    Map();
  }
  void Map() {
    const v1::StreamEvent event = attached.Next();
    INFO(event.ShortDebugString());
    REQUIRE(event.has_segment());
    offer = event.segment();
    REQUIRE(ipc::Segment::Open(offer.name(), &segment) == ipc::SegmentError::kNone);
    attached.Confirm(offer.generation());
  }
  // False where the ring is full.
  bool Send(float value) {
    if (sent_generation != offer.generation()) {
      input = std::make_unique<ipc::InputProducer>(*segment);
      output = std::make_unique<ipc::OutputConsumer>(*segment);
      sequence = 0;
      sent_generation = offer.generation();
    }
    const std::vector<float> row(64, value);
    const float* rows[] = {row.data(), row.data()};
    ipc::InputView view;
    view.block.sequence = sequence;
    view.block.position = 64 * sequence;
    view.block.frames = 64;
    view.audio = rows;
    if (!input->TryWrite(view)) return false;
    ++sequence;
    ipc::Notify(segment->input_signal());
    return true;
  }
  // Sends a block of `value` and returns the last sample of the answer.
  float RoundTrip(float value) {
    REQUIRE(Send(value));
    std::vector<float> left(256), right(256);
    float* const answer[] = {left.data(), right.data()};
    ipc::OutputBlock block;
    REQUIRE(Eventually(
        [&] { return output->ReadUntrusted(&block, answer) == ipc::ReadResult::kRead; }));
    return left[63];
  }

  AttachedStream attached;
  v1::SegmentOffered offer;
  std::unique_ptr<ipc::Segment> segment;
  std::unique_ptr<ipc::InputProducer> input;
  std::unique_ptr<ipc::OutputConsumer> output;
  std::uint64_t sequence = 0;
  std::uint32_t sent_generation = 0;
};

void Set(ReadyStream* stream, const std::string& id, float value) {
  v1::SetParametersRequest request;
  request.set_stream_id(stream->attached.id());
  (*request.mutable_values())[id] = value;
  v1::SetParametersResponse response;
  REQUIRE(Call(&v1::StreamService::Stub::SetParameters, stream->attached.stub(), request, &response)
              .ok());
  const v1::StreamEvent event = stream->attached.Next();
  REQUIRE(event.has_parameter_changed());
  CHECK(event.parameter_changed().id() == id);
  CHECK(event.parameter_changed().value() == value);
}

TEST_CASE("stream: a block crosses to the runner and back, and its name is gone by then") {
  const DaemonProcess daemon;
  v1::OpenStreamRequest request = GoodStream();
  (*request.mutable_parameters())["gain"] = 3;
  ReadyStream stream(daemon, request);
  CHECK(stream.offer.generation() == 1);
  CHECK(stream.offer.model_rate_hz() == 48000);
  CHECK(stream.offer.runner_pid() == daemon.runners().at(0));
  CHECK(stream.RoundTrip(0.25F) == 0.75F);
  CHECK(Eventually([&] { return !SegmentExists(stream.offer.name()); }));
  CHECK(daemon.segments().empty());
  const v1::GetStatusResponse status = StatusOf(daemon);
  REQUIRE(status.streams_size() == 1);
  CHECK(status.streams(0).state() == "ready");
  REQUIRE(status.runners_size() == 1);
  CHECK(status.runners(0).executor() == "fake");
  CHECK(status.runners(0).models(0) == "fake-gain/1.0.0/" + status.streams(0).variant());
  CHECK(status.runners(0).proportional_bytes() > 0);
  CHECK_THAT(status.runners(0).placement_reason(), Contains("runner.isolation"));
}

TEST_CASE("stream: a macro moves what it is over, from the first block on and when it is turned") {
  const DaemonProcess daemon;
  v1::OpenStreamRequest request = GoodStream();
  request.set_model_id("fake-macro");
  (*request.mutable_parameters())["swell"] = 2.5F;  // half of the way to 0, from a gain of 1
  ReadyStream stream(daemon, request);
  CHECK(stream.RoundTrip(0.5F) == 0.25F);
  Set(&stream, "gain", 0.75F);  // its own knob goes on counting
  CHECK(Eventually([&] { return stream.RoundTrip(0.5F) == 0.125F; }));
  Set(&stream, "swell", 7.5F);  // half of the way to 3
  CHECK(Eventually([&] { return stream.RoundTrip(0.5F) == 0.875F; }));
  Set(&stream, "swell", 5);
  CHECK(Eventually([&] { return stream.RoundTrip(0.5F) == 0.375F; }));
}

TEST_CASE("stream: another client's parameter reaches the model and the stream's client") {
  const DaemonProcess daemon;
  ReadyStream stream(daemon);
  CHECK(stream.RoundTrip(0.5F) == 0.5F);
  Set(&stream, "gain", 2);
  CHECK(Eventually([&] { return stream.RoundTrip(0.5F) == 1.0F; }));
}

TEST_CASE("stream: statistics are fresh") {
  const DaemonProcess daemon;
  ReadyStream stream(daemon);
  for (int i = 0; i < 10; ++i) stream.RoundTrip(0.5F);
  v1::GetStatisticsRequest request;
  request.set_stream_id(stream.attached.id());
  v1::GetStatisticsResponse response;
  // The runner publishes its figures after it has answered the block.
  CHECK(Eventually([&] {
    return Call(&v1::StreamService::Stub::GetStatistics, stream.attached.stub(), request, &response)
               .ok() &&
           response.blocks() == 10;
  }));
  CHECK(response.frames() == 640);
}

TEST_CASE("stream: a runner that is killed is replaced, with the parameters of now") {
  const DaemonProcess daemon;
  ReadyStream stream(daemon);
  Set(&stream, "gain", 2);
  const pid_t first = daemon.runners().at(0);
  REQUIRE(::kill(first, SIGKILL) == 0);
  const v1::StreamEvent lost = stream.attached.Next();
  INFO(lost.ShortDebugString());
  REQUIRE(lost.has_runner_lost());
  CHECK_THAT(lost.runner_lost().reason(), Contains("signal 9 (Killed)"));
  stream.Map();
  CHECK(stream.offer.generation() == 2);
  CHECK(stream.offer.runner_pid() != first);
  CHECK(stream.RoundTrip(0.5F) == 1.0F);
  const v1::GetStatusResponse status = StatusOf(daemon);
  REQUIRE(status.runners_size() == 1);
  CHECK(status.runners(0).restarts() == 1);
  CHECK(status.daemon_pid() == daemon.pid());
}

TEST_CASE("stream: a runner that is stopped is ended and replaced") {
  DaemonOptions options;
  options.configuration = "[runner]\nhang_timeout_s = 0.5\n";
  const DaemonProcess daemon(options);
  ReadyStream stream(daemon);
  const pid_t first = daemon.runners().at(0);
  REQUIRE(::kill(first, SIGSTOP) == 0);
  const v1::StreamEvent lost = stream.attached.Next();
  INFO(lost.ShortDebugString());
  REQUIRE(lost.has_runner_lost());
  CHECK_THAT(lost.runner_lost().reason(), Contains("did not answer"));
  stream.Map();
  CHECK(stream.RoundTrip(0.5F) == 0.5F);
  CHECK_FALSE(IsAlive(first));
}

TEST_CASE("stream: a model that hangs costs its runner, and the words say so") {
  DaemonOptions options;
  options.configuration = "[runner]\nhang_timeout_s = 0.5\n[stream]\nstart_timeout_s = 3\n";
  const DaemonProcess daemon(options);
  ReadyStream stream(daemon);
  Set(&stream, "hang_ms", 60000);
  // The parameter may come after some blocks; it comes.
  const pid_t runner = stream.offer.runner_pid();
  REQUIRE(Eventually([&] {
    static_cast<void>(stream.Send(0.5F));
    return !IsAlive(runner);
  }));
  const v1::StreamEvent lost = stream.attached.Next();
  INFO(lost.ShortDebugString());
  REQUIRE(lost.has_runner_lost());
  CHECK_THAT(lost.runner_lost().reason(), Contains("a model hangs"));
  // It hangs as it is warmed up, too: nobody waits longer than stream.start_timeout_s.
  CHECK_THAT(stream.attached.Next().failed().reason(), Contains("stream.start_timeout_s"));
  ReadyStream other(daemon);
  CHECK(other.RoundTrip(0.5F) == 0.5F);
}

TEST_CASE("stream: figures asked for a hundred times at once do no harm") {
  DaemonOptions options;
  // Forty questions without an answer: fewer than there are here, were each counted as one.
  options.configuration = "[runner]\nhang_timeout_s = 20\n";
  const DaemonProcess daemon(options);
  ReadyStream stream(daemon);
  const pid_t runner = daemon.runners().at(0);
  REQUIRE(::kill(runner, SIGSTOP) == 0);
  v1::GetStatisticsRequest request;
  request.set_stream_id(stream.attached.id());
  std::vector<std::thread> clients;
  std::atomic<int> answered{0};
  for (int i = 0; i < 100; ++i) {
    clients.emplace_back([&] {
      v1::GetStatisticsResponse response;
      if (Call(&v1::StreamService::Stub::GetStatistics, stream.attached.stub(), request, &response)
              .ok()) {
        ++answered;
      }
    });
  }
  for (std::thread& client : clients) client.join();  // the runner is not asked
  REQUIRE(::kill(runner, SIGCONT) == 0);
  CHECK(answered == 100);
  CHECK(stream.RoundTrip(0.5F) == 0.5F);
  CHECK(daemon.runners().at(0) == runner);
}

TEST_CASE("stream: no room in /dev/shm is said with what there is and what it needs") {
  DaemonOptions options;
  options.wrapper = {"/usr/bin/unshare",
                     "--map-root-user",
                     "--mount",
                     "/bin/sh",
                     "-c",
                     "mount -t tmpfs -o size=64k tmpfs /dev/shm && exec \"$0\" \"$@\""};
  std::string output;
  std::vector<std::string> probe = options.wrapper;
  probe.emplace_back("/bin/true");
  if (RunProgram(probe, {}, &output).code != 0) {
    WARN("no mount namespaces here, so nothing was tested: " << output);
    return;
  }
  // What is freed is overwritten, so that a use of it afterwards does not pass by luck.
  options.environment["MALLOC_PERTURB_"] = "165";
  const DaemonProcess daemon(options);
  v1::OpenStreamRequest small = GoodStream();
  small.set_channels(1);
  small.set_maximum_block_frames(1);
  // The first waits for its model; for the others it is there, and they are closed at once.
  for (const v1::OpenStreamRequest& request : {GoodStream(), small, small, GoodStream()}) {
    AttachedStream stream(daemon.channel(), request);
    REQUIRE(stream.status().error_message() == "");
    const std::string reason = stream.Next().failed().reason();
    INFO(daemon.log());
    CHECK_THAT(reason, Contains("/dev/shm has 65536 bytes free, the stream needs "));
    CHECK(stream.Finish().ok());
  }
  const v1::GetStatusResponse status = StatusOf(daemon);
  CHECK(status.streams_size() == 0);
  REQUIRE(status.runners_size() == 1);
  CHECK(status.runners(0).restarts() == 0);
}

TEST_CASE("stream: a daemon that was stopped does not blame its runners") {
  DaemonOptions options;
  options.configuration = "[runner]\nhang_timeout_s = 0.5\n";
  const DaemonProcess daemon(options);
  ReadyStream stream(daemon);
  const pid_t runner = daemon.runners().at(0);
  REQUIRE(::kill(daemon.pid(), SIGSTOP) == 0);
  const double stopped_at = NowSeconds();
  REQUIRE(Eventually([&] { return NowSeconds() - stopped_at > 2.0; }));
  REQUIRE(::kill(daemon.pid(), SIGCONT) == 0);
  // Several rounds of questions and answers later it is the same runner.
  CHECK_FALSE(Eventually([&] { return !IsAlive(runner); }, 1.5));
  CHECK(StatusOf(daemon).runners(0).pid() == runner);
  CHECK(stream.RoundTrip(0.5F) == 0.5F);
}

TEST_CASE("stream: a model that always crashes fails its streams in words, within the limit") {
  DaemonOptions options;
  options.configuration = "[runner]\nrestart_limit = 2\n";
  const DaemonProcess daemon(options);
  ReadyStream stream(daemon);
  for (int death = 1; death <= 3; ++death) {
    REQUIRE(::kill(daemon.runners().at(0), SIGABRT) == 0);
    REQUIRE(stream.attached.Next().has_runner_lost());
    if (death < 3) stream.Map();
  }
  const v1::StreamEvent failed = stream.attached.Next();
  REQUIRE(failed.has_failed());
  CHECK_THAT(failed.failed().reason(), Contains("fake-gain/1.0.0") &&
                                           Contains("signal 6 (Aborted)") && Contains("3 times") &&
                                           Contains("runner.restart_limit is 2"));
  CHECK(stream.attached.Finish().ok());
  // Nor does a client that comes again and again start runners without end.
  AttachedStream again(daemon.channel());
  CHECK_THAT(again.Next().failed().reason(), Contains("runner.restart_limit"));
  CHECK(daemon.runners().empty());
  CHECK(daemon.segments().empty());
}

TEST_CASE("stream: the runner's program missing is said with its path") {
  DaemonOptions options;
  options.environment["CONTINUO_RUNNER"] = "/nowhere/continuo-runner";
  const DaemonProcess daemon(options);
  AttachedStream stream(daemon.channel());
  CHECK_THAT(stream.Next().failed().reason(),
             Contains("/nowhere/continuo-runner") && Contains("CONTINUO_RUNNER"));
}

TEST_CASE("stream: it ends with its call, and its name with it") {
  const DaemonProcess daemon;
  std::string name;
  {
    AttachedStream stream(daemon.channel());
    const v1::StreamEvent event = stream.Next();
    REQUIRE(event.has_segment());
    name = event.segment().name();
    CHECK(SegmentExists(name));  // not mapped yet, so still to be found
  }
  CHECK(Eventually([&] { return StatusOf(daemon).streams_size() == 0; }));
  CHECK_FALSE(SegmentExists(name));
}

TEST_CASE("stream: it ends when its client's process is killed") {
  const DaemonProcess daemon;
  const pid_t client = ::fork();
  REQUIRE(client >= 0);
  if (client == 0) {
    // gRPC was not used in this process before. No checks here: a child does not report.
    auto* const stream = new AttachedStream(daemon.channel());
    static_cast<void>(stream->Next());
    ::pause();
    ::_exit(0);
  }
  // Seen by the segment, not by a call: gRPC begins in this process after the fork alone.
  const bool ready = Eventually([&] { return !daemon.segments().empty(); });
  ::kill(client, SIGKILL);
  int status = 0;
  REQUIRE(::waitpid(client, &status, 0) == client);
  CHECK(ready);
  CHECK(Eventually([&] { return StatusOf(daemon).streams_size() == 0; }));
  CHECK(daemon.segments().empty());
}

TEST_CASE("stream: a second client cannot attach to it, and the first goes on") {
  const DaemonProcess daemon;
  ReadyStream stream(daemon);
  const auto stub = v1::StreamService::NewStub(daemon.channel());
  grpc::ClientContext context;
  SetDeadline(&context);
  const auto call = stub->AttachStream(&context);
  v1::AttachStreamRequest request;
  request.set_stream_id(stream.attached.id());
  call->Write(request);
  v1::StreamEvent event;
  CHECK_FALSE(call->Read(&event));
  const grpc::Status status = call->Finish();
  CHECK(status.error_code() == grpc::FAILED_PRECONDITION);
  CHECK_THAT(status.error_message(), Contains("attached already"));
  CHECK(stream.RoundTrip(0.5F) == 0.5F);
}

TEST_CASE("stream: closed by another client, its own is told") {
  const DaemonProcess daemon;
  ReadyStream stream(daemon);
  const auto stub = v1::StreamService::NewStub(daemon.channel());
  v1::CloseStreamRequest request;
  request.set_stream_id(stream.attached.id());
  v1::CloseStreamResponse response;
  REQUIRE(Call(&v1::StreamService::Stub::CloseStream, *stub, request, &response).ok());
  CHECK_THAT(stream.attached.Next().failed().reason(), Contains("another client"));
}

TEST_CASE("stream: one that is not attached in time is closed") {
  DaemonOptions options;
  options.configuration = "[stream]\nattach_timeout_s = 0.1\n";
  const DaemonProcess daemon(options);
  const auto stub = v1::StreamService::NewStub(daemon.channel());
  v1::OpenStreamResponse opened;
  REQUIRE(Call(&v1::StreamService::Stub::OpenStream, *stub, GoodStream(), &opened).ok());
  CHECK(Eventually([&] { return StatusOf(daemon).streams_size() == 0; }));
}

TEST_CASE("models: loaded, in use, unloaded, the last one takes its runner with it") {
  const DaemonProcess daemon;
  const auto stub = v1::ModelService::NewStub(daemon.channel());
  v1::LoadModelRequest load;
  load.set_id("fake-gain");
  v1::LoadModelResponse loaded;
  REQUIRE(Call(&v1::ModelService::Stub::LoadModel, *stub, load, &loaded).error_message() == "");
  CHECK(loaded.runner_pid() == daemon.runners().at(0));
  v1::GetModelRequest get;
  get.set_id("fake-gain");
  v1::GetModelResponse got;
  REQUIRE(Call(&v1::ModelService::Stub::GetModel, *stub, get, &got).ok());
  REQUIRE(got.model().loaded_variants_size() == 1);
  CHECK(got.model().loaded_variants(0) == loaded.variant());
  v1::UnloadModelRequest unload;
  unload.set_id("fake-gain");
  v1::UnloadModelResponse unloaded;
  {
    const ReadyStream stream(daemon);
    CHECK(stream.offer.runner_pid() == loaded.runner_pid());  // one copy for both
    const grpc::Status used = Call(&v1::ModelService::Stub::UnloadModel, *stub, unload, &unloaded);
    CHECK(used.error_code() == grpc::FAILED_PRECONDITION);
    CHECK_THAT(used.error_message(), Contains("1 stream"));
  }
  REQUIRE(Eventually([&] { return StatusOf(daemon).streams_size() == 0; }));
  REQUIRE(Call(&v1::ModelService::Stub::UnloadModel, *stub, unload, &unloaded).ok());
  CHECK(unloaded.unloaded_variants() >= 1);
  CHECK(Eventually([&] { return daemon.runners().empty(); }));
}

TEST_CASE("models: one that nobody uses is unloaded after its time, and its runner ends") {
  DaemonOptions options;
  options.configuration = "[memory]\nkeep_alive = \"0.2 s\"\n";
  const DaemonProcess daemon(options);
  { const ReadyStream stream(daemon); }
  CHECK(Eventually([&] { return daemon.runners().empty(); }));
}

TEST_CASE("models: each has its own runner where the configuration says so") {
  DaemonOptions options;
  options.configuration = "[runner]\nisolation = \"model\"\n";
  const DaemonProcess daemon(options);
  const ReadyStream gain(daemon);
  v1::OpenStreamRequest request = GoodStream();
  request.set_model_id("fake-delay");
  ReadyStream delay(daemon, request);
  REQUIRE(gain.offer.runner_pid() != delay.offer.runner_pid());
  REQUIRE(::kill(gain.offer.runner_pid(), SIGKILL) == 0);
  // The other goes on as if nothing had been.
  delay.RoundTrip(0.5F);
  CHECK(IsAlive(delay.offer.runner_pid()));
}

TEST_CASE("models: a file that was changed is refused before it is loaded") {
  DaemonOptions options;
  options.start = false;
  DaemonProcess daemon(options);
  const std::string package = daemon.directory() + "/data/continuo/models/changed";
  fs::create_directories(package);
  fs::copy(daemon.environment().at("CONTINUO_MODEL_PATH") + "/fake-gain", package);
  std::string text;
  {
    std::ostringstream read;
    read << std::ifstream(package + "/model.json").rdbuf();
    text = read.str();
  }
  text.replace(text.find("\"fake-gain\""), 11, "\"changed\"");
  std::ofstream(package + "/model.json") << text;
  const auto size = fs::file_size(package + "/weights.txt");
  std::ofstream(package + "/weights.txt") << std::string(size, 'x');
  daemon.Start();
  v1::OpenStreamRequest request = GoodStream();
  request.set_model_id("changed");
  AttachedStream stream(daemon.channel(), request);
  REQUIRE(stream.status().error_message() == "");
  CHECK_THAT(stream.Next().failed().reason(), Contains("weights.txt"));
  CHECK(daemon.runners().empty());
}

}  // namespace
}  // namespace continuo::test
