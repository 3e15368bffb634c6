// SPDX-License-Identifier: Apache-2.0
// Streams that share their parameters, through a real daemon and runner.
#include <catch2/catch.hpp>
#include <cmath>
#include <csignal>
#include <memory>

#include "shared/client/stream.h"
#include "tests/integration/daemon_process.h"
#include "tests/integration/daemon_stream.h"

namespace continuo::test {
namespace {

constexpr std::uint32_t kGain = 0;  // of fake-gain, 0 to 4
constexpr std::uint32_t kFrames = 64;

// A stream, and the block that a host would play through it.
class Member {
 public:
  Member(const DaemonProcess& daemon, const std::string& group, float gain,
         const std::string& model = "fake-gain") {
    client::StreamConfig config;
    config.model_id = model;
    config.channels = 1;
    config.maximum_block_frames = kFrames;
    config.parameters = {{"gain", gain}};
    config.socket_path = daemon.socket_path();
    config.autostart = false;
    config.link_group = group;
    stream = std::make_unique<client::Stream>(config);
    REQUIRE(stream->WaitUntilSettled(20));
    INFO(stream->snapshot().words);
    REQUIRE(stream->snapshot().connection == client::Connection::kConnected);
  }
  [[nodiscard]] float gain() const {
    float value = -1;
    static_cast<void>(stream->GetParameter(kGain, &value));
    return value;
  }
  // What comes out of a sound of 0.25.
  float Play(bool offline) {
    float audio[kFrames];
    for (float& sample : audio) sample = 0.25F;
    float* const rows[] = {audio};
    client::BlockContext context;
    context.offline = offline;
    stream->Process(rows, rows, kFrames, context);
    return audio[kFrames - 1];
  }
  [[nodiscard]] bool Reaches(float value) const {
    return Eventually([&] { return gain() == value; });
  }

