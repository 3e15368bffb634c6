// SPDX-License-Identifier: Apache-2.0
#include "shared/project/upgrade.h"

#include <absl/strings/str_cat.h>

#include <utility>

#include "shared/project/clip_list.h"
#include "shared/project/effects.h"

namespace continuo::project {
namespace {

// The settings that a schema has brought, with the value that older projects mean.
struct Setting {
  const char* name;
  const char* value;
};
constexpr Setting kSettingsOf1[] = {{"mode", "auto"}, {"channels", "each"}};

class Upgrader {
 public:
  Upgrader(const SavedSide& side, std::string place, pugi::xml_node controls,
           std::vector<Change>* changes)
      : side_(side), place_(std::move(place)), controls_(controls), changes_(*changes) {}

  void RaiseSchema(int schema) {
    if (schema >= kEffectSchema) return;
    if (!controls_.attribute("schema")) controls_.append_attribute("schema");
    controls_.attribute("schema").set_value(kEffectSchema);
    for (const Setting& setting : kSettingsOf1) {
      if (!controls_.attribute(setting.name)) {
        controls_.append_attribute(setting.name).set_value(setting.value);
      }
    }
    Tell(absl::StrCat("schema ", schema, " is ", kEffectSchema, " now"));
  }

  void Rename(const NamesOfModel& names) {
    const std::optional<FormerNames> former = names(side_.model, side_.version);
    if (!former) return;
    for (const auto& [from, to] : *former) Rename(from, to);
  }

  void RewriteLists(Document* document) {
    for (const pugi::xml_node& list : controls_.children(kGenerated)) {
      const int schema = list.attribute("schema").as_int();
      if (schema >= kGeneratedSchema) continue;
      // It has been read once already, so it can be.
      WriteList(list, ReadList(document, list).value_or(Clips()));
      Tell(absl::StrCat("the list of what was generated: schema ", schema, " is ", kGeneratedSchema,
                        " now"));
    }
  }

 private:
  void Rename(const std::string& from, const std::string& to) {
    const std::string old_name = absl::StrCat(kParameterPrefix, from);
    const std::string new_name = absl::StrCat(kParameterPrefix, to);
    // The project has both: the new one is what somebody has set since.
    if (controls_.attribute(new_name.c_str()) || controls_.child(new_name.c_str())) return;
    bool found = false;
    const auto rename = [&](auto thing) {
      if (thing) found = thing.set_name(new_name.c_str());
    };
    rename(controls_.attribute(old_name.c_str()));
    rename(controls_.child(old_name.c_str()));
    rename(controls_.child("connection").child(old_name.c_str()));
    for (pugi::xml_node description : controls_.children("parameter")) {
      if (description.attribute("id").value() == from) {
        description.attribute("id").set_value(to.c_str());
      }
    }
    if (found) Tell(absl::StrCat("knob '", from, "' is called '", to, "' now"));
  }

  void Tell(std::string what) { changes_.push_back({side_.line, place_, std::move(what)}); }

  const SavedSide& side_;
  const std::string place_;
  pugi::xml_node controls_;
  std::vector<Change>& changes_;
};

}  // namespace

absl::StatusOr<std::vector<Change>> Upgrade(Document* document, const NamesOfModel& names) {
  const absl::StatusOr<Project> project = ReadProject(document);
  if (!project.ok()) return project.status();
  std::vector<Change> changes;
  auto effect = project->effects.begin();
  for (pugi::xml_node node = document->root(); node; node = Following(node, document->root())) {
    if (!IsOurEffect(node)) continue;
    const SavedEffect& saved = *effect++;
    if (saved.schema > kEffectSchema) continue;
    const pugi::xml_node controls = node.child(kControls);
    Upgrader upgrader(saved, saved.place, controls, &changes);
    upgrader.RaiseSchema(saved.schema);
    upgrader.RewriteLists(document);
    upgrader.Rename(names);
    if (!saved.other_side) continue;
    Upgrader(*saved.other_side, PlaceOfOtherSide(saved), controls.child(kOtherSide), &changes)
        .Rename(names);
  }
  return changes;
}

}  // namespace continuo::project
