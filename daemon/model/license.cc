// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/license.h"

#include <algorithm>
#include <string>

#include "daemon/base/str_cat.h"

namespace continuo::model {
namespace {

bool IsIdCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.';
}

bool IsId(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), IsIdCharacter);
}

bool IsOperator(std::string_view word) { return word == "AND" || word == "OR" || word == "WITH"; }

// An identifier with an optional "+", or a reference, perhaps into another document.
bool IsLicense(std::string_view word) {
  if (IsOperator(word)) return false;
  if (const std::size_t colon = word.find(':'); colon != std::string_view::npos) {
    constexpr std::string_view kDocument = "DocumentRef-";
    constexpr std::string_view kLicense = "LicenseRef-";
    const std::string_view document = word.substr(0, colon);
    const std::string_view license = word.substr(colon + 1);
    return document.size() > kDocument.size() && document.substr(0, 12) == kDocument &&
           IsId(document) && license.size() > kLicense.size() &&
           license.substr(0, 11) == kLicense && IsId(license);
  }
  if (!word.empty() && word.back() == '+') word.remove_suffix(1);
  return IsId(word);
}

// Recursive descent: expression = term { (AND | OR) term }, term = ( expression ) | licence
// [ WITH exception ].
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  absl::Status Parse() {
    Advance();
    Expression(0);
    if (error_.empty() && !word_.empty()) Expect("AND, OR or the end");
    if (error_.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        base::StrCat("'", text_, "' is no SPDX licence expression: ", error_,
                     "; such as MIT, CC-BY-NC-4.0, or LicenseRef-unknown"));
  }

 private:
  // The next word, a bracket being one.
  void Advance() {
    while (place_ < text_.size() && text_[place_] == ' ') ++place_;
    std::size_t end = place_;
    const auto bracket = [](char c) { return c == '(' || c == ')'; };
    if (end < text_.size() && bracket(text_[end])) {
      ++end;
    } else {
      while (end < text_.size() && text_[end] != ' ' && !bracket(text_[end])) ++end;
    }
    word_ = text_.substr(place_, end - place_);
    place_ = end;
  }

  void Expect(std::string_view what) {
    error_ = word_.empty() ? base::StrCat("it ends where ", what, " is expected")
                           : base::StrCat("'", word_, "' stands where ", what, " is expected");
  }

  void Expression(int depth) {
    Term(depth);
    while (error_.empty() && (word_ == "AND" || word_ == "OR")) {
      Advance();
      Term(depth);
    }
  }

  void Term(int depth) {
    constexpr int kMaxDepth = 16;
    if (word_ == "(" && depth < kMaxDepth) {
      Advance();
      Expression(depth + 1);
      if (!error_.empty()) return;
      if (word_ != ")") return Expect("')'");
      return Advance();
    }
    if (!IsLicense(word_)) return Expect("a licence");
    Advance();
    if (word_ != "WITH") return;
    Advance();
    if (!IsId(word_) || IsOperator(word_)) return Expect("an exception");
    Advance();
  }

  const std::string_view text_;
  std::size_t place_ = 0;
  std::string_view word_;
  std::string error_;
};

}  // namespace

absl::Status CheckLicenseExpression(std::string_view text) {
  if (text.size() > kMaxLicenseBytes) {
    return absl::InvalidArgumentError(
        base::StrCat("the licence has ", text.size(), " bytes, the limit is ", kMaxLicenseBytes));
  }
  return Parser(text).Parse();
}

}  // namespace continuo::model
