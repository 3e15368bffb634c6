// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/offers.h"

#include <algorithm>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/base/version.h"
#include "daemon/model/dependencies.h"
#include "daemon/repository/search.h"

namespace continuo::repository {
namespace {

bool Runs(const v1::RepositoryEntry& entry) {
  return base::ParseSemanticVersion(entry.minimum_daemon_version()) <=
         base::ParseSemanticVersion(base::kVersion);
}

absl::Status NeedsDaemon(const v1::RepositoryEntry& entry) {
  return absl::FailedPreconditionError(
      base::StrCat(entry.id(), " ", entry.version(), " needs continuod ",
                   entry.minimum_daemon_version(), ", this is ", base::kVersion, "; update it"));
}

// From a wish down to what needs nothing more.
class Resolution {
 public:
  Resolution(const model::Listing& installed, const Offers& offers, bool beta)
      : installed_(installed), offers_(offers), beta_(beta) {}

  absl::StatusOr<std::vector<Offer>> Run(const Offer& wanted) {
    Add(wanted);
    if (problems_.empty()) return std::move(order_);
    return absl::FailedPreconditionError(base::StrCat(problems_, "; nothing was installed"));
  }

 private:
  static std::string Name(const v1::RepositoryEntry& entry) {
    return base::StrCat(entry.id(), " ", entry.version());
  }

  [[nodiscard]] bool IsThere(const v1::Dependency& dependency) const {
    return std::any_of(installed_.packages.begin(), installed_.packages.end(),
                       [&](const auto& package) {
                         return model::Meets(package->manifest.id(), package->manifest.version(),
                                             dependency);
                       }) ||
           std::any_of(order_.begin(), order_.end(), [&](const Offer& offer) {
             return model::Meets(offer.entry->id(), offer.entry->version(), dependency);
           });
  }

  [[nodiscard]] std::string Installed(const std::string& id) const {
    std::string versions;
    for (const auto& package : installed_.packages) {
      if (package->manifest.id() != id) continue;
      base::StrAppend(&versions, versions.empty() ? "installed: " : ", ",
                      package->manifest.version());
    }
    return versions.empty() ? "none is installed" : versions;
  }

  void Complain(const std::string& what) {
    base::StrAppend(&problems_, problems_.empty() ? "" : "; ", what);
  }

  void Add(const Offer& offer) {
    const v1::RepositoryEntry& entry = *offer.entry;
    if (order_.size() + open_.size() >= kMaxAtOnce) {
      // Said once: nobody reads a list of thousands.
      if (!std::exchange(too_many_, true)) {
        Complain(base::StrCat("more than ", kMaxAtOnce, " packages would be needed"));
      }
      return;
    }
    open_.push_back(&entry);
    for (const v1::Dependency& dependency : entry.dependencies()) {
      if (too_many_) break;
      if (IsThere(dependency)) continue;
      const auto ring = std::find_if(open_.begin(), open_.end(), [&](const auto* needing) {
        return model::Meets(needing->id(), needing->version(), dependency);
      });
      if (ring != open_.end()) {
        Complain(base::StrCat(Name(entry), " and ", Name(**ring), " need each other"));
        continue;
      }
      const absl::StatusOr<Offer> found = offers_.Meeting(dependency, beta_);
      if (found.ok()) {
        Add(*found);
      } else {
        Complain(base::StrCat(Name(entry), " needs ", dependency.id(), " of at least ",
                              dependency.minimum_version(), " and the same major version (",
                              Installed(dependency.id()), "; ", base::MessageOf(found.status()),
                              ")"));
      }
    }
    open_.pop_back();
    order_.push_back(offer);
  }

