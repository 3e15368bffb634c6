// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/lmms_reader.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <pugixml.hpp>

#include "shared/midi/lmms_units.h"
#include "shared/midi/qt_compress.h"
#include "shared/midi/xml_value.h"

namespace continuo::midi {
namespace {

constexpr XmlRange kTimes{0, kMaxTick};
constexpr XmlRange kLengths{-kMaxTick, kMaxTick};
constexpr const char* kInstrumentTrack = "0";
constexpr const char* kBeatTrack = "1";
constexpr const char* kGlobalAutomationTrack = "6";

bool IsClip(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  return name == "pattern" || name == "midiclip";
}

// Values one after the other; after the first wrong one all are 0.
class Values {
 public:
  int operator()(const absl::StatusOr<std::int64_t>& value) {
    if (!value.ok() && status.ok()) status = value.status();
    return status.ok() ? static_cast<int>(*value) : 0;
  }
  absl::Status status;
};

class LmmsReader {
 public:
  explicit LmmsReader(std::vector<std::string>* remarks) : remarks_(remarks) {
    song_.ticks_per_quarter = kLmmsTicksPerQuarter;
  }

  absl::StatusOr<Song> Read(std::string_view xml) {
    pugi::xml_document document;
    const pugi::xml_parse_result parsed = document.load_buffer(xml.data(), xml.size());
    if (!parsed) {
      return absl::InvalidArgumentError(absl::StrCat(
          "byte ", parsed.offset, ": is no XML, as LMMS's files are: ", parsed.description()));
    }
    if (absl::Status status = ReadDocument(document); !status.ok()) return status;
    Normalise(song_);
    if (absl::Status status = Validate(song_); !status.ok()) return status;
    Remark(beat_tracks_, " tracks of the beat and bassline editor were left out");
    Remark(detuned_, " notes were detuned, which was left out");
    Remark(empty_, " notes had no length, and were left out");
    Remark(high_, " notes were above MIDI's highest pitch, and were left out");
    if (automated_meter_) Remark(1, " signature was read, the one the project begins with");
    return std::move(song_);
  }

 private:
  void Remark(std::size_t count, const char* what) {
    if (remarks_ != nullptr && count > 0) remarks_->push_back(absl::StrCat(count, what));
  }

  absl::Status ReadDocument(const pugi::xml_document& document) {
    const pugi::xml_node root = document.document_element();
    const std::string_view name = root.name();
    if (name != "lmms-project" && name != "multimedia-project") {
      return WrongXml(root, "is no file of LMMS; <lmms-project> is expected");
    }
    const std::string version = root.attribute("version").value();
    unsigned upgrades = 0;
    if (version != "1.0" && !version.empty() && !absl::SimpleAtoi(version, &upgrades)) {
      return WrongXml(root, absl::StrCat("version is '", version.substr(0, 40),
                                         "'; 1.0 or a whole number is expected"));
    }
    key_offset_ = upgrades >= kLmmsMidiKeysVersion ? 0 : kLmmsOldKeyOffset;
    windowed_ = upgrades >= kLmmsMidiKeysVersion;
    const std::string type = root.attribute("type").value();
    if (type == "song" || type == "songtemplate")
      return ReadProject(root, root.child(type.c_str()));
    if (type == "pattern" || type == "midiclip") {
      for (const pugi::xml_node& child : root.children()) {
        if (!IsClip(child)) continue;
        song_.tracks.push_back({.name = child.attribute("name").value()});
        return ReadClip(child, 0, song_.tracks.back());
      }
    }
    return WrongXml(root, absl::StrCat("is of type '", type.substr(0, 40),
                                       "' without its content; a song or a midiclip is expected"));
  }

