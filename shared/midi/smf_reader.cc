// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/smf_reader.h"

#include <absl/strings/str_cat.h>

#include <algorithm>

#include "shared/midi/byte_cursor.h"
#include "shared/midi/open_notes.h"
#include "shared/midi/smf_meta.h"

namespace continuo::midi {
namespace {

constexpr std::size_t kChunkHeadBytes = 8;

// One remark for all of a kind.
void Remark(std::vector<std::string>* remarks, std::size_t count, const char* what) {
  if (remarks != nullptr && count > 0) remarks->push_back(absl::StrCat(count, what));
}

class SmfReader {
 public:
  SmfReader(std::string_view bytes, std::vector<std::string>* remarks)
      : in_(bytes), remarks_(remarks) {}

  absl::StatusOr<Song> Read() {
    const std::uint32_t tracks = Header();
    for (std::uint32_t i = 0; in_.ok() && i < tracks; ++i) TrackChunk(i + 1, tracks);
    if (in_.ok() && in_.left() >= kChunkHeadBytes && in_.Take(4, "") == "MTrk") {
      in_.Fail(in_.offset() - 4, absl::StrCat("another track, where the header says ", tracks));
    }
    if (!in_.ok()) return in_.status();
    if (smpte_tempo_ > 0) song_.tempos = {{0, smpte_tempo_}};
    Normalise(song_);
    Remark(remarks_, hanging_, " notes had no end, and end with their track");
    Remark(remarks_, stray_, " note-offs had no note, and were left out");
    Remark(remarks_, empty_, " notes had no length, and got one tick");
    // A signature's beat against the division is known only now.
    if (absl::Status status = Validate(song_); !status.ok()) return status;
    return std::move(song_);
  }

 private:
  // The number of tracks.
  std::uint32_t Header() {
    if (in_.Take(4, "a Standard MIDI File's 'MThd'") != "MThd") {
      in_.Fail(0, "is no Standard MIDI File: 'MThd' is expected");
    }
    const std::uint32_t length = in_.Integer(4, "the header's length");
    if (in_.ok() && length < 6) {
      in_.Fail(4, absl::StrCat("the header has ", length, " bytes; at least 6 are expected"));
    }
    const std::uint32_t format = in_.Integer(2, "the format");
    const std::uint32_t tracks = in_.Integer(2, "the number of tracks");
    const std::uint32_t division = in_.Integer(2, "the division");
    if (in_.ok()) in_.Take(length - 6, "the rest of the header");
    if (!in_.ok()) return 0;
    if (format == 2) {
      in_.FailWith(
          absl::UnimplementedError("byte 8: the file is of format 2, a set of patterns without a "
                                   "song; save it as format 1"));
    } else if (format > 2) {
      in_.Fail(8, absl::StrCat("the format is ", format, "; 0 or 1 is expected"));
    } else if (tracks == 0 || (format == 0 && tracks != 1)) {
      in_.Fail(10, absl::StrCat("a file of format ", format, " with ", tracks, " tracks; ",
                                format == 0 ? "one is expected" : "at least one is expected"));
    } else if (tracks > kMaxTracks) {
      in_.FailWith(absl::ResourceExhaustedError(absl::StrCat(
          "byte 10: the file says it has ", tracks, " tracks; at most ", kMaxTracks, " are read")));
    } else {
      Division(division);
    }
    return tracks;
  }

  void Division(std::uint32_t division) {
    if ((division & 0x8000) == 0) {
      song_.ticks_per_quarter = static_cast<int>(division);
      if (division == 0) {
        in_.Fail(12, "the division is 0 ticks a quarter note; 1 to 32767 is expected");
      }
      return;
    }
    const int frames = 256 - static_cast<int>(division >> 8);
    const int ticks = static_cast<int>(division & 0xFF);
    if (frames != 24 && frames != 25 && frames != 29 && frames != 30) {
      in_.Fail(12, absl::StrCat("the division is SMPTE with ", frames,
                                " frames a second; 24, 25, 29 or 30 is expected"));
      return;
    }
    if (ticks == 0) {
      in_.Fail(13, "the division is SMPTE with 0 ticks a frame; 1 to 255 is expected");
      return;
    }
    // A quarter is half a second, or a whole one where that is no whole number of ticks.
    const int per_second = (frames == 29 ? 30 : frames) * ticks;
    const bool half = per_second % 2 == 0;
    song_.ticks_per_quarter = half ? per_second / 2 : per_second;
    // "29" is 30000/1001 frames a second.
    smpte_tempo_ = (half ? 500U : 1000U) * (frames == 29 ? 1001U : 1000U);
  }

  void TrackChunk(std::uint32_t number, std::uint32_t tracks) {
    for (;;) {
      const std::size_t at = in_.offset();
      if (in_.left() < kChunkHeadBytes) {
        in_.Fail(at, absl::StrCat("the file ends, and the header says ", tracks,
                                  " tracks, of which ", number - 1, " are there"));
      }
      const std::string_view type = in_.Take(4, "a chunk's type");
      const std::uint32_t length = in_.Integer(4, "a chunk's length");
      if (in_.ok() && length > in_.left()) {
        in_.Fail(at + 4, absl::StrCat("the chunk says it has ", length, " bytes, and ", in_.left(),
                                      " are left in the file"));
      }
      if (!in_.ok()) return;
      if (type == "MTrk") {
        ReadTrack(number, in_.offset() + length);
        return;
      }
      in_.Take(length, "a chunk");
    }
  }

