// SPDX-License-Identifier: Apache-2.0
#include "daemon/fit/subject.h"

#include <algorithm>
#include <utility>

#include "daemon/model/license.h"
#include "daemon/model/variant.h"
#include "daemon/repository/publish.h"

namespace continuo::fit {
namespace {

constexpr std::uint32_t kHostRateHz = 48000;

// As far as the choice of a variant looks at it.
v1::ModelManifest ManifestOf(const v1::RepositoryEntry& entry) {
  v1::ModelManifest manifest;
  manifest.set_task(entry.task());
  manifest.set_stated_error(entry.stated_error());
  for (const v1::RepositoryVariant& variant : entry.variants()) {
    v1::Variant* const added = manifest.add_variants();
    added->set_id(variant.id());
    added->set_sample_rate_hz(variant.sample_rate_hz());
    added->set_executor(variant.executor());
    added->set_precision(variant.precision());
    added->set_error(variant.error());
    if (variant.has_cost()) *added->mutable_cost() = variant.cost();
  }
  return manifest;
}

Subject Chosen(Subject subject, const v1::ModelManifest& manifest, const std::string& wish) {
  if (manifest.variants_size() == 0) return subject;
  model::VariantChoice choice = model::ChooseVariant(manifest, kHostRateHz, wish);
  subject.variant = choice.index;
  subject.choice = std::move(choice.reason);
  return subject;
}

}  // namespace

Subject SubjectOf(const model::Runnable& run, std::set<std::string> measured_here) {
  const v1::ModelManifest& manifest = run.package->manifest;
  return Chosen({repository::Describe(manifest), "", 0, "", std::move(measured_here)}, manifest,
                run.wish);
}

Subject SubjectOf(const v1::RepositoryEntry& entry, const std::string& source) {
  return Chosen({entry, source, 0, "", {}}, ManifestOf(entry), "");
}

v1::ModelFacts FactsOf(const Subject& subject) {
  const v1::RepositoryEntry& entry = subject.entry;
  v1::ModelFacts facts;
  facts.set_id(entry.id());
  facts.set_version(entry.version());
  facts.set_name(entry.name());
  facts.set_source(subject.source);
  facts.set_task(entry.task());
  facts.set_size_bytes(entry.size_bytes());
  std::set<std::uint32_t> rates;
  for (const v1::RepositoryVariant& variant : entry.variants()) {
    if (variant.sample_rate_hz() > 0) rates.insert(variant.sample_rate_hz());
  }
  facts.mutable_sample_rates_hz()->Assign(rates.begin(), rates.end());
  if (subject.variant < entry.variants_size()) {
    const v1::RepositoryVariant& variant = entry.variants(subject.variant);
    facts.set_executor(variant.executor());
    if (subject.source.empty()) facts.set_size_bytes(variant.weights_bytes());
    if (variant.sample_rate_hz() > 0) {
      facts.set_latency_ms(1000.0 * entry.latency_frames() / variant.sample_rate_hz());
    }
  }
  facts.set_parameter_count(entry.parameter_count());
  *facts.mutable_quality() = entry.quality();
  facts.set_license(entry.license());
  if (const auto terms = model::LicenseTermsOf(entry.license()); terms.ok()) {
    *facts.mutable_terms() = *terms;
  }
  *facts.mutable_tasks() = entry.notes().tasks();
  return facts;
}

}  // namespace continuo::fit
