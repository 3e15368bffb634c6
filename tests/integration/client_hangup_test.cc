// SPDX-License-Identifier: Apache-2.0
// Whoever lets go of a client does not wait for a daemon that hangs, nor leaves anything in one.
//
// The bound is no measure of speed: what used to be waited out in full are the time-outs of the
// calls under way, of 10 and 60 s.
#include <signal.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "shared/client/model_query.h"
#include "shared/client/stream.h"
#include "tests/integration/daemon_process.h"
#include "tests/integration/daemon_status.h"
#include "tests/integration/daemon_stream.h"
#include "tests/unit/scoped_environment.h"

namespace continuo::test {
namespace {

constexpr double kBoundSeconds = 5;

// A daemon that hangs, until the end of the scope at the latest.
class Stopped {
 public:
  explicit Stopped(const DaemonProcess& daemon) : pid_(daemon.pid()) { ::kill(pid_, SIGSTOP); }
  ~Stopped() { GoOn(); }
  Stopped(const Stopped&) = delete;
  Stopped& operator=(const Stopped&) = delete;
  void GoOn() const { ::kill(pid_, SIGCONT); }

 private:
  pid_t pid_;
};

client::StreamConfig ConfigFor(const DaemonProcess& daemon,
                               const std::string& model = "fake-gain") {
  client::StreamConfig config;
  config.model_id = model;
  config.socket_path = daemon.socket_path();
  config.autostart = false;
  return config;
}

// A stream whose daemon stops at the moment in which the stream is in that state.
class Interrupted {
 public:
  Interrupted(const DaemonProcess& daemon, client::Connection when)
      : stream_(std::make_unique<client::Stream>(ConfigFor(daemon, ""))) {
    stream_->SetListener([this, stream = stream_.get(), &daemon, when] {
      if (stopped_ || stream->snapshot().connection != when) return;
      stopped_ = std::make_unique<Stopped>(daemon);
      there_.set_value();
    });
    stream_->Reconfigure(ConfigFor(daemon));
    REQUIRE(there_.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  }
  client::Stream& stream() { return *stream_; }
  // Seconds that its end took.
  double End() {
    const double begin = NowSeconds();
    stream_.reset();
    return NowSeconds() - begin;
  }
  void GoOn() { stopped_->GoOn(); }

 private:
  std::promise<void> there_;
  std::unique_ptr<Stopped> stopped_;  // by the stream's thread, before `there_`
  std::unique_ptr<client::Stream> stream_;
};

// Nothing is closed for lack of a client within the time of a test.
DaemonOptions Patient() {
  DaemonOptions options;
  options.configuration = "[stream]\nattach_timeout_s = 600\n";
  return options;
}

bool HasNoStreams(const DaemonProcess& daemon) {
  return Eventually([&] { return StatusOf(daemon).streams().empty(); }) &&
         Eventually([&] { return daemon.segments().empty(); });
}

TEST_CASE("client::Stream: its end does not wait for a daemon that does not answer") {
  const DaemonProcess daemon(Patient());
  SECTION("while it connects") {
    const Stopped stopped(daemon);
    auto stream = std::make_unique<client::Stream>(ConfigFor(daemon));
    CHECK_FALSE(stream->WaitUntilSettled(0.2));
    const double begin = NowSeconds();
    stream.reset();
    CHECK(NowSeconds() - begin < kBoundSeconds);
  }
  SECTION("while it asks for the model") {
    Interrupted opening(daemon, client::Connection::kOpening);
    CHECK(opening.End() < kBoundSeconds);
  }
  SECTION("while it plays") {
    Interrupted playing(daemon, client::Connection::kConnected);
    CHECK(playing.End() < kBoundSeconds);
  }
  CHECK(HasNoStreams(daemon));
}

TEST_CASE("client::Stream: another model is not kept waiting by a daemon that does not answer") {
  const DaemonProcess daemon(Patient());
  Interrupted opening(daemon, client::Connection::kOpening);
  opening.stream().Reconfigure(ConfigFor(daemon, ""));
  CHECK(opening.stream().WaitUntilSettled(kBoundSeconds));
  CHECK(opening.stream().snapshot().connection == client::Connection::kIdle);

  opening.GoOn();
  opening.stream().Reconfigure(ConfigFor(daemon));
  REQUIRE(opening.stream().WaitUntilSettled(20));
  CHECK(opening.stream().snapshot().words == "connected");
  CHECK(StatusOf(daemon).streams_size() == 1);
}

TEST_CASE("client::Stream: its end does not wait for a daemon that is being started") {
  DaemonOptions options;
  options.start = false;
  const DaemonProcess place(options);
  const std::string program = place.directory() + "/starts-for-ever";
  const std::string told = place.directory() + "/pid";
  std::ofstream(program) << "#!/bin/sh\necho $$ > " << told << "\nsleep 600\n";
  REQUIRE(::chmod(program.c_str(), 0700) == 0);
  const ScopedEnvironment environment("CONTINUO_DAEMON", program);
  client::StreamConfig config = ConfigFor(place);
  config.autostart = true;
  auto stream = std::make_unique<client::Stream>(config);
  pid_t pid = 0;
  REQUIRE(Eventually([&] { return static_cast<bool>(std::ifstream(told) >> pid); }));
  const double begin = NowSeconds();
  stream.reset();
  CHECK(NowSeconds() - begin < kBoundSeconds);
  CHECK_FALSE(IsAlive(pid));
}

TEST_CASE("client::ModelQuery: what is cancelled does not wait for the daemon") {
  const DaemonProcess daemon;
  const ScopedEnvironment environment("CONTINUO_SOCKET", daemon.socket_path());
  const Stopped stopped(daemon);
  client::ModelQuery query("test");
  auto answer = std::async(std::launch::async, [&query] { return query.Run(); });
  CHECK(answer.wait_for(std::chrono::milliseconds(200)) == std::future_status::timeout);
  query.Cancel();
  // Else it would be that the daemon did not answer in time.
  CHECK_THAT(answer.get().problem, Catch::Contains("cancel", Catch::CaseSensitive::No));
}

TEST_CASE("continuod: a stream whose caller has gone before it was opened is closed") {
  const DaemonProcess daemon(Patient());
  const auto channel = daemon.channel();
  const auto daemon_stub = v1::DaemonService::NewStub(channel);
  const auto stub = v1::StreamService::NewStub(channel);
  v1::OpenStreamResponse opened;
  constexpr int kStreams = 200;
  for (int i = 0; i < kStreams; ++i) {
    REQUIRE(Call(&v1::StreamService::Stub::OpenStream, *stub, GoodStream(), &opened).ok());
  }
  // So many questions for all of them keep the daemon's loop busy: the turn of one stream more
  // comes when nobody waits for it any longer.
  struct Question {
    grpc::ClientContext context;
    v1::GetStatusResponse response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<v1::GetStatusResponse>> call;
  };
  grpc::CompletionQueue answers;
  std::vector<Question> questions(500);
  for (Question& question : questions) {
    question.call =
        daemon_stub->AsyncGetStatus(&question.context, v1::GetStatusRequest(), &answers);
    question.call->Finish(&question.response, &question.status, &question);
  }
  grpc::ClientContext context;
  v1::OpenStreamResponse unheard;
  grpc::Status status;
  const auto call = stub->AsyncOpenStream(&context, GoodStream(), &answers);
  call->Finish(&unheard, &status, &context);
  for (std::size_t i = 0; i <= questions.size(); ++i) {
    void* tag = nullptr;
    bool ok = false;
    REQUIRE(answers.Next(&tag, &ok));
    // The daemon has been asked all of it by now, and has most of it before it.
    if (i == questions.size() / 10) context.TryCancel();
  }
  CHECK(status.error_code() == grpc::StatusCode::CANCELLED);
  CHECK(Eventually([&] { return StatusOf(daemon).streams_size() == kStreams; }));
}

}  // namespace
}  // namespace continuo::test
