// SPDX-License-Identifier: Apache-2.0
// Both rings between honest ends.
#include <catch2/catch.hpp>
#include <vector>

#include "shared/ipc/block_ring.h"
#include "tests/unit/rows.h"
#include "tests/unit/segment_pair.h"

namespace continuo::ipc {
namespace {

using test::Rows;
using test::SegmentPair;

// Ends of one segment whose rings begin at `first`.
struct Ends {
  Ends(std::uint32_t channels, std::uint32_t maximum_frames, std::uint32_t first = 0)
      : pair(channels, maximum_frames),
        in(channels, maximum_frames),
        out(channels, maximum_frames),
        producer(*pair.client, first),
        consumer(*pair.runner, 4, first),
        answers(*pair.runner, first),
        results(*pair.client, first) {
    pair.client->client().input_write.store(first);
    pair.client->client().output_read.store(first);
    pair.runner->runner().input_read.store(first);
    pair.runner->runner().output_write.store(first);
    for (std::uint32_t channel = 0; channel < channels; ++channel)
      storage.audio[channel] = out[channel];
  }

  // One block whose samples tell block, channel and frame.
  bool Send(std::uint32_t frames) {
    for (std::uint32_t channel = 0; channel < pair.client->geometry().channels; ++channel) {
      for (std::uint32_t i = 0; i < frames; ++i) in[channel][i] = Sample(sequence, channel, i);
    }
    InputView view;
    view.block.sequence = sequence;
    view.block.position = 1000 * sequence;
    view.block.frames = frames;
    view.audio = in.From();
    if (!producer.TryWrite(view)) return false;
    ++sequence;
    return true;
  }
  bool Received(std::uint64_t number, std::uint32_t frames) {
    if (consumer.ReadUntrusted(&storage) != ReadResult::kRead) return false;
    bool same = storage.block.sequence == number && storage.block.position == 1000 * number &&
                storage.block.frames == frames;
    for (std::uint32_t channel = 0; channel < pair.client->geometry().channels; ++channel) {
      for (std::uint32_t i = 0; i < frames; ++i) {
        same = same && out[channel][i] == Sample(number, channel, i);
      }
    }
    return same;
  }
  static float Sample(std::uint64_t number, std::uint32_t channel, std::uint32_t frame) {
    return static_cast<float>(number % 997) + 10000.0F * static_cast<float>(channel) +
           static_cast<float>(frame) / 4096.0F;
  }