  std::unique_ptr<client::Stream> stream;
};

// The group of each stream, as the daemon lists them.
std::vector<std::string> Groups(const DaemonProcess& daemon) {
  const auto stub = v1::DaemonService::NewStub(daemon.channel());
  v1::GetStatusResponse status;
  REQUIRE(Call(&v1::DaemonService::Stub::GetStatus, *stub, v1::GetStatusRequest(), &status).ok());
  std::vector<std::string> groups;
  for (const v1::StreamStatus& stream : status.streams()) groups.push_back(stream.link_group());
  return groups;
}

bool AreIn(const DaemonProcess& daemon, const std::vector<std::string>& groups) {
  return Eventually([&] { return Groups(daemon) == groups; });
}

grpc::Status SetGain(const DaemonProcess& daemon, const Member& member, float value) {
  v1::SetParametersRequest request;
  request.set_stream_id(member.stream->snapshot().stream_id);
  (*request.mutable_values())["gain"] = value;
  v1::SetParametersResponse response;
  const auto stub = v1::StreamService::NewStub(daemon.channel());
  return Call(&v1::StreamService::Stub::SetParameters, *stub, request, &response);
}

grpc::Status AskLink(const DaemonProcess& daemon, std::uint64_t stream_id,
                     const std::string& group) {
  v1::SetLinkRequest request;
  request.set_stream_id(stream_id);
  request.set_group(group);
  v1::SetLinkResponse response;
  const auto stub = v1::StreamService::NewStub(daemon.channel());
  return Call(&v1::StreamService::Stub::SetLink, *stub, request, &response);
}

TEST_CASE("link: who joins takes the group's values, and each turn is heard in all") {
  const DaemonProcess daemon;
  Member first(daemon, "drums", 3.0F);
  REQUIRE(AreIn(daemon, {"drums"}));
  Member second(daemon, "drums", 0.5F);
  CHECK(second.Reaches(3.0F));
  CHECK(first.gain() == 3.0F);
  second.stream->SetParameter(kGain, 2.0F);
  CHECK(first.Reaches(2.0F));
  first.stream->SetParameter("gain", 4.0F);
  CHECK(second.Reaches(4.0F));
  // In the sound, not on the board alone.
  CHECK(Eventually([&] { return second.Play(false) == 1.0F; }));
  CHECK(Eventually([&] { return first.Play(false) == 1.0F; }));
}

TEST_CASE("link: a script that sets one sets all") {
  const DaemonProcess daemon;
  Member first(daemon, "drums", 1.0F);
  Member second(daemon, "drums", 1.0F);
  REQUIRE(AreIn(daemon, {"drums", "drums"}));
  REQUIRE(SetGain(daemon, second, 2.5F).ok());
  CHECK(first.Reaches(2.5F));
  CHECK(second.Reaches(2.5F));
}

TEST_CASE("link: other groups, other models and single streams are left alone") {
  const DaemonProcess daemon;
  Member first(daemon, "drums", 1.0F);
  Member same(daemon, "drums", 1.0F);
  Member other_group(daemon, "bass", 0.5F);
  Member other_model(daemon, "drums", 0.5F, "fake-delay");
  Member single(daemon, "", 0.5F);
  REQUIRE(AreIn(daemon, {"drums", "drums", "bass", "drums", ""}));
  first.stream->SetParameter(kGain, 2.0F);
  REQUIRE(same.Reaches(2.0F));
  CHECK(other_group.gain() == 0.5F);
  CHECK(other_model.gain() == 0.5F);
  CHECK(single.gain() == 0.5F);
}

TEST_CASE("link: of two that turn the same knob at once both end with one value") {
  const DaemonProcess daemon;
  Member first(daemon, "drums", 1.0F);
  Member second(daemon, "drums", 1.0F);
  REQUIRE(AreIn(daemon, {"drums", "drums"}));
  for (int i = 1; i <= 100; ++i) {
    first.stream->SetParameter(kGain, 0.01F * static_cast<float>(i));
    second.stream->SetParameter(kGain, 2.0F + 0.01F * static_cast<float>(i));
    SleepBriefly();
  }
  CHECK(Eventually([&] {
    const float gain = first.gain();
    return gain == second.gain() && (gain == 1.0F || gain == 3.0F);
  }));
  // Nothing goes round: a later turn is the last word.
  first.stream->SetParameter(kGain, 0.125F);
  REQUIRE(second.Reaches(0.125F));
  CHECK(first.gain() == 0.125F);
}

TEST_CASE("link: after the daemon was killed all are in again, with what was turned meanwhile") {
  DaemonProcess daemon;
  Member first(daemon, "drums", 3.0F);
  Member second(daemon, "drums", 0.5F);
  REQUIRE(second.Reaches(3.0F));
  CHECK(daemon.End(SIGKILL).signal == SIGKILL);
  REQUIRE(Eventually([&] {
    return first.stream->snapshot().connection == client::Connection::kConnecting &&
           second.stream->snapshot().connection == client::Connection::kConnecting;
  }));
  second.stream->SetParameter(kGain, 2.0F);
  daemon.Start();
  REQUIRE(AreIn(daemon, {"drums", "drums"}));
  CHECK(first.Reaches(2.0F));
  CHECK(second.gain() == 2.0F);
}

TEST_CASE("link: an export neither tells nor takes, and joins again afterwards") {
  const DaemonProcess daemon;
  Member first(daemon, "drums", 1.0F);
  Member second(daemon, "drums", 1.0F);
  REQUIRE(AreIn(daemon, {"drums", "drums"}));
  CHECK(second.Play(true) == 0.25F);
  first.stream->SetParameter(kGain, 2.0F);
  REQUIRE(AreIn(daemon, {"drums", ""}));
  CHECK(second.Play(true) == 0.25F);
  static_cast<void>(second.Play(false));
  CHECK(second.Reaches(2.0F));
}

TEST_CASE("link: somebody else can have a stream join and leave") {
  const DaemonProcess daemon;
  Member first(daemon, "drums", 3.0F);
  Member second(daemon, "", 0.5F);
  REQUIRE(AreIn(daemon, {"drums", ""}));
  const std::uint64_t id = second.stream->snapshot().stream_id;
  REQUIRE(AskLink(daemon, id, "drums").ok());
  CHECK(second.Reaches(3.0F));
  CHECK(second.stream->snapshot().link_group == "drums");
  REQUIRE(AskLink(daemon, id, "").ok());
  REQUIRE(AreIn(daemon, {"drums", ""}));
  CHECK(second.gain() == 3.0F);
}

TEST_CASE("link: a name that is no name is refused, and so is a stream that is not there") {
  const DaemonProcess daemon;
  Member member(daemon, "", 1.0F);
  const std::uint64_t id = member.stream->snapshot().stream_id;
  CHECK(AskLink(daemon, id, std::string(65, 'x')).error_message() ==
        "group has 65 bytes, the limit is 64");
  CHECK(AskLink(daemon, id, "a\nb").error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(AskLink(daemon, id + 1, "drums").error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(AskLink(daemon, id, "Kick & Bass \xC3\xBC").ok());
  CHECK(AreIn(daemon, {"Kick & Bass \xC3\xBC"}));
}

TEST_CASE("link: a client that says what cannot be ends its own stream alone") {
  const DaemonProcess daemon;
  Member good(daemon, "drums", 1.0F);
  REQUIRE(AreIn(daemon, {"drums"}));
  AttachedStream bad(daemon.channel());
  v1::AttachStreamRequest request;
  SECTION("a parameter that there is not") {
    request.mutable_join_link()->set_group("drums");
    (*request.mutable_join_link()->mutable_parameters())["loudness"] = 1;
  }
  SECTION("a value that is no number") {
    request.mutable_parameter_turned()->set_id("gain");
    request.mutable_parameter_turned()->set_value(NAN);
  }
  SECTION("a name of control characters") { request.mutable_join_link()->set_group("\x01\x02"); }
  bad.call().Write(request);
  CHECK(bad.Finish().error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  REQUIRE(AreIn(daemon, {"drums"}));
  CHECK(SetGain(daemon, good, 2.0F).ok());
  CHECK(good.Reaches(2.0F));
}

TEST_CASE("link: a value beyond the range becomes the nearest for all") {
  const DaemonProcess daemon;
  Member good(daemon, "drums", 1.0F);
  AttachedStream raw(daemon.channel());
  v1::AttachStreamRequest request;
  request.mutable_join_link()->set_group("drums");
  REQUIRE(AreIn(daemon, {"drums", ""}));
  raw.call().Write(request);
  REQUIRE(AreIn(daemon, {"drums", "drums"}));
  v1::AttachStreamRequest turned;
  turned.mutable_parameter_turned()->set_id("gain");
  turned.mutable_parameter_turned()->set_value(1e30F);
  raw.call().Write(turned);
  CHECK(good.Reaches(4.0F));
}

}  // namespace
}  // namespace continuo::test
