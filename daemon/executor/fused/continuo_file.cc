// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/continuo_file.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <cmath>

#include "daemon/executor/fused/format.h"

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kMaximumRateHz = 384000, kMaximumLatencyFrames = 1U << 20;
constexpr std::size_t kMaximumParameters = 64, kMaximumWeights = std::size_t{1} << 22;
constexpr double kLargestFloat = 3.4e38;

bool Recognises(const json& document) {
  return document.is_object() && document.contains("format") && document["format"] == "continuo";
}

absl::StatusOr<std::unique_ptr<Network>> MakeNetwork(const ContinuoFile& file,
                                                     const Kernels& kernels) {
  if (file.architecture == "film_tcn") return MakeFilmTcn(file, kernels);
  if (file.architecture == "gain_gru") return MakeGainGru(file);
  return absl::InvalidArgumentError(absl::StrCat("architecture: is ", Shown(file.architecture),
                                                 ", expected film_tcn or gain_gru"));
}

absl::StatusOr<std::unique_ptr<Model>> Load(const json& document, const LoadRequest& request,
                                            const Kernels& kernels) {
  auto file = ReadContinuoFile(document);
  if (!file.ok()) return file.status();
  if (const auto key = request.options.find("key_channels"); key != request.options.end()) {
    if (key->second != "1" || file->architecture != "gain_gru") {
      return absl::InvalidArgumentError(absl::StrCat("options.key_channels: is ", key->second,
                                                     ", expected 1, of a gain_gru alone"));
    }
    file->has_key = true;
  }
  // CheckManifest knows models without latency and key.
  LoadRequest without = request;
  if (request.description.latency_frames != file->latency_frames) {
    return absl::InvalidArgumentError(
        absl::StrCat("audio.latency_frames: is ", request.description.latency_frames, ", expected ",
                     file->latency_frames, " for this file"));
  }
  without.description.latency_frames = 0;
  if (file->has_key) --without.description.input_channels;
  const FileFacts facts = {"this file", file->sample_rate_hz, file->parameters};
  if (auto status = CheckManifest(without, facts); !status.ok()) return status;
  auto network = MakeNetwork(*file, kernels);
  if (!network.ok()) return network.status();
  return MakeModel(*std::move(network), request);
}

absl::StatusOr<std::vector<Inspection>> Inspect(const json& document, const Kernels& kernels) {
  const auto file = ReadContinuoFile(document);
  if (!file.ok()) return file.status();
  if (auto network = MakeNetwork(*file, kernels); !network.ok()) return network.status();
  Inspection found;
  found.format = absl::StrCat("Continuo ", kVersion);
  found.architecture = file->architecture;
  found.description.sample_rate_hz = file->sample_rate_hz;
  found.description.latency_frames = file->latency_frames;
  found.description.real_time_safe = true;
  for (const std::string& id : file->parameters) found.parameters.push_back({id, id});
  found.weight_count = file->weights.size();
  found.sample_rate_stated = true;
  found.notes.emplace_back(
      "the file does not say what range its parameters have: 0 to 1 is assumed");
  return std::vector<Inspection>{std::move(found)};
}

}  // namespace

double ReadNumber(FieldReader& fields, const json& object, const char* name, double minimum,
                  double maximum) {
  fields.Unused(name);
  const auto found = object.find(name);
  if (found != object.end() && found->is_number()) {
    const auto value = found->get<double>();
    if (value >= minimum && value <= maximum) return value;
  }
  fields.Fail(name, found == object.end() ? "missing" : Shown(*found),
              absl::StrCat("a number from ", minimum, " to ", maximum));
  return minimum;
}

std::vector<double> ReadNumbers(FieldReader& fields, const json& object, const char* name,
                                std::size_t count, double maximum) {
  fields.Unused(name);
  std::vector<double> numbers;
  const auto found = object.find(name);
  if (found != object.end() && found->is_array() && found->size() == count) {
    for (const json& value : *found) {
      if (!value.is_number() || !(std::abs(value.get<double>()) <= maximum)) {
        fields.Fail(absl::StrCat(name, "[", numbers.size(), "]"), Shown(value),
                    absl::StrCat("a number between ±", maximum));
        break;
      }
      numbers.push_back(value.get<double>());
    }
  } else {
    fields.Fail(name, found == object.end() ? "missing" : Shown(*found),
                absl::StrCat("a list of ", count, " numbers"));
  }
  numbers.resize(count, 0.0);
  return numbers;
}

absl::Status CheckWeightCount(const ContinuoFile& file, std::size_t expected) {
  if (file.weights.size() == expected) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("weights: is a list of ", file.weights.size(), ", expected ", expected));
}

absl::StatusOr<ContinuoFile> ReadContinuoFile(const json& document) {
  absl::Status status;
  FieldReader fields(document, "", status);
  ContinuoFile file;
  fields.Text("format");
  fields.Exactly("version", kVersion);
  file.architecture = fields.Text("architecture");
  file.sample_rate_hz = fields.Count("sample_rate_hz", 1000, kMaximumRateHz);
  file.latency_frames = fields.Count("latency_frames", 0, kMaximumLatencyFrames);
  for (const json& id : fields.List("parameters", kMaximumParameters)) {
    if (id.is_string()) {
      file.parameters.push_back(id.get<std::string>());
    } else {
      fields.Fail("parameters", Shown(id), "a list of names");
    }
  }
  fields.Unused("config");
  if (document.is_object() && document.contains("config")) file.config = document["config"];
  const json& weights = fields.List("weights", kMaximumWeights);
  fields.NoOthers();
  if (!status.ok()) return status;
  const std::vector<double> numbers =
      ReadNumbers(fields, document, "weights", weights.size(), kLargestFloat);
  if (!status.ok()) return status;
  file.weights.resize(numbers.size());
  std::transform(numbers.begin(), numbers.end(), file.weights.begin(),
                 [](double value) { return static_cast<float>(value); });
  return file;
}

const Format kContinuoFormat = {Recognises, Load, Inspect};

}  // namespace continuo::executor::fused
