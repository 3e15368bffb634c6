// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/packed_document.h"

#include <absl/strings/str_cat.h>

#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/executor/fused/fields.h"

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

constexpr const char* kDocument = "document";
constexpr const char* kPlace = "$tensor";
constexpr std::size_t kLeastNumbers = 64;
constexpr std::uint32_t kNumbersAScale = 32;
constexpr std::size_t kMaximumTensors = 1024;
constexpr std::uint64_t kMaximumWeights = 1U << 24;

// The list as a tensor; false where it is not even, or holds something else than numbers.
bool Flatten(const json& list, std::size_t depth, PlainTensor* tensor, bool* whole) {
  if (list.is_number()) {
    if (depth != tensor->shape.size()) return false;
    const double value = list.get<double>();
    *whole = *whole && value == std::floor(value);
    tensor->values.push_back(static_cast<float>(value));
    return std::isfinite(tensor->values.back());
  }
  if (!list.is_array() || list.empty() || depth == 8) return false;
  const auto count = static_cast<std::uint32_t>(list.size());
  if (depth == tensor->shape.size()) {
    if (!tensor->values.empty()) return false;
    tensor->shape.push_back(count);
  } else if (tensor->shape[depth] != count) {
    return false;
  }
  for (const json& one : list) {
    if (!Flatten(one, depth + 1, tensor, whole)) return false;
  }
  return true;
}

void TakeOut(json* value, const Storing& how, StoredFile* file) {
  if (value->is_array()) {
    PlainTensor tensor;
    bool whole = true;
    if (Flatten(*value, 0, &tensor, &whole) && !whole && tensor.values.size() >= kLeastNumbers &&
        file->tensors.size() < kMaximumTensors) {
      const std::string name = absl::StrCat("list.", file->tensors.size());
      Storing storing = how;
      storing.groups =
          static_cast<std::uint32_t>((tensor.values.size() + kNumbersAScale - 1) / kNumbersAScale);
      Store(name, tensor, storing, file);
      *value = json::object({{kPlace, name}});
      return;
    }
  }
  if (value->is_structured()) {
    for (json& inner : *value) TakeOut(&inner, how, file);
  }
}

json ToList(const PlainTensor& tensor, std::size_t depth, std::size_t* next) {
  json list = json::array();
  for (std::uint32_t i = 0; i < tensor.shape[depth]; ++i) {
    if (depth + 1 == tensor.shape.size()) {
      list.push_back(tensor.values[(*next)++]);
    } else {
      list.push_back(ToList(tensor, depth + 1, next));
    }
  }
  return list;
}

// What has been put back: each tensor once, and no more weights than any effect has, so that a
// document does not become larger than its file by naming one often, or by naming zeros.
struct Putting {
  std::set<std::string> named;
  std::uint64_t weights = 0;
};

absl::Status PutBack(const Safetensors& file, Putting* putting, json* value) {
  if (value->is_object() && value->size() == 1 && value->contains(kPlace)) {
    const json& name = (*value)[kPlace];
    if (!name.is_string()) {
      return absl::InvalidArgumentError(
          absl::StrCat("document: ", kPlace, " is ", Shown(name), ", expected a tensor's name"));
    }
    if (!putting->named.insert(name.get<std::string>()).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("document: names tensor ", Shown(name), " twice"));
    }
    const auto tensor = Widen(file, name.get<std::string>(), kMaximumWeights - putting->weights);
    if (!tensor.ok()) return absl::InvalidArgumentError(tensor.status().message());
    putting->weights += tensor->values.size();
    if (putting->weights > kMaximumWeights) {
      return absl::InvalidArgumentError(
          absl::StrCat("document: has more than ", kMaximumWeights, " weights"));
    }
    std::size_t next = 0;
    if (tensor->shape.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor ", Shown(name), ": is one number, expected a list"));
    }
    *value = ToList(*tensor, 0, &next);
    return absl::OkStatus();
  }
  if (value->is_structured()) {
    for (json& inner : *value) {
      if (auto status = PutBack(file, putting, &inner); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> PackDocument(const json& document, Numbers numbers, bool sparse) {
  StoredFile file;
  json rest = document;
  TakeOut(&rest, {numbers, 1, sparse}, &file);
  if (file.tensors.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("has no list of ", kLeastNumbers, " or more weights that could be stored"));
  }
  file.metadata[kDocument] = rest.dump();
  return Serialise(file);
}

absl::StatusOr<json> UnpackDocument(absl::string_view bytes) {
  const auto file = ReadSafetensors(bytes);
  if (!file.ok()) return file.status();
  const auto text = file->metadata.find(kDocument);
  if (text == file->metadata.end()) {
    return absl::InvalidArgumentError("__metadata__.document: is missing, expected a model's JSON");
  }
  auto document = ParseDocument(text->second);
  if (!document.ok()) return document.status();
  Putting putting;
  if (auto status = PutBack(*file, &putting, &*document); !status.ok()) return status;
  return document;
}

}  // namespace continuo::executor::fused
