// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/smf_writer.h"

#include <algorithm>
#include <bit>
#include <string_view>
#include <vector>

#include "shared/midi/smf_meta.h"

namespace continuo::midi {
namespace {

// What is sent first of one time.
enum class Rank : std::uint8_t { kName, kMap, kNoteOff, kEvent, kNoteOn };

struct Message {
  Tick time;
  Rank rank;
  std::uint8_t status;
  std::string data;
};

void AppendBig(std::string& out, std::uint32_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i)));
}

void AppendVariable(std::string& out, std::uint32_t value) {
  for (int shift = 21; shift > 0; shift -= 7) {
    if (value >> shift != 0) out.push_back(static_cast<char>(0x80 | (value >> shift & 0x7F)));
  }
  out.push_back(static_cast<char>(value & 0x7F));
}

Message Meta(Tick time, Rank rank, std::uint8_t type, std::string_view text) {
  std::string data(1, static_cast<char>(type));
  return {time, rank, 0xFF, data.append(text)};
}

std::string Bytes(std::initializer_list<int> values) {
  std::string bytes;
  for (const int value : values) bytes.push_back(static_cast<char>(value));
  return bytes;
}

void AddMaps(const Song& song, std::vector<Message>& out) {
  for (const Tempo& tempo : song.tempos) {
    std::string data;
    AppendBig(data, tempo.us_per_quarter, 3);
    out.push_back(Meta(tempo.time, Rank::kMap, kMetaTempo, data));
  }
  for (const Meter& meter : song.meters) {
    const int power = std::countr_zero(static_cast<unsigned>(meter.denominator));
    out.push_back(Meta(
        meter.time, Rank::kMap, kMetaTimeSignature,
        Bytes({meter.numerator, power, meter.clocks_per_click, meter.thirty_seconds_per_quarter})));
  }
  for (const KeySignature& key : song.keys) {
    out.push_back(
        Meta(key.time, Rank::kMap, kMetaKeySignature, Bytes({key.sharps, key.minor ? 1 : 0})));
  }
}

void AddNote(const Note& note, std::vector<Message>& out) {
  out.push_back({note.start, Rank::kNoteOn, static_cast<std::uint8_t>(0x90 | note.channel),
                 Bytes({note.pitch, note.velocity})});
  // A note-on of velocity 0 keeps the running status, and says the usual release.
  const bool usual = note.release == Note{}.release;
  out.push_back({note.end(), Rank::kNoteOff,
                 static_cast<std::uint8_t>((usual ? 0x90 : 0x80) | note.channel),
                 Bytes({note.pitch, usual ? 0 : note.release})});
}

std::vector<Message> MessagesOf(const Song& song, const Track& track, bool first) {
  std::vector<Message> out;
  out.reserve(track.notes.size() * 2 + track.events.size() + 1);
  if (!track.name.empty()) out.push_back(Meta(0, Rank::kName, kMetaTrackName, track.name));
  if (first) AddMaps(song, out);
  for (const Note& note : track.notes) AddNote(note, out);
  for (const Event& event : track.events) {
    out.push_back({event.time, Rank::kEvent, event.status, event.data});
  }
  std::stable_sort(out.begin(), out.end(), [](const Message& a, const Message& b) {
    return a.time != b.time ? a.time < b.time : a.rank < b.rank;
  });
  return out;
}

void AppendMessage(std::string& out, const Message& message, std::uint8_t& running) {
  if (message.status < 0xF0) {
    if (message.status != running) out.push_back(static_cast<char>(message.status));
    running = message.status;
    out += message.data;
    return;
  }
  // By the standard these end running status.
  running = 0;
  out.push_back(static_cast<char>(message.status));
  std::string_view data = message.data;
  if (message.status == 0xFF) {
    out.push_back(data[0]);
    data.remove_prefix(1);
  }
  AppendVariable(out, static_cast<std::uint32_t>(data.size()));
  out += data;
}

std::string TrackBytes(const Song& song, const Track& track, bool first) {
  std::string out;
  std::uint8_t running = 0;
  Tick now = 0;
  for (const Message& message : MessagesOf(song, track, first)) {
    AppendVariable(out, static_cast<std::uint32_t>(message.time - now));
    now = message.time;
    AppendMessage(out, message, running);
  }
  AppendVariable(out, static_cast<std::uint32_t>(std::max<Tick>(track.end - now, 0)));
  return out += Bytes({0xFF, kMetaEndOfTrack, 0});
}

}  // namespace

absl::StatusOr<std::string> WriteSmf(const Song& song) {
  if (absl::Status status = Validate(song); !status.ok()) return status;
  const std::vector<Track> none(1);
  const std::vector<Track>& tracks = song.tracks.empty() ? none : song.tracks;
  std::string out = "MThd";
  AppendBig(out, 6, 4);
  AppendBig(out, tracks.size() == 1 ? 0 : 1, 2);
  AppendBig(out, static_cast<std::uint32_t>(tracks.size()), 2);
  AppendBig(out, static_cast<std::uint32_t>(song.ticks_per_quarter), 2);
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    const std::string body = TrackBytes(song, tracks[i], i == 0);
    out += "MTrk";
    AppendBig(out, static_cast<std::uint32_t>(body.size()), 4);
    out += body;
  }
  return out;
}

}  // namespace continuo::midi
