// SPDX-License-Identifier: Apache-2.0
#include "shared/project/clip_list.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/string_view.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

namespace continuo::project {
namespace {

using Attributes = std::map<std::string, std::string>;

std::ptrdiff_t LinesIn(std::string_view text) { return std::count(text.begin(), text.end(), '\n'); }

// A short text may be long when each clip is written out: what one has, all behind it have.
absl::Status CheckSize(std::size_t clips, std::size_t bytes) {
  if (clips > kMaxGeneratedClips) {
    return absl::ResourceExhaustedError(
        absl::StrCat("more than ", kMaxGeneratedClips, " generated clips"));
  }
  if (bytes > kMaxProjectBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the generated clips have more than ", kMaxProjectBytes, " bytes"));
  }
  return absl::OkStatus();
}

absl::StatusOr<GeneratedClip> ClipOf(const pugi::xml_node& node) {
  return FromAttributes(
      [&node](const std::string& name) { return node.attribute(name.c_str()).value(); });
}

// Leaves first: pugixml frees what is nested by calling itself, and a file may nest deep.
void RemoveChildren(const pugi::xml_node& list) {
  pugi::xml_node node = list.first_child();
  while (node) {
    if (node.first_child()) {
      node = node.first_child();
      continue;
    }
    pugi::xml_node parent = node.parent();
    parent.remove_child(node);
    node = parent == list ? list.first_child() : parent;
  }
}

}  // namespace

std::string WriteClips(const Clips& clips) {
  std::ostringstream out;
  out << "\n";
  Attributes before;
  for (const GeneratedClip& clip : clips) {
    pugi::xml_document document;
    pugi::xml_node node = document.append_child(kClip);
    for (const auto& [name, value] : ToAttributes(clip)) {
      if (before[name] == value) continue;
      before[name] = value;
      node.append_attribute(name.c_str()).set_value(value.c_str());
    }
    node.print(out, "", pugi::format_raw, pugi::encoding_utf8);
    out << "\n";
  }
  // In a value it would end the section.
  return absl::StrReplaceAll(out.str(), {{"]]>", "]]&gt;"}});
}

absl::StatusOr<Clips> ReadClips(std::string_view text) {
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(
      text.data(), text.size(), pugi::parse_default | pugi::parse_fragment, pugi::encoding_utf8);
  const auto wrong = [&](std::size_t line, const auto&... what) {
    return absl::InvalidArgumentError(
        absl::StrCat("in line ", line + 1, " of the generated clips ", what...));
  };
  if (!parsed) {
    const auto end = std::min(static_cast<std::size_t>(parsed.offset), text.size());
    return wrong(static_cast<std::size_t>(LinesIn(text.substr(0, end))),
                 "is no XML: ", parsed.description());
  }
  Clips clips;
  Attributes now;
  std::size_t bytes = 0;
  std::size_t line = 0;
  std::size_t counted = 0;  // bytes whose lines are in `line`
  for (const pugi::xml_node& node : document.children()) {
    const auto at = static_cast<std::size_t>(std::max<std::ptrdiff_t>(node.offset_debug(), 0));
    line += static_cast<std::size_t>(LinesIn(text.substr(counted, at - counted)));
    counted = at;
    const absl::string_view name = node.name();
    if (name != kClip) return wrong(line, "is '", name.substr(0, 40), "'; <clip> is expected");
    for (const pugi::xml_attribute& one : node.attributes()) now[one.name()] = one.value();
    for (const auto& [key, value] : now) bytes += key.size() + value.size();
    if (absl::Status status = CheckSize(clips.size() + 1, bytes); !status.ok()) return status;
    absl::StatusOr<GeneratedClip> clip = FromAttributes([&now](const std::string& key) {
      const auto found = now.find(key);
      return found == now.end() ? std::string() : found->second;
    });
    if (!clip.ok()) return wrong(line, clip.status().message());
    clip->line = line;
    clips.push_back(*std::move(clip));
  }
  return clips;
}

absl::StatusOr<Clips> ReadList(Document* document, const pugi::xml_node& list) {
  const bool is_later = list.attribute("schema").as_int() > kGeneratedSchema;
  Clips clips;
  // As schema 1 has them.
  for (const pugi::xml_node& node : list.children(kClip)) {
    if (absl::Status status = CheckSize(clips.size() + 1, 0); !status.ok()) return status;
    absl::StatusOr<GeneratedClip> clip = ClipOf(node);
    if (!clip.ok() && is_later) continue;
    if (!clip.ok()) {
      const absl::string_view what = clip.status().message();
      return document->Wrong(node, {what.data(), what.size()});
    }
    clip->line = document->LineOf(node);
    clips.push_back(*std::move(clip));
  }
  std::string text;
  pugi::xml_node first;
  for (const pugi::xml_node& child : list.children()) {
    if (child.type() != pugi::node_cdata && child.type() != pugi::node_pcdata) continue;
    if (!first) first = child;
    text += child.value();
  }
  absl::StatusOr<Clips> written = ReadClips(text);
  if (!written.ok() && is_later) return clips;
  if (!written.ok()) {
    const absl::string_view what = written.status().message();
    return absl::Status(written.status().code(),
                        document->Wrong(first, {what.data(), what.size()}).message());
  }
  for (GeneratedClip& clip : *written) clip.line += document->LineOf(first);
  std::move(written->begin(), written->end(), std::back_inserter(clips));
  return clips;
}

void WriteList(pugi::xml_node list, const Clips& clips) {
  RemoveChildren(list);
  if (!list.attribute("schema")) list.append_attribute("schema");
  list.attribute("schema").set_value(kGeneratedSchema);
  list.append_child(pugi::node_cdata).set_value(WriteClips(clips).c_str());
}

}  // namespace continuo::project
