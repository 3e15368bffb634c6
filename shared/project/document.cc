// SPDX-License-Identifier: Apache-2.0
#include "shared/project/document.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "shared/midi/qt_compress.h"

namespace continuo::project {
namespace {

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

absl::StatusOr<std::string> TextOf(std::string_view bytes, bool* compressed) {
  if (bytes.size() > kMaxProjectBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("has ", bytes.size(), " bytes; at most ", kMaxProjectBytes, " are read"));
  }
  // A compressed one begins with its length, whose first byte is zero below 16 MB.
  const std::size_t text = bytes.find_first_not_of(" \t\r\n");
  *compressed = text == std::string_view::npos ||
                (bytes[text] != '<' && !absl::StartsWith(View(bytes), "\xEF\xBB\xBF"));
  if (!*compressed) return std::string(bytes);
  auto xml = midi::QtUncompress(bytes);
  if (xml.ok()) return xml;
  return absl::Status(
      xml.status().code(),
      absl::StrCat("is neither XML nor compressed as LMMS does it: ", xml.status().message()));
}

}  // namespace

absl::StatusOr<Document> Document::Parse(std::string_view bytes) {
  Document document;
  auto text = TextOf(bytes, &document.compressed_);
  if (!text.ok()) return text.status();
  document.text_ = *std::move(text);
  const pugi::xml_parse_result parsed =
      document.xml_->load_buffer(document.text_.data(), document.text_.size(),
                                 pugi::parse_full | pugi::parse_ws_pcdata, pugi::encoding_utf8);
  if (!parsed) {
    return document.WrongAt(parsed.offset,
                            absl::StrCat("is no XML, as LMMS's files are: ", parsed.description()));
  }
  const pugi::xml_node root = document.root();
  const absl::string_view name = root.name();
  const absl::string_view type = root.attribute("type").value();
  if (name != "lmms-project" && name != "multimedia-project") {
    return document.Wrong(root,
                          absl::StrCat("<", name.substr(0, 40),
                                       "> is no project of LMMS; <lmms-project> is expected"));
  }
  if (type != "song" && type != "songtemplate") {
    return document.Wrong(
        root, absl::StrCat("is of type '", type.substr(0, 40), "'; a song is expected"));
  }
  return document;
}

std::string Document::Bytes() const {
  // The line ends before and after the root are no node's.
  const auto begin = static_cast<std::size_t>(root().offset_debug()) - 1;
  const std::size_t end = text_.rfind('>') + 1;
  std::ostringstream out;
  out << std::string_view(text_).substr(0, begin);
  for (pugi::xml_node node = root(); node; node = node.next_sibling()) {
    node.print(out, "", pugi::format_raw, pugi::encoding_utf8);
  }
  out << std::string_view(text_).substr(end);
  return compressed_ ? midi::QtCompress(out.str()) : out.str();
}

// Places are asked for in the order of the document, mostly: no line is counted twice.
std::size_t Document::LineAt(std::size_t offset) {
  offset = std::min(offset, text_.size());
  const auto at = [this](std::size_t byte) {
    return text_.begin() + static_cast<std::ptrdiff_t>(byte);
  };
  const auto between = static_cast<std::size_t>(
      std::count(at(std::min(offset, counted_)), at(std::max(offset, counted_)), '\n'));
  line_ = offset < counted_ ? line_ - between : line_ + between;
  counted_ = offset;
  return line_;
}

std::size_t Document::LineOf(const pugi::xml_node& node) {
  return LineAt(static_cast<std::size_t>(std::max<std::ptrdiff_t>(node.offset_debug(), 0)));
}

absl::Status Document::WrongAt(std::ptrdiff_t offset, std::string_view what) {
  const std::size_t at =
      std::min(static_cast<std::size_t>(std::max<std::ptrdiff_t>(offset, 0)), text_.size());
  const std::size_t before = at == 0 ? std::string::npos : text_.rfind('\n', at - 1);
  const std::size_t column = before == std::string::npos ? at + 1 : at - before;
  return absl::InvalidArgumentError(
      absl::StrCat("line ", LineAt(at), ", column ", column, ": ", View(what)));
}

absl::Status Document::Wrong(const pugi::xml_node& node, std::string_view what) {
  return WrongAt(node.offset_debug(), what);
}

pugi::xml_node Following(pugi::xml_node node, const pugi::xml_node& root) {
  if (node.first_child()) return node.first_child();
  while (node != root && !node.next_sibling()) node = node.parent();
  return node == root ? pugi::xml_node() : node.next_sibling();
}

}  // namespace continuo::project
