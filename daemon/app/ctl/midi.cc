// SPDX-License-Identifier: Apache-2.0
// continuoctl midi: notes of Standard MIDI Files and of LMMS, looked at, transformed
// and converted. Needs no daemon.
#include <langinfo.h>
#include <spdlog/fmt/fmt.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <clocale>
#include <cstring>
#include <limits>
#include <memory>

#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/json.h"
#include "daemon/app/ctl/midi_analyse.h"
#include "daemon/app/ctl/midi_file.h"
#include "daemon/app/ctl/midi_info.h"
#include "daemon/app/ctl/midi_reference.h"
#include "daemon/app/ctl/midi_roll.h"
#include "daemon/app/ctl/output_file.h"
#include "daemon/base/str_cat.h"
#include "shared/midi/meter_map.h"
#include "shared/midi/picture/piano_roll.h"
#include "shared/midi/rescale.h"
#include "shared/midi/transform/chain.h"

namespace continuo::ctl {
namespace {

struct Chosen {
  std::string input;
  std::string output;
  std::string apply;
  std::vector<std::size_t> tracks;  // counted from 1
  std::string bars;
  int ticks = 0;
  std::size_t width = 0;
  midi::PictureOptions picture;
  bool plain = false;
  bool force = false;
};

const char* WordOf(const absl::Status& status) {
  return status.code() == absl::StatusCode::kOutOfRange ? "out_of_range" : "invalid_argument";
}

Failure RefusedBy(const std::string& what, const absl::Status& status) {
  return Refused(WordOf(status), fmt::format("{}: {}", what, base::MessageOf(status)));
}

// As indices.
std::vector<std::size_t> TracksOf(const Chosen& chosen, const midi::Song& song) {
  std::vector<std::size_t> indices;
  for (const std::size_t number : chosen.tracks) {
    if (number < 1 || number > song.tracks.size()) {
      throw UsageError(fmt::format("--track {}: {} has {} tracks, counted from 1", number,
                                   chosen.input, song.tracks.size()));
    }
    indices.push_back(number - 1);
  }
  return indices;
}

void PrintRemarks(const std::string& path, const std::vector<std::string>& remarks) {
  for (const std::string& remark : remarks)
    fmt::print(stderr, "continuoctl: {}: {}\n", path, remark);
}

ExitCode Written(const Context& context, const Chosen& chosen, const midi::Song& song,
                 const std::vector<std::string>& remarks) {
  if (context.json) {
    Json json = SongJson(song);
    json["output"] = chosen.output;
    json["remarks"] = remarks;
    PrintJson(json);
  } else {
    PrintRemarks(chosen.output, remarks);
    fmt::print("{}: {} tracks, {} notes\n", chosen.output, song.tracks.size(),
               midi::NoteCount(song));
  }
  return ExitCode::kOk;
}

ExitCode Info(const Context& context, const Chosen& chosen) {
  const SongFile file = ReadSongFile(chosen.input);
  if (context.json) {
    Json json = SongJson(file.song);
    json["remarks"] = file.remarks;
    PrintJson(json);
  } else {
    PrintSong(chosen.input, file.song);
    PrintRemarks(chosen.input, file.remarks);
  }
  return ExitCode::kOk;
}

ExitCode ApplyTransforms(const Context& context, const Chosen& chosen) {
  const absl::StatusOr<midi::Chain> chain = midi::ParseChain(chosen.apply);
  if (!chain.ok()) throw UsageError("--apply: " + std::string(chain.status().message()));
  SongFile file = ReadSongFile(chosen.input);
  CheckOutput(chosen.output, chosen.input, chosen.force);
  const std::vector<std::size_t> tracks = TracksOf(chosen, file.song);
  const absl::StatusOr<midi::Song> song = midi::ApplyChain(*chain, std::move(file.song), tracks);
  if (!song.ok()) throw RefusedBy(chosen.input, song.status());
  WriteWholeFile(chosen.output, SongFileBytes(chosen.output, *song, {}, &file.remarks));
  return Written(context, chosen, *song, file.remarks);
}

ExitCode Convert(const Context& context, const Chosen& chosen) {
  SongFile file = ReadSongFile(chosen.input);
  CheckOutput(chosen.output, chosen.input, chosen.force);
  const std::vector<std::size_t> tracks = TracksOf(chosen, file.song);
  if (chosen.ticks != 0) {
    absl::StatusOr<midi::Rescaled> rescaled = midi::Rescale(file.song, chosen.ticks);
    if (!rescaled.ok()) throw RefusedBy("--ticks", rescaled.status());
    file.song = std::move(rescaled->song);
    if (rescaled->moved_notes > 0) {
      file.remarks.push_back(fmt::format(
          "{} notes lie between the new ticks, and went to the nearest", rescaled->moved_notes));
    }
  }
  const auto track = tracks.empty() ? std::nullopt : std::optional(tracks.front());
  WriteWholeFile(chosen.output, SongFileBytes(chosen.output, file.song, track, &file.remarks));
  return Written(context, chosen, file.song, file.remarks);
}

std::size_t TerminalWidth() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) return size.ws_col;
  return 80;
}

