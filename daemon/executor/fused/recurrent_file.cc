// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/recurrent_file.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cmath>

#include "daemon/executor/fused/fields.h"

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

// Of full scale. The players of these files take 1e-5 for a good model; what was exported
// wrongly is far beyond either.
constexpr double kTestTolerance = 1e-4;
constexpr std::uint64_t kTestMultiplications = std::uint64_t{1} << 31;

void Fail(absl::Status& status, const std::string& path, const std::string& found,
          const std::string& expected) {
  if (!status.ok()) return;
  status = absl::InvalidArgumentError(absl::StrCat(path, ": is ", found, ", expected ", expected));
}

// Whether it is a list of `count`.
bool IsList(const json* list, const std::string& path, std::size_t count, const char* what,
            absl::Status& status) {
  if (!status.ok()) return false;
  if (list != nullptr && list->is_array() && list->size() == count) return true;
  const std::string found = list == nullptr     ? "missing"
                            : !list->is_array() ? Shown(*list)
                                                : absl::StrCat("a list of ", list->size());
  Fail(status, path, found, absl::StrCat("a list of ", count, " ", what));
  return false;
}

}  // namespace

std::vector<float> ReadNumbers(const json* list, const std::string& path, std::size_t count,
                               absl::Status& status) {
  std::vector<float> numbers;
  if (!IsList(list, path, count, "numbers", status)) return numbers;
  numbers.reserve(count);
  for (const json& number : *list) {
    const float value = number.is_number() ? number.get<float>() : std::nanf("");
    if (!std::isfinite(value)) {
      Fail(status, absl::StrCat(path, "[", numbers.size(), "]"), Shown(number), "a finite float");
      return {};
    }
    numbers.push_back(value);
  }
  return numbers;
}

std::vector<float> ReadMatrix(const json* lists, const std::string& path, std::size_t rows,
                              std::size_t columns, absl::Status& status) {
  std::vector<float> matrix;
  if (!IsList(lists, path, rows, "lists", status)) return matrix;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto numbers =
        ReadNumbers(&(*lists)[row], absl::StrCat(path, "[", row, "]"), columns, status);
    if (!status.ok()) return {};
    matrix.insert(matrix.end(), numbers.begin(), numbers.end());
  }
  return matrix;
}

std::vector<float> ReadMatrices(const json* lists, const std::string& path, std::size_t count,
                                std::size_t rows, std::size_t columns, absl::Status& status) {
  std::vector<float> all;
  if (!IsList(lists, path, count, "lists", status)) return all;
  for (std::size_t i = 0; i < count; ++i) {
    const auto matrix =
        ReadMatrix(&(*lists)[i], absl::StrCat(path, "[", i, "]"), rows, columns, status);
    if (!status.ok()) return {};
    all.insert(all.end(), matrix.begin(), matrix.end());
  }
  return all;
}

const json* Member(const json* object, const std::string& name) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto found = object->find(name);
  return found == object->end() ? nullptr : &*found;
}

absl::Status RunSelfTest(const RecurrentFile& file, const Kernels& kernels) {
  RecurrentNet net = file.net;
  net.in_gain = net.out_gain = 1;
  const std::uint64_t frames =
      std::min<std::uint64_t>(file.test_in.size(), kTestMultiplications / net.WeightCount());
  const std::vector<float> in(file.test_in.begin(),
                              file.test_in.begin() + static_cast<std::ptrdiff_t>(frames));
  const auto out = RunFromStart(*MakeRecurrent(net, kernels, 0), in, net.inputs() - 1);
  double largest = 0, full_scale = 1;
  std::size_t where = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double difference = std::abs(double{out[i]} - file.test_out[i]);
    full_scale = std::max(full_scale, std::abs(double{file.test_out[i]}));
    if (difference <= largest) continue;
    largest = difference;
    where = i;
    if (std::isnan(difference)) break;
  }
  if (largest <= kTestTolerance * full_scale) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "output_batch[", where, "]: is ", file.test_out[where], ", but the net gives ", out[where],
      " there; expected at most ", kTestTolerance * full_scale, " between them"));
}

}  // namespace continuo::executor::fused
