// SPDX-License-Identifier: Apache-2.0
#include "daemon/fit/advisor.h"

#include <algorithm>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/fit/recommend.h"
#include "daemon/model/variant.h"

namespace continuo::fit {

Advisor::Advisor(model::ModelStore* store, repository::Repository* repository, Figures* figures,
                 const Limits& limits)
    : store_(store), repository_(repository), figures_(figures), limits_(limits) {}

Subject Advisor::Installed(const std::shared_ptr<const model::Package>& package) {
  const model::Runnable run = store_->ToRun(package);
  return SubjectOf(run, figures_->MeasuredHere(run.package->manifest));
}

std::vector<Subject> Advisor::AllInstalled() {
  std::vector<Subject> subjects;
  for (const auto& package : store_->List()->packages) {  // of one id the used one comes first
    if (!subjects.empty() && subjects.back().entry.id() == package->manifest.id()) continue;
    subjects.push_back(Installed(package));
  }
  return subjects;
}

absl::StatusOr<std::vector<Subject>> Advisor::Offered(const std::string& id, bool all_versions,
                                                      const Cancelled& cancelled) {
  v1::SearchModelsRequest search;
  if (!id.empty()) search.add_words(id);
  search.set_all_versions(all_versions);
  if (all_versions) search.set_channel(v1::CHANNEL_BETA);
  const auto found = repository_->Search(search, cancelled);
  if (!found.ok()) return found.status();
  std::vector<Subject> subjects;
  for (const v1::FoundModel& model : found->models()) {
    if (id.empty() || model.entry().id() == id) {
      subjects.push_back(SubjectOf(model.entry(), model.source()));
    }
  }
  return subjects;
}

absl::StatusOr<Subject> Advisor::Find(const v1::ModelName& name, const Cancelled& cancelled) {
  absl::Status missing = absl::NotFoundError("");
  if (name.source().empty()) {
    const auto package = store_->Find(name.id(), name.version());
    if (package.ok()) return Installed(*package);
    missing = package.status();
  }
  const auto offered = Offered(name.id(), !name.version().empty(), cancelled);
  if (!offered.ok()) return offered.status();
  for (const Subject& subject : *offered) {
    if ((name.version().empty() || subject.entry.version() == name.version()) &&
        (name.source().empty() || subject.source == name.source())) {
      return subject;
    }
  }
  if (!name.source().empty()) {
    return absl::NotFoundError(
        base::StrCat("repository '", name.source(), "' has no model '", name.id(), "'",
                     name.version().empty() ? "" : base::StrCat(" ", name.version())));
  }
  return absl::NotFoundError(
      base::StrCat(base::MessageOf(missing), "; no repository has it either"));
}

absl::StatusOr<v1::AssessModelsResponse> Advisor::Assess(const v1::AssessModelsRequest& request,
                                                         const Cancelled& cancelled) {
  const auto machine = figures_->Machine(false, cancelled);
  if (!machine.ok()) return machine.status();
  std::vector<Subject> subjects;
  for (const v1::ModelName& name : request.models()) {
    auto subject = Find(name, cancelled);
    if (!subject.ok()) return subject.status();
    subjects.push_back(*std::move(subject));
  }
  if (request.models().empty()) subjects = AllInstalled();
  if (request.offered()) {
    auto offered = Offered("", false, cancelled);
    if (!offered.ok()) return offered.status();
    for (Subject& subject : *offered) subjects.push_back(std::move(subject));
  }
  v1::AssessModelsResponse response;
  for (const Subject& subject : subjects) {
    v1::AssessedModel* const added = response.add_models();
    added->set_id(subject.entry.id());
    added->set_version(subject.entry.version());
    added->set_source(subject.source);
    *added->mutable_assessment() = fit::Assess(subject, *machine, limits_);
  }
  return response;
}

absl::StatusOr<v1::CompareModelsResponse> Advisor::Compare(const v1::CompareModelsRequest& request,
                                                           const Cancelled& cancelled) {
  const auto machine = figures_->Machine(false, cancelled);
  if (!machine.ok()) return machine.status();
  v1::CompareModelsResponse response;
  for (const v1::ModelName& name : request.models()) {
    const auto subject = Find(name, cancelled);
    if (!subject.ok()) return subject.status();
    v1::ModelFacts* const facts = response.add_models();
    *facts = FactsOf(*subject);
    *facts->mutable_assessment() = fit::Assess(*subject, *machine, limits_);
  }
  return response;
}

absl::StatusOr<v1::RecommendModelsResponse> Advisor::Recommend(
    const v1::RecommendModelsRequest& request, const Cancelled& cancelled) {
  const auto machine = figures_->Machine(false, cancelled);
  if (!machine.ok()) return machine.status();
  std::vector<Subject> subjects = AllInstalled();
  // Those of tests are for who names them.
  std::erase_if(subjects,
                [](const Subject& subject) { return subject.entry.notes().composer() == "fake"; });
  auto offered = Offered("", false, cancelled);
  if (!offered.ok()) return offered.status();
  for (Subject& subject : *offered) subjects.push_back(std::move(subject));
  return fit::Recommend(request, subjects, *machine, limits_);
}

absl::StatusOr<v1::ChooseVariantResponse> Advisor::Choose(const v1::ChooseVariantRequest& request) {
  const auto package = store_->Find(request.id(), request.version());
  if (!package.ok()) return package.status();
  const model::Runnable run = store_->ToRun(*package);
  const v1::ModelManifest& manifest = run.package->manifest;
  if (!request.variant().empty() && model::FindVariant(manifest, request.variant()) == nullptr) {
    std::string known;
    for (const v1::Variant& variant : manifest.variants()) {
      base::StrAppend(&known, known.empty() ? "" : ", ", variant.id());
    }
    return absl::NotFoundError(base::StrCat("model '", request.id(), "' has no variant '",
                                            request.variant(), "'; there are ", known));
  }
  const absl::Status changed = store_->ChangeChoices([&](model::Choices* choices) {
    (*choices)[request.id()].variant = request.variant();
    return absl::OkStatus();
  });
  if (!changed.ok()) return changed;
  v1::ChooseVariantResponse response;
  const auto id_at = [&](const std::string& wish, std::string* reason) {
    model::VariantChoice choice =
        model::ChooseVariant(manifest, static_cast<std::uint32_t>(kHostRateHz), wish);
    if (reason != nullptr) *reason = std::move(choice.reason);
    return manifest.variants(choice.index).id();
  };
  response.set_variant_before(id_at(run.wish, nullptr));
  response.set_variant(id_at(request.variant(), response.mutable_reason()));
  return response;
}

}  // namespace continuo::fit
