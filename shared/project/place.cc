// SPDX-License-Identifier: Apache-2.0
#include "shared/project/place.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

#include <algorithm>

#include "shared/midi/lmms_units.h"
#include "shared/midi/lmms_writer.h"
#include "shared/project/clip_list.h"
#include "shared/project/effects.h"

namespace continuo::project {
namespace {

constexpr absl::string_view kInstrumentTrack = "0";
constexpr std::uint32_t kMaxBar = 10'000;

// Both generations of LMMS: up to 1.2.2 and after.
struct Names {
  const char* pattern;
  const char* mixer;
  const char* channel;
  int key_shift;  // of keys as lmms_writer gives them
};

Names NamesOf(const pugi::xml_node& root) {
  unsigned version = 0;
  const bool newer = absl::SimpleAtoi(root.attribute("version").value(), &version) &&
                     version >= midi::kLmmsMidiKeysVersion;
  return newer ? Names{"midiclip", "mixer", "mixerchannel", midi::kLmmsOldKeyOffset}
               : Names{"pattern", "fxmixer", "fxchannel", 0};
}

// In a number that something moves the value is a child's.
int NumberIn(const pugi::xml_node& head, const char* name, int otherwise) {
  const pugi::xml_attribute plain = head.attribute(name);
  return plain ? plain.as_int(otherwise) : head.child(name).attribute("value").as_int(otherwise);
}

int TicksPerBar(const pugi::xml_node& root) {
  const pugi::xml_node head = root.child("head");
  const int numerator = std::clamp(NumberIn(head, "timesig_numerator", 4), 1, 32);
  const int denominator = std::clamp(NumberIn(head, "timesig_denominator", 4), 1, 32);
  return 4 * midi::kLmmsTicksPerQuarter * numerator / denominator;
}

pugi::xml_node FindTrack(const pugi::xml_node& container, const std::string& name) {
  for (pugi::xml_node track : container.children("track")) {
    if (track.attribute("type").value() == kInstrumentTrack &&
        track.attribute("name").value() == name) {
      return track;
    }
  }
  return {};
}

// The notes as tracks of a project of 1.2.2; what they need is moved over from there.
class Placer {
 public:
  Placer(pugi::xml_node root, const Placement& placement)
      : names_(NamesOf(root)),
        container_(root.child("song").child("trackcontainer")),
        position_((placement.bar - 1) * static_cast<std::uint32_t>(TicksPerBar(root))),
        placement_(placement) {}

  // The name of the track that has them now.
  std::string Put(const pugi::xml_node& source, Remarks* remarks) {
    const std::string name =
        placement_.track.empty() ? source.attribute("name").value() : placement_.track;
    pugi::xml_node track =
        placement_.track.empty() ? pugi::xml_node() : FindTrack(container_, name);
    remarks->push_back(absl::StrCat(track ? "a pattern of track '" : "a new track '", name, "'"));
    pugi::xml_node pattern;
    if (track) {
      pattern = track.append_copy(source.child("pattern"));
    } else {
      track = container_.append_copy(source);
      track.attribute("name").set_value(name.c_str());
      pattern = track.child("pattern");
    }
    pattern.set_name(names_.pattern);
    pattern.attribute("pos").set_value(position_);
    for (pugi::xml_node note : pattern.children("note")) {
      note.attribute("key").set_value(note.attribute("key").as_int() + names_.key_shift);
    }
    return name;
  }

