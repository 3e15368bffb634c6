// SPDX-License-Identifier: Apache-2.0
// From the client's segment through a real runner to the model: notes, position, channels, wake.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "shared/ipc/block_ring.h"
#include "shared/ipc/segment.h"
#include "shared/ipc/wakeup.h"
#include "tests/integration/daemon_process.h"
#include "tests/integration/daemon_stream.h"

namespace continuo::test {
namespace {

constexpr std::uint32_t kFrames = 256;  // the model takes 100 at most
constexpr std::uint32_t kLatency = 37;

v1::OpenStreamRequest Request(const std::string& model, std::uint32_t rate = 48000) {
  v1::OpenStreamRequest request = GoodStream();
  request.set_model_id(model);
  request.set_sample_rate_hz(rate);
  return request;
}

class Player {
 public:
  Player(const DaemonProcess& daemon, const v1::OpenStreamRequest& request)
      : attached(daemon.channel(), request), audio_(4 * kFrames) {
    REQUIRE(attached.status().error_message() == "");
    const v1::StreamEvent event = attached.Next();
    INFO(event.ShortDebugString());
    REQUIRE(event.has_segment());
    offer = event.segment();
    REQUIRE(ipc::Segment::Open(offer.name(), &segment_) == ipc::SegmentError::kNone);
    attached.Confirm(offer.generation());
    input_ = std::make_unique<ipc::InputProducer>(*segment_);
    output_ = std::make_unique<ipc::OutputConsumer>(*segment_);
  }
  // A block in which the channels have these constant values; its answer is added to `left`,
  // `right`.
  void Play(float left_in, float right_in, const std::vector<ipc::MidiEvent>& midi = {},
            const ipc::Transport& transport = {}) {
    float* rows[] = {audio_.data(), audio_.data() + kFrames};
    float* const answer[] = {rows[1] + kFrames, rows[1] + 2 * kFrames};
    std::fill_n(rows[0], kFrames, left_in);
    std::fill_n(rows[1], kFrames, right_in);
    ipc::InputView view;
    view.block.sequence = sequence_;
    view.block.position = kFrames * sequence_++;
    view.block.frames = kFrames;
    view.block.transport = transport;
    view.block.sent_ns = ipc::MonotonicNs();
    view.audio = rows;
    view.midi_events = midi;
    REQUIRE(input_->TryWrite(view));
    ipc::Notify(segment_->input_signal());
    ipc::OutputBlock block;
    REQUIRE(Eventually(
        [&] { return output_->ReadUntrusted(&block, answer) == ipc::ReadResult::kRead; }));
    left.insert(left.end(), answer[0], answer[0] + kFrames);
    right.insert(right.end(), answer[1], answer[1] + kFrames);
  }

  AttachedStream attached;
  v1::SegmentOffered offer;
  std::vector<float> left, right;

