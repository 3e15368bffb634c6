// SPDX-License-Identifier: Apache-2.0
// A peer can write anything: each value at its bounds and beyond is refused, the
// ring goes on, and a good block still lands. (asan preset: nothing is read outside.)
#include <catch2/catch.hpp>
#include <cstring>
#include <functional>
#include <limits>
#include <vector>

#include "shared/ipc/block_ring.h"
#include "tests/unit/rows.h"
#include "tests/unit/segment_pair.h"

namespace continuo::ipc {
namespace {

using test::Rows;
using test::SegmentPair;

constexpr std::uint32_t kFrames = 64;
constexpr std::uint32_t kParameters = 4;

struct InputSlotView {
  explicit InputSlotView(std::byte* slot)
      : block(reinterpret_cast<InputBlock*>(slot)),
        parameters(reinterpret_cast<ParameterEvent*>(slot + sizeof(InputBlock))),
        midi(reinterpret_cast<MidiEvent*>(slot + sizeof(InputBlock) +
                                          kMaxParameterEvents * sizeof(ParameterEvent))) {}
  InputBlock* block;
  ParameterEvent* parameters;
  MidiEvent* midi;
};

// The runner's reading end, and a client that writes well unless told otherwise.
struct Prey {
  Prey()
      : pair(2, kFrames),
        rows(2, kFrames),
        producer(*pair.client),
        consumer(*pair.runner, kParameters) {
    // Exactly as long as a block may be, so that a sanitizer sees a frame too many.
    for (std::uint32_t channel = 0; channel < 2; ++channel) {
      memory.emplace_back(kFrames);
      storage.audio[channel] = memory.back().data();
    }
  }
  // Writes a good block with two events of each kind, then lets `spoil` at it.
  ReadResult Exchange(const std::function<void(InputSlotView)>& spoil = nullptr) {
    const ParameterEvent parameters[] = {{0, 0, 1.0F, 0}, {kFrames - 1, kParameters - 1, -1.0F, 0}};
    const MidiEvent midi[] = {{0, 1, {0xF8}}, {kFrames - 1, 8, {}}};
    InputView view;
    view.block.sequence = sequence++;
    view.block.frames = kFrames;
    view.audio = rows.From();
    view.parameter_events = parameters;
    view.midi_events = midi;
    const std::uint32_t index = pair.client->client().input_write.load();
    CHECK(producer.TryWrite(view));
    if (spoil) spoil(InputSlotView(pair.client->InputSlot(index)));
    return consumer.ReadUntrusted(&storage);
  }

