// SPDX-License-Identifier: Apache-2.0
// ValidateManifest: one function a message of the schema, in the schema's order.
#include <absl/strings/str_split.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "daemon/base/str_cat.h"
#include "daemon/base/version.h"
#include "daemon/model/manifest.h"
#include "daemon/model/parameters.h"

namespace continuo::model {
namespace {

// Keeps the first thing that is wrong, so that the checks read as a list.
class Checks {
 public:
  template <typename... Words>
  void Require(bool holds, const Words&... words) {
    if (!holds && status_.ok()) status_ = absl::InvalidArgumentError(base::StrCat(words...));
  }

  template <typename T>
  void Range(const std::string& field, T value, T minimum, T maximum) {
    if constexpr (std::is_floating_point_v<T>) {
      Require(std::isfinite(value), field, " is not a finite number");
    }
    Require(!(value < minimum), field, " is ", value, ", below minimum ", minimum);
    Require(!(value > maximum), field, " is ", value, ", above maximum ", maximum);
  }

  // Text for people. Control characters could drive the terminal that shows it.
  void Text(const std::string& field, const std::string& value, std::size_t maximum_bytes) {
    Range(field + "'s length in bytes", value.size(), std::size_t{0}, maximum_bytes);
    const bool clean = std::none_of(value.begin(), value.end(), [](unsigned char c) {
      return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7F;
    });
    Require(clean, field, " contains a control character");
  }

  void Name(const std::string& field, const std::string& value) {
    Require(!value.empty(), field, " is missing");
    Text(field, value, kMaxNameBytes);
  }

  // [first][a-z0-9 and `joint`]{0,63}, first a letter or, with `digit_first`, a digit.
  void Id(const std::string& field, const std::string& value, char joint, bool digit_first) {
    const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const bool good = !value.empty() && value.size() <= kMaxIdBytes &&
                      (letter(value[0]) || (digit_first && digit(value[0]))) &&
                      std::all_of(value.begin(), value.end(),
                                  [&](char c) { return letter(c) || digit(c) || c == joint; });
    Require(good, field, value.empty() ? " is missing" : " is not a valid name", "; it takes [",
            digit_first ? "a-z0-9" : "a-z", "][a-z0-9", std::string_view(&joint, 1), "]{0,63}");
  }

  void Unique(const std::string& field, const std::string& value, std::set<std::string>* seen) {
    Require(seen->insert(value).second, field, " '", value, "' is there twice");
  }

  // Inside the package, written in the one way that there is.
  void Path(const std::string& field, const std::string& value) {
    Require(!value.empty(), field, " is missing");
    Text(field, value, kMaxTextBytes);
    Require(value.find_first_of("\n\t\\") == std::string::npos, field,
            " contains a backslash, tab or line break");
    Require(value.empty() || value[0] != '/', field, " is absolute; it has to lie in the package");
    for (const absl::string_view part : absl::StrSplit(value, '/')) {
      Require(value.empty() || (part != ".." && part != "." && !part.empty()), field, " '", value,
              "' has a part '", part, "'; it has to lie in the package");
    }
  }

  void Version(const std::string& field, const std::string& value) {
    Require(base::ParseSemanticVersion(value).has_value(), field,
            value.empty() ? " is missing" : " is not valid", "; it takes MAJOR.MINOR.PATCH");
  }

  // An enumerator that has a name and is not ..._UNSPECIFIED.
  void Enum(const std::string& field, int value, const google::protobuf::EnumDescriptor* type) {
    std::string all;
    for (int i = 1; i < type->value_count(); ++i) {
      base::StrAppend(&all, i == 1 ? "" : ", ", type->value(i)->name());
    }
    Require(value != 0, field, " is missing; it is one of ", all);
    Require(type->FindValueByNumber(value) != nullptr, field, " is ", value, "; it is one of ",
            all);
  }

