// SPDX-License-Identifier: Apache-2.0
// .nam files as models.
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <optional>
#include <utility>

#include "daemon/executor/fused/format.h"
#include "daemon/executor/fused/nam_file.h"
#include "daemon/executor/fused/nam_metadata.h"
#include "daemon/executor/fused/nam_network.h"
#include "daemon/executor/fused/recurrent.h"

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

bool Recognises(const json& document) {
  return document.is_object() && (document.contains("architecture") || document.contains("config"));
}

// The quality of a container that nobody will change: the variant's option of that name, or, where
// the manifest leaves the parameter out, the best. None: the block's parameter chooses.
absl::StatusOr<std::optional<double>> FixedQuality(const NamFile& file, bool has_sizes,
                                                   const LoadRequest& request) {
  const auto option = request.options.find(kQualityParameter);
  const bool stated = option != request.options.end();
  double quality = 1;
  if (stated && !(absl::SimpleAtod(option->second, &quality) && quality >= 0 && quality <= 1)) {
    return absl::InvalidArgumentError(absl::StrCat("option ", kQualityParameter, ": is ",
                                                   Shown(option->second), ", expected 0 to 1"));
  }
  if (stated && !has_sizes) {
    return absl::InvalidArgumentError(absl::StrCat("option ", kQualityParameter,
                                                   ": is of containers and of what can be slimmed, "
                                                   "and this is a ",
                                                   file.architecture));
  }
  if (!has_sizes || (!stated && !request.parameter_ids.empty())) return std::nullopt;
  return quality;
}

absl::StatusOr<Precision> PrecisionFor(const NamFile& file, const LoadRequest& request) {
  auto precision = PrecisionOf(request);
  if (precision.ok() && *precision != Precision::kFloat32 && file.architecture != "LSTM") {
    return absl::InvalidArgumentError(
        absl::StrCat("options.precision: is int16, expected float32 for a ", file.architecture));
  }
  return precision;
}

absl::StatusOr<std::unique_ptr<Model>> Load(const json& document, const LoadRequest& request,
                                            const Kernels& kernels) {
  const auto file = ReadNamFile(document);
  if (!file.ok()) return file.status();
  const auto sizes = CountSizes(*file);
  if (!sizes.ok()) return sizes.status();
  FileFacts facts = {"a .nam file", file->states_sample_rate ? file->sample_rate_hz : 0, {}};
  // A manifest may leave the choice out.
  if (*sizes > 0 && !request.parameter_ids.empty()) {
    facts.parameter_ids = {kQualityParameter};
  }
  if (auto status = CheckManifest(request, facts); !status.ok()) return status;
  auto network = [&]() -> absl::StatusOr<std::unique_ptr<Network>> {
    const auto quality = FixedQuality(*file, *sizes > 0, request);
    if (!quality.ok()) return quality.status();
    const auto precision = PrecisionFor(*file, request);
    if (!precision.ok()) return precision.status();
    return *quality ? MakeContainerPart(*file, **quality, kernels)
                    : MakeNamNetwork(*file, "", kernels, *precision);
  }();
  if (!network.ok()) return network.status();
  return MakeModel(*std::move(network), request);
}

// Of a file and those within it: their lists of weights.
std::uint64_t CountWeights(const json& value) {
  std::uint64_t count = 0;
  if (!value.is_structured()) return 0;
  for (const auto& [name, inner] : value.items()) {
    count += value.is_object() && name == "weights" && inner.is_array() ? inner.size()
                                                                        : CountWeights(inner);
  }
  return count;
}

std::string ArchitectureName(const NamFile& file, std::size_t sizes) {
  const auto named = [&](const char* field) -> std::string {
    const auto found = file.config.find(field);
    return found == file.config.end() ? "" : absl::StrCat("-", Shown(*found));
  };
  if (file.architecture == "LSTM") return file.architecture + named("hidden_size");
  if (file.architecture == "Linear") return file.architecture + named("receptive_field");
  if (sizes == 0) return file.architecture;
  return absl::StrCat(file.architecture, " of ", sizes,
                      file.architecture == "WaveNet" ? " sizes" : "");
}

bool IsSlimmable(const NamFile& file) {
  if (file.architecture != "WaveNet") return false;
  for (const json& array : file.config["layers"]) {
    const auto found = array.find("slimmable");
    if (found != array.end() && !found->is_null()) return true;
  }
  return false;
}

absl::StatusOr<std::vector<Inspection>> Inspect(const json& document, const Kernels& kernels) {
  const auto file = ReadNamFile(document);
  if (!file.ok()) return file.status();
  const auto network = MakeNamNetwork(*file, "", kernels);
  if (!network.ok()) return network.status();
  Inspection found;
  found.format = "NAM " + file->version;
  const auto sizes = CountSizes(*file);
  if (!sizes.ok()) return sizes.status();
  found.architecture = ArchitectureName(*file, *sizes);
  found.description.sample_rate_hz = file->sample_rate_hz;
  found.description.real_time_safe = true;
  found.sample_rate_stated = file->states_sample_rate;
  found.weight_count = CountWeights(document);
  found.tail_ms = 1e3 * (*network)->tail_frames() / file->sample_rate_hz;
  if (auto status = ReadMetadata(document, found); !status.ok()) return status;
  if (*sizes > 0) {
    found.parameters.push_back({kQualityParameter, "Quality", 0, 1, 1});
    found.notes.emplace_back(
        "holds models of several sizes; the quality chooses, 1 is the largest");
  } else if (IsSlimmable(*file)) {
    found.notes.emplace_back("could be run with fewer channels; it is run with all of them");
  }
  return std::vector<Inspection>{std::move(found)};
}

}  // namespace

const Format kNamFormat = {Recognises, Load, Inspect};

}  // namespace continuo::executor::fused
