// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/safetensors.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "daemon/executor/fused/fields.h"

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

constexpr std::size_t kLengthBytes = 8;
// The parsed header takes several times as much memory.
constexpr std::uint64_t kMaximumHeaderBytes = std::uint64_t{8} << 20;
constexpr std::size_t kMaximumTensors = 4096, kMaximumTexts = 256, kMaximumDimensions = 8;
constexpr std::uint64_t kMaximumElements = std::uint64_t{1} << 28;

std::uint64_t ElementBytes(const std::string& dtype) {
  static const std::map<std::string, std::uint64_t> kBytes = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"U16", 2}, {"I16", 2}, {"F16", 2}, {"BF16", 2},
      {"U32", 4},  {"I32", 4}, {"F32", 4}, {"U64", 8}, {"I64", 8}, {"F64", 8}};
  const auto found = kBytes.find(dtype);
  return found == kBytes.end() ? 0 : found->second;
}

absl::Status Wrong(absl::string_view name, absl::string_view found, absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat(name, ": is ", found, ", expected ", expected));
}

// A list of `minimum` to `maximum` whole numbers.
bool ReadNumbers(const json& list, std::size_t minimum, std::size_t maximum,
                 std::vector<std::uint64_t>& numbers) {
  if (!list.is_array() || list.size() < minimum || list.size() > maximum) return false;
  for (const json& value : list) {
    if (!value.is_number_unsigned()) return false;
    numbers.push_back(value.get<std::uint64_t>());
  }
  return true;
}

struct Place {
  std::uint64_t begin = 0, end = 0;
};

// `name` for messages.
absl::StatusOr<Place> ReadTensor(const std::string& name, const json& entry, absl::string_view data,
                                 Tensor& tensor) {
  absl::Status status;
  FieldReader fields(entry, name, status);
  tensor.dtype = fields.Text("dtype");
  fields.Unused("shape");
  fields.Unused("data_offsets");
  fields.NoOthers();
  if (!status.ok()) return status;
  const std::uint64_t element_bytes = ElementBytes(tensor.dtype);
  if (element_bytes == 0) {
    return Wrong(absl::StrCat(name, ".dtype"), Shown(entry["dtype"]),
                 "a type of the format, such as F16");
  }
  const json& shape = entry.contains("shape") ? entry["shape"] : json();
  std::vector<std::uint64_t> counts;
  std::uint64_t elements = 1;
  bool fits = ReadNumbers(shape, 0, kMaximumDimensions, counts);
  for (const std::uint64_t count : counts) {
    fits = fits && count >= 1 && count <= kMaximumElements / elements;
    if (!fits) break;
    elements *= count;
    tensor.shape.push_back(static_cast<std::uint32_t>(count));
  }
  if (!fits) {
    return Wrong(absl::StrCat(name, ".shape"), Shown(shape),
                 absl::StrCat("up to ", kMaximumDimensions, " counts of at least 1, their product ",
                              "at most ", kMaximumElements));
  }
  const json& offsets = entry.contains("data_offsets") ? entry["data_offsets"] : json();
  std::vector<std::uint64_t> ends;
  if (!ReadNumbers(offsets, 2, 2, ends) || ends[0] > ends[1] || ends[1] > data.size()) {
    return Wrong(
        absl::StrCat(name, ".data_offsets"), Shown(offsets),
        absl::StrCat("a begin and an end within the file's ", data.size(), " bytes of data"));
  }
  if (ends[1] - ends[0] != elements * element_bytes) {
    return Wrong(absl::StrCat(name, ".data_offsets"),
                 absl::StrCat(Shown(offsets), ", ", ends[1] - ends[0], " bytes"),
                 absl::StrCat(elements * element_bytes, " bytes for ", tensor.dtype, " ",
                              ShapeText(tensor.shape)));
  }
  tensor.bytes = data.substr(ends[0], ends[1] - ends[0]);
  return Place{ends[0], ends[1]};
}

absl::Status ReadMetadata(const json& texts, Safetensors& file) {
  if (!texts.is_object() || texts.size() > kMaximumTexts) {
    return Wrong("__metadata__", Shown(texts),
                 absl::StrCat("an object of at most ", kMaximumTexts, " texts"));
  }
  for (const auto& [name, text] : texts.items()) {
    if (!text.is_string()) {
      return Wrong(absl::StrCat("__metadata__.", Shown(name)), Shown(text), "a text");
    }
    file.metadata.emplace(name, text.get<std::string>());
  }
  return absl::OkStatus();
}

// One after the other, from the first byte to the last.
absl::Status CheckPlaces(std::vector<std::pair<Place, std::string>> places, std::uint64_t bytes) {
  std::sort(places.begin(), places.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first.begin, a.first.end) < std::pair(b.first.begin, b.first.end);
  });
  std::uint64_t end = 0;
  for (const auto& [place, name] : places) {
    if (place.begin != end) {
      return Wrong(absl::StrCat(name, ".data_offsets"), absl::StrCat("from byte ", place.begin),
                   absl::StrCat("from byte ", end, ", where the tensor before it ends"));
    }
    end = place.end;
  }
  if (end == bytes) return absl::OkStatus();
  return Wrong("data", absl::StrCat(bytes, " bytes"),
               absl::StrCat(end, ", as the tensors' places say"));
}

}  // namespace

std::string ShapeText(const std::vector<std::uint32_t>& shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ", "), "]");
}

absl::StatusOr<Safetensors> ReadSafetensors(absl::string_view file) {
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes && i < file.size(); ++i) {
    length |= std::uint64_t{static_cast<unsigned char>(file[i])} << (8 * i);
  }
  if (file.size() < kLengthBytes || length > kMaximumHeaderBytes ||
      length > file.size() - kLengthBytes) {
    return Wrong("header length", file.size() < kLengthBytes ? "missing" : absl::StrCat(length),
                 absl::StrCat("at most ", kMaximumHeaderBytes, " and within the file's ",
                              file.size(), " bytes"));
  }
  const absl::string_view data = file.substr(kLengthBytes + length);
  const auto header = ParseDocument(std::string(file.substr(kLengthBytes, length)));
  if (!header.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("header: ", header.status().message()));
  }
  if (!header->is_object() || header->size() > kMaximumTensors + 1) {
    return Wrong("header", Shown(*header),
                 absl::StrCat("an object of at most ", kMaximumTensors, " tensors"));
  }
  Safetensors read;
  std::vector<std::pair<Place, std::string>> places;
  for (const auto& [key, entry] : header->items()) {
    if (key == "__metadata__") {
      if (auto status = ReadMetadata(entry, read); !status.ok()) return status;
      continue;
    }
    const std::string shown = absl::StrCat("tensor ", Shown(key));
    Tensor tensor;
    const auto place = ReadTensor(shown, entry, data, tensor);
    if (!place.ok()) return place.status();
    places.emplace_back(*place, shown);
    read.tensors.emplace(key, std::move(tensor));
  }
  if (auto status = CheckPlaces(std::move(places), data.size()); !status.ok()) return status;
  return read;
}

}  // namespace continuo::executor::fused
