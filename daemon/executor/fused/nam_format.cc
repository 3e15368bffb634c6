// SPDX-License-Identifier: Apache-2.0
// .nam files as models.
#include <absl/strings/str_cat.h>

#include <utility>

#include "daemon/executor/fused/format.h"
#include "daemon/executor/fused/lstm.h"
#include "daemon/executor/fused/nam_file.h"
#include "daemon/executor/fused/network.h"
#include "daemon/executor/fused/wavenet.h"

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

bool Recognises(const json& document) {
  return document.is_object() && (document.contains("architecture") || document.contains("config"));
}

absl::StatusOr<std::unique_ptr<Network>> MakeNetwork(const NamFile& file, const Kernels& kernels) {
  if (file.architecture == "WaveNet") return MakeWaveNet(file, kernels);
  if (file.architecture == "LSTM") return MakeLstm(file, kernels);
  return absl::InvalidArgumentError(
      absl::StrCat("architecture: is ", file.architecture, ", expected WaveNet or LSTM"));
}

absl::StatusOr<std::unique_ptr<Model>> Load(const json& document, const LoadRequest& request,
                                            const Kernels& kernels) {
  const auto file = ReadNamFile(document);
  if (!file.ok()) return file.status();
  const FileFacts facts = {"a .nam file", file->states_sample_rate ? file->sample_rate_hz : 0, {}};
  if (auto status = CheckManifest(request, facts); !status.ok()) return status;
  auto network = MakeNetwork(*file, kernels);
  if (!network.ok()) return network.status();
  return MakeModel(*std::move(network), request);
}

absl::StatusOr<std::vector<Inspection>> Inspect(const json&, const Kernels&) {
  return absl::UnimplementedError("not yet");
}

}  // namespace

const Format kNamFormat = {Recognises, Load, Inspect};

}  // namespace continuo::executor::fused