  SegmentPair pair;
  Rows in, out;
  InputProducer producer;
  InputConsumer consumer;
  OutputProducer answers;
  OutputConsumer results;
  InputStorage storage{};
  std::uint64_t sequence = 0;
};

TEST_CASE("InputRing: a block arrives as it was sent, at every length") {
  const std::uint32_t frames = GENERATE(1U, 63U, 64U, 65U, 256U, 441U, 1024U);
  const std::uint32_t channels = GENERATE(1U, 2U, kMaxChannels);
  Ends ends(channels, 1024);
  for (std::uint64_t i = 0; i < 3 * kSlots; ++i) {
    REQUIRE(ends.Send(frames));
    REQUIRE(ends.Received(i, frames));
  }
  CHECK(ends.consumer.ReadUntrusted(&ends.storage) == ReadResult::kEmpty);
}

TEST_CASE("InputRing: a full ring refuses a block and keeps its content in order") {
  Ends ends(2, 64);
  for (std::uint32_t i = 0; i < kSlots; ++i) REQUIRE(ends.Send(1 + i));
  CHECK_FALSE(ends.Send(64));
  CHECK(ends.producer.violations() == 0);
  for (std::uint32_t i = 0; i < kSlots; ++i) CHECK(ends.Received(i, 1 + i));
  CHECK(ends.consumer.ReadUntrusted(&ends.storage) == ReadResult::kEmpty);
  CHECK(ends.Send(64));
  CHECK(ends.Received(kSlots, 64));
}

TEST_CASE("InputRing: indices wrap at 2^32 with blocks in the ring") {
  Ends ends(1, 64, 0xFFFFFFFF - 5);
  for (std::uint32_t i = 0; i < kSlots; ++i) REQUIRE(ends.Send(64));
  CHECK_FALSE(ends.Send(64));
  for (std::uint32_t i = 0; i < kSlots; ++i) CHECK(ends.Received(i, 64));
  CHECK(ends.consumer.ReadUntrusted(&ends.storage) == ReadResult::kEmpty);
  CHECK(ends.pair.runner->runner().input_read.load() == kSlots - 6);
}

TEST_CASE("InputRing: events arrive whole, and what is above the limit is cut off") {
  const std::size_t count = GENERATE(0, 1, 255, 256, 257);
  Ends ends(1, 1024);
  std::vector<ParameterEvent> parameters(count);
  std::vector<MidiEvent> midi(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    parameters[i] = {i, i % 4, 0.5F * static_cast<float>(i), 0};
    midi[i] = {i, 1 + i % 8, {0x90, static_cast<std::uint8_t>(i)}};
  }
  InputView view;
  view.block.frames = 1024;
  view.block.transport = {1.5, 1.0, 140.0, kTransportKnown | kTransportPlaying, 7, 8};
  view.audio = ends.in.From();
  view.parameter_events = parameters;
  view.midi_events = midi;
  REQUIRE(ends.producer.TryWrite(view));
  REQUIRE(ends.consumer.ReadUntrusted(&ends.storage) == ReadResult::kRead);
  const std::size_t kept = std::min<std::size_t>(count, 256);
  REQUIRE(ends.storage.block.parameter_event_count == kept);
  REQUIRE(ends.storage.block.midi_event_count == kept);
  CHECK(ends.storage.block.transport.tempo_bpm == 140.0);
  CHECK(ends.storage.block.transport.signature_numerator == 7);
  for (std::uint32_t i = 0; i < kept; ++i) {
    CHECK(ends.storage.parameter_events[i].frame == i);
    CHECK(ends.storage.parameter_events[i].value == 0.5F * static_cast<float>(i));
    CHECK(ends.storage.midi_events[i].size == 1 + i % 8);
    CHECK(ends.storage.midi_events[i].data[1] == static_cast<std::uint8_t>(i));
  }
}

TEST_CASE("OutputRing: results arrive as they were sent, at every length") {
  const std::uint32_t frames = GENERATE(1U, 63U, 64U, 65U, 256U, 441U, 1024U);
  Ends ends(2, 1024);
  for (std::uint32_t number = 0; number < 3 * kSlots; ++number) {
    for (std::uint32_t i = 0; i < frames; ++i) ends.in[1][i] = Ends::Sample(number, 1, i);
    OutputBlock sent{};
    sent.sequence = number;
    sent.position = 77 + number;
    sent.frames = frames;
    REQUIRE(ends.answers.TryWrite(sent, ends.in.From()));
    OutputBlock got{};
    REQUIRE(ends.results.ReadUntrusted(&got, ends.out.From()) == ReadResult::kRead);
    CHECK(got.sequence == number);
    CHECK(got.position == 77 + number);
    CHECK(got.frames == frames);
    CHECK(ends.out[1][frames - 1] == Ends::Sample(number, 1, frames - 1));
  }
}

TEST_CASE(
    "OutputRing: a full ring refuses a result and keeps its content, also where indices wrap") {
  Ends ends(1, 64, GENERATE(0U, 0xFFFFFFFFU - 3));
  OutputBlock block{};
  block.frames = 64;
  for (std::uint32_t i = 0; i < kSlots; ++i) {
    block.sequence = i;
    REQUIRE(ends.answers.TryWrite(block, ends.in.From()));
  }
  block.sequence = 99;
  CHECK_FALSE(ends.answers.TryWrite(block, ends.in.From()));
  for (std::uint32_t i = 0; i < kSlots; ++i) {
    REQUIRE(ends.results.ReadUntrusted(&block, ends.out.From()) == ReadResult::kRead);
    CHECK(block.sequence == i);
  }
  CHECK(ends.results.ReadUntrusted(&block, ends.out.From()) == ReadResult::kEmpty);
}

}  // namespace
}  // namespace continuo::ipc
