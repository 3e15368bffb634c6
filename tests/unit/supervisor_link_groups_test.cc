// SPDX-License-Identifier: Apache-2.0
// Who shares with whom, and whose value is the group's.
#include <catch2/catch.hpp>

#include "daemon/supervisor/link_groups.h"

namespace continuo::supervisor {
namespace {

using Values = LinkGroups::Values;
using Others = std::vector<std::uint64_t>;

TEST_CASE("LinkGroups: the first brings its values, who comes later takes them") {
  LinkGroups groups;
  CHECK(groups.Join(1, "drums", "opto", {{"amount", 3.0F}}) == Values{{"amount", 3.0F}});
  CHECK(groups.Join(2, "drums", "opto", {{"amount", 5.0F}}) == Values{{"amount", 3.0F}});
  CHECK(groups.Share(2, "amount", 7.0F) == Others{1});
  CHECK(groups.Join(3, "drums", "opto", {{"amount", 1.0F}}) == Values{{"amount", 7.0F}});
  CHECK(groups.Share(1, "amount", 2.0F) == Others{2, 3});
}

TEST_CASE("LinkGroups: models and groups keep to themselves") {
  LinkGroups groups;
  groups.Join(1, "drums", "opto", {{"amount", 3.0F}});
  CHECK(groups.Join(2, "drums", "tube", {{"amount", 5.0F}}) == Values{{"amount", 5.0F}});
  CHECK(groups.Join(3, "bass", "opto", {{"amount", 6.0F}}) == Values{{"amount", 6.0F}});
  CHECK(groups.Share(1, "amount", 1.0F).empty());
}

TEST_CASE("LinkGroups: what only a later version of the model has is its own to bring") {
  LinkGroups groups;
  groups.Join(1, "drums", "opto", {{"amount", 3.0F}});
  CHECK(groups.Join(2, "drums", "opto", {{"amount", 5.0F}, {"mix", 0.5F}}) ==
        Values{{"amount", 3.0F}, {"mix", 0.5F}});
}

TEST_CASE("LinkGroups: a group ends with its last member") {
  LinkGroups groups;
  groups.Join(1, "drums", "opto", {{"amount", 3.0F}});
  groups.Join(2, "drums", "opto", {});
  groups.Leave(1);
  CHECK(groups.Join(3, "drums", "opto", {{"amount", 9.0F}}) == Values{{"amount", 3.0F}});
  groups.Leave(2);
  groups.Leave(3);
  groups.Leave(3);
  CHECK(groups.Share(3, "amount", 1.0F).empty());
  CHECK(groups.Join(4, "drums", "opto", {{"amount", 9.0F}}) == Values{{"amount", 9.0F}});
}

TEST_CASE("LinkGroups: who joins another group has left the first") {
  LinkGroups groups;
  groups.Join(1, "drums", "opto", {{"amount", 3.0F}});
  groups.Join(2, "drums", "opto", {});
  groups.Join(2, "bass", "opto", {{"amount", 4.0F}});
  CHECK(groups.Share(1, "amount", 1.0F).empty());
  CHECK(groups.Share(2, "amount", 1.0F).empty());
}

}  // namespace
}  // namespace continuo::supervisor
