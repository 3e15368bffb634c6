// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/nam_network.h"

#include <absl/strings/str_cat.h>

#include <optional>
#include <utility>

#include "daemon/executor/fused/convnet.h"
#include "daemon/executor/fused/linear.h"
#include "daemon/executor/fused/lstm.h"
#include "daemon/executor/fused/nam_slim.h"
#include "daemon/executor/fused/wavenet.h"

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

constexpr std::size_t kMaximumParts = 16;

// A slimmable WaveNet's. With a quality only the one that this chooses.
absl::StatusOr<std::vector<ContainerPart>> SlimParts(const NamFile& file,
                                                     const std::vector<SlimSize>& sizes,
                                                     std::optional<double> quality,
                                                     const Kernels& kernels) {
  auto whole = MakeWaveNet(file, kernels);  // says what is wrong with the file
  if (!whole.ok()) return whole.status();
  std::vector<ContainerPart> parts;
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
    if (quality && !(*quality < sizes[i].maximum)) continue;
    const auto slim = Slimmed(file, sizes[i]);
    if (!slim.ok()) return slim.status();
    auto network = MakeWaveNet(*slim, kernels);
    if (!network.ok()) return network.status();
    parts.push_back({static_cast<float>(sizes[i].maximum), *std::move(network)});
    if (quality) return parts;
  }
  parts.push_back({static_cast<float>(sizes.back().maximum), *std::move(whole)});
  return parts;
}

// An error of a model within a container names the way to it.
absl::Status Within(const absl::Status& status, const std::string& path) {
  return absl::Status(status.code(), absl::StrCat(path, status.message()));
}

// With a quality, of its models only the one that this chooses: the others are not made.
absl::StatusOr<std::vector<ContainerPart>> ReadParts(const NamFile& file,
                                                     std::optional<double> quality,
                                                     const Kernels& kernels) {
  absl::Status status;
  FieldReader fields(file.config, "config", status);
  const json& list = fields.List("submodels", kMaximumParts);
  fields.NoOthers();
  if (status.ok() && !file.weights.empty()) {
    fields.Fail("submodels", absl::StrCat("beside ", file.weights.size(), " weights"), "none");
  }
  std::vector<ContainerPart> parts;
  double before = 0;
  for (std::size_t i = 0; i < list.size() && status.ok(); ++i) {
    const std::string path = absl::StrCat("config.submodels[", i, "]");
    FieldReader entry(list[i], path, status);
    const double maximum = entry.Number("max_value", -1, 0, 1e3);
    const json* model = entry.Optional("model");
    entry.NoOthers();
    if (status.ok() && model == nullptr) entry.Fail("model", "missing", "an object");
    if (status.ok() && !(maximum > before)) {
      entry.Fail("max_value", absl::StrCat(maximum), absl::StrCat("more than ", before));
    }
    if (status.ok() && i + 1 == list.size() && maximum < 1) {
      entry.Fail("max_value", absl::StrCat(maximum), "at least 1, as it is the last");
    }
    if (!status.ok()) break;
    before = maximum;
    const bool last = i + 1 == list.size();
    if (quality && (!parts.empty() || !(*quality < maximum || last))) continue;
    const std::string inner = path + ".model.";
    const auto part = ReadNamFile(*model, inner);
    if (!part.ok()) return part.status();
    if (part->states_sample_rate && part->sample_rate_hz != file.sample_rate_hz) {
      return absl::InvalidArgumentError(absl::StrCat(
          inner, "sample_rate: is ", part->sample_rate_hz, ", expected ", file.sample_rate_hz));
    }
    auto network = MakeNamNetwork(*part, inner, kernels);
    if (!network.ok()) return network.status();
    parts.push_back({static_cast<float>(maximum), *std::move(network)});
  }
  if (!status.ok()) return status;
  return parts;
}

}  // namespace

absl::StatusOr<std::size_t> CountSizes(const NamFile& file) {
  if (file.architecture == "SlimmableContainer") {
    const auto submodels = file.config.find("submodels");
    return submodels == file.config.end() ? 1 : submodels->size();
  }
  const auto sizes = SlimSizesOf(file);
  if (!sizes.ok()) return sizes.status();
  return sizes->size();
}

absl::StatusOr<std::unique_ptr<Network>> MakeNamNetwork(const NamFile& file,
                                                        const std::string& path,
                                                        const Kernels& kernels,
                                                        Precision precision) {
  auto network = [&]() -> absl::StatusOr<std::unique_ptr<Network>> {
    if (file.architecture == "WaveNet") {
      // Within a container this chooses the size.
      const auto sizes = path.empty() ? SlimSizesOf(file) : std::vector<SlimSize>();
      if (!sizes.ok()) return sizes.status();
      if (sizes->empty()) return MakeWaveNet(file, kernels);
      auto parts = SlimParts(file, *sizes, std::nullopt, kernels);
      if (!parts.ok()) return parts.status();
      return MakeContainer(*std::move(parts));
    }
    if (file.architecture == "LSTM") return MakeLstm(file, kernels, precision);
    if (file.architecture == "ConvNet") return MakeConvNet(file, kernels);
    if (file.architecture == "Linear") return MakeLinear(file, kernels);
    // Not within a container again.
    if (file.architecture == "SlimmableContainer" && path.empty()) {
      auto parts = ReadParts(file, std::nullopt, kernels);
      if (!parts.ok()) return parts.status();
      return MakeContainer(*std::move(parts));
    }
    return absl::InvalidArgumentError(
        absl::StrCat("architecture: is ", file.architecture, ", expected WaveNet, LSTM, ConvNet",
                     path.empty() ? ", Linear or SlimmableContainer" : " or Linear"));
  }();
  if (network.ok()) return network;
  return Within(network.status(), path);
}

absl::StatusOr<std::unique_ptr<Network>> MakeContainerPart(const NamFile& file, double quality,
                                                           const Kernels& kernels) {
  const auto sizes = SlimSizesOf(file);
  if (!sizes.ok()) return sizes.status();
  auto parts = sizes->empty() ? ReadParts(file, quality, kernels)
                              : SlimParts(file, *sizes, quality, kernels);
  if (!parts.ok()) return parts.status();
  return std::move(parts->front().network);
}

}  // namespace continuo::executor::fused
