// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/lmms_writer.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <bit>
#include <pugixml.hpp>
#include <sstream>

#include "shared/midi/lmms_units.h"
#include "shared/midi/meter_map.h"
#include "shared/midi/rescale.h"

namespace continuo::midi {
namespace {

constexpr int kStepsPerBar = 16;
constexpr int kTempoId = 1;  // joins the tempo and its automation

using Attribute = std::pair<const char*, long long>;

void Set(pugi::xml_node node, std::initializer_list<Attribute> attributes) {
  for (const auto& [name, value] : attributes) node.append_attribute(name).set_value(value);
}

// XML 1.0 has no place for control characters, and UTF-8 none for bytes of other encodings.
std::string XmlText(const std::string& name) {
  std::string text;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(name[i]);
    const int lead = std::countl_one(byte);  // of 110xxxxx two: the bytes of the character
    const std::size_t more = lead == 0 ? 0 : static_cast<std::size_t>(lead - 1);
    bool good = byte >= 0x20 && byte != 0x7F && lead != 1 && lead < 5 && i + more < name.size();
    for (std::size_t k = 1; good && k <= more; ++k) good = (name[i + k] & 0xC0) == 0x80;
    text += good ? name.substr(i, more + 1) : "?";
    if (good) i += more;
  }
  return text;
}

int LmmsTempo(const Tempo& tempo) {
  const std::int64_t us = tempo.us_per_quarter;
  return static_cast<int>(
      std::clamp<std::int64_t>((60000000 + us / 2) / us, kLmmsMinTempo, kLmmsMaxTempo));
}

std::string TextOf(const pugi::xml_document& document) {
  std::ostringstream out;
  document.save(out, " ");
  return out.str();
}

pugi::xml_node AddRoot(pugi::xml_document& document, const char* type, const char* doctype) {
  document.append_child(pugi::node_declaration).append_attribute("version").set_value("1.0");
  document.append_child(pugi::node_doctype).set_value(doctype);
  pugi::xml_node root = document.append_child("lmms-project");
  root.append_attribute("type").set_value(type);
  root.append_attribute("creator").set_value("Continuo");
  return root;
}

void AddNotes(pugi::xml_node clip, const Track& track, int key_offset) {
  for (const Note& note : track.notes) {
    Set(clip.append_child("note"), {{"pos", note.start},
                                    {"len", note.length},
                                    {"key", note.pitch - key_offset},
                                    {"vol", LmmsVolumeOf(note.velocity)},
                                    {"pan", note.pan}});
  }
}

pugi::xml_node AddClip(pugi::xml_node parent, const char* element, const std::string& name) {
  pugi::xml_node clip = parent.append_child(element);
  Set(clip, {{"type", 1}, {"pos", 0}, {"muted", 0}, {"steps", kStepsPerBar}});
  clip.append_attribute("name").set_value(XmlText(name).c_str());
  return clip;
}

void AddInstrumentTrack(pugi::xml_node container, const Track& track) {
  pugi::xml_node node = container.append_child("track");
  Set(node, {{"type", 0}, {"muted", 0}, {"solo", 0}});
  const std::string name = track.name.empty() ? "Track" : XmlText(track.name);
  node.append_attribute("name").set_value(name.c_str());
  pugi::xml_node settings = node.append_child("instrumenttrack");
  Set(settings, {{"vol", 100}, {"pan", 0}, {"pitch", 0}, {"basenote", 57}, {"fxch", 0}});
  pugi::xml_node instrument = settings.append_child("instrument");
  instrument.append_attribute("name").set_value("tripleoscillator");
  // Its second and third oscillators would double the part one and two octaves lower.
  Set(instrument.append_child("tripleoscillator"), {{"wavetype0", 1}, {"vol1", 0}, {"vol2", 0}});
  AddNotes(AddClip(node, "pattern", track.name), track, kLmmsOldKeyOffset);
}

void AddTempos(const Song& song, pugi::xml_node head, pugi::xml_node content) {
  const Tempo first =
      song.tempos.empty() || song.tempos.front().time > 0 ? Tempo{} : song.tempos.front();
  if (song.tempos.empty() || song.tempos.back().time == 0) {
    Set(head, {{"bpm", LmmsTempo(first)}});
    return;
  }
  Set(head.append_child("bpm"), {{"id", kTempoId}, {"value", LmmsTempo(first)}});
  pugi::xml_node track = content.append_child("track");
  Set(track, {{"type", 6}, {"muted", 0}, {"solo", 0}});
  track.append_attribute("name").set_value("Automation track");
  track.append_child("automationtrack");
  pugi::xml_node curve = track.append_child("automationpattern");
  curve.append_attribute("name").set_value("Tempo");
  Set(curve,
      {{"pos", 0}, {"len", song.tempos.back().time + 1}, {"prog", 0}, {"tens", 1}, {"mute", 0}});
  if (song.tempos.front().time > 0) {
    Set(curve.append_child("time"), {{"pos", 0}, {"value", LmmsTempo(first)}});
  }
  for (const Tempo& tempo : song.tempos) {
    Set(curve.append_child("time"), {{"pos", tempo.time}, {"value", LmmsTempo(tempo)}});
  }
  Set(curve.append_child("object"), {{"id", kTempoId}});
}

absl::Status CheckKeys(const Track& track, int key_offset, const MeterMap& meters) {
  for (const Note& note : track.notes) {
    if (note.pitch >= key_offset) continue;
    return absl::OutOfRangeError(
        absl::StrCat("track '", XmlText(track.name), "', ", meters.Describe(note.start),
                     ": LMMS 1.2.2 has no key for pitch ", int{note.pitch}, ", and ", key_offset,
                     " to 127 is possible; transpose it, or write a clip"));
  }
  return absl::OkStatus();
}

// The song in LMMS's ticks, and what that and the rest of the way costs.
absl::StatusOr<Song> Prepared(const Song& song, std::vector<std::string>* remarks) {
  if (absl::Status status = Validate(song); !status.ok()) return status;
  absl::StatusOr<Rescaled> rescaled = Rescale(song, kLmmsTicksPerQuarter);
  if (!rescaled.ok()) return rescaled.status();
  std::size_t events = 0;
  for (const Track& track : song.tracks) events += track.events.size();
  const auto remark = [remarks](std::size_t count, const char* what) {
    if (remarks != nullptr && count > 0) remarks->push_back(absl::StrCat(count, what));
  };
  remark(rescaled->moved_notes, " notes lie between LMMS's ticks, and went to the nearest");
  remark(events, " events other than notes were left out");
  remark(song.meters.empty() ? 0 : song.meters.size() - 1, " changes of signature were left out");
  return std::move(rescaled->song);
}

}  // namespace

