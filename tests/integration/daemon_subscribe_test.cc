// SPDX-License-Identifier: Apache-2.0
// Events: in order, to everyone, and told when some were missed.
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <signal.h>

#include <catch2/catch.hpp>

#include "tests/integration/daemon_process.h"
#include "tests/integration/daemon_stream.h"

namespace continuo::test {
namespace {

using Catch::Contains;

class Subscriber {
 public:
  explicit Subscriber(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::DaemonService::NewStub(channel)) {
    SetDeadline(&context_);
    reader_ = stub_->Subscribe(&context_, v1::SubscribeRequest());
    reader_->WaitForInitialMetadata();  // subscribed from here on
  }
  ~Subscriber() {
    context_.TryCancel();
    v1::Event event;
    while (reader_->Read(&event)) {
    }
    static_cast<void>(reader_->Finish());
  }
  // Reads until one is of this kind.
  v1::Event Next(v1::Event::WhatCase kind) {
    v1::Event event;
    while (reader_->Read(&event)) {
      if (event.what_case() == kind) return event;
    }
    return {};
  }
  bool Read(v1::Event* event) { return reader_->Read(event); }

 private:
  std::unique_ptr<v1::DaemonService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::Event>> reader_;
};

TEST_CASE("Subscribe: a runner's start, death and successor are told to every subscriber") {
  const DaemonProcess daemon;
  Subscriber first(daemon.channel());
  Subscriber second(daemon.channel());
  AttachedStream stream(daemon.channel());
  REQUIRE(stream.Next().has_segment());
  const pid_t runner = daemon.runners().at(0);
  REQUIRE(::kill(runner, SIGKILL) == 0);
  for (Subscriber* subscriber : {&first, &second}) {
    CHECK(subscriber->Next(v1::Event::kRunnerStarted).runner_started().pid() == runner);
    const v1::Event ready = subscriber->Next(v1::Event::kStreamChanged);
    CHECK(ready.stream_changed().stream().stream_id() == stream.id());
    CHECK(ready.time_ms() > 1'600'000'000'000);
    CHECK(ready.missed() == 0);
    const v1::Event ended = subscriber->Next(v1::Event::kRunnerEnded);
    CHECK(ended.runner_ended().pid() == runner);
    CHECK_FALSE(ended.runner_ended().asked());
    CHECK_THAT(ended.runner_ended().reason(), Contains("signal 9 (Killed)"));
    const pid_t successor = subscriber->Next(v1::Event::kRunnerStarted).runner_started().pid();
    CHECK(successor != 0);
    CHECK(successor != runner);
  }
}

TEST_CASE("Subscribe: a stream's opening and closing are told") {
  const DaemonProcess daemon;
  Subscriber subscriber(daemon.channel());
  const auto stub = v1::StreamService::NewStub(daemon.channel());
  v1::OpenStreamResponse opened;
  REQUIRE(Call(&v1::StreamService::Stub::OpenStream, *stub, GoodStream(), &opened).ok());
  const v1::StreamChanged first = subscriber.Next(v1::Event::kStreamChanged).stream_changed();
  CHECK(first.stream().state() == "opening");
  CHECK_FALSE(first.closed());
  v1::CloseStreamRequest close;
  close.set_stream_id(opened.stream_id());
  v1::CloseStreamResponse closed;
  REQUIRE(Call(&v1::StreamService::Stub::CloseStream, *stub, close, &closed).ok());
  CHECK(subscriber.Next(v1::Event::kStreamChanged).stream_changed().closed());
}

TEST_CASE("Subscribe: one too slow to read loses the oldest events and is told how many") {
  const DaemonProcess daemon;
  // Little room between the two, so that a reader who does not read holds the daemon up soon.
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 1024);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  Subscriber slow(grpc::CreateCustomChannel("unix:" + daemon.socket_path(),
                                            grpc::InsecureChannelCredentials(), arguments));
  const auto stub = v1::StreamService::NewStub(daemon.channel());
  constexpr int kStreams = 3000;  // each opened and closed: two events
  for (int i = 0; i < kStreams; ++i) {
    v1::OpenStreamResponse opened;
    REQUIRE(Call(&v1::StreamService::Stub::OpenStream, *stub, GoodStream(), &opened).ok());
    v1::CloseStreamRequest close;
    close.set_stream_id(opened.stream_id());
    v1::CloseStreamResponse closed;
    REQUIRE(Call(&v1::StreamService::Stub::CloseStream, *stub, close, &closed).ok());
  }
  int read = 0;
  int missed = 0;
  v1::Event event;
  while (read + missed < 2 * kStreams && slow.Read(&event)) {
    ++read;
    missed += static_cast<int>(event.missed());
  }
  CHECK(read + missed == 2 * kStreams);  // none is lost without being counted
  CHECK(missed > 0);
  // The last one is the newest there was.
  CHECK(event.stream_changed().stream().stream_id() == kStreams);
  CHECK(event.stream_changed().closed());
}

}  // namespace
}  // namespace continuo::test
