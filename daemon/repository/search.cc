// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/search.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_split.h>

#include <algorithm>

#include "daemon/base/str_cat.h"
#include "daemon/base/version.h"

namespace continuo::repository {
namespace {

bool HasWords(const v1::RepositoryEntry& entry, const v1::SearchModelsRequest& request) {
  const std::string text = absl::AsciiStrToLower(base::StrCat(
      entry.id(), "\n", entry.name(), "\n", entry.summary(), "\n", entry.attribution()));
  return std::all_of(request.words().begin(), request.words().end(), [&](const std::string& word) {
    return text.find(absl::AsciiStrToLower(word)) != std::string::npos;
  });
}

// The identifier alone: GPL-2.0 is not in "LGPL-2.0".
bool HasLicense(const std::string& expression, const std::string& license) {
  const std::vector<std::string> parts =
      absl::StrSplit(absl::AsciiStrToLower(expression), absl::ByAnyChar(" ()"));
  return std::find(parts.begin(), parts.end(), absl::AsciiStrToLower(license)) != parts.end();
}

bool Fits(const v1::RepositoryEntry& entry, const v1::SearchModelsRequest& request) {
  if (entry.channel() == v1::CHANNEL_BETA && request.channel() != v1::CHANNEL_BETA) return false;
  if (request.task() != v1::TASK_UNSPECIFIED && entry.task() != request.task()) return false;
  if (request.maximum_bytes() > 0 && entry.size_bytes() > request.maximum_bytes()) return false;
  if (!request.license().empty() && !HasLicense(entry.license(), request.license())) return false;
  return HasWords(entry, request);
}

}  // namespace

bool IsNewer(const std::string& version, const std::string& than) {
  return base::ParseSemanticVersion(version) > base::ParseSemanticVersion(than);
}

std::vector<OfferedEntry> FilterEntries(const std::vector<OfferedEntry>& offers,
                                        const v1::SearchModelsRequest& request) {
  struct Ranked {
    std::size_t source;
    OfferedEntry offer;
  };
  std::vector<Ranked> ranked;
  std::size_t source = 0;
  for (std::size_t i = 0; i < offers.size(); ++i) {
    if (i > 0 && offers[i].source != offers[i - 1].source) ++source;
    if (Fits(*offers[i].entry, request)) ranked.push_back({source, offers[i]});
  }
  std::sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
    const v1::RepositoryEntry& x = *a.offer.entry;
    const v1::RepositoryEntry& y = *b.offer.entry;
    if (x.id() != y.id()) return x.id() < y.id();
    if (a.source != b.source) return a.source < b.source;
    return IsNewer(x.version(), y.version());
  });
  std::vector<OfferedEntry> found;
  for (const Ranked& one : ranked) {
    const bool again = !found.empty() && found.back().source == one.offer.source &&
                       found.back().entry->id() == one.offer.entry->id();
    if (!again || request.all_versions()) found.push_back(one.offer);
  }
  return found;
}

}  // namespace continuo::repository
