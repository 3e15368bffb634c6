// SPDX-License-Identifier: Apache-2.0
// Which knobs a panel shows.
#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <vector>

#include "shared/client/relevance.h"

namespace continuo::client {
namespace {

ParameterInfo Parameter(const std::string& id, const std::vector<Condition>& conditions = {}) {
  ParameterInfo info;
  info.id = info.name = id;
  info.maximum = 10;
  info.conditions = conditions;
  return info;
}

using Shown = std::vector<bool>;

TEST_CASE("IsRelevant: a parameter without conditions matters, one with them where all hold") {
  const std::vector<ParameterInfo> all = {
      Parameter("limit", {{"mode", 1, 2}, {"reduction", 0.5F, 10}}), Parameter("mode"),
      Parameter("reduction")};
  CHECK(IsRelevant(all, {5, 1, 1}) == Shown{true, true, true});
  CHECK(IsRelevant(all, {5, 2, 0.5F}) == Shown{true, true, true});
  CHECK(IsRelevant(all, {5, 0.99F, 1}) == Shown{false, true, true});
  CHECK(IsRelevant(all, {5, 2.01F, 1}) == Shown{false, true, true});
  CHECK(IsRelevant(all, {5, 1, 0.49F}) == Shown{false, true, true});
  CHECK(IsRelevant(all, {5, std::numeric_limits<float>::quiet_NaN(), 1}) ==
        Shown{false, true, true});
}

TEST_CASE("IsRelevant: what asks a parameter that does not matter does not matter") {
  const std::vector<ParameterInfo> all = {Parameter("third", {{"second", 1, 1}}),
                                          Parameter("second", {{"first", 1, 1}}),
                                          Parameter("first")};
  CHECK(IsRelevant(all, {0, 1, 1}) == Shown{true, true, true});
  CHECK(IsRelevant(all, {0, 0, 1}) == Shown{false, true, true});
  CHECK(IsRelevant(all, {0, 1, 0}) == Shown{false, false, true});
}

TEST_CASE("IsRelevant: conditions on nothing, and in a ring, hide no knob for ever") {
  const std::vector<ParameterInfo> all = {Parameter("a", {{"b", 1, 1}}),
                                          Parameter("b", {{"a", 1, 1}}),
                                          Parameter("c", {{"gone", 1, 1}})};
  CHECK(IsRelevant(all, {1, 1, 0}) == Shown{true, true, true});
  CHECK(IsRelevant(all, {1, 0, 0}) == Shown{false, false, true});
  CHECK(IsRelevant({}, {}).empty());
}

TEST_CASE("IsRelevant: as many conditions as there may be are no more than a moment's work") {
  std::vector<ParameterInfo> all;
  for (int i = 0; i < 64; ++i) {
    std::vector<Condition> conditions;
    for (int k = std::max(0, i - 8); k < i; ++k) {
      conditions.push_back({"p" + std::to_string(k), 1, 1});
    }
    all.push_back(Parameter("p" + std::to_string(i), conditions));
  }
  std::vector<float> values(64, 1.0F);
  CHECK(IsRelevant(all, values) == Shown(64, true));
  values[0] = 0;
  Shown without(64, false);
  without[0] = true;
  CHECK(IsRelevant(all, values) == without);
}

}  // namespace
}  // namespace continuo::client