absl::StatusOr<std::string> WriteLmmsProject(const Song& song, std::vector<std::string>* remarks) {
  const absl::StatusOr<Song> prepared = Prepared(song, remarks);
  if (!prepared.ok()) return prepared.status();
  const MeterMap meters(*prepared);
  pugi::xml_document document;
  pugi::xml_node root = AddRoot(document, "song", "lmms-project");
  root.append_attribute("version").set_value("1.0");
  root.append_attribute("creatorversion").set_value("1.2.2");
  pugi::xml_node head = root.append_child("head");
  const Meter& meter = meters.MeterAt(0);
  Set(head, {{"timesig_numerator", meter.numerator},
             {"timesig_denominator", meter.denominator},
             {"mastervol", 100},
             {"masterpitch", 0}});
  pugi::xml_node content = root.append_child("song");
  AddTempos(*prepared, head, content);
  pugi::xml_node container = content.append_child("trackcontainer");
  container.append_attribute("type").set_value("song");
  for (const Track& track : prepared->tracks) {
    if (track.notes.empty()) continue;
    if (absl::Status status = CheckKeys(track, kLmmsOldKeyOffset, meters); !status.ok())
      return status;
    AddInstrumentTrack(container, track);
  }
  return TextOf(document);
}

absl::StatusOr<std::string> WriteLmmsClip(const Song& song, std::size_t track,
                                          std::vector<std::string>* remarks) {
  if (track >= song.tracks.size()) {
    return absl::OutOfRangeError(
        absl::StrCat("track ", track + 1, " of a song of ", song.tracks.size()));
  }
  Song one = song;
  one.tracks = {song.tracks[track]};
  const absl::StatusOr<Song> prepared = Prepared(one, remarks);
  if (!prepared.ok()) return prepared.status();
  if (remarks != nullptr && prepared->tempos.size() > 1) {
    remarks->push_back("a clip has no tempo: the song's were left out");
  }
  pugi::xml_document document;
  pugi::xml_node root = AddRoot(document, "midiclip", "lmms-project");
  Set(root, {{"version", kLmmsClipVersion}});
  root.append_attribute("creatorversion").set_value("1.3.0-alpha");
  root.append_child("head");
  const Track& only = prepared->tracks.front();
  AddNotes(AddClip(root, "midiclip", only.name), only, 0);
  return TextOf(document);
}

}  // namespace continuo::midi
