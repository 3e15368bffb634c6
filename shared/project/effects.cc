// SPDX-License-Identifier: Apache-2.0
#include "shared/project/effects.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>
#include <absl/strings/strip.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <pugixml.hpp>

#include "shared/project/clip_list.h"

namespace continuo::project {
namespace {

constexpr absl::string_view kEffectName = "continuofx";

class Reader {
 public:
  explicit Reader(Document* document) : document_(*document) {}

  absl::StatusOr<Project> Read() {
    const pugi::xml_node root = document_.root();
    project_.creator = absl::StrCat(root.attribute("creator").value(), " ",
                                    root.attribute("creatorversion").value());
    for (pugi::xml_node node = root; node; node = Following(node, root)) {
      if (!IsOurEffect(node)) continue;
      if (project_.effects.size() == kMaxEffects) {
        return absl::ResourceExhaustedError(
            absl::StrCat("line ", document_.LineOf(node), ": more than ", kMaxEffects, " effects"));
      }
      if (absl::Status status = ReadEffect(node); !status.ok()) return status;
    }
    return std::move(project_);
  }

 private:
  static std::string WhereIs(const pugi::xml_node& effect) {
    for (pugi::xml_node node = effect.parent(); node; node = node.parent()) {
      const absl::string_view name = node.name();
      if (name == "fxchannel" || name == "mixerchannel") {
        return absl::StrCat("FX ", node.attribute("num").value(), " ",
                            node.attribute("name").value());
      }
      if (name == "track") return absl::StrCat("track ", node.attribute("name").value());
    }
    return "nowhere";
  }

  absl::StatusOr<double> NumberOf(const pugi::xml_node& node, const std::string& what,
                                  const char* text) {
    double value = 0;
    if (!absl::SimpleAtod(text, &value) || !std::isfinite(value)) {
      return document_.Wrong(node,
                             absl::StrCat(what, " is '", absl::string_view(text).substr(0, 40),
                                          "'; a number is expected"));
    }
    return value;
  }

  absl::Status Take(const pugi::xml_node& controls, absl::string_view name, const char* text,
                    bool automated, int schema, SavedSide* side) {
    if (!absl::ConsumePrefix(&name, kParameterPrefix) || name.empty()) return absl::OkStatus();
    auto value = NumberOf(controls, absl::StrCat("parameter '", name.substr(0, 60), "'"), text);
    // A later version may have knobs that are no numbers: they are among what is not known.
    if (!value.ok() && schema > kEffectSchema) return absl::OkStatus();
    if (!value.ok()) return value.status();
    SavedParameter& parameter = side->parameters.emplace_back();
    parameter.id = std::string(name);
    parameter.value = *value;
    parameter.automated = automated;
    return absl::OkStatus();
  }

  absl::Status ReadSide(const pugi::xml_node& node, int schema, SavedSide* side) {
    side->model = node.attribute("model").value();
    side->version = node.attribute("model_version").value();
    side->mode = node.attribute("mode").as_string("auto");
    side->channels = node.attribute("channels").value();
    for (const pugi::xml_attribute& attribute : node.attributes()) {
      absl::Status status = Take(node, attribute.name(), attribute.value(), false, schema, side);
      if (!status.ok()) return status;
    }
    // LMMS writes a value that something moves as a child of its own.
    for (const pugi::xml_node& child : node.children()) {
      absl::Status status =
          Take(child, child.name(), child.attribute("value").value(), true, schema, side);
      if (!status.ok()) return status;
    }
    for (const pugi::xml_node& child : node.children("parameter")) {
      const absl::string_view id = child.attribute("id").value();
      for (SavedParameter& parameter : side->parameters) {
        if (parameter.id != id) continue;
        parameter.name = child.attribute("name").value();
        parameter.unit = child.attribute("unit").value();
        for (const auto& [name, to] :
             {std::pair{"minimum", &parameter.minimum}, std::pair{"maximum", &parameter.maximum}}) {
          if (!child.attribute(name)) continue;
          auto value = NumberOf(child, absl::StrCat(name, " of parameter '", id.substr(0, 60), "'"),
                                child.attribute(name).value());
          if (!value.ok()) return value.status();
          *to = *value;
        }
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadEffect(const pugi::xml_node& node) {
    SavedEffect effect;
    effect.place = WhereIs(node);
    effect.line = document_.LineOf(node);
    effect.on = absl::string_view(node.attribute("on").as_string("1")) != "0";
    effect.wet = node.attribute("wet").as_double(1);
    const pugi::xml_node controls = node.child(kControls);
    if (!controls) {
      return document_.Wrong(
          node, absl::StrCat("the effect has no <", kControls, ">: its settings are lost"));
    }
    const char* const schema = controls.attribute("schema").as_string("0");
    if (!absl::SimpleAtoi(schema, &effect.schema) || effect.schema < 0) {
      return document_.Wrong(controls,
                             absl::StrCat("schema is '", absl::string_view(schema).substr(0, 40),
                                          "'; a whole number is expected"));
    }
    if (absl::Status status = ReadSide(controls, effect.schema, &effect); !status.ok()) {
      return status;
    }
    effect.is_side_b = absl::string_view(controls.attribute("side").value()) == "B";
    if (const pugi::xml_node other = controls.child(kOtherSide)) {
      effect.other_side.emplace().line = document_.LineOf(other);
      absl::Status status = ReadSide(other, effect.schema, &*effect.other_side);
      if (!status.ok()) return status;
    }
    effect.link = controls.attribute("link").value();
    effect.send_key = controls.attribute("send_key").value();
    effect.take_key = controls.attribute("take_key").value();
    effect.carries_list = static_cast<bool>(controls.child(kGenerated));
    project_.effects.push_back(std::move(effect));
    return ReadGenerated(controls);
  }

  absl::Status ReadGenerated(const pugi::xml_node& controls) {
    for (const pugi::xml_node& list : controls.children(kGenerated)) {
      project_.generated_schema =
          std::max(project_.generated_schema, list.attribute("schema").as_int());
      absl::StatusOr<Clips> clips = ReadList(&document_, list);
      if (!clips.ok()) return clips.status();
      if (project_.generated.size() + clips->size() > kMaxGeneratedClips) {
        return absl::ResourceExhaustedError(absl::StrCat("line ", document_.LineOf(list),
                                                         ": more than ", kMaxGeneratedClips,
                                                         " generated clips"));
      }
      std::move(clips->begin(), clips->end(), std::back_inserter(project_.generated));
    }
    return absl::OkStatus();
  }

  Document& document_;
  Project project_;
};

}  // namespace

std::string PlaceOfOtherSide(const SavedEffect& effect) {
  return absl::StrCat(effect.place, ", side ", effect.is_side_b ? "A" : "B");
}

bool IsOurEffect(const pugi::xml_node& node) {
  return absl::string_view(node.name()) == "effect" &&
         node.attribute("name").value() == kEffectName;
}

absl::StatusOr<Project> ReadProject(Document* document) { return Reader(document).Read(); }

absl::StatusOr<Project> ReadProject(std::string_view bytes) {
  absl::StatusOr<Document> document = Document::Parse(bytes);
  if (!document.ok()) return document.status();
  return ReadProject(&*document);
}

}  // namespace continuo::project