 private:
  std::unique_ptr<ipc::Segment> segment_;
  std::unique_ptr<ipc::InputProducer> input_;
  std::unique_ptr<ipc::OutputConsumer> output_;
  std::vector<float> audio_;
  std::uint64_t sequence_ = 0;
};

ipc::MidiEvent NoteOn(std::uint32_t frame) { return {frame, 3, {0x90, 60, 127, 0, 0, 0, 0, 0}}; }

TEST_CASE("stream: a note sounds at its frame, through blocks that the model has to cut") {
  const DaemonProcess daemon;
  Player player(daemon, Request("fake-events"));
  CHECK(player.offer.latency_frames() == kLatency);
  const std::vector<std::uint32_t> frames = {0, 1, 99, 100, 101, 199, 200, 255};
  std::vector<ipc::MidiEvent> midi;
  for (const std::uint32_t frame : frames) midi.push_back(NoteOn(frame));
  player.Play(0, 0);
  player.Play(0, 0, midi);
  player.Play(0, 0);
  for (std::uint32_t i = 0; i < player.left.size(); ++i) {
    const bool there = std::any_of(frames.begin(), frames.end(), [i](std::uint32_t frame) {
      return i == kFrames + frame + kLatency;
    });
    REQUIRE(player.left[i] == (there ? 1.0F : 0.0F));
    REQUIRE(player.right[i] == player.left[i]);
  }
}

TEST_CASE("stream: through resampling a note sounds where the stated latency says") {
  const DaemonProcess daemon;
  const std::uint32_t rate = GENERATE(44100U, 88200U);
  Player player(daemon, Request("fake-events", rate));
  player.Play(0, 0);
  player.Play(0, 0, {NoteOn(77)});
  for (int block = 0; block < 6; ++block) player.Play(0, 0);
  const auto peak = std::max_element(player.left.begin(), player.left.end()) - player.left.begin();
  const auto wanted = static_cast<std::ptrdiff_t>(kFrames + 77 + player.offer.latency_frames());
  CHECK(std::abs(peak - wanted) <= (rate > 48000 ? 2 : 1));
}

TEST_CASE("stream: the model knows where the song is, and of a jump at once") {
  const DaemonProcess daemon;
  v1::OpenStreamRequest request = Request("fake-events");
  (*request.mutable_parameters())["position"] = 1;
  Player player(daemon, request);
  const std::uint32_t playing = ipc::kTransportKnown | ipc::kTransportPlaying;
  const double block_quarters = kFrames * 2.0 / 48000;  // at 120 bpm
  const std::vector<ipc::Transport> blocks = {{8, 8, 120, playing, 4, 4},
                                              {8 + block_quarters, 8, 120, playing, 4, 4},
                                              {64, 64, 120, playing, 4, 4},
                                              {64, 64, 120, ipc::kTransportKnown, 4, 4},
                                              {0, 0, 120, 0, 4, 4}};
  for (const ipc::Transport& transport : blocks) player.Play(0, 0, {}, transport);
  player.Play(0, 0);
  for (std::uint32_t i = 0; i < blocks.size() * kFrames; ++i) {
    const ipc::Transport& transport = blocks[i / kFrames];
    const bool moves = (transport.flags & ipc::kTransportPlaying) != 0;
    const double quarters = transport.position_quarters + (moves ? i % kFrames * 2.0 / 48000 : 0.0);
    const double wanted = transport.flags == 0 ? 1.0 : 0.001 * quarters;
    REQUIRE(player.left[i + kLatency] == Approx(wanted).margin(1e-7));
  }
}

TEST_CASE("stream: a mono model has each channel to itself, or the mean of them once") {
  const DaemonProcess daemon;
  v1::OpenStreamRequest request = Request("fake-gain");
  Player each(daemon, request);
  each.Play(0.25F, 0.75F);
  CHECK(each.left.back() == 0.25F);
  CHECK(each.right.back() == 0.75F);
  request.set_channel_mode(v1::CHANNEL_MODE_MID);
  Player mid(daemon, request);
  mid.Play(0.25F, 0.75F);
  CHECK(mid.left.back() == 0.5F);
  CHECK(mid.right.back() == 0.5F);
}

TEST_CASE("stream: a channel mode or way of waking that there is not is refused by its number") {
  const DaemonProcess daemon;
  v1::OpenStreamRequest request = Request("fake-gain");
  request.set_channel_mode(static_cast<v1::ChannelMode>(9));
  const AttachedStream channels(daemon.channel(), request);
  CHECK(channels.status().error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(channels.status().error_message() == "channel_mode is 9, outside 0 to 2");
  request = Request("fake-gain");
  request.set_wake(static_cast<v1::WakeMode>(7));
  const AttachedStream wake(daemon.channel(), request);
  CHECK(wake.status().error_message() == "wake is 7, outside 0 to 3");
}

TEST_CASE("stream: how a stream waits is the configuration's word, or its own, and is told") {
  DaemonOptions options;
  options.configuration = "[runner]\nwake = \"sleep\"\n";
  const DaemonProcess daemon(options);
  const auto words = [](Player& player) {
    v1::GetStatisticsRequest request;
    request.set_stream_id(player.attached.id());
    v1::GetStatisticsResponse response;
    REQUIRE(
        Call(&v1::StreamService::Stub::GetStatistics, player.attached.stub(), request, &response)
            .ok());
    return response.scheduling();
  };
  Player configured(daemon, Request("fake-gain"));
  v1::OpenStreamRequest request = Request("fake-gain");
  request.set_wake(v1::WAKE_MODE_AUTO);
  Player own(daemon, request);
  CHECK(Eventually([&] { return words(configured).find("(as asked)") != std::string::npos; }));
  CHECK(Eventually([&] { return words(own).find("(auto: ") != std::string::npos; }));
  CHECK(words(own).find("SCHED_") == 0);
}

}  // namespace
}  // namespace continuo::test
