// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "shared/studio/comparison.h"
#include "shared/studio/notes.h"
#include "shared/studio/studio.h"
#include "shared/studio/wire.h"

namespace continuo::studio {
namespace {

Notes Waltz() {
  Notes notes;
  notes.tempo_bpm = 90;
  notes.numerator = 3;
  notes.parts = {{"melody", false}, {"drums", true}};
  notes.notes = {{0, 0, 48, 72, 100}, {0, 48, 96, 74, 90}, {1, 0, 12, 36, 127}};
  notes.end = 144;
  return notes;
}

TEST_CASE("Studio: notes written as a MIDI file read back the same") {
  std::string problem;
  const std::string midi = WriteNotes(Waltz(), &problem);
  REQUIRE(problem == "");
  Notes read;
  REQUIRE(ReadNotes(midi, &read, &problem));
  CHECK(read.parts == Waltz().parts);
  CHECK(read.notes == Waltz().notes);
  CHECK(read.end == 144);
  CHECK(read.tempo_bpm == Approx(90));
  CHECK(read.numerator == 3);
  CHECK(read.denominator == 4);
}

TEST_CASE("Studio: what is no MIDI file is told in words") {
  Notes notes;
  std::string problem;
  CHECK_FALSE(ReadNotes("RIFF, not this", &notes, &problem));
  CHECK(problem != "");
}

TEST_CASE("Studio: a partial note that has grown takes the place of the shorter one") {
  std::vector<Note> notes;
  Merge({0, 0, 12, 60, 100}, &notes);
  Merge({0, 12, 12, 62, 100}, &notes);
  Merge({0, 0, 48, 60, 100}, &notes);
  Merge({1, 0, 12, 60, 100}, &notes);  // another part's
  REQUIRE(notes.size() == 3);
  CHECK(notes[0].length == 48);
}

TEST_CASE("Studio: bars are as long as their signature says") {
  CHECK(TicksPerBar(4, 4) == 192);
  CHECK(TicksPerBar(3, 4) == 144);
  CHECK(TicksPerBar(6, 8) == 144);
}

TEST_CASE("Studio: a request comes back from its message as it was") {
  Request request;
  request.task = Task::kInfill;
  request.model = "melody";
  request.bars = 8;
  request.key = std::string("Dm");  // GCC 12 takes a literal here for uninitialized
  request.tempo_bpm = 96;
  request.numerator = 6;
  request.denominator = 8;
  request.density = 0.25;
  request.regions = {{3, 4, "melody"}};
  request.seed = 7;
  request.candidates = 3;
  request.macros = {{"busy", 0.9}};
  const Request back = FromProto(ToProto(request));
  CHECK(back.task == Task::kInfill);
  CHECK(back.bars == 8);
  CHECK(back.key == "Dm");
  CHECK(back.numerator == 6);
  CHECK(back.density == 0.25);
  CHECK_FALSE(back.variation.has_value());
  REQUIRE(back.regions.size() == 1);
  CHECK(back.regions[0].last == 4);
  CHECK(back.seed == 7);
  CHECK(back.macros == request.macros);
  CHECK_FALSE(FromProto(ToProto(Request())).seed.has_value());
}

TEST_CASE(
    "Studio: what derives from a candidate keeps model, key and style, and names its parent") {
  Record record;
  record.id = "r0123456789abcdef";
  record.plan.model = "melody";
  record.plan.request.key = "Dm";
  record.plan.request.style = "pop";
  record.plan.request.bars = 4;
  Candidate candidate;
  candidate.midi = "bytes";
  const Request request = Derive(record, candidate, Task::kVary);
  CHECK(request.task == Task::kVary);
  CHECK(request.parent_record == record.id);
  CHECK(request.input == "bytes");
  CHECK(request.model == "melody");
  CHECK(request.key == "Dm");
  CHECK(request.style == "pop");
  CHECK_FALSE(request.seed.has_value());
}

TEST_CASE("Studio: notes of partial results come in our ticks") {
  MakingReader reader;
  v1::GenerateEvent started;
  started.mutable_started()->set_ticks_per_quarter(480);
  CHECK(reader.Read(started).what == Making::What::kStarted);
  v1::GenerateEvent partial;
  v1::GeneratedNote* const note = partial.mutable_partial()->add_notes();
  note->set_start(960);
  note->set_length(240);
  note->set_pitch(64);
  const Making making = reader.Read(partial);
  REQUIRE(making.notes.size() == 1);
  CHECK(making.notes[0].start == 96);
  CHECK(making.notes[0].length == 24);
}

TEST_CASE("Studio: two candidates share a note of the same start, length and pitch") {
  Notes other = Waltz();
  other.notes[0].velocity = 1;
  other.notes[0].part = 1;
  other.notes[1].pitch = 75;
  other.notes[2].length = 6;
  const auto matched = Compare(Waltz(), other);
  CHECK(matched.count == 1);
  CHECK(matched.left == std::vector<bool>{true, false, false});
  CHECK(matched.right == std::vector<bool>{true, false, false});
}

TEST_CASE("Studio: the figures of a candidate are its score's, and what can be counted") {
  Candidate candidate;
  candidate.score = 0.75;
  candidate.metrics = {{"rests", 0.25}};
  CHECK(FiguresOf(candidate) ==
        std::map<std::string, double>{{"bars", 0}, {"notes", 0}, {"rests", 0.25}, {"score", 0.75}});
  candidate.notes = Waltz();
  const auto figures = FiguresOf(candidate);
  CHECK(figures.at("bars") == 1);
  CHECK(figures.at("notes") == 3);
  CHECK(figures.at("lowest_pitch") == 36);
  CHECK(figures.at("highest_pitch") == 74);
}

}  // namespace
}  // namespace continuo::studio
