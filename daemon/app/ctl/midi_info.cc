// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/midi_info.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <set>
#include <vector>

#include "daemon/app/ctl/midi_file.h"
#include "daemon/app/ctl/text.h"
#include "shared/midi/meter_map.h"
#include "shared/midi/scale.h"
#include "shared/midi/tempo_map.h"

namespace continuo::ctl {
namespace {

constexpr double kUsPerMinute = 60e6;
constexpr std::size_t kMostShown = 8;  // entries of a map, for people

std::int64_t BarsOf(const midi::Song& song, const midi::MeterMap& meters) {
  const midi::Tick end = midi::EndOf(song);
  return end == 0 ? 0 : meters.PositionOf(end - 1).bar + 1;
}

double PerMinute(const midi::Tempo& tempo) { return kUsPerMinute / tempo.us_per_quarter; }

Json PlaceJson(midi::Tick time, const midi::MeterMap& meters) {
  const midi::Position position = meters.PositionOf(time);
  return {{"tick", time}, {"bar", position.bar + 1}, {"beat", position.beat + 1}};
}

std::string KeyName(const midi::KeySignature& key) {
  constexpr int kFifth = 7;
  constexpr int kRelativeMinor = 9;
  const int tonic = ((key.sharps * kFifth + (key.minor ? kRelativeMinor : 0)) % 12 + 12) % 12;
  return midi::FormatKey({tonic, key.minor ? "minor" : "major"});
}

// What the notes of a track are like.
struct Summary {
  int lowest = 127;
  int highest = 0;
  int softest = 127;
  int loudest = 0;
  std::set<int> channels;  // counted from 1

  explicit Summary(const midi::Track& track) {
    for (const midi::Note& note : track.notes) {
      lowest = std::min<int>(lowest, note.pitch);
      highest = std::max<int>(highest, note.pitch);
      softest = std::min<int>(softest, note.velocity);
      loudest = std::max<int>(loudest, note.velocity);
      channels.insert(note.channel + 1);
    }
    for (const midi::Event& event : track.events) {
      if (event.is_channel_event()) channels.insert((event.status & 0x0F) + 1);
    }
  }
};

Json TrackJson(const midi::Track& track) {
  const Summary summary(track);
  Json json{{"name", Printable(track.name)},
            {"notes", track.notes.size()},
            {"events", track.events.size()},
            {"channels", summary.channels}};
  if (!track.notes.empty()) {
    json["pitch"] = {{"lowest", summary.lowest}, {"highest", summary.highest}};
    json["velocity"] = {{"lowest", summary.softest}, {"highest", summary.loudest}};
  }
  return json;
}

std::vector<std::string> TrackRow(std::size_t number, const midi::Track& track) {
  const Summary summary(track);
  std::vector<std::string> row{
      std::to_string(number), std::to_string(track.notes.size()),
      std::to_string(track.events.size()),
      summary.channels.empty() ? "-" : fmt::format("{}", fmt::join(summary.channels, " "))};
  if (track.notes.empty()) {
    row.insert(row.end(), {"-", "-"});
  } else {
    row.push_back(
        fmt::format("{} to {}", midi::PitchName(summary.lowest), midi::PitchName(summary.highest)));
    row.push_back(fmt::format("{} to {}", summary.softest, summary.loudest));
  }
  row.push_back(Printable(track.name));
  return row;
}

}  // namespace

Json SongJson(const midi::Song& song) {
  const midi::MeterMap meters(song);
  Json json{{"ticks_per_quarter", song.ticks_per_quarter},
            {"ticks", midi::EndOf(song)},
            {"bars", BarsOf(song, meters)},
            {"seconds", midi::TempoMap(song).SecondsAt(midi::EndOf(song))},
            {"notes", midi::NoteCount(song)}};
  for (const char* name : {"tempos", "signatures", "keys", "tracks"}) json[name] = Json::array();
  for (const midi::Tempo& tempo : song.tempos) {
    Json entry = PlaceJson(tempo.time, meters);
    entry["quarters_per_minute"] = PerMinute(tempo);
    json["tempos"].push_back(entry);
  }
  for (const midi::Meter& meter : song.meters) {
    Json entry = PlaceJson(meter.time, meters);
    entry["signature"] = fmt::format("{}/{}", meter.numerator, meter.denominator);
    json["signatures"].push_back(entry);
  }
  for (const midi::KeySignature& key : song.keys) {
    Json entry = PlaceJson(key.time, meters);
    entry["key"] = KeyName(key);
    json["keys"].push_back(entry);
  }
  for (const midi::Track& track : song.tracks) json["tracks"].push_back(TrackJson(track));
  return json;
}

Json NotesJson(const midi::Song& song, const RollView& view) {
  const midi::MeterMap meters(song);
  const midi::TempoMap tempos(song);
  Json json = SongJson(song);
  for (std::size_t i = 0; i < song.tracks.size(); ++i) {
    Json notes = Json::array();
    for (const midi::Note& note : song.tracks[i].notes) {
      const std::int64_t bar = meters.PositionOf(note.start).bar;
      if (!IsShown(view, i) || bar < view.first_bar || bar > view.last_bar) continue;
      Json entry = PlaceJson(note.start, meters);
      entry["seconds"] = tempos.SecondsAt(note.start);
      entry["length"] = note.length;
      entry["pitch"] = note.pitch;
      entry["velocity"] = note.velocity;
      entry["channel"] = note.channel + 1;
      notes.push_back(entry);
    }
    json["tracks"][i]["notes"] = notes;
  }
  return json;
}

void PrintSong(const std::string& path, const midi::Song& song) {
  const midi::MeterMap meters(song);
  fmt::print("{}: {} tracks, {} notes, {} bars, {}, {} ticks a quarter\n", path, song.tracks.size(),
             midi::NoteCount(song), BarsOf(song, meters),
             Duration(midi::TempoMap(song).SecondsAt(midi::EndOf(song))), song.ticks_per_quarter);
  const auto print_map = [&meters](const char* what, const auto& map, const auto& text) {
    std::vector<std::string> entries;
    for (std::size_t i = 0; i < std::min(map.size(), kMostShown); ++i) {
      entries.push_back(
          map[i].time == 0 ? text(map[i])
                           : fmt::format("{} from {}", text(map[i]), meters.Describe(map[i].time)));
    }
    if (map.size() > kMostShown)
      entries.push_back(fmt::format("and {} more", map.size() - kMostShown));
    if (!entries.empty()) fmt::print("{}: {}\n", what, Join(entries, "; "));
  };
  print_map("tempo", song.tempos,
            [](const midi::Tempo& tempo) { return Number(PerMinute(tempo)); });
  print_map("signature", song.meters, [](const midi::Meter& meter) {
    return fmt::format("{}/{}", meter.numerator, meter.denominator);
  });
  print_map("key", song.keys, KeyName);
  Table table({"TRACK", "NOTES", "EVENTS", "CHANNELS", "PITCHES", "VELOCITIES", "NAME"});
  for (std::size_t i = 0; i < song.tracks.size(); ++i) table.Add(TrackRow(i + 1, song.tracks[i]));
  if (!table.empty()) table.Print();
}

}  // namespace continuo::ctl