  const model::Listing& installed_;
  const Offers& offers_;
  const bool beta_;
  std::vector<const v1::RepositoryEntry*> open_;  // each needs the next
  std::vector<Offer> order_;
  std::string problems_;
  bool too_many_ = false;
};

}  // namespace

absl::StatusOr<Offer> Offers::Newest(const std::string& id, const std::string& source,
                                     bool beta) const {
  for (const auto& index : indexes_) {
    if (!source.empty() && index->source().name != source) continue;
    const absl::StatusOr<KnownIndex::IndexPtr> usable = index->Usable();
    if (!usable.ok()) continue;
    const v1::RepositoryEntry* best = nullptr;
    const v1::RepositoryEntry* too_new = nullptr;
    bool only_beta = false;
    for (const v1::RepositoryEntry& entry : (*usable)->entries()) {
      if (entry.id() != id) continue;
      if (entry.channel() == v1::CHANNEL_BETA && !beta) {
        only_beta = true;
      } else if (!Runs(entry)) {
        too_new = &entry;
      } else if (best == nullptr || IsNewer(entry.version(), best->version())) {
        best = &entry;
      }
    }
    if (best != nullptr) return Offer{index.get(), *usable, best};
    if (too_new != nullptr) return NeedsDaemon(*too_new);
    if (only_beta) {
      return absl::NotFoundError(base::StrCat("model '", id, "' of repository '",
                                              index->source().name,
                                              "' has beta versions alone; --channel beta"));
    }
  }
  return absl::NotFoundError(base::StrCat("no repository has a model '", id, "'"));
}

absl::StatusOr<Offer> Offers::Find(const v1::InstallFromRepositoryRequest& request) const {
  const bool beta = request.channel() == v1::CHANNEL_BETA;
  if (request.version().empty()) return Newest(request.id(), request.source(), beta);
  std::string versions;
  for (const auto& index : indexes_) {
    if (!request.source().empty() && index->source().name != request.source()) continue;
    const absl::StatusOr<KnownIndex::IndexPtr> usable = index->Usable();
    if (!usable.ok()) continue;
    for (const v1::RepositoryEntry& entry : (*usable)->entries()) {
      if (entry.id() != request.id()) continue;
      if (entry.version() == request.version()) {
        if (!Runs(entry)) return NeedsDaemon(entry);
        return Offer{index.get(), *usable, &entry};
      }
      base::StrAppend(&versions, versions.empty() ? "" : ", ", entry.version());
    }
    if (!versions.empty()) {  // the first that has the id, and no other
      return absl::NotFoundError(base::StrCat("repository '", index->source().name, "' has no ",
                                              request.id(), " ", request.version(), "; it has ",
                                              versions));
    }
  }
  return absl::NotFoundError(base::StrCat("no repository has a model '", request.id(), "'"));
}

absl::StatusOr<Offer> Offers::Meeting(const v1::Dependency& dependency, bool beta) const {
  for (const auto& index : indexes_) {
    const absl::StatusOr<KnownIndex::IndexPtr> usable = index->Usable();
    if (!usable.ok()) continue;
    const v1::RepositoryEntry* best = nullptr;
    std::string others;
    for (const v1::RepositoryEntry& entry : (*usable)->entries()) {
      if (entry.id() != dependency.id()) continue;
      const bool usable_here = Runs(entry) && (beta || entry.channel() != v1::CHANNEL_BETA);
      if (!usable_here || !model::Meets(entry.id(), entry.version(), dependency)) {
        base::StrAppend(&others, others.empty() ? "" : ", ", entry.version(),
                        !Runs(entry)  ? " for a newer continuod"
                        : usable_here ? ""
                                      : " (beta)");
      } else if (best == nullptr || IsNewer(entry.version(), best->version())) {
        best = &entry;
      }
    }
    if (best != nullptr) return Offer{index.get(), *usable, best};
    if (!others.empty()) {  // the first that has the id, and no other
      return absl::NotFoundError(
          base::StrCat("repository '", index->source().name, "' has ", others));
    }
  }
  return absl::NotFoundError("no repository has it");
}

absl::StatusOr<std::vector<Offer>> WithDependencies(const Offer& wanted,
                                                    const model::Listing& installed,
                                                    const Offers& offers, bool beta) {
  return Resolution(installed, offers, beta).Run(wanted);
}

}  // namespace continuo::repository
