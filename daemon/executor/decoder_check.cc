// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/decoder_check.h"

#include <absl/strings/str_cat.h>

namespace continuo::executor {
namespace {

constexpr std::uint32_t kMaximumSteps = 4096, kMaximumCells = 64;
constexpr std::int32_t kMaximumPosition = 1 << 20;

absl::Status Wrong(const std::string& name, std::int64_t found, const std::string& expected) {
  return absl::InvalidArgumentError(absl::StrCat(name, ": is ", found, ", expected ", expected));
}

// `name`[0], `name`[1] and so on are each below their field's count. The name is put together
// only when something is wrong.
template <typename Name>
absl::Status CheckFields(const Name& name, const std::int32_t* values,
                         const std::vector<std::uint32_t>& counts) {
  for (std::size_t f = 0; f < counts.size(); ++f) {
    if (values[f] < 0 || static_cast<std::uint32_t>(values[f]) >= counts[f]) {
      return Wrong(absl::StrCat(name(), "[", f, "]"), values[f],
                   absl::StrCat("0 to ", counts[f] - 1));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckCell(const DecoderShape& shape, const Cell& cell, std::size_t index) {
  const auto name = [index](const char* field) {
    return absl::StrCat("cells[", index, "].", field);
  };
  if (cell.token == nullptr || cell.encoded == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(name(cell.token == nullptr ? "token" : "encoded"), ": is missing"));
  }
  if (cell.position < 0 || cell.position > kMaximumPosition) {
    return Wrong(name("position"), cell.position, absl::StrCat("0 to ", kMaximumPosition));
  }
  return CheckFields([&] { return name("token"); }, cell.token, shape.token_fields);
}

}  // namespace

absl::Status CheckGrid(const DecoderShape& shape, absl::Span<const std::int32_t> grid,
                       std::uint32_t steps) {
  const std::size_t fields = shape.grid_fields.size();
  if (steps < 1 || steps > kMaximumSteps) {
    return Wrong("steps", steps, absl::StrCat("1 to ", kMaximumSteps));
  }
  if (grid.size() != steps * fields) {
    return Wrong("grid", static_cast<std::int64_t>(grid.size()),
                 absl::StrCat(steps * fields, " values, ", fields, " a step"));
  }
  for (std::uint32_t step = 0; step < steps; ++step) {
    const auto status = CheckFields([step] { return absl::StrCat("grid[", step, "]"); },
                                    grid.data() + step * fields, shape.grid_fields);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckCells(const DecoderShape& shape, absl::Span<const Cell> cells) {
  if (cells.empty() || cells.size() > kMaximumCells) {
    return Wrong("cells", static_cast<std::int64_t>(cells.size()),
                 absl::StrCat("1 to ", kMaximumCells));
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (auto status = CheckCell(shape, cells[i], i); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ForeignSequence(std::size_t index) {
  return absl::InvalidArgumentError(
      absl::StrCat("cells[", index, "].sequence: is not one of this decoder"));
}

}  // namespace continuo::executor
