// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/versions.h"

#include <algorithm>

#include "daemon/base/str_cat.h"
#include "daemon/base/version.h"

namespace continuo::model {
namespace {

bool IsInstalled(const Listing& listing, const std::string& id, const std::string& version) {
  return std::any_of(listing.packages.begin(), listing.packages.end(), [&](const auto& package) {
    return package->manifest.id() == id && package->manifest.version() == version;
  });
}

// The newest that is older than `version`; empty: none.
std::string NextOlder(const Listing& listing, const std::string& id, const std::string& version) {
  std::string best;
  for (const auto& package : listing.packages) {
    const std::string& other = package->manifest.version();
    if (package->manifest.id() != id ||
        base::ParseSemanticVersion(other) >= base::ParseSemanticVersion(version)) {
      continue;
    }
    if (best.empty() || base::ParseSemanticVersion(other) > base::ParseSemanticVersion(best)) {
      best = other;
    }
  }
  return best;
}

}  // namespace

std::string VersionInUse(const Listing& listing, const std::string& id) {
  for (const auto& package : listing.packages) {
    if (package->manifest.id() == id) return package->manifest.version();
  }
  return {};
}

absl::StatusOr<UsedVersion> Pin(ModelStore* store, const std::string& id,
                                const std::string& version) {
  const auto found = store->Find(id, version);
  if (!found.ok()) return found.status();
  const std::string before = VersionInUse(*store->List(), id);
  absl::Status status = store->ChangeChoices([&](Choices* choices) {
    Choice& choice = (*choices)[id];
    choice.pinned = version;
    if (!version.empty() && version != before) choice.previous = before;
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  UsedVersion used{before, VersionInUse(*store->List(), id)};
  if (version.empty() && used.now != before) status = NoteInstalled(store, id, before);
  if (!status.ok()) return status;
  return used;
}

absl::StatusOr<UsedVersion> RollBack(ModelStore* store, const std::string& id) {
  if (const auto found = store->Find(id, ""); !found.ok()) return found.status();
  const auto listing = store->List();
  const std::string before = VersionInUse(*listing, id);
  std::string target;
  if (const auto choice = listing->choices.find(id); choice != listing->choices.end()) {
    target = choice->second.previous;
  }
  if (target == before || !IsInstalled(*listing, id, target)) {
    target = NextOlder(*listing, id, before);
  }
  if (target.empty()) {
    return absl::FailedPreconditionError(
        base::StrCat("model '", id, "' has no version before ", before,
                     " to go back to; install one (continuoctl models install)"));
  }
  return Pin(store, id, target);
}

absl::Status NoteInstalled(ModelStore* store, const std::string& id,
                           const std::string& used_before) {
  const std::string now = VersionInUse(*store->List(), id);
  if (used_before.empty() || now == used_before) return absl::OkStatus();
  return store->ChangeChoices([&](Choices* choices) {
    (*choices)[id].previous = used_before;
    return absl::OkStatus();
  });
}

absl::Status NoteRemoved(ModelStore* store, const std::string& id, const std::string& version) {
  const auto listing = store->List();
  const auto known = listing->choices.find(id);
  if (known == listing->choices.end()) return absl::OkStatus();
  return store->ChangeChoices([&](Choices* choices) {
    const auto forget = [&](std::string* chosen) {
      if ((version.empty() || *chosen == version) && !IsInstalled(*listing, id, *chosen)) {
        chosen->clear();
      }
    };
    forget(&(*choices)[id].pinned);
    forget(&(*choices)[id].previous);
    return absl::OkStatus();
  });
}

}  // namespace continuo::model
