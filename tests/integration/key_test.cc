// SPDX-License-Identifier: Apache-2.0
// One stream is the key of another, through a real daemon, runner and compressor.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <csignal>
#include <memory>
#include <vector>

#include "continuo/v1/key_service.grpc.pb.h"
#include "shared/client/link_query.h"
#include "shared/client/stream.h"
#include "tests/integration/daemon_process.h"
#include "tests/integration/daemon_stream.h"
#include "tests/unit/scoped_environment.h"

namespace continuo::test {
namespace {

constexpr std::uint32_t kFrames = 256;
constexpr std::uint32_t kRateHz = 48000;

DaemonOptions WithShippedModels() {
  DaemonOptions options;
  options.environment["CONTINUO_MODEL_PATH"] = CONTINUO_MODEL_SOURCE_DIR;
  return options;
}

// A compressor that works hard, exporting: each block is waited for. Or no model, to send a key.
class Member {
 public:
  Member(const DaemonProcess& daemon, const std::string& send, const std::string& take,
         const std::string& model = "opto") {
    client::StreamConfig config;
    config.model_id = model;
    config.sample_rate_hz = kRateHz;
    config.maximum_block_frames = kFrames;
    config.parameters = {{"reduction", 10.0F}};
    config.socket_path = daemon.socket_path();
    config.autostart = false;
    config.send_key = send;
    config.take_key = take;
    config.key_channels = take.empty() ? 0 : 2;
    stream = std::make_unique<client::Stream>(config);
    REQUIRE(stream->WaitUntilSettled(20));
    INFO(stream->snapshot().words);
    REQUIRE(stream->snapshot().connection ==
            (model.empty() ? client::Connection::kIdle : client::Connection::kConnected));
  }
  // A tone of this peak in one period; both channels' output is appended.
  void Play(std::uint64_t period, float peak) {
    std::vector<float> left(kFrames);
    for (std::uint32_t i = 0; i < kFrames; ++i) {
      const double t = static_cast<double>(period * kFrames + i) / kRateHz;
      left[i] = peak * static_cast<float>(std::sin(6.283185307179586 * 375 * t));
    }
    std::vector<float> right = left;
    float* const rows[] = {left.data(), right.data()};
    client::BlockContext context;
    context.offline = true;
    context.period = period;
    stream->Process(rows, rows, kFrames, context);
    output.insert(output.end(), left.begin(), left.end());
    output.insert(output.end(), right.begin(), right.end());
  }
  // Of the last period.
  [[nodiscard]] float Peak() const {
    return *std::max_element(output.end() - kFrames, output.end());
  }

