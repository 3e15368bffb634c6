// SPDX-License-Identifier: Apache-2.0
// A song file of LMMS (.mmp, .mmpz) as a document that can be changed, and is written back in its
// own form: what nobody touched stays as it was, but for how attributes are quoted and empty
// elements are closed.
//
// Errors: INVALID_ARGUMENT with line and column (of the XML, uncompressed) and the reason;
// RESOURCE_EXHAUSTED beyond a limit.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstddef>
#include <memory>
#include <pugixml.hpp>
#include <string>
#include <string_view>

namespace continuo::project {

inline constexpr std::size_t kMaxProjectBytes = std::size_t{64} << 20;

class Document {
 public:
  // `bytes` as the file has them. A song alone is taken, no preset and no pattern.
  [[nodiscard]] static absl::StatusOr<Document> Parse(std::string_view bytes);

  [[nodiscard]] pugi::xml_node root() const { return xml_->document_element(); }
  [[nodiscard]] bool compressed() const { return compressed_; }

  // In the form in which it was read.
  [[nodiscard]] std::string Bytes() const;

  // Of nodes as they were read; what has been added has no place.
  [[nodiscard]] std::size_t LineOf(const pugi::xml_node& node);
  // "line 3, column 7: what".
  [[nodiscard]] absl::Status Wrong(const pugi::xml_node& node, std::string_view what);

 private:
  Document() : xml_(std::make_unique<pugi::xml_document>()) {}
  std::size_t LineAt(std::size_t offset);
  absl::Status WrongAt(std::ptrdiff_t offset, std::string_view what);

  std::unique_ptr<pugi::xml_document> xml_;
  std::string text_;  // as it was read, for the places
  bool compressed_ = false;
  std::size_t counted_ = 0;  // bytes whose lines are in line_
  std::size_t line_ = 1;
};

// The next node in the order of the document below `root`; null after the last. Without recursion:
// a file may nest as deep as it likes.
[[nodiscard]] pugi::xml_node Following(pugi::xml_node node, const pugi::xml_node& root);

}  // namespace continuo::project