  [[nodiscard]] const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

std::string At(std::string_view list, int index) { return base::StrCat(list, "[", index, "]"); }

void CheckAudio(const v1::AudioSignature& audio, Checks* checks) {
  checks->Range("audio.input_channels", audio.input_channels(), 1U, kMaxChannels);
  checks->Range("audio.output_channels", audio.output_channels(), 1U, kMaxChannels);
  checks->Range("audio.latency_frames", audio.latency_frames(), 0U, kMaxLatencyFrames);
  checks->Range("audio.tail_ms", audio.tail_ms(), 0.0, kMaxTailMs);
  checks->Range("audio.maximum_block_frames", audio.maximum_block_frames(), 1U, kMaxBlockFrames);
}

void CheckParameter(const std::string& field, const v1::Parameter& parameter, Checks* checks) {
  checks->Id(field + ".id", parameter.id(), '_', false);
  checks->Name(field + ".name", parameter.name());
  checks->Text(field + ".unit", parameter.unit(), kMaxNameBytes);
  checks->Require(std::isfinite(parameter.minimum()), field, ".minimum is not a finite number");
  checks->Require(std::isfinite(parameter.maximum()), field, ".maximum is not a finite number");
  checks->Require(parameter.minimum() < parameter.maximum(), field, ".minimum is ",
                  parameter.minimum(), ", not below maximum ", parameter.maximum());
  checks->Range(field + ".default_value", parameter.default_value(), parameter.minimum(),
                parameter.maximum());
  checks->Enum(field + ".curve", parameter.curve(), v1::Curve_descriptor());
  checks->Require(parameter.curve() != v1::CURVE_LOGARITHMIC || parameter.minimum() > 0, field,
                  ".minimum is ", parameter.minimum(), "; a logarithmic curve needs one above 0");
  checks->Enum(field + ".level", parameter.level(), v1::Level_descriptor());
  checks->Text(field + ".description", parameter.description(), kMaxTextBytes);
  checks->Range(field + ".smoothing_ms", parameter.smoothing_ms(), 0.0, kMaxSmoothingMs);
}

void CheckPreset(const std::string& field, const v1::Preset& preset,
                 const v1::ModelManifest& manifest, Checks* checks) {
  checks->Id(field + ".id", preset.id(), '-', true);
  checks->Name(field + ".name", preset.name());
  const absl::Status values = CheckParameters(manifest, preset.values());
  checks->Require(values.ok(), field, ".values: ", values.message());
}

void CheckVariant(const std::string& field, const v1::Variant& variant,
                  const std::set<std::string>& files, Checks* checks) {
  checks->Id(field + ".id", variant.id(), '-', true);
  checks->Range(field + ".sample_rate_hz", variant.sample_rate_hz(), kMinSampleRateHz,
                kMaxSampleRateHz);
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

void CheckLists(const v1::ModelManifest& manifest, Checks* checks) {
  std::set<std::string> parameters;
  std::set<std::string> presets;
  std::set<std::string> variants;
  std::set<std::string> files;
  for (int i = 0; i < manifest.files_size(); ++i) {
    CheckFile(At("files", i), manifest.files(i), checks);
    checks->Unique(At("files", i) + ".path", manifest.files(i).path(), &files);
  }
  for (int i = 0; i < manifest.parameters_size(); ++i) {
    CheckParameter(At("parameters", i), manifest.parameters(i), checks);
    checks->Unique(At("parameters", i) + ".id", manifest.parameters(i).id(), &parameters);
  }
  for (int i = 0; i < manifest.presets_size(); ++i) {
    CheckPreset(At("presets", i), manifest.presets(i), manifest, checks);
    checks->Unique(At("presets", i) + ".id", manifest.presets(i).id(), &presets);
  }
  for (int i = 0; i < manifest.variants_size(); ++i) {
    CheckVariant(At("variants", i), manifest.variants(i), files, checks);
    checks->Unique(At("variants", i) + ".id", manifest.variants(i).id(), &variants);
  }
  for (int i = 0; i < manifest.golden_size(); ++i) {
    const v1::Golden& golden = manifest.golden(i);
    checks->Require(variants.count(golden.variant()) != 0, At("golden", i), ".variant '",
                    golden.variant(), "' is not a variant");
    checks->Path(At("golden", i) + ".file", golden.file());
  }
}

}  // namespace

absl::Status CheckModelId(const std::string& id) {
  Checks checks;
  checks.Id("id", id, '-', true);
  return checks.status();
}

absl::Status ValidateManifest(const v1::ModelManifest& manifest) {
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
  CheckAudio(manifest.audio(), &checks);
  checks.Range("the number of parameters", manifest.parameters_size(), 0, kMaxParameters);
  checks.Range("the number of presets", manifest.presets_size(), 0, kMaxPresets);
  checks.Range("the number of variants", manifest.variants_size(), 1, kMaxVariants);
  checks.Range("the number of golden", manifest.golden_size(), 0, kMaxVariants);
  checks.Range("the number of files", manifest.files_size(), 1, kMaxFiles);
  checks.Range("the number of provenance.data", manifest.provenance().data_size(), 0, kMaxFiles);
  if (checks.status().ok()) CheckLists(manifest, &checks);
  checks.Name("license", manifest.license());
  checks.Text("attribution", manifest.attribution(), kMaxTextBytes);
  CheckProvenance(manifest.provenance(), &checks);
  return checks.status();
}

}  // namespace continuo::model
