// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/rtneural_file.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <cmath>

#include "daemon/executor/fused/fields.h"
#include "daemon/executor/fused/rtneural_layers.h"

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

constexpr double kMaximumGainDb = 60;
// What convolutions look back on is run through before a stream begins. No net beyond this plays
// in time at 48 kHz: with the longest past it has half a million weights a frame.
constexpr std::uint64_t kMaximumPastProducts = std::uint64_t{1} << 36;
constexpr std::size_t kMaximumTestFrames = std::size_t{1} << 20;

// A number, also where it is written as a string; not a number where it is neither.
double NumberIn(const json& value) {
  double number = std::nan("");
  if (value.is_number()) number = value.get<double>();
  if (value.is_string() && !absl::SimpleAtod(value.get<std::string>(), &number)) {
    return std::nan("");
  }
  return number;
}

std::uint64_t CountNumbers(const json& list) {
  if (!list.is_array()) return list.is_number() ? 1 : 0;
  std::uint64_t count = 0;
  for (const json& inner : list) count += CountNumbers(inner);
  return count;
}

float ReadGain(const json& document, const char* name, FieldReader& fields) {
  const json* value = Member(&document, name);
  if (value == nullptr || value->is_null()) return 1;
  const double db = NumberIn(*value);
  if (std::abs(db) <= kMaximumGainDb) return static_cast<float>(std::pow(10.0, db / 20));
  fields.Fail(name, Shown(*value),
              absl::StrCat("-", kMaximumGainDb, " to ", kMaximumGainDb, " dB"));
  return 1;
}

void ReadRate(const json& document, FieldReader& fields, RecurrentFile& file) {
  file.sample_rate_hz = 48000;
  const json* metadata = Member(&document, "metadata");
  const json* inner = Member(metadata, "samplerate");
  const json* value = inner != nullptr ? inner : Member(&document, "samplerate");
  if (value == nullptr || value->is_null()) return;
  const double hz = NumberIn(*value);
  if (!(hz >= 8000 && hz <= 192000) || hz != std::floor(hz)) {
    fields.Fail(inner != nullptr ? "metadata.samplerate" : "samplerate", Shown(*value),
                "8000 to 192000 whole Hz");
    return;
  }
  file.sample_rate_hz = static_cast<std::uint32_t>(hz);
  file.states_sample_rate = true;
}

void ReadMetadata(const json& document, RecurrentFile& file) {
  const json* metadata = Member(&document, "metadata");
  const auto text = [metadata](const char* name) {
    const json* value = Member(metadata, name);
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
  };
  file.name = text("name");
  file.author = text("author");
  file.license = text("license");
  for (const char* name : {"style", "based", "source"}) {
    if (const std::string said = text(name); !said.empty()) {
      file.notes.push_back(absl::StrCat(name, ": ", said));
    }
  }
}

void ReadSelfTest(const json& document, absl::Status& status, RecurrentFile& file) {
  const json* in = Member(&document, "input_batch");
  const json* out = Member(&document, "output_batch");
  if (in == nullptr && out == nullptr) return;
  const std::size_t frames = in != nullptr && in->is_array() ? in->size() : 1;
  if (frames == 0 || frames > kMaximumTestFrames) {
    status.Update(absl::InvalidArgumentError(absl::StrCat("input_batch: is a list of ", frames,
                                                          ", expected 1 to ", kMaximumTestFrames)));
    return;
  }
  file.test_in = ReadNumbers(in, "input_batch", frames, status);
  file.test_out = ReadNumbers(out, "output_batch", frames, status);
}

}  // namespace

absl::StatusOr<RecurrentFile> ReadRtNeuralFile(const json& document) {
  absl::Status status;
  FieldReader fields(document, "", status);
  RecurrentFile file;
  const bool aida = Member(&document, "metadata") != nullptr ||
                    Member(&document, "in_gain") != nullptr ||
                    Member(&document, "input_batch") != nullptr;
  file.format = aida ? "AIDA-X" : "RTNeural";
  const std::uint32_t inputs = LastCount(document, "in_shape", kMaximumInputs, fields);
  file.net.layers = ReadRtNeuralLayers(document, inputs, status);
  if (!status.ok()) return status;
  if (file.net.PastFrames() * file.net.WeightCount() > kMaximumPastProducts) {
    fields.Fail("layers",
                absl::StrCat("a net of ", file.net.WeightCount(), " weights with a past of ",
                             file.net.PastFrames(), " frames"),
                absl::StrCat("at most ", kMaximumPastProducts, " of both multiplied"));
  }
  for (const json& layer : document["layers"]) {
    if (const json* weights = Member(&layer, "weights"))
      file.weight_count += CountNumbers(*weights);
  }
  const json* skip = Member(&document, "in_skip");
  if (skip != nullptr && !skip->is_null()) file.net.skip = fields.Count("in_skip", 0, 1) == 1;
  file.net.in_gain = ReadGain(document, "in_gain", fields);
  file.net.out_gain = ReadGain(document, "out_gain", fields);
  ReadRate(document, fields, file);
  ReadMetadata(document, file);
  ReadSelfTest(document, status, file);
  if (!status.ok()) return status;
  return file;
}

}  // namespace continuo::executor::fused