 private:
  const Names names_;
  pugi::xml_node container_;
  const std::uint32_t position_;
  const Placement& placement_;
};

pugi::xml_node ChildOf(pugi::xml_node parent, const char* name) {
  pugi::xml_node child = parent.child(name);
  return child ? child : parent.append_child(name);
}

pugi::xml_node Carrier(pugi::xml_node root) {
  for (pugi::xml_node node = root; node; node = Following(node, root)) {
    if (IsOurEffect(node) && node.child(kControls).child(kGenerated)) return node.child(kControls);
  }
  const Names names = NamesOf(root);
  pugi::xml_node mixer = ChildOf(root.child("song"), names.mixer);
  pugi::xml_node channel = mixer.find_child_by_attribute(names.channel, "num", "0");
  if (!channel) {
    channel = mixer.append_child(names.channel);
    channel.append_attribute("num").set_value(0);
    channel.append_attribute("name").set_value("Master");
  }
  pugi::xml_node chain = ChildOf(channel, "fxchain");
  pugi::xml_node effect = chain.append_child("effect");
  effect.append_attribute("name").set_value("continuofx");
  effect.append_attribute("on").set_value(0);
  effect.append_attribute("wet").set_value(1);
  effect.append_attribute("autoquit").set_value(1);
  effect.append_attribute("gate").set_value(0);
  pugi::xml_node controls = effect.append_child(kControls);
  controls.append_attribute("schema").set_value(kEffectSchema);
  for (const char* name : {"model", "model_version"}) controls.append_attribute(name).set_value("");
  controls.append_attribute("mode").set_value("auto");
  controls.append_attribute("channels").set_value("each");
  effect.append_child("key");
  if (!chain.attribute("numofeffects")) chain.append_attribute("numofeffects");
  if (!chain.attribute("enabled")) chain.append_attribute("enabled").set_value(0);
  const auto effects = chain.children("effect");
  chain.attribute("numofeffects")
      .set_value(static_cast<int>(std::distance(effects.begin(), effects.end())));
  return controls;
}

void AddToList(Document* document, const Clips& clips) {
  pugi::xml_node list = ChildOf(Carrier(document->root()), kGenerated);
  // It has been read once already, so it can be.
  Clips all = ReadList(document, list).value_or(Clips());
  all.insert(all.end(), clips.begin(), clips.end());
  WriteList(list, all);
}

}  // namespace

absl::Status Place(Document* document, const midi::Song& notes, const Placement& placement,
                   const GeneratedClip& clip, Remarks* remarks) {
  const pugi::xml_node root = document->root();
  if (placement.bar < 1 || placement.bar > kMaxBar) {
    return absl::InvalidArgumentError(
        absl::StrCat("bar ", placement.bar, " is outside 1 to ", kMaxBar));
  }
  if (!root.child("song").child("trackcontainer")) {
    return absl::InvalidArgumentError("the song has no <trackcontainer>: LMMS did not write it");
  }
  const absl::StatusOr<Project> project = ReadProject(document);
  if (!project.ok()) return project.status();
  if (project->generated_schema > kGeneratedSchema) {
    return absl::FailedPreconditionError(absl::StrCat(
        "its list of what was generated comes from a later version (schema ",
        project->generated_schema, ", this one knows ", kGeneratedSchema, "); update Continuo"));
  }
  const absl::StatusOr<std::string> written = midi::WriteLmmsProject(notes, remarks);
  if (!written.ok()) return written.status();
  pugi::xml_document source;
  source.load_buffer(written->data(), written->size());
  const pugi::xml_node tracks = source.document_element().child("song").child("trackcontainer");
  std::vector<pugi::xml_node> found;
  for (const pugi::xml_node& track : tracks.children("track")) {
    if (track.attribute("type").value() == kInstrumentTrack) found.push_back(track);
  }
  if (found.empty()) return absl::InvalidArgumentError("there are no notes to place");
  if (found.size() > 1 && !placement.track.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the notes are of ", found.size(), " tracks, and only one is named; leave the name out"));
  }
  Placer placer(root, placement);
  Clips clips;
  for (const pugi::xml_node& track : found) {
    clips.push_back(clip);
    clips.back().track = placer.Put(track, remarks);
    clips.back().bar = placement.bar;
  }
  AddToList(document, clips);
  return absl::OkStatus();
}

}  // namespace continuo::project
