// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/license_terms.h"

#include <array>
#include <tuple>

namespace continuo::model {
namespace {

constexpr auto kYes = v1::PERMISSION_YES;
constexpr auto kNo = v1::PERMISSION_NO;

struct Known {
  std::string_view prefix;  // with a "-" at its end it stands for all that begin with it
  v1::Permission commercial_use;
  v1::Permission share_alike;
  v1::Permission attribution;
};

// The first that fits counts.
constexpr std::array<Known, 38> kKnown = {{
    {"CC-BY-NC-SA-", kNo, kYes, kYes},
    {"CC-BY-NC-", kNo, kNo, kYes},
    {"CC-BY-SA-", kYes, kYes, kYes},
    {"CC-BY-", kYes, kNo, kYes},
    {"CC-NC-", kNo, kNo, kYes},
    {"CC0-1.0", kYes, kNo, kNo},
    {"Unlicense", kYes, kNo, kNo},
    {"0BSD", kYes, kNo, kNo},
    {"MIT-0", kYes, kNo, kNo},
    {"WTFPL", kYes, kNo, kNo},
    {"PDDL-1.0", kYes, kNo, kNo},
    {"MIT", kYes, kNo, kYes},
    {"MIT-CMU", kYes, kNo, kYes},
    {"X11", kYes, kNo, kYes},
    {"ISC", kYes, kNo, kYes},
    {"Zlib", kYes, kNo, kYes},
    {"BSL-1.0", kYes, kNo, kYes},
    {"Apache-", kYes, kNo, kYes},
    {"BSD-2-Clause", kYes, kNo, kYes},
    {"BSD-2-Clause-Patent", kYes, kNo, kYes},
    {"BSD-3-Clause", kYes, kNo, kYes},
    {"BSD-3-Clause-Clear", kYes, kNo, kYes},
    {"ODC-By-1.0", kYes, kNo, kYes},
    {"CDLA-Permissive-", kYes, kNo, kYes},
    {"CDLA-Sharing-", kYes, kYes, kYes},
    {"ODbL-1.0", kYes, kYes, kYes},
    {"AGPL-", kYes, kYes, kYes},
    {"LGPL-", kYes, kYes, kYes},
    {"GPL-", kYes, kYes, kYes},
    {"MPL-", kYes, kYes, kYes},
    {"EPL-", kYes, kYes, kYes},
    {"EUPL-", kYes, kYes, kYes},
    {"OSL-", kYes, kYes, kYes},
    {"CDDL-", kYes, kYes, kYes},
    {"PolyForm-Noncommercial-", kNo, kNo, kYes},
    {"Prosperity-", kNo, kNo, kYes},
    {"Artistic-2.0", kYes, kNo, kYes},
    {"AFL-", kYes, kNo, kYes},
}};

bool Fits(const Known& known, std::string_view id) {
  return known.prefix.back() == '-' ? id.substr(0, known.prefix.size()) == known.prefix
                                    : id == known.prefix;
}

// A duty: none is kinder than one that we do not know of, that kinder than one.
int DutyRank(v1::Permission duty) {
  return duty == kNo ? 0 : duty == v1::PERMISSION_UNSPECIFIED ? 1 : 2;
}
int RightRank(v1::Permission right) { return 2 - DutyRank(right); }

auto Rank(const v1::LicenseTerms& terms) {
  return std::make_tuple(RightRank(terms.commercial_use()), DutyRank(terms.share_alike()),
                         DutyRank(terms.attribution()));
}

}  // namespace

v1::LicenseTerms TermsOfLicense(std::string_view id) {
  if (!id.empty() && id.back() == '+') id.remove_suffix(1);
  v1::LicenseTerms terms;
  for (const Known& known : kKnown) {
    if (!Fits(known, id)) continue;
    terms.set_commercial_use(known.commercial_use);
    terms.set_share_alike(known.share_alike);
    terms.set_attribution(known.attribution);
    break;
  }
  return terms;
}

v1::LicenseTerms Kinder(const v1::LicenseTerms& a, const v1::LicenseTerms& b) {
  return Rank(b) < Rank(a) ? b : a;
}

v1::LicenseTerms Together(const v1::LicenseTerms& a, const v1::LicenseTerms& b) {
  const auto worse_right = [](v1::Permission x, v1::Permission y) {
    return RightRank(x) >= RightRank(y) ? x : y;
  };
  const auto worse_duty = [](v1::Permission x, v1::Permission y) {
    return DutyRank(x) >= DutyRank(y) ? x : y;
  };
  v1::LicenseTerms terms;
  terms.set_commercial_use(worse_right(a.commercial_use(), b.commercial_use()));
  terms.set_share_alike(worse_duty(a.share_alike(), b.share_alike()));
  terms.set_attribution(worse_duty(a.attribution(), b.attribution()));
  return terms;
}

}  // namespace continuo::model
