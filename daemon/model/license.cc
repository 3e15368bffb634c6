// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/license.h"

#include <algorithm>
#include <string>

#include "daemon/base/str_cat.h"
#include "daemon/model/license_terms.h"

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

// Recursive descent: expression = both { OR both }, both = term { AND term }, term = ( expression )
// | licence [ WITH exception ]. What it gives means nothing where there is an error.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  absl::StatusOr<v1::LicenseTerms> Parse() {
    Advance();
    const v1::LicenseTerms terms = Expression(0);
    if (error_.empty() && !word_.empty()) Expect("AND, OR or the end");
    if (error_.empty()) return terms;
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

  v1::LicenseTerms Expression(int depth) {
    v1::LicenseTerms terms = Both(depth);
    while (error_.empty() && word_ == "OR") {
      Advance();
      terms = Kinder(terms, Both(depth));
    }
    return terms;
  }

  v1::LicenseTerms Both(int depth) {
    v1::LicenseTerms terms = Term(depth);
    while (error_.empty() && word_ == "AND") {
      Advance();
      terms = Together(terms, Term(depth));
    }
    return terms;
  }

  v1::LicenseTerms Term(int depth) {
    constexpr int kMaxDepth = 16;
    v1::LicenseTerms terms;
    if (word_ == "(" && depth < kMaxDepth) {
      Advance();
      terms = Expression(depth + 1);
      if (!error_.empty()) return terms;
      if (word_ != ")") {
        Expect("')'");
      } else {
        Advance();
      }
      return terms;
    }
    if (!IsLicense(word_)) {
      Expect("a licence");
      return terms;
    }
    terms = TermsOfLicense(word_);
    Advance();
    if (word_ != "WITH") return terms;
    Advance();
    if (!IsId(word_) || IsOperator(word_)) {
      Expect("an exception");
    } else {
      Advance();
    }
    return terms;
  }

  const std::string_view text_;
  std::size_t place_ = 0;
  std::string_view word_;
  std::string error_;
};

}  // namespace

absl::StatusOr<v1::LicenseTerms> LicenseTermsOf(std::string_view text) {
  if (text.size() > kMaxLicenseBytes) {
    return absl::InvalidArgumentError(
        base::StrCat("the licence has ", text.size(), " bytes, the limit is ", kMaxLicenseBytes));
  }
  return Parser(text).Parse();
}

absl::Status CheckLicenseExpression(std::string_view text) { return LicenseTermsOf(text).status(); }

absl::Status CheckCommercialUse(const v1::ModelManifest& manifest) {
  const absl::StatusOr<v1::LicenseTerms> terms = LicenseTermsOf(manifest.license());
  if (terms.ok() && terms->commercial_use() == v1::PERMISSION_YES) return absl::OkStatus();
  const bool known = terms.ok() && terms->commercial_use() == v1::PERMISSION_NO;
  return absl::FailedPreconditionError(base::StrCat(
      manifest.id(), " ", manifest.version(), " is under ", manifest.license(), ", which ",
      known ? "does not allow commercial use" : "is not known to allow commercial use; read it"));
}

}  // namespace continuo::model