// The bars of "--bars 3-6", counted from 0; by default the first sixteen.
void SetBars(const Chosen& chosen, const midi::Song& song, RollView& view) {
  constexpr std::int64_t kBars = 16;
  const midi::MeterMap meters(song);
  const std::int64_t last = meters.PositionOf(std::max<midi::Tick>(midi::EndOf(song) - 1, 0)).bar;
  view.last_bar = std::min(last, kBars - 1);
  if (chosen.bars.empty()) return;
  long long from = 0;
  long long to = 0;
  char rest = 0;
  const int read = std::sscanf(chosen.bars.c_str(), "%lld-%lld%c", &from, &to, &rest);
  if (read == 1) to = from;
  if (read < 1 || read > 2 || from < 1 || to < from || to - 1 > last || to - from >= 1024) {
    throw UsageError(fmt::format("--bars '{}': {} has {} bars; 3 or 3-6, at most 1024, is expected",
                                 chosen.bars, chosen.input, last + 1));
  }
  view.first_bar = from - 1;
  view.last_bar = to - 1;
}

ExitCode Show(const Context& context, const Chosen& chosen) {
  const SongFile file = ReadSongFile(chosen.input);
  RollView view;
  view.tracks = TracksOf(chosen, file.song);
  SetBars(chosen, file.song, view);
  if (context.json) {
    if (chosen.bars.empty()) view.last_bar = std::numeric_limits<std::int32_t>::max();
    Json json = NotesJson(file.song, view);
    json["remarks"] = file.remarks;
    PrintJson(json);
    return ExitCode::kOk;
  }
  std::setlocale(LC_CTYPE, "");
  view.width = chosen.width != 0 ? chosen.width : TerminalWidth();
  view.unicode = !chosen.plain && std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
  fmt::print("{}", TextRoll(file.song, view));
  PrintRemarks(chosen.input, file.remarks);
  return ExitCode::kOk;
}

ExitCode Picture(const Context& context, const Chosen& chosen) {
  SongFile file = ReadSongFile(chosen.input);
  CheckOutput(chosen.output, chosen.input, chosen.force);
  const absl::StatusOr<std::string> png = midi::PianoRollPng(file.song, chosen.picture);
  if (!png.ok()) throw UsageError(std::string(png.status().message()));
  WriteWholeFile(chosen.output, *png);
  return Written(context, chosen, file.song, file.remarks);
}

ExitCode Transforms(const Context& context, const Chosen&) {
  if (context.json) throw UsageError("midi transforms: is text for people; leave --json out");
  fmt::print("{}", midi::DescribeTransforms());
  return ExitCode::kOk;
}

using Action = ExitCode (*)(const Context&, const Chosen&);

}  // namespace

void AddMidi(CLI::App& app, Context& context) {
  CLI::App* midi = app.add_subcommand("midi", "Look at, transform and convert files of notes");
  midi->require_subcommand(1);
  const auto chosen = std::make_shared<Chosen>();
  const auto add = [&](const char* name, const char* what, Action action) {
    CLI::App* verb = midi->add_subcommand(name, what);
    verb->callback([&context, chosen, action] {
      context.action = [&context, chosen, action] { return action(context, *chosen); };
    });
    return verb;
  };
  const auto add_input = [&](CLI::App* verb) {
    verb->add_option("input", chosen->input, ".mid, or LMMS's .mmp, .mmpz, .xpt, .xptz")
        ->required()
        ->type_name("IN");
    return verb;
  };
  const auto add_output = [&](CLI::App* verb, const char* what) {
    verb->add_option("output", chosen->output, what)->required()->type_name("OUT");
    verb->add_flag("--force", chosen->force, "Replace OUT where it exists");
    return verb;
  };
  const auto add_tracks = [&](CLI::App* verb, const char* what) {
    verb->add_option("--track", chosen->tracks, what)->type_name("N")->allow_extra_args(false);
  };
  constexpr const char* kSongOutput = "Written as its ending says: .mid, .mmp, .mmpz, .xpt, .xptz";
  add_input(add("info", "Tracks, notes, tempo, signature, bars and length", Info));
  CLI::App* show = add_input(add("show", "A piano roll in the terminal", Show));
  add_tracks(show, "Show this track, counted from 1; may be given many times");
  show->add_option("--bars", chosen->bars, "Bars, as 3 or 3-6 (default: the first 16)");
  show->add_option("--width", chosen->width, "Columns (default: the terminal's)")
      ->check(CLI::Range(20, 1000));
  show->add_flag("--plain", chosen->plain, "ASCII only");
  CLI::App* transform = add_output(
      add_input(add("transform", "Apply transforms, one after the other", ApplyTransforms)),
      kSongOutput);
  transform
      ->add_option("--apply", chosen->apply,
                   "As \"quantise:grid=16,strength=0.8;transpose:semitones=-12\"")
      ->required()
      ->type_name("TEXT");
  add_tracks(transform, "Transform the notes of this track alone; may be given many times");
  CLI::App* convert =
      add_output(add_input(add("convert", "Write as another format", Convert)), kSongOutput);
  add_tracks(convert, "Write this track alone");
  convert->add_option("--ticks", chosen->ticks, "Ticks a quarter in OUT (default: as in IN)")
      ->type_name("N");
  CLI::App* picture = add_output(add_input(add("picture", "Draw a piano roll", Picture)), "A PNG");
  picture->add_option("--width", chosen->picture.width, "Pixels (default 1200)");
  picture->add_option("--height", chosen->picture.height, "Pixels (default 480)");
  add("transforms", "List the transforms and their parameters", Transforms);
  AddMidiAnalyse(*midi, context);
  AddMidiReference(*midi, context);
}

}  // namespace continuo::ctl