  absl::Status ReadProject(const pugi::xml_node& root, const pugi::xml_node& content) {
    if (absl::Status status = ReadHead(root.child("head"), content); !status.ok()) return status;
    for (const pugi::xml_node& track : content.child("trackcontainer").children("track")) {
      const std::string_view type = track.attribute("type").value();
      if (type == kBeatTrack) ++beat_tracks_;
      if (type != kInstrumentTrack) continue;
      if (song_.tracks.size() >= kMaxTracks) {
        return absl::ResourceExhaustedError(absl::StrCat("byte ", track.offset_debug(),
                                                         ": more than ", kMaxTracks,
                                                         " tracks, as many as are read"));
      }
      song_.tracks.push_back({.name = track.attribute("name").value()});
      for (const pugi::xml_node& clip : track.children()) {
        if (!IsClip(clip)) continue;
        Values value;
        const Tick pos = value(XmlInteger(clip, "pos", {-1, kMaxTick}, 0));
        if (!value.status.ok()) return value.status;
        absl::Status status = ReadClip(clip, std::max<Tick>(pos, 0), song_.tracks.back());
        if (!status.ok()) return status;
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadHead(const pugi::xml_node& head, const pugi::xml_node& content) {
    Values value;
    const int tempo = value(XmlSetting(head, "bpm", {kLmmsMinTempo, kLmmsMaxTempo}, 140));
    const int numerator = value(XmlSetting(head, "timesig_numerator", {1, 255}, 4));
    const int denominator = value(XmlSetting(head, "timesig_denominator", {1, kMaxDenominator}, 4));
    if (!value.status.ok()) return value.status;
    if (!std::has_single_bit(static_cast<unsigned>(denominator))) {
      return WrongXml(head, absl::StrCat("timesig_denominator is ", denominator,
                                         "; a power of two is expected"));
    }
    song_.meters.push_back({.numerator = numerator, .denominator = denominator});
    AddTempo(0, tempo);
    automated_meter_ = !head.child("timesig_numerator").attribute("id").empty() ||
                       !head.child("timesig_denominator").attribute("id").empty();
    const std::string_view id = head.child("bpm").attribute("id").value();
    for (const pugi::xml_node& track : content.children("track")) {
      if (id.empty() || track.attribute("type").value() != std::string_view(kGlobalAutomationTrack))
        continue;
      for (const pugi::xml_node& curve : track.children()) {
        const bool ours = std::any_of(
            curve.children("object").begin(), curve.children("object").end(),
            [id](const pugi::xml_node& object) { return object.attribute("id").value() == id; });
        if (!ours) continue;
        if (absl::Status status = ReadTempos(curve); !status.ok()) return status;
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadTempos(const pugi::xml_node& curve) {
    for (const pugi::xml_node& point : curve.children("time")) {
      Values value;
      const int pos = value(XmlInteger(point, "pos", kTimes, 0));
      const int tempo = value(XmlInteger(point, "value", {kLmmsMinTempo, kLmmsMaxTempo}, 140));
      if (!value.status.ok()) return value.status;
      AddTempo(pos, tempo);
    }
    return absl::OkStatus();
  }

  void AddTempo(Tick time, int quarters_per_minute) {
    song_.tempos.push_back({time, UsPerQuarterOfLmms(quarters_per_minute)});
  }

  absl::Status ReadClip(const pugi::xml_node& clip, Tick pos, Track& track) {
    Values value;
    // Newer clips can be shifted within their frame, and cut by it.
    const Tick offset = windowed_ ? value(XmlInteger(clip, "off", kLengths, 0)) : 0;
    const Tick frame = windowed_ ? value(XmlInteger(clip, "len", kTimes, 0)) : 0;
    const bool cut = frame > 0 && clip.attribute("autoresize").value() == std::string_view("0");
    std::vector<Note> notes;
    for (const pugi::xml_node& node : clip.children("note")) {
      if (++count_ > kMaxEvents / 2) {
        return absl::ResourceExhaustedError(
            absl::StrCat("byte ", node.offset_debug(), ": more than ", kMaxEvents / 2, " notes"));
      }
      const Tick start = value(XmlInteger(node, "pos", kTimes, 0)) + offset;
      const Tick length = value(XmlInteger(node, "len", kLengths, 0));
      const int key = value(XmlInteger(node, "key", {0, 131}, 0)) + key_offset_;
      const int volume = value(XmlInteger(node, "vol", {0, kLmmsMaxVolume}, 100));
      const int pan = value(XmlInteger(node, "pan", {-100, 100}, 0));
      if (!value.status.ok()) return value.status;
      if (!node.child("detuning").empty() || !node.child("automationpattern").empty()) ++detuned_;
      if (length == 0) ++empty_;
      if (length != 0 && key > 127) ++high_;
      if (length == 0 || key > 127 || start < 0 || (cut && start >= frame)) continue;
      notes.push_back({.start = pos + start,
                       .length = length,
                       .pitch = static_cast<std::uint8_t>(key),
                       .velocity = VelocityOfLmms(volume),
                       .pan = static_cast<std::int8_t>(pan)});
    }
    if (!value.status.ok()) return value.status;
    EndSteps(notes);
    for (Note& note : notes) {
      if (cut) note.length = std::min(note.length, pos + frame - note.start);
    }
    track.notes.insert(track.notes.end(), notes.begin(), notes.end());
    return absl::OkStatus();
  }

  // Steps have negative lengths: they last until the next start of their clip.
  static void EndSteps(std::vector<Note>& notes) {
    std::stable_sort(notes.begin(), notes.end(),
                     [](const Note& a, const Note& b) { return a.start < b.start; });
    Tick next = 2 * kMaxTick;
    Tick current = next;
    for (auto note = notes.rbegin(); note != notes.rend(); ++note) {
      if (note->start < current) {
        next = current;
        current = note->start;
      }
      if (note->length < 0) note->length = std::min(-note->length, next - current);
    }
  }

  std::vector<std::string>* remarks_;
  Song song_;
  int key_offset_ = 0;
  bool windowed_ = false;
  bool automated_meter_ = false;
  std::size_t count_ = 0;
  std::size_t beat_tracks_ = 0;
  std::size_t detuned_ = 0;
  std::size_t empty_ = 0;
  std::size_t high_ = 0;
};

}  // namespace

absl::StatusOr<Song> ReadLmms(std::string_view bytes, std::vector<std::string>* remarks) {
  if (bytes.size() > kMaxLmmsBytes) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the file has ", bytes.size(), " bytes; at most ", kMaxLmmsBytes, " are read"));
  }
  const std::size_t text = bytes.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (text == std::string_view::npos || bytes[text] != '<') {
    const absl::StatusOr<std::string> xml = QtUncompress(bytes);
    if (!xml.ok()) {
      return absl::Status(
          xml.status().code(),
          absl::StrCat("is neither XML nor compressed by LMMS: ", xml.status().message()));
    }
    return LmmsReader(remarks).Read(*xml);
  }
  return LmmsReader(remarks).Read(bytes);
}

}  // namespace continuo::midi
