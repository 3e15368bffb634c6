// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/groove_format.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "daemon/base/str_cat.h"

namespace continuo::generate::groove {
namespace {

using base::StrCat;
using nlohmann::json;

template <class... Pieces>
absl::Status Wrong(const Pieces&... pieces) {
  return absl::InvalidArgumentError(StrCat(pieces...));
}

// Reads entries; the first failure stays.
class Reader {
 public:
  explicit Reader(const executor::DecoderShape& shape) : shape_(shape) {}
  [[nodiscard]] const absl::Status& status() const { return status_; }

  json Entry(const char* key) {
    const auto found = shape_.metadata.find(key);
    json value = found == shape_.metadata.end() ? json(json::value_t::discarded)
                                                : json::parse(found->second, nullptr, false);
    if (value.is_discarded()) Fail(key, "is missing or no JSON");
    return value;
  }

  double Number(const char* key, double lowest, double highest) {
    const json value = Entry(key);
    const double number = value.is_number() ? value.get<double>() : lowest - 1;
    if (!(number >= lowest && number <= highest)) {
      Fail(key, StrCat("is no number from ", lowest, " to ", highest));
    }
    return number;
  }

  std::vector<double> Numbers(const char* key, double lowest, double highest) {
    std::vector<double> numbers;
    for (const json& value : List(key)) {
      numbers.push_back(value.is_number() ? value.get<double>() : lowest - 1);
      if (!(numbers.back() >= lowest && numbers.back() <= highest)) {
        Fail(key, StrCat("is no list of numbers from ", lowest, " to ", highest));
      }
    }
    return numbers;
  }

  std::vector<std::string> Words(const char* key) {
    std::vector<std::string> words;
    for (const json& value : List(key)) {
      if (!value.is_string()) Fail(key, "is no list of words");
      words.push_back(value.is_string() ? value.get<std::string>() : std::string());
    }
    return words;
  }

  void Fail(const char* key, std::string_view what) {
    if (status_.ok()) status_ = Wrong("metadata.", key, ": ", what);
  }

 private:
  json List(const char* key) {
    json value = Entry(key);
    if (!value.is_array()) {
      Fail(key, "is no list");
      return json::array();
    }
    return value;
  }

  const executor::DecoderShape& shape_;
  absl::Status status_;
};

std::int32_t Bucket(const std::vector<double>& edges, double value) {
  return 1 + static_cast<std::int32_t>(std::upper_bound(edges.begin(), edges.end(), value) -
                                       edges.begin());
}

absl::Status CheckShape(const executor::DecoderShape& shape, const Format& format) {
  std::vector<std::uint32_t> grid(kVoices, kFirstVelocity + kVelocities);
  for (const std::size_t count :
       {std::size_t{1 + kOffsets}, std::size_t{1 + kMaxBarSteps}, 2 + format.signatures.size(),
        1 + format.styles.size(), 2 + format.density_edges.size(), 2 + format.tempo_edges.size(),
        std::size_t{3}}) {
    grid.push_back(static_cast<std::uint32_t>(count));
  }
  const std::vector<std::uint32_t> token{kCellValues + 1, 1 + kOffsets, kVoices + 1};
  if (shape.grid_fields != grid) return Wrong("grid_fields: are not those of a groove model");
  if (shape.token_fields != token) return Wrong("token_fields: are not those of a groove model");
  if (shape.vocabulary != kVocabulary) {
    return Wrong("vocabulary: is ", shape.vocabulary, ", and that of a groove model is ",
                 kVocabulary);
  }
  return absl::OkStatus();
}

}  // namespace

std::int32_t Format::SignatureCode(int numerator, int denominator) const {
  const auto found =
      std::find(signatures.begin(), signatures.end(), std::pair{numerator, denominator});
  return 1 + static_cast<std::int32_t>(found - signatures.begin());
}

std::int32_t Format::StyleCode(const std::string& style) const {
  const auto found = std::find(styles.begin(), styles.end(), style);
  return found == styles.end() ? 0 : 1 + static_cast<std::int32_t>(found - styles.begin());
}

std::int32_t Format::DensityCode(double hits) const { return Bucket(density_edges, hits); }
std::int32_t Format::TempoCode(double bpm) const { return Bucket(tempo_edges, bpm); }

std::int32_t Format::DensityLevel(double density) const {
  const auto levels = static_cast<std::int32_t>(density_edges.size()) + 1;
  return 1 + std::min(static_cast<std::int32_t>(density * levels), levels - 1);
}

absl::StatusOr<Format> ReadFormat(const executor::DecoderShape& shape) {
  Reader reader(shape);
  if (reader.Entry("format") != "groove") reader.Fail("format", "is not \"groove\"");
  (void)reader.Number("format_version", 1, 1);
  Format format;
  format.voices = reader.Words("voices");
  format.styles = reader.Words("styles");
  format.density_edges = reader.Numbers("density_edges", 0, 1000);
  format.tempo_edges = reader.Numbers("tempo_edges", 0, 1000);
  format.sampler.temperature = reader.Number("temperature", 0.1, 2);
  format.sampler.top_p = reader.Number("top_p", 0.01, 1);
  for (const std::string& signature : reader.Words("signatures")) {
    const std::size_t slash = signature.find('/');
    if (slash == 0 || slash > 2 || signature.size() > 5) {
      reader.Fail("signatures", "has one that is none");
      break;
    }
    format.signatures.emplace_back(std::atoi(signature.c_str()),
                                   std::atoi(signature.c_str() + slash + 1));
  }
  const std::vector<double> pitches = reader.Numbers("voice_pitches", 0, 127);
  if (pitches.size() != kVoices || format.voices.size() != kVoices) {
    reader.Fail("voice_pitches", "is not one for each of nine voices");
  }
  const std::vector<double> of_pitch = reader.Numbers("voice_of_pitch", -1, kVoices - 1);
  if (of_pitch.size() != format.voice_of_pitch.size()) {
    reader.Fail("voice_of_pitch", "is not one for each of 128 pitches");
  }
  for (const std::vector<double>* edges : {&format.density_edges, &format.tempo_edges}) {
    if (!std::is_sorted(edges->begin(), edges->end())) {
      reader.Fail("edges", "do not ascend");
    }
  }
  if (!reader.status().ok()) return reader.status();
  for (std::size_t i = 0; i < format.pitches.size(); ++i) {
    format.pitches[i] = static_cast<std::uint8_t>(pitches.at(i));
  }
  for (std::size_t i = 0; i < format.voice_of_pitch.size(); ++i) {
    format.voice_of_pitch[i] = static_cast<std::int8_t>(of_pitch.at(i));
  }
  if (absl::Status status = CheckShape(shape, format); !status.ok()) return status;
  return format;
}

}  // namespace continuo::generate::groove