  void ReadTrack(std::uint32_t number, std::size_t end) {
    const std::size_t file_end = in_.Limit(end);
    song_.tracks.emplace_back();
    Track& track = song_.tracks.back();
    OpenNotes open(&track.notes);
    Tick time = 0;
    running_ = 0;
    bool ended = false;
    while (in_.ok() && !ended) {
      const std::size_t at = in_.offset();
      if (in_.left() == 0) {
        in_.Fail(at, absl::StrCat("track ", number, " ends without End of Track (FF 2F 00)"));
        return;
      }
      time += in_.Variable("a delta time");
      if (time > kMaxTick) {
        in_.Fail(at,
                 absl::StrCat("the delta times add up to ", time, " ticks; at most ", kMaxTick));
      }
      if (++events_ > kMaxEvents) {
        in_.FailWith(absl::ResourceExhaustedError(absl::StrCat(
            "byte ", at, ": the file has more than ", kMaxEvents, " events, as many as are read")));
      }
      ended = ReadEvent(time, track, open);
    }
    if (in_.ok() && in_.left() > 0) {
      in_.Fail(in_.offset(),
               absl::StrCat(in_.left(), " bytes after End of Track in track ", number));
    }
    if (!in_.ok()) return;
    hanging_ += open.EndAll(time);
    track.end = time;
    for (Note& note : track.notes) {
      if (note.length > 0) continue;
      note.length = 1;
      note.start = std::min(note.start, kMaxTick - 1);
      ++empty_;
    }
    in_.Limit(file_end);
  }

  // True for End of Track.
  bool ReadEvent(Tick time, Track& track, OpenNotes& open) {
    const std::size_t at = in_.offset();
    std::uint8_t first = in_.Byte("an event");
    if (first == 0xFF) return ReadMeta(at, time, track);
    if (first == 0xF0 || first == 0xF7) {
      const std::uint32_t length = in_.Variable("the length of a SysEx event");
      track.events.push_back({time, first, std::string(in_.Take(length, "a SysEx event"))});
      return false;
    }
    if (first >= 0xF0) {
      in_.Fail(at, absl::StrCat("status 0x", absl::Hex(first), " has no place in a file"));
      return false;
    }
    std::uint8_t data = first;
    if (first >= 0x80) {
      running_ = first;
      data = DataByte();
    } else if (running_ == 0) {
      in_.Fail(at, absl::StrCat("data byte ", int{first}, ", where a status is expected"));
    }
    ReadChannelEvent(time, data, track, open);
    return false;
  }

  void ReadChannelEvent(Tick time, std::uint8_t data, Track& track, OpenNotes& open) {
    const int kind = running_ & 0xF0;
    const int channel = running_ & 0x0F;
    if (kind == 0xC0 || kind == 0xD0) {
      track.events.push_back({time, running_, {static_cast<char>(data)}});
      return;
    }
    const std::uint8_t second = DataByte();
    if (!in_.ok()) return;
    if (kind == 0x90 && second > 0) {
      open.Begin(time, channel, data, second);
    } else if (kind == 0x90) {
      if (!open.End(time, channel, data, Note{}.release)) ++stray_;
    } else if (kind == 0x80) {
      if (!open.End(time, channel, data, second)) ++stray_;
    } else {
      track.events.push_back(
          {time, running_, {static_cast<char>(data), static_cast<char>(second)}});
    }
  }

  std::uint8_t DataByte() {
    const std::uint8_t byte = in_.Byte("a data byte");
    if ((byte & 0x80) != 0) {
      in_.Fail(in_.offset() - 1,
               absl::StrCat("byte 0x", absl::Hex(byte), ", where data, 0 to 127, is expected"));
    }
    return byte;
  }

  bool ReadMeta(std::size_t at, Tick time, Track& track) {
    const std::uint8_t type = in_.Byte("the type of a meta event");
    const std::uint32_t length = in_.Variable("the length of a meta event");
    const std::string_view data = in_.Take(length, "a meta event");
    if (!in_.ok()) return false;
    const absl::StatusOr<bool> known = KeepMeta(type, data, time, song_, track);
    if (!known.ok()) in_.Fail(at, std::string(known.status().message()));
    if (known.ok() && !*known && type != kMetaEndOfTrack) {
      track.events.push_back(
          {time, 0xFF, absl::StrCat(std::string(1, static_cast<char>(type)), std::string(data))});
    }
    return type == kMetaEndOfTrack;
  }

  ByteCursor in_;
  std::vector<std::string>* remarks_;
  Song song_;
  std::uint32_t smpte_tempo_ = 0;  // microseconds a quarter, where the division is SMPTE
  std::uint8_t running_ = 0;       // running status
  std::size_t events_ = 0;
  std::size_t hanging_ = 0;
  std::size_t stray_ = 0;
  std::size_t empty_ = 0;
};

}  // namespace

absl::StatusOr<Song> ReadSmf(std::string_view bytes, std::vector<std::string>* remarks) {
  if (bytes.size() > kMaxSmfBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the file has ", bytes.size(), " bytes; at most ", kMaxSmfBytes, " are read"));
  }
  return SmfReader(bytes, remarks).Read();
}

}  // namespace continuo::midi
