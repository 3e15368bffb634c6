// SPDX-License-Identifier: Apache-2.0
// ValidateManifest: one function a message of the schema, in the schema's order.
#include <cmath>
#include <set>
#include <string>

#include "daemon/model/checks.h"
#include "daemon/model/parameters.h"

namespace continuo::model {
namespace {

void CheckAudio(const v1::AudioSignature& audio, Checks* checks) {
  checks->Range("audio.input_channels", audio.input_channels(), 1U, kMaxChannels);
  checks->Range("audio.output_channels", audio.output_channels(), 1U, kMaxChannels);
  checks->Range("audio.latency_frames", audio.latency_frames(), 0U, kMaxLatencyFrames);
  checks->Range("audio.tail_ms", audio.tail_ms(), 0.0, kMaxTailMs);
  checks->Range("audio.maximum_block_frames", audio.maximum_block_frames(), 1U, kMaxBlockFrames);
}

void CheckPreset(const std::string& field, const v1::Preset& preset,
                 const v1::ModelManifest& manifest, Checks* checks) {
  checks->Id(field + ".id", preset.id(), '-', true);
  checks->Name(field + ".name", preset.name());
  const absl::Status values = CheckParameters(manifest, preset.values());
  checks->Require(values.ok(), field, ".values: ", values.message());
}

void CheckVariant(const std::string& field, const v1::Variant& variant,
                  const std::set<std::string>& files, bool audio, Checks* checks) {
  checks->Id(field + ".id", variant.id(), '-', true);
  checks->Range(field + ".sample_rate_hz", variant.sample_rate_hz(), audio ? kMinSampleRateHz : 0U,
                audio ? kMaxSampleRateHz : 0U);
  checks->Path(field + ".file", variant.file());
  checks->Require(files.count(variant.file()) != 0, field, ".file '", variant.file(),
                  "' is not listed in files");
  if (!variant.executor().empty()) checks->Id(field + ".executor", variant.executor(), '-', false);
  checks->Range(field + ".options' number", variant.options_size(), 0, kMaxOptions);
  for (const auto& [name, value] : variant.options()) {
    checks->Name(field + ".options' name", name);
    checks->Text(base::StrCat(field, ".options.", name), value, kMaxTextBytes);
  }
  checks->Enum(field + ".precision", variant.precision(), v1::Precision_descriptor());
  checks->Range(field + ".weights_bytes", variant.weights_bytes(), std::uint64_t{0}, kMaxFileBytes);
  const v1::Cost& cost = variant.cost();
  checks->Range(field + ".cost.microseconds_per_block", cost.microseconds_per_block(), 0.0, 1e9);
  checks->Range(field + ".cost.block_frames", cost.block_frames(), 0U, kMaxBlockFrames);
  checks->Text(field + ".cost.measured_on", cost.measured_on(), kMaxTextBytes);
  checks->Range(field + ".cost.benchmark_us", cost.benchmark_us(), 0.0, 1e9);
  checks->Range(field + ".cost.memory_bytes", cost.memory_bytes(), std::uint64_t{0}, kMaxFileBytes);
  checks->Range(field + ".error", variant.error(), 0.0, 1e9);
}

void CheckQuality(const std::string& field, const v1::ModelQuality& quality, Checks* checks) {
  checks->Name(field + ".measure", quality.measure());
  checks->Range(field + ".value", quality.value(), -1e9, 1e9);
  checks->Text(field + ".measured_on", quality.measured_on(), kMaxTextBytes);
}

void CheckFile(const std::string& field, const v1::File& file, Checks* checks) {
  checks->Path(field + ".path", file.path());
  checks->Require(file.path() != "model.json", field,
                  ".path is model.json, which cannot hold its own sha256");
  checks->Range(field + ".size_bytes", file.size_bytes(), std::uint64_t{0}, kMaxFileBytes);
  const bool hexadecimal = file.sha256().size() == 64 &&
                           file.sha256().find_first_not_of("0123456789abcdef") == std::string::npos;
  checks->Require(hexadecimal, field, ".sha256 is not 64 lower-case hexadecimal digits");
}

void CheckProvenance(const v1::Provenance& provenance, Checks* checks) {
  checks->Text("provenance.description", provenance.description(), kMaxTextBytes);
  for (int i = 0; i < provenance.data_size(); ++i) {
    checks->Text(At("provenance.data", i), provenance.data(i), kMaxTextBytes);
  }
  checks->Text("provenance.script", provenance.script(), kMaxTextBytes);
}

void CheckDependencies(const v1::ModelManifest& manifest, Checks* checks) {
  std::set<std::string> seen;
  for (int i = 0; i < manifest.dependencies_size(); ++i) {
    const v1::Dependency& dependency = manifest.dependencies(i);
    const std::string field = At("dependencies", i);
    checks->Id(field + ".id", dependency.id(), '-', true);
    checks->Require(dependency.id() != manifest.id(), field, ".id is the model's own");
    checks->Unique(field + ".id", dependency.id(), &seen);
    checks->Version(field + ".minimum_version", dependency.minimum_version());
  }
}

void CheckLists(const v1::ModelManifest& manifest, Checks* checks) {
  std::set<std::string> presets;
  std::set<std::string> variants;
  std::set<std::string> files;
  for (int i = 0; i < manifest.files_size(); ++i) {
    CheckFile(At("files", i), manifest.files(i), checks);
    checks->Unique(At("files", i) + ".path", manifest.files(i).path(), &files);
  }
  CheckParameterList(manifest, checks);
  for (int i = 0; i < manifest.presets_size(); ++i) {
    CheckPreset(At("presets", i), manifest.presets(i), manifest, checks);
    checks->Unique(At("presets", i) + ".id", manifest.presets(i).id(), &presets);
  }
  for (int i = 0; i < manifest.variants_size(); ++i) {
    CheckVariant(At("variants", i), manifest.variants(i), files, manifest.task() != v1::TASK_NOTES,
                 checks);
    checks->Unique(At("variants", i) + ".id", manifest.variants(i).id(), &variants);
  }
  for (int i = 0; i < manifest.golden_size(); ++i) {
    const v1::Golden& golden = manifest.golden(i);
    checks->Require(variants.count(golden.variant()) != 0, At("golden", i), ".variant '",
                    golden.variant(), "' is not a variant");
    checks->Path(At("golden", i) + ".file", golden.file());
  }
  if (manifest.task() == v1::TASK_NOTES) CheckNotes(manifest, files, checks);
}

// The lists are looked at only where none is longer than it may be.
void CheckNumbers(const v1::ModelManifest& manifest, Checks* checks) {
  const std::size_t before = checks->all().size();
  checks->Range("the number of parameters", manifest.parameters_size(), 0, kMaxParameters);
  checks->Range("the number of presets", manifest.presets_size(), 0, kMaxPresets);
  checks->Range("the number of variants", manifest.variants_size(), 1, kMaxVariants);
  checks->Range("the number of golden", manifest.golden_size(), 0, kMaxVariants);
  checks->Range("the number of files", manifest.files_size(), 1, kMaxFiles);
  checks->Range("the number of provenance.data", manifest.provenance().data_size(), 0, kMaxFiles);
  checks->Range("the number of quality", manifest.quality_size(), 0, kMaxQualities);
  checks->Range("the number of dependencies", manifest.dependencies_size(), 0, kMaxDependencies);
  if (checks->all().size() > before) return;
  CheckDependencies(manifest, checks);
  for (int i = 0; i < manifest.quality_size(); ++i) {
    CheckQuality(At("quality", i), manifest.quality(i), checks);
  }
  CheckLists(manifest, checks);
}

}  // namespace

absl::Status CheckModelId(const std::string& id) {
  Checks checks;
  checks.Id("id", id, '-', true);
  return checks.status();
}

namespace {

Checks CheckManifest(const v1::ModelManifest& manifest) {
  Checks checks;
  checks.Require(manifest.schema() == kManifestSchema, "schema is ", manifest.schema(),
                 "; this daemon knows ", kManifestSchema);
  checks.Version("minimum_daemon_version", manifest.minimum_daemon_version());
  checks.Require(base::ParseSemanticVersion(manifest.minimum_daemon_version()) <=
                     base::ParseSemanticVersion(base::kVersion),
                 "minimum_daemon_version is ", manifest.minimum_daemon_version(),
                 ", this daemon is ", base::kVersion, "; update it");
  checks.Id("id", manifest.id(), '-', true);
  checks.Version("version", manifest.version());
  checks.Name("name", manifest.name());
  checks.Text("summary", manifest.summary(), kMaxTextBytes);
  checks.Enum("task", manifest.task(), v1::Task_descriptor());
  checks.Id("executor", manifest.executor(), '-', false);  // becomes part of a file's name
  if (manifest.task() == v1::TASK_NOTES) {
    checks.Require(!manifest.has_audio(), "audio is there; a model that writes notes has none");
  } else {
    CheckAudio(manifest.audio(), &checks);
    checks.Require(!manifest.has_notes(), "notes is there; only TASK_NOTES has it");
  }
  CheckNumbers(manifest, &checks);
  checks.Name("license", manifest.license());
  checks.Text("attribution", manifest.attribution(), kMaxTextBytes);
  CheckProvenance(manifest.provenance(), &checks);
  checks.Range("stated_error", manifest.stated_error(), 0.0, 1e9);
  return checks;
}

}  // namespace

absl::Status ValidateManifest(const v1::ModelManifest& manifest) {
  return CheckManifest(manifest).status();
}

std::vector<std::string> AllProblemsOf(const v1::ModelManifest& manifest) {
  return CheckManifest(manifest).all();
}

}  // namespace continuo::model