  std::unique_ptr<client::Stream> stream;
  std::vector<float> output;
};

constexpr std::uint64_t kOn = 100, kEnd = 200;  // periods: the key is loud in [kOn, kEnd)

// The pad beside a kick, in whatever order they are called.
std::vector<float> Duck(Member* kick, Member* pad, bool kick_first, float* before, float* after) {
  for (std::uint64_t period = 1; period < kEnd; ++period) {
    const float key = period < kOn ? 0.0F : 0.9F;
    if (kick_first) kick->Play(period, key);
    pad->Play(period, 0.05F);
    if (!kick_first) kick->Play(period, key);
    if (period == kOn - 1) *before = pad->Peak();
  }
  *after = pad->Peak();
  return pad->output;
}

// Played on until the pad is turned down: what has taken its place has heard nothing yet.
bool DucksAgain(Member* kick, Member* pad, float before) {
  std::uint64_t period = kEnd;
  return Eventually([&] {
    for (int i = 0; i < 50; ++i, ++period) {
      kick->Play(period, 0.9F);
      pad->Play(period, 0.05F);
    }
    return pad->Peak() < 0.5F * before;
  });
}

TEST_CASE("key: a loud key turns a quiet sound down, the same in every run and order") {
  const DaemonProcess daemon(WithShippedModels());
  std::vector<float> first;
  for (const bool kick_first : {true, false}) {
    Member kick(daemon, "kick", "");
    Member pad(daemon, "", "kick");
    float before = 0, after = 0;
    const std::vector<float> sound = Duck(&kick, &pad, kick_first, &before, &after);
    INFO("the pad's peak goes from " << before << " to " << after);
    CHECK(before > 0.045F);
    CHECK(after < 0.5F * before);
    // One period late: that of the key's first block has the gain of before.
    const auto* const turned = sound.data() + std::size_t{2} * kFrames * (kOn - 1);
    CHECK(*std::max_element(turned, turned + kFrames) > 0.999F * before);
    CHECK(*std::max_element(turned + std::size_t{2} * kFrames, turned + std::size_t{3} * kFrames) <
          0.999F * before);
    if (first.empty()) first = sound;
    CHECK(sound == first);
  }
}

TEST_CASE("key: the same sound without a key is not turned down by it") {
  const DaemonProcess daemon(WithShippedModels());
  Member kick(daemon, "kick", "");
  Member pad(daemon, "", "");
  float before = 0, after = 0;
  Duck(&kick, &pad, true, &before, &after);
  CHECK(after > 0.9F * before);
}

TEST_CASE(
    "key: after the daemon was killed the key is heard again, and nothing is left in memory") {
  DaemonProcess daemon(WithShippedModels());
  Member kick(daemon, "kick", "");
  Member pad(daemon, "", "kick");
  float before = 0, after = 0;
  Duck(&kick, &pad, true, &before, &after);
  REQUIRE(after < 0.5F * before);
  CHECK(daemon.End(SIGKILL).signal == SIGKILL);
  REQUIRE(Eventually([&] {
    return kick.stream->snapshot().connection == client::Connection::kConnecting &&
           pad.stream->snapshot().connection == client::Connection::kConnecting;
  }));
  daemon.Start();
  REQUIRE(Eventually([&] {
    const auto stub = v1::DaemonService::NewStub(daemon.channel());
    v1::GetStatusResponse status;
    const bool told =
        Call(&v1::DaemonService::Stub::GetStatus, *stub, v1::GetStatusRequest(), &status).ok();
    return told && status.streams_size() == 2 &&
           std::all_of(status.streams().begin(), status.streams().end(), [](const auto& stream) {
             return stream.state() == "ready" && stream.sends_key() != stream.takes_key();
           });
  }));
  CHECK(DucksAgain(&kick, &pad, before));
  kick.stream.reset();
  pad.stream.reset();
  CHECK(Eventually([&] { return daemon.segments().empty(); }));
}

TEST_CASE("key: a sender without a model is heard as one with a model is, and lets its sound by") {
  DaemonProcess daemon(WithShippedModels());
  float before = 0, after = 0;
  std::vector<float> by_model, by_itself;
  {
    Member kick(daemon, "kick", ""), pad(daemon, "", "kick");
    by_model = Duck(&kick, &pad, true, &before, &after);
  }
  Member kick(daemon, "kick", "", ""), pad(daemon, "", "kick");
  by_itself = Duck(&kick, &pad, true, &before, &after);
  CHECK(after < 0.5F * before);
  CHECK(by_itself == by_model);
  // What it was given: a tone of this peak.
  CHECK(kick.Peak() == Approx(0.9F).margin(0.01));
  CHECK(kick.stream->snapshot().words == "no model chosen; sends the key 'kick'");
  CHECK(daemon.segments().size() == 1);  // the bus; the streams' segments have no name any more

  // Its daemon dies, and the next one makes it a bus again.
  CHECK(daemon.End(SIGKILL).signal == SIGKILL);
  daemon.Start();
  CHECK(DucksAgain(&kick, &pad, before));
  kick.stream.reset();
  CHECK(Eventually([&] { return daemon.segments().empty(); }));
}

TEST_CASE("key: senders are listed by name, and one without a model has the bus after a stream") {
  const DaemonProcess daemon(WithShippedModels());
  const auto stub = v1::KeyService::NewStub(daemon.channel());
  const auto list = [&] {
    v1::ListKeysResponse keys;
    REQUIRE(Call(&v1::KeyService::Stub::ListKeys, *stub, v1::ListKeysRequest(), &keys).ok());
    return keys;
  };
  CHECK(list().senders().empty());
  auto stream = std::make_unique<Member>(daemon, "kick", "");
  Member alone(daemon, "kick", "", "");
  Member other(daemon, "bass", "", "");
  const auto words = [](const Member& member) { return member.stream->snapshot().words; };
  REQUIRE(Eventually([&] { return list().senders_size() == 3; }));
  CHECK(Eventually(
      [&] { return words(alone) == "no model chosen; another one sends the key 'kick'"; }));
  const v1::ListKeysResponse keys = list();
  const auto is = [](const v1::KeySender& sender, const char* name, bool has_stream, bool heard) {
    return sender.name() == name && (sender.stream_id() != 0) == has_stream &&
           sender.heard() == heard && sender.client_name() == "continuo client";
  };
  const ScopedEnvironment environment("CONTINUO_SOCKET", daemon.socket_path());
  CHECK(client::LinkQuery("test").Run().buses == std::vector<std::string>{"bass", "kick"});
  CHECK(is(keys.senders(0), "bass", false, true));
  CHECK(is(keys.senders(1), "kick", true, true));
  CHECK(is(keys.senders(2), "kick", false, false));
  stream.reset();
  CHECK(Eventually([&] { return words(alone) == "no model chosen; sends the key 'kick'"; }));
  REQUIRE(list().senders_size() == 2);
  CHECK(is(list().senders(1), "kick", false, true));
}

TEST_CASE("key: a sender is refused with the field named, and a good one comes after it") {
  const DaemonProcess daemon;
  const auto stub = v1::KeyService::NewStub(daemon.channel());
  const auto send = [&](const auto& change) {
    v1::SendKeyRequest request;
    request.set_name("kick");
    request.set_sample_rate_hz(kRateHz);
    request.set_channels(2);
    request.set_maximum_block_frames(kFrames);
    change(&request);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    const auto call = stub->SendKey(&context, request);
    v1::KeyBuses buses;
    if (!call->Read(&buses)) return call->Finish().error_message();
    CHECK_FALSE(buses.send().empty());
    context.TryCancel();
    static_cast<void>(call->Finish());
    return std::string();
  };
  CHECK_THAT(send([](auto* r) { r->set_name(""); }), Catch::Contains("name"));
  CHECK_THAT(send([](auto* r) { r->set_name(std::string(65, 'x')); }), Catch::Contains("name"));
  CHECK_THAT(send([](auto* r) { r->set_name("a\nb"); }), Catch::Contains("name"));
  CHECK_THAT(send([](auto* r) { r->set_channels(0); }), Catch::Contains("channels is 0"));
  CHECK_THAT(send([](auto* r) { r->set_channels(9); }), Catch::Contains("channels is 9"));
  CHECK_THAT(send([](auto* r) { r->set_sample_rate_hz(7999); }), Catch::Contains("sample_rate_hz"));
  CHECK_THAT(send([](auto* r) { r->set_maximum_block_frames(4097); }),
             Catch::Contains("maximum_block_frames"));
  CHECK_THAT(send([](auto* r) { r->set_client_name(std::string(129, 'x')); }),
             Catch::Contains("client_name"));
  CHECK(send([](auto*) {}).empty());
  CHECK(Eventually([&] { return daemon.segments().empty(); }));
}

TEST_CASE("key: two of one name, one has the bus, and the other after it") {
  const DaemonProcess daemon(WithShippedModels());
  auto first = std::make_unique<Member>(daemon, "kick", "");
  Member second(daemon, "kick", "");
  Member pad(daemon, "", "kick");
  const auto ducks = [&](Member* loud) {
    static std::uint64_t period = 1;
    const auto until = period + 300;
    for (; period < until; ++period) {
      loud->Play(period, 0.9F);
      pad.Play(period, 0.05F);
    }
    return pad.Peak() < 0.025F;
  };
  CHECK(ducks(first.get()));
  first.reset();
  CHECK(Eventually([&] { return ducks(&second); }));
}

}  // namespace
}  // namespace continuo::test
