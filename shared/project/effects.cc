// SPDX-License-Identifier: Apache-2.0
#include "shared/project/effects.h"

#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>
#include <absl/strings/strip.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <pugixml.hpp>

#include "shared/midi/qt_compress.h"

namespace continuo::project {
namespace {

constexpr absl::string_view kEffectName = "continuofx";
constexpr const char* kControls = "continuofxcontrols";
constexpr absl::string_view kParameterPrefix = "p_";

class Reader {
 public:
  explicit Reader(absl::string_view xml) : xml_(xml) {}

  absl::StatusOr<Project> Read() {
    pugi::xml_document document;
    const pugi::xml_parse_result parsed = document.load_buffer(xml_.data(), xml_.size());
    if (!parsed) {
      return Wrong(parsed.offset,
                   absl::StrCat("is no XML, as LMMS's files are: ", parsed.description()));
    }
    const pugi::xml_node root = document.document_element();
    const absl::string_view name = root.name();
    const std::string type = root.attribute("type").value();
    if (name != "lmms-project" && name != "multimedia-project") {
      return Wrong(root.offset_debug(), absl::StrCat("<", name.substr(0, 40),
                                                     "> is no project of LMMS; <lmms-project> "
                                                     "is expected"));
    }
    if (type != "song" && type != "songtemplate") {
      return Wrong(root.offset_debug(),
                   absl::StrCat("is of type '", type.substr(0, 40), "'; a song is expected"));
    }
    project_.creator = absl::StrCat(root.attribute("creator").value(), " ",
                                    root.attribute("creatorversion").value());
    // Without recursion: a file may nest as deep as it likes.
    for (pugi::xml_node node = root; node; node = Following(node, root)) {
      if (absl::string_view(node.name()) != "effect" ||
          node.attribute("name").value() != kEffectName) {
        continue;
      }
      if (project_.effects.size() == kMaxEffects) {
        return absl::ResourceExhaustedError(
            absl::StrCat(PlaceOf(node.offset_debug()), ": more than ", kMaxEffects, " effects"));
      }
      if (absl::Status status = ReadEffect(node); !status.ok()) return status;
    }
    return std::move(project_);
  }

 private:
  // In the order of the document.
  static pugi::xml_node Following(pugi::xml_node node, const pugi::xml_node& root) {
    if (node.first_child()) return node.first_child();
    while (node != root && !node.next_sibling()) node = node.parent();
    return node == root ? pugi::xml_node() : node.next_sibling();
  }

  // Offsets come in the order of the document, so that lines need no second look.
  std::size_t LineOf(std::size_t offset) {
    offset = std::min(offset, xml_.size());
    if (offset < counted_) line_ = 1, counted_ = 0;
    line_ += static_cast<std::size_t>(
        std::count(xml_.begin() + static_cast<std::ptrdiff_t>(counted_),
                   xml_.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
    counted_ = offset;
    return line_;
  }

  std::string PlaceOf(std::ptrdiff_t offset) {
    const std::size_t at =
        std::min(static_cast<std::size_t>(std::max<std::ptrdiff_t>(offset, 0)), xml_.size());
    const std::size_t before = at == 0 ? absl::string_view::npos : xml_.rfind('\n', at - 1);
    const std::size_t column = before == absl::string_view::npos ? at + 1 : at - before;
    return absl::StrCat("line ", LineOf(at), ", column ", column);
  }

  absl::Status Wrong(std::ptrdiff_t offset, const std::string& what) {
    return absl::InvalidArgumentError(absl::StrCat(PlaceOf(offset), ": ", what));
  }

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
      return Wrong(node.offset_debug(),
                   absl::StrCat(what, " is '", absl::string_view(text).substr(0, 40),
                                "'; a number is expected"));
    }
    return value;
  }

  absl::Status Take(const pugi::xml_node& controls, absl::string_view name, const char* text,
                    bool automated, SavedEffect* effect) {
    if (!absl::ConsumePrefix(&name, kParameterPrefix) || name.empty()) return absl::OkStatus();
    auto value = NumberOf(controls, absl::StrCat("parameter '", name.substr(0, 60), "'"), text);
    if (!value.ok()) return value.status();
    SavedParameter& parameter = effect->parameters.emplace_back();
    parameter.id = std::string(name);
    parameter.value = *value;
    parameter.automated = automated;
    return absl::OkStatus();
  }

  absl::Status ReadEffect(const pugi::xml_node& node) {
    SavedEffect effect;
    effect.place = WhereIs(node);
    effect.line =
        LineOf(static_cast<std::size_t>(std::max<std::ptrdiff_t>(node.offset_debug(), 0)));
    effect.on = absl::string_view(node.attribute("on").as_string("1")) != "0";
    effect.wet = node.attribute("wet").as_double(1);
    const pugi::xml_node controls = node.child(kControls);
    if (!controls) {
      return Wrong(node.offset_debug(),
                   absl::StrCat("the effect has no <", kControls, ">: its settings are lost"));
    }
    const char* const schema = controls.attribute("schema").as_string("0");
    if (!absl::SimpleAtoi(schema, &effect.schema) || effect.schema < 0) {
      return Wrong(controls.offset_debug(),
                   absl::StrCat("schema is '", absl::string_view(schema).substr(0, 40),
                                "'; a whole number is expected"));
    }
    effect.model = controls.attribute("model").value();
    effect.version = controls.attribute("model_version").value();
    effect.mode = controls.attribute("mode").as_string("auto");
    effect.channels = controls.attribute("channels").value();
    for (const pugi::xml_attribute& attribute : controls.attributes()) {
      absl::Status status = Take(controls, attribute.name(), attribute.value(), false, &effect);
      if (!status.ok()) return status;
    }
    // LMMS writes a value that something moves as a child of its own.
    for (const pugi::xml_node& child : controls.children()) {
      absl::Status status =
          Take(child, child.name(), child.attribute("value").value(), true, &effect);
      if (!status.ok()) return status;
    }
    for (const pugi::xml_node& child : controls.children("parameter")) {
      const absl::string_view id = child.attribute("id").value();
      for (SavedParameter& parameter : effect.parameters) {
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
    project_.effects.push_back(std::move(effect));
    return absl::OkStatus();
  }

  const absl::string_view xml_;
  std::size_t counted_ = 0;  // bytes whose lines are in line_
  std::size_t line_ = 1;
  Project project_;
};

}  // namespace

absl::StatusOr<Project> ReadProject(std::string_view given) {
  const absl::string_view bytes(given.data(), given.size());
  if (bytes.size() > kMaxProjectBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("has ", bytes.size(), " bytes; at most ", kMaxProjectBytes, " are read"));
  }
  // A compressed one begins with its length, whose first byte is zero below 16 MB.
  const std::size_t text = bytes.find_first_not_of(" \t\r\n");
  if (text != absl::string_view::npos &&
      (bytes[text] == '<' || absl::StartsWith(bytes, "\xEF\xBB\xBF"))) {
    return Reader(bytes).Read();
  }
  auto xml = midi::QtUncompress(given);
  if (!xml.ok()) {
    return absl::Status(
        xml.status().code(),
        absl::StrCat("is neither XML nor compressed as LMMS does it: ", xml.status().message()));
  }
  return Reader(*xml).Read();
}

}  // namespace continuo::project