  SegmentPair pair;
  Rows rows;
  std::vector<std::vector<float>> memory;
  InputProducer producer;
  InputConsumer consumer;
  InputStorage storage{};
  std::uint64_t sequence = 0;
};

struct Attack {
  const char* what;
  std::function<void(InputSlotView)> spoil;
  bool good = false;
};

TEST_CASE(
    "InputConsumer: each value beyond its bounds is a violation, and the next good block lands") {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr std::uint32_t kMost = 0xFFFFFFFF;
  const std::vector<Attack> attacks = {
      {"frames 0", [](InputSlotView s) { s.block->frames = 0; }},
      {"frames above", [](InputSlotView s) { s.block->frames = kFrames + 1; }},
      {"frames at the limit of the layout",
       [](InputSlotView s) { s.block->frames = kMaxBlockFrames; }},
      {"frames 2^31", [](InputSlotView s) { s.block->frames = 0x80000000; }},
      {"frames most", [](InputSlotView s) { s.block->frames = kMost; }},
      {"sequence before", [](InputSlotView s) { s.block->sequence -= 1; }},
      {"sequence after", [](InputSlotView s) { s.block->sequence += 1; }},
      {"sequence most", [](InputSlotView s) { s.block->sequence = ~std::uint64_t{0}; }},
      {"events 257",
       [](InputSlotView s) { s.block->parameter_event_count = kMaxParameterEvents + 1; }},
      {"events most", [](InputSlotView s) { s.block->parameter_event_count = kMost; }},
      {"midi 257", [](InputSlotView s) { s.block->midi_event_count = kMaxMidiEvents + 1; }},
      {"midi most", [](InputSlotView s) { s.block->midi_event_count = kMost; }},
      {"event frame at the end", [](InputSlotView s) { s.parameters[1].frame = kFrames; }},
      {"event frame most", [](InputSlotView s) { s.parameters[1].frame = kMost; }},
      {"event frame going back",
       [](InputSlotView s) {
         s.parameters[0].frame = 9;
         s.parameters[1].frame = 8;
       }},
      {"event of no parameter", [](InputSlotView s) { s.parameters[1].parameter = kParameters; }},
      {"event of parameter most", [](InputSlotView s) { s.parameters[1].parameter = kMost; }},
      {"event not a number", [](InputSlotView s) { s.parameters[0].value = kNaN; }},
      {"event infinite", [](InputSlotView s) { s.parameters[0].value = kInfinity; }},
      {"event minus infinite", [](InputSlotView s) { s.parameters[1].value = -kInfinity; }},
      {"midi frame at the end", [](InputSlotView s) { s.midi[1].frame = kFrames; }},
      {"midi frame most", [](InputSlotView s) { s.midi[1].frame = kMost; }},
      {"midi frame going back",
       [](InputSlotView s) {
         s.midi[0].frame = 2;
         s.midi[1].frame = 1;
       }},
      {"midi size 0", [](InputSlotView s) { s.midi[0].size = 0; }},
      {"midi size 9", [](InputSlotView s) { s.midi[1].size = 9; }},
      {"midi size most", [](InputSlotView s) { s.midi[1].size = kMost; }},
      {"frames at the bound", [](InputSlotView s) { s.block->frames = kFrames; }, true},
      {"one frame, no events",
       [](InputSlotView s) {
         s.block->frames = 1;
         s.block->parameter_event_count = s.block->midi_event_count = 0;
       },
       true},
      {"all flags, position and time at their most",
       [](InputSlotView s) {
         s.block->flags = kMost;
         s.block->position = s.block->host_time_ns = ~std::uint64_t{0};
         s.block->transport.tempo_bpm = std::numeric_limits<double>::quiet_NaN();
       },
       true},
      {"equal event frames", [](InputSlotView s) { s.parameters[0].frame = s.parameters[1].frame; },
       true},
      {"largest finite value",
       [](InputSlotView s) { s.parameters[0].value = std::numeric_limits<float>::max(); }, true},
  };
  Prey prey;
  for (const Attack& attack : attacks) {
    CAPTURE(attack.what);
    CHECK(prey.Exchange(attack.spoil) ==
          (attack.good ? ReadResult::kRead : ReadResult::kViolation));
    CHECK(prey.Exchange() == ReadResult::kRead);
  }
}

TEST_CASE("InputConsumer: 256 events at one frame are taken, all slots long") {
  Prey prey;
  for (std::uint32_t i = 0; i < 2 * kSlots; ++i) {
    CHECK(prey.Exchange([](InputSlotView s) {
      for (std::uint32_t e = 0; e < kMaxParameterEvents; ++e)
        s.parameters[e] = {5, e % kParameters, 0, 0};
      for (std::uint32_t e = 0; e < kMaxMidiEvents; ++e) s.midi[e] = {5, 3, {}};
      s.block->parameter_event_count = kMaxParameterEvents;
      s.block->midi_event_count = kMaxMidiEvents;
    }) == ReadResult::kRead);
  }
}

TEST_CASE("InputConsumer: a write index that cannot be is refused, and moves nothing") {
  Prey prey;
  REQUIRE(prey.Exchange() == ReadResult::kRead);
  const std::uint32_t read = prey.pair.runner->runner().input_read.load();
  const std::uint32_t ahead =
      GENERATE(kSlots + 1, kSlots + 2, 0x7FFFFFFFU, 0x80000000U, 0xFFFFFFFFU);
  prey.pair.client->client().input_write.store(read + ahead);
  CHECK(prey.consumer.ReadUntrusted(&prey.storage) == ReadResult::kBadIndex);
  CHECK(prey.consumer.ReadUntrusted(&prey.storage) == ReadResult::kBadIndex);
  CHECK(prey.pair.runner->runner().input_read.load() == read);
  prey.pair.client->client().input_write.store(read);
  CHECK(prey.Exchange() == ReadResult::kRead);
}

TEST_CASE(
    "InputConsumer: slots that were never written are violations, one each, then it is empty") {
  Prey prey;
  prey.pair.client->client().input_write.store(kSlots);
  for (std::uint32_t i = 0; i < kSlots; ++i) {
    CHECK(prey.consumer.ReadUntrusted(&prey.storage) == ReadResult::kViolation);
  }
  CHECK(prey.consumer.ReadUntrusted(&prey.storage) == ReadResult::kEmpty);
}

TEST_CASE("InputProducer: a read index that cannot be is counted and nothing is written") {
  Prey prey;
  REQUIRE(prey.Exchange() == ReadResult::kRead);
  const std::uint32_t behind = GENERATE(kSlots + 1, 0x80000000U, 0xFFFFFFFFU);
  const std::uint32_t write = prey.pair.client->client().input_write.load();
  prey.pair.runner->runner().input_read.store(write - behind);
  InputView view;
  view.block.frames = 1;
  view.audio = prey.rows.From();
  CHECK_FALSE(prey.producer.TryWrite(view));
  CHECK(prey.producer.violations() == 1);
  CHECK(prey.pair.client->client().input_write.load() == write);
}

// The client's reading end and a runner that writes well unless told otherwise.
struct ResultPrey {
  ResultPrey()
      : pair(2, kFrames), rows(2, kFrames), producer(*pair.runner), consumer(*pair.client) {
    for (std::uint32_t channel = 0; channel < 2; ++channel) {
      memory.emplace_back(kFrames);
      pointers.push_back(memory.back().data());
    }
  }
  ReadResult Exchange(const std::function<void(OutputBlock*)>& spoil = nullptr) {
    OutputBlock block{};
    block.frames = kFrames;
    const std::uint32_t index = pair.runner->runner().output_write.load();
    CHECK(producer.TryWrite(block, rows.From()));
    if (spoil) spoil(reinterpret_cast<OutputBlock*>(pair.runner->OutputSlot(index)));
    return consumer.ReadUntrusted(&block, pointers.data());
  }
  SegmentPair pair;
  Rows rows;
  std::vector<std::vector<float>> memory;
  std::vector<float*> pointers;
  OutputProducer producer;
  OutputConsumer consumer;
};

TEST_CASE(
    "OutputConsumer: a number of frames beyond the block is a violation, and the next lands") {
  ResultPrey prey;
  const std::uint32_t frames = GENERATE(0U, kFrames + 1, kMaxBlockFrames, 0x80000000U, 0xFFFFFFFFU);
  CHECK(prey.Exchange([&](OutputBlock* block) { block->frames = frames; }) ==
        ReadResult::kViolation);
  CHECK(prey.Exchange() == ReadResult::kRead);
}

TEST_CASE("OutputConsumer: a write index that cannot be is refused, and moves nothing") {
  ResultPrey prey;
  REQUIRE(prey.Exchange() == ReadResult::kRead);
  const std::uint32_t ahead = GENERATE(kSlots + 1, 0x80000000U, 0xFFFFFFFFU);
  const std::uint32_t read = prey.pair.client->client().output_read.load();
  prey.pair.runner->runner().output_write.store(read + ahead);
  OutputBlock block;
  CHECK(prey.consumer.ReadUntrusted(&block, prey.pointers.data()) == ReadResult::kBadIndex);
  CHECK(prey.pair.client->client().output_read.load() == read);
  prey.pair.runner->runner().output_write.store(read);
  CHECK(prey.Exchange() == ReadResult::kRead);
}

TEST_CASE("OutputProducer: a read index that cannot be counts as a full ring") {
  ResultPrey prey;
  REQUIRE(prey.Exchange() == ReadResult::kRead);
  prey.pair.client->client().output_read.store(GENERATE(2U, 0x80000000U, 0xFFFFFFF0U));
  OutputBlock block{};
  block.frames = 1;
  CHECK_FALSE(prey.producer.TryWrite(block, prey.rows.From()));
}

}  // namespace
}  // namespace continuo::ipc
