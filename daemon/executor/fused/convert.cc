// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/convert.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "daemon/executor/fused/fields.h"
#include "daemon/executor/fused/packed_document.h"
#include "daemon/executor/fused/safetensors.h"
#include "daemon/executor/fused/stored_numbers.h"

namespace continuo::executor::fused {
namespace {

using nlohmann::json;
using Tensors = std::map<std::string, PlainTensor>;

constexpr const char* kConfig = "config";
constexpr std::uint32_t kLanes = 16;  // hidden units that kernels take at once

// [rows][columns]; only those columns, or rows, that are kept.
PlainTensor Rows(const PlainTensor& matrix, const std::vector<std::uint32_t>& kept) {
  const std::uint32_t columns = matrix.shape[1];
  PlainTensor less{{static_cast<std::uint32_t>(kept.size()), columns}, {}};
  for (const std::uint32_t row : kept) {
    const auto from = matrix.values.begin() + static_cast<std::ptrdiff_t>(row) * columns;
    less.values.insert(less.values.end(), from, from + columns);
  }
  return less;
}

PlainTensor Columns(const PlainTensor& matrix, const std::vector<std::uint32_t>& kept) {
  PlainTensor less{{matrix.shape[0], static_cast<std::uint32_t>(kept.size())}, {}};
  for (std::uint32_t row = 0; row < matrix.shape[0]; ++row) {
    for (const std::uint32_t column : kept) {
      less.values.push_back(matrix.values[std::size_t{row} * matrix.shape[1] + column]);
    }
  }
  return less;
}

// The units with the largest product of the lengths of what leads in and out, in their order.
std::vector<std::uint32_t> Weightiest(const PlainTensor& up, const PlainTensor& down,
                                      std::uint32_t count) {
  const std::uint32_t hidden = up.shape[0], width = up.shape[1];
  std::vector<double> weight(hidden);
  for (std::uint32_t unit = 0; unit < hidden; ++unit) {
    double in = 0, out = 0;
    for (std::uint32_t i = 0; i < width; ++i) {
      const double a = up.values[std::size_t{unit} * width + i];
      const double b = down.values[std::size_t{i} * hidden + unit];
      in += a * a;
      out += b * b;
    }
    weight[unit] = in * out;
  }
  std::vector<std::uint32_t> units(hidden);
  std::iota(units.begin(), units.end(), 0U);
  std::stable_sort(units.begin(), units.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return weight[a] > weight[b]; });
  units.resize(count);
  std::sort(units.begin(), units.end());
  return units;
}

// Takes hidden units out of every layer; the number that is left.
absl::StatusOr<std::uint32_t> Prune(double share, json* config, Tensors* tensors) {
  const json hidden_now = config->value("hidden", json());
  if (!hidden_now.is_number_unsigned() || hidden_now.get<std::uint64_t>() > 1U << 16) {
    return absl::InvalidArgumentError(
        absl::StrCat("__metadata__.config.hidden: is ", Shown(hidden_now), ", expected a count"));
  }
  const auto hidden = hidden_now.get<std::uint32_t>();
  const auto exact = static_cast<std::uint32_t>(std::lround(hidden * (1 - share)));
  // Whole groups of lanes: a part of one costs as much.
  const std::uint32_t left =
      std::min(hidden, std::max(kLanes, (exact + kLanes - 1) / kLanes * kLanes));
  for (auto& [name, tensor] : *tensors) {
    if (!absl::EndsWith(name, ".up.weight")) continue;
    const auto down = tensors->find(absl::StrCat(
        absl::string_view(name).substr(0, name.size() - std::string(".up.weight").size()),
        ".down.weight"));
    if (down == tensors->end() || tensor.shape.size() != 2 || tensor.shape[0] != hidden ||
        down->second.shape != std::vector<std::uint32_t>{tensor.shape[1], hidden}) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor ", Shown(name), ": does not fit its layer's down.weight"));
    }
    const auto kept = Weightiest(tensor, down->second, left);
    tensor = Rows(tensor, kept);
    down->second = Columns(down->second, kept);
  }
  (*config)["hidden"] = left;
  return left;
}

absl::StatusOr<Converted> ConvertTransformer(const Safetensors& file, Numbers numbers,
                                             const Conversion& conversion) {
  Tensors tensors;
  for (const std::string& name : NamesOf(file)) {
    auto widened = Widen(file, name);
    if (!widened.ok()) return widened.status();
    tensors[name] = *std::move(widened);
  }
  StoredFile stored;
  stored.metadata = file.metadata;
  Converted converted;
  if (conversion.prune > 0) {
    auto config = ParseDocument(stored.metadata.at(kConfig));
    if (!config.ok()) return config.status();
    const auto left = Prune(conversion.prune, &*config, &tensors);
    if (!left.ok()) return left.status();
    stored.metadata[kConfig] = config->dump();
    converted.remark = absl::StrCat(*left, " hidden units a layer are left; ");
  }
  for (const auto& [name, tensor] : tensors) {
    const bool matrix = tensor.shape.size() == 2;
    // What is no matrix is short, and all that follows is multiplied by it.
    const Numbers as = matrix || numbers == Numbers::kFloat32 ? numbers : Numbers::kFloat16;
    Store(name, tensor, {as, tensor.shape.empty() ? 1 : tensor.shape[0], conversion.sparse},
          &stored);
  }
  converted.file = Serialise(stored);
  if (numbers == Numbers::kInt8) {
    converted.options["precision"] = "int8";
    absl::StrAppend(&converted.remark, "8 bits on disk, in memory and in the products");
  } else if (numbers == Numbers::kFloat16) {
    absl::StrAppend(&converted.remark, "16 bits on disk and in memory");
  } else {
    absl::StrAppend(&converted.remark,
                    "rounded to fp16 when it is loaded: that is its size in memory");
  }
  return converted;
}

absl::StatusOr<Converted> ConvertDocument(const json& document, Numbers numbers,
                                          const Conversion& conversion) {
  if (conversion.prune > 0) {
    return absl::FailedPreconditionError(
        "prune: only the hidden units of a transformer can be left out");
  }
  auto packed = PackDocument(document, numbers, conversion.sparse);
  if (!packed.ok()) return packed.status();
  Converted converted;
  converted.file = *std::move(packed);
  converted.remark = "widened to fp32 when it is loaded: smaller on disk, not in memory";
  return converted;
}

}  // namespace

absl::StatusOr<Converted> ConvertFile(absl::string_view file, const Conversion& conversion) {
  const auto numbers = NumbersOf(conversion.precision);
  if (!numbers.ok()) return numbers.status();
  if (!(conversion.prune >= 0 && conversion.prune <= kMaximumPrune)) {
    return absl::InvalidArgumentError(
        absl::StrCat("prune: is ", conversion.prune, ", expected 0 to ", kMaximumPrune));
  }
  if (!LooksLikeSafetensors(file)) {
    const auto document = ParseDocument(std::string(file));
    if (!document.ok()) return document.status();
    return ConvertDocument(*document, *numbers, conversion);
  }
  const auto tensors = ReadSafetensors(file);
  if (!tensors.ok()) return tensors.status();
  if (tensors->metadata.contains(kConfig)) {
    return ConvertTransformer(*tensors, *numbers, conversion);
  }
  const auto document = UnpackDocument(file);
  if (!document.ok()) return document.status();
  return ConvertDocument(*document, *numbers, conversion);
}

}  // namespace continuo::executor::fused
