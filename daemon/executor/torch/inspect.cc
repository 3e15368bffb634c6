// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/torch/inspect.h"

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "daemon/executor/torch/foreign_model.h"
#include "daemon/executor/torch/nn_module.h"
#include "daemon/executor/torch/plain_module.h"
#include "daemon/executor/torch/torch_support.h"

namespace continuo::executor {
namespace {

constexpr std::uint32_t kUsualRateHz = 48000;
constexpr double kFar = 1e6;  // beyond any knob's end

std::uint64_t CountWeights(const torch::jit::Module& module) {
  std::uint64_t count = 0;
  for (const at::Tensor& tensor : module.parameters()) {
    count += static_cast<std::uint64_t>(tensor.numel());
  }
  return count;
}

// What is the same for all that can be made of the file.
Inspection Common(torch::jit::Module& module) {
  Inspection found;
  if (const auto name = module.type()->name()) found.architecture = name->name();
  found.name = TextAttribute(module, {"name", "model_name"});
  found.author = TextAttribute(module, {"author", "attribution"});
  found.license = TextAttribute(module, {"license", "licence"});
  found.weight_count = CountWeights(module);
  found.latency_stated = false;
  found.description.sample_rate_hz = kUsualRateHz;
  const auto rate =
      NumberAttribute(module, {"sample_rate", "sampling_rate", "samplerate", "sr", "fs"});
  if (rate && *rate >= 8000 && *rate <= 384000) {
    found.description.sample_rate_hz = static_cast<std::uint32_t>(std::lround(*rate));
    found.sample_rate_stated = true;
  }
  if (SetSampleRate(module, found.description.sample_rate_hz)) {
    found.notes.emplace_back("it is told the sample rate by set_sample_rate");
  }
  return found;
}

void SetChunk(std::uint32_t chunk_frames, Inspection* found) {
  if (chunk_frames <= 1) return;
  found->options["chunk"] = absl::StrCat(chunk_frames);
  found->description.latency_frames = chunk_frames - 1;
  found->notes.push_back(absl::StrCat("it takes ", chunk_frames,
                                      " frames at a time: gathering them costs ", chunk_frames - 1,
                                      " frames of latency"));
}

// A stream has as many channels on both sides.
void SetChannels(std::int64_t inputs, std::int64_t outputs, Inspection* found) {
  const auto larger = static_cast<std::uint32_t>(std::max(inputs, outputs));
  found->description.input_channels = larger;
  found->description.output_channels = larger;
  if (inputs != outputs) {
    found->notes.push_back(absl::StrCat("it has ", inputs, inputs == 1 ? " input" : " inputs",
                                        " and ", outputs, outputs == 1 ? " output" : " outputs",
                                        ": both are carried by a stream of ", larger, " channels"));
  }
}

// Where a setter holds to a range: what it makes of values far outside.
std::pair<double, double> ProbeRange(torch::jit::Module& module, const NnAttribute& attribute,
                                     std::size_t index) {
  std::vector<double> at_first;
  for (const NnValue& value : attribute.values) at_first.push_back(value.at_first);
  const auto held = [&](double far) {
    std::vector<double> values = at_first;
    values[index] = far;
    try {
      SetNnAttribute(module, attribute, values);
      const std::vector<double> got = GetNnAttribute(module, attribute);
      return got.empty() ? far : got[index];
    } catch (const std::exception&) {
      return far;
    }
  };
  const double low = held(-kFar);
  const double high = held(kFar);
  SetNnAttribute(module, attribute, at_first);
  return {low, high};
}

FoundParameter ToParameter(torch::jit::Module& module, const NnAttribute& attribute,
                           std::size_t index, std::vector<std::string>* notes) {
  const NnValue& value = attribute.values[index];
  FoundParameter parameter{
      value.parameter_id,          value.name, 0, 1, static_cast<float>(value.at_first),
      value.kind != NnKind::kFloat};
  if (value.kind == NnKind::kBool) return parameter;
  const auto [low, high] = ProbeRange(module, attribute, index);
  const bool probed =
      low > -kFar && high < kFar && low < high && value.at_first >= low && value.at_first <= high;
  if (probed) {
    parameter.minimum = static_cast<float>(low);
    parameter.maximum = static_cast<float>(high);
    return parameter;
  }
  // Wide enough for its first value to lie in the middle.
  parameter.minimum = static_cast<float>(std::min(0.0, 2 * value.at_first));
  parameter.maximum = static_cast<float>(std::max(1.0, 2 * value.at_first));
  notes->push_back(absl::StrCat("the range of '", parameter.id, "' is not known: taken to be ",
                                parameter.minimum, " to ", parameter.maximum));
  return parameter;
}

std::vector<Inspection> InspectNn(torch::jit::Module& module, const Inspection& common) {
  const NnModule nn = ReadNnModule(module);
  Inspection base = common;
  base.format = "TorchScript (nn~)";
  base.notes.insert(base.notes.end(), nn.notes.begin(), nn.notes.end());
  for (const NnAttribute& attribute : nn.attributes) {
    for (std::size_t i = 0; i < attribute.values.size(); ++i) {
      base.parameters.push_back(ToParameter(module, attribute, i, &base.notes));
    }
  }
  std::vector<Inspection> all;
  for (const NnMethod& method : nn.methods) {
    Inspection found = base;
    found.options["method"] = method.name;
    SetChannels(method.in_channels, method.out_channels, &found);
    SetChunk(static_cast<std::uint32_t>(nn.highest_ratio), &found);
    for (const auto& [side, ratio] :
         {std::pair("input", method.in_ratio), std::pair("output", method.out_ratio)}) {
      if (ratio == 1) continue;
      found.notes.push_back(
          absl::StrCat("its ", side, " is no sound: one value for ", ratio, " frames, held"));
    }
    all.push_back(std::move(found));
  }
  return all;
}

// forward(x, parameters, state) with initial_state().
bool IsNative(const torch::jit::Module& module) {
  return module.find_method("initial_state") &&
         module.get_method("forward").function().getSchema().arguments().size() == 4;
}

absl::StatusOr<Inspection> InspectNative(torch::jit::Module& module, Inspection found) {
  const absl::StatusOr<NativeShape> shape = ProbeNative(module);
  if (!shape.ok()) return shape.status();
  found.format = "TorchScript (Continuo's forward(x, parameters, state))";
  found.description.input_channels = shape->input_channels;
  found.description.output_channels = shape->output_channels;
  for (std::uint32_t i = 1; i <= shape->parameters; ++i) {
    found.parameters.push_back(
        {absl::StrCat("parameter_", i), absl::StrCat("Parameter ", i), 0, 1, 0.5F});
  }
  if (shape->parameters > 0) {
    found.notes.push_back(absl::StrCat("it takes ", shape->parameters,
                                       " parameters, found by trying; their names and ranges are "
                                       "not known: taken to be 0 to 1"));
  }
  return found;
}

absl::StatusOr<Inspection> InspectPlain(torch::jit::Module& module, Inspection found) {
  const absl::StatusOr<PlainShape> shape = ProbePlain(module);
  if (!shape.ok()) return shape.status();
  found.format = "TorchScript";
  found.options["layout"] = shape->batched ? "1ct" : "ct";
  SetChannels(shape->input_channels, shape->output_channels, &found);
  if (shape->input_channels != shape->output_channels) {
    found.options["inputs"] = absl::StrCat(shape->input_channels);
    found.options["outputs"] = absl::StrCat(shape->output_channels);
  }
  SetChunk(shape->chunk_frames, &found);
  found.notes.push_back(absl::StrCat("its channels were found by trying: ", shape->input_channels,
                                     " in, ", shape->output_channels, " out"));
  return found;
}

}  // namespace

absl::StatusOr<std::vector<Inspection>> InspectModule(torch::jit::Module module,
                                                      const std::string& path) {
  if (IsNnModule(module)) {
    std::vector<Inspection> all = InspectNn(module, Common(module));
    if (!all.empty()) return all;
    std::string why;
    for (const std::string& note : ReadNnModule(module).notes) absl::StrAppend(&why, "; ", note);
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": no method of this nn~ module can be used", why));
  }
  if (!module.find_method("forward")) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": the module has no method 'forward'"));
  }
  const Inspection common = Common(module);
  absl::StatusOr<Inspection> found =
      IsNative(module) ? InspectNative(module, common) : InspectPlain(module, common);
  if (!found.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", found.status().message()));
  }
  return std::vector<Inspection>{*std::move(found)};
}

}  // namespace continuo::executor
