// SPDX-License-Identifier: Apache-2.0
// MIDI that does not fit: a note whose end was lost would hang, and keep its stream from rest.
#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

#include "tests/unit/path_bench.h"

namespace continuo::test {
namespace {

ipc::MidiEvent Note(std::uint32_t frame, std::uint8_t key, bool begins) {
  return {frame, 3, {static_cast<std::uint8_t>(begins ? 0x90 : 0x80), key, 100}};
}

// A stream whose runner answers when it is told to.
struct Bench : PathBench {
  Bench() : peer(Connect({0, 256})) {}
  void PlayWith(const std::vector<ipc::MidiEvent>& events) {
    client::BlockContext context;
    context.midi_events = events.data();
    context.midi_event_count = static_cast<std::uint32_t>(events.size());
    Play(256, context);
  }
  std::unique_ptr<Peer> peer;
};

TEST_CASE(
    "AudioPath: a note's end that meets a full ring comes with the next block, a beginning not") {
  Bench bench;
  bench.PlayWith({Note(9, 60, true)});
  bench.PlayBlocks(ipc::kSlots - 1, 256);
  bench.PlayWith({Note(17, 60, false), Note(40, 62, true), {50, 3, {0xB0, 64, 0}}});
  bench.PlayWith({Note(3, 62, false)});
  CHECK(bench.peer->runner.Serve() == ipc::kSlots);
  bench.PlayWith({Note(5, 64, true)});
  bench.peer->runner.Serve();
  const auto got = bench.peer->runner.midi_events();
  const std::vector<std::vector<std::uint32_t>> wanted = {
      {9, 0x90, 60}, {0, 0x80, 60}, {0, 0xB0, 64}, {0, 0x80, 62}, {5, 0x90, 64}};
  REQUIRE(got.size() == wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    CHECK(std::vector<std::uint32_t>{got[i].frame, got[i].data[0], got[i].data[1]} == wanted[i]);
  }
  CHECK(bench.peer->runner.violations == 0);
}

TEST_CASE("AudioPath: more events than a block holds go on in the next, in their order") {
  Bench bench;
  const std::uint32_t count = GENERATE(257U, 300U, 512U);
  std::vector<ipc::MidiEvent> events;
  for (std::uint32_t i = 0; i < count; ++i) {
    events.push_back(Note(i / 4, static_cast<std::uint8_t>(i / 2 % 128), i % 2 == 0));
  }
  bench.PlayWith(events);
  bench.PlayBlocks(2, 256);
  bench.peer->runner.Serve();
  const auto got = bench.peer->runner.midi_events();
  REQUIRE(got.size() == count);
  std::uint32_t differing = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    differing += got[i].data[0] != events[i].data[0] || got[i].data[1] != events[i].data[1] ||
                 got[i].frame != (i < ipc::kMaxMidiEvents ? events[i].frame : 0);
  }
  CHECK(differing == 0);
  CHECK(bench.peer->runner.violations == 0);
  for (const auto& block : bench.peer->runner.blocks()) {
    CHECK((block.flags & ipc::kBlockReset) == 0);
  }
}

TEST_CASE("AudioPath: where events are lost the model begins anew, so no note hangs") {
  Bench bench;
  std::vector<ipc::MidiEvent> events(2 * ipc::kMaxMidiEvents, Note(0, 60, true));
  events.push_back(Note(0, 60, false));  // the one that has no room
  bench.PlayWith(events);
  bench.PlayBlocks(2, 256);
  bench.peer->runner.Serve();
  CHECK((bench.peer->runner.blocks()[0].flags & ipc::kBlockReset) != 0);
  CHECK(bench.peer->runner.midi_events().empty());
}

TEST_CASE("AudioPath: a new runner is not told of the ends of notes that it does not hold") {
  Bench bench;
  bench.PlayBlocks(ipc::kSlots, 256);
  bench.PlayWith({Note(17, 60, false)});
  const auto next = bench.Connect({0, 256});
  bench.PlayBlocks(2, 256, next->runner);
  CHECK(next->runner.midi_events().empty());
}

}  // namespace
}  // namespace continuo::test
