// SPDX-License-Identifier: Apache-2.0
// Text for people: aligned columns, and figures with units.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace continuo::ctl {

// Columns as wide as their longest cell; the last one is not padded.
class Table {
 public:
  explicit Table(std::vector<std::string> head) { rows_.push_back(std::move(head)); }
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] bool empty() const { return rows_.size() < 2; }
  void Print() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

[[nodiscard]] std::string Duration(double seconds);  // "2 h 05 min", "3.2 s"
[[nodiscard]] std::string Number(double value);      // shortest, as a user would type it
[[nodiscard]] std::string Join(const std::vector<std::string>& words, const char* between = ", ");

}  // namespace continuo::ctl
