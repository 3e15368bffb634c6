// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/rtneural_weights.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "daemon/executor/fused/recurrent_file.h"

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

std::vector<float> NumbersAt(const WeightsAt& at, std::size_t count, absl::Status& status) {
  return ReadNumbers(at.list, at.path, count, status);
}

// [rows][columns] → [columns][rows]; empty stays so: an error came before.
std::vector<float> TransposedAt(const WeightsAt& at, std::size_t rows, std::size_t columns,
                                absl::Status& status) {
  const auto matrix = ReadMatrix(at.list, at.path, rows, columns, status);
  std::vector<float> result(matrix.size());
  if (matrix.empty()) return result;
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) result[c * rows + r] = matrix[r * columns + c];
  }
  return result;
}

// Keras has a GRU's gates as z, r, h.
std::vector<float> ResetFirst(const std::vector<float>& rows, std::size_t columns,
                              std::size_t units) {
  std::vector<float> result(rows);
  const auto gate = static_cast<std::ptrdiff_t>(units * columns);
  std::swap_ranges(result.begin(), result.begin() + gate, result.begin() + gate);
  return result;
}

}  // namespace

std::size_t WeightsAt::count() const {
  return list != nullptr && list->is_array() ? list->size() : 0;
}

WeightsAt WeightsAt::operator[](std::size_t i) const {
  return {i < count() ? &(*list)[i] : nullptr, absl::StrCat(path, "[", i, "]")};
}

void ReadDense(const WeightsAt& weights, absl::Status& status, NetLayer& layer) {
  layer.input_weights = TransposedAt(weights[0], layer.inputs, layer.outputs, status);
  layer.bias = weights.count() == 1 ? std::vector<float>(layer.outputs)
                                    : NumbersAt(weights[1], layer.outputs, status);
}

void ReadConvolution(const WeightsAt& weights, std::uint32_t groups, absl::Status& status,
                     NetLayer& layer) {
  const std::size_t inputs = layer.inputs, outputs = layer.outputs, taps = layer.taps;
  const std::size_t heard = inputs / groups, group_outputs = outputs / groups;
  const auto kernel = ReadMatrices(weights[0].list, weights[0].path, taps, heard, outputs, status);
  layer.bias = NumbersAt(weights[1], outputs, status);
  if (!status.ok()) return;
  layer.input_weights.assign(outputs * taps * inputs, 0);
  for (std::size_t out = 0; out < outputs; ++out) {
    const std::size_t first = out / group_outputs * heard;
    for (std::size_t tap = 0; tap < taps; ++tap) {
      for (std::size_t i = 0; i < heard; ++i) {
        layer.input_weights[(out * taps + tap) * inputs + first + i] =
            kernel[(tap * heard + i) * outputs + out];
      }
    }
  }
}

void ReadRecurrent(const WeightsAt& weights, absl::Status& status, NetLayer& layer) {
  const std::size_t units = layer.outputs, columns = GateCount(layer.kind) * units;
  layer.input_weights = TransposedAt(weights[0], layer.inputs, columns, status);
  layer.hidden_weights = TransposedAt(weights[1], units, columns, status);
  if (layer.kind == LayerKind::kLstm) {
    layer.bias = NumbersAt(weights[2], columns, status);
    return;
  }
  const auto both = ReadMatrix(weights[2].list, weights[2].path, 2, columns, status);
  if (!status.ok()) return;
  const auto middle = both.begin() + static_cast<std::ptrdiff_t>(columns);
  layer.bias = ResetFirst({both.begin(), middle}, 1, units);
  layer.hidden_bias = ResetFirst({middle, both.end()}, 1, units);
  layer.input_weights = ResetFirst(layer.input_weights, layer.inputs, units);
  layer.hidden_weights = ResetFirst(layer.hidden_weights, units, units);
}

void ReadBatchNorm(const WeightsAt& weights, double epsilon, absl::Status& status,
                   NetLayer& layer) {
  const std::size_t count = layer.outputs, moments = weights.count() == 4 ? 2 : 0;
  if (weights.count() != moments + 2) {
    status.Update(absl::InvalidArgumentError(absl::StrCat(
        weights.path, ": is a list of ", weights.count(),
        ", expected 2 or 4: mean and variance, gamma and beta before them or neither")));
    return;
  }
  std::vector<float> gamma(count, 1), beta(count);
  if (moments != 0) {
    gamma = NumbersAt(weights[0], count, status);
    beta = NumbersAt(weights[1], count, status);
  }
  const auto mean = NumbersAt(weights[moments], count, status);
  const auto variance = NumbersAt(weights[moments + 1], count, status);
  for (std::size_t i = 0; i < count && status.ok(); ++i) {
    const double factor = gamma[i] / std::sqrt(variance[i] + epsilon);
    layer.input_weights.push_back(static_cast<float>(factor));
    layer.bias.push_back(static_cast<float>(beta[i] - mean[i] * factor));
    if (std::isfinite(layer.input_weights.back()) && std::isfinite(layer.bias.back())) continue;
    status = absl::InvalidArgumentError(
        absl::StrCat(weights[moments + 1].path, "[", i, "]: is ", variance[i], " with epsilon ",
                     epsilon, ", expected a variance that leaves finite floats"));
  }
}

std::vector<float> ReadSlopes(const WeightsAt& weights, std::uint32_t outputs,
                              absl::Status& status) {
  const bool shared = weights[0][0].count() == 1;
  auto slopes = ReadMatrix(weights[0].list, weights[0].path, 1, shared ? 1 : outputs, status);
  if (shared && status.ok()) slopes.resize(outputs, slopes[0]);
  return slopes;
}

}  // namespace continuo::executor::fused
