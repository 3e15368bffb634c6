// SPDX-License-Identifier: Apache-2.0
// GuitarML's and RTNeural's files as models.
#include <absl/strings/str_cat.h>

#include <utility>

#include "daemon/executor/fused/format.h"
#include "daemon/executor/fused/guitarml_file.h"
#include "daemon/executor/fused/network.h"
#include "daemon/executor/fused/rtneural_file.h"

namespace continuo::executor::fused {
namespace {

using nlohmann::json;
using Reader = absl::StatusOr<RecurrentFile> (*)(const json& document);

constexpr double kSettlingMs = 500;  // of an LSTM or a GRU in silence

bool IsGuitarMl(const json& document) {
  return document.is_object() &&
         (document.contains("model_data") || document.contains("state_dict"));
}
bool IsRtNeural(const json& document) {
  return document.is_object() && (document.contains("layers") || document.contains("in_shape"));
}

// Knobs have no names in these files.
std::vector<std::string> KnobIds(const RecurrentNet& net) {
  std::vector<std::string> ids;
  for (std::uint32_t i = 1; i < net.inputs(); ++i) ids.push_back(absl::StrCat("knob_", i));
  return ids;
}

// Before a stream begins, and of tail: hidden values settle when the convolutions have.
std::uint32_t SilentFrames(const RecurrentNet& net, std::uint32_t sample_rate_hz) {
  const double settling = net.HasHidden() ? sample_rate_hz * kSettlingMs / 1000 : 0;
  return net.PastFrames() + static_cast<std::uint32_t>(settling);
}

absl::StatusOr<RecurrentFile> Read(Reader reader, const json& document, const Kernels& kernels) {
  auto file = reader(document);
  if (!file.ok() || file->test_in.empty()) return file;
  if (auto status = RunSelfTest(*file, kernels); !status.ok()) return status;
  return file;
}

template <Reader kReader>
absl::StatusOr<std::unique_ptr<Model>> Load(const json& document, const LoadRequest& request,
                                            const Kernels& kernels) {
  const auto file = Read(kReader, document, kernels);
  if (!file.ok()) return file.status();
  const auto precision = PrecisionOf(request);
  if (!precision.ok()) return precision.status();
  if (*precision != Precision::kFloat32 && !file->net.HasHidden()) {
    return absl::InvalidArgumentError(
        "options.precision: is int16, expected float32 for a net without LSTM and GRU");
  }
  const FileFacts facts = {"this file", file->states_sample_rate ? file->sample_rate_hz : 0,
                           KnobIds(file->net)};
  if (auto status = CheckManifest(request, facts); !status.ok()) return status;
  const std::uint32_t warm_up = SilentFrames(file->net, request.description.sample_rate_hz);
  return MakeModel(MakeRecurrent(file->net, kernels, warm_up, *precision), request);
}

template <Reader kReader>
absl::StatusOr<std::vector<Inspection>> Inspect(const json& document, const Kernels& kernels) {
  auto file = Read(kReader, document, kernels);
  if (!file.ok()) return file.status();
  Inspection found;
  found.format = file->format;
  found.architecture = file->net.Name();
  found.name = file->name;
  found.author = file->author;
  found.license = file->license;
  found.description.sample_rate_hz = file->sample_rate_hz;
  found.description.real_time_safe = true;
  for (const std::string& id : KnobIds(file->net)) {
    const std::string number = id.substr(id.rfind('_') + 1);
    found.parameters.push_back({id, absl::StrCat("Knob ", number), 0, 1, 0.5F});
  }
  found.weight_count = file->weight_count;
  found.tail_ms = 1e3 * SilentFrames(file->net, file->sample_rate_hz) / file->sample_rate_hz;
  found.sample_rate_stated = file->states_sample_rate;
  found.self_test_passed = !file->test_in.empty();
  found.notes = file->notes;
  return std::vector<Inspection>{std::move(found)};
}

}  // namespace

const Format kGuitarMlFormat = {IsGuitarMl, Load<ReadGuitarMlFile>, Inspect<ReadGuitarMlFile>};
const Format kRtNeuralFormat = {IsRtNeural, Load<ReadRtNeuralFile>, Inspect<ReadRtNeuralFile>};

}  // namespace continuo::executor::fused
