// SPDX-License-Identifier: Apache-2.0
// Link groups: streams that share the values of their parameters, by the name of the group.
//
// A parameter means something only within its model, so what is shared is a group's part for
// one model: streams of other models may be in the same group and take no notice. Versions of
// a model share the parameters that both have.
// The first member brings its values, who comes later takes those that are there; a part ends
// with its last member. Of two writers the later one is right: this is the one place that puts
// them in order.
// Threads: the loop's. Whoever calls has checked names, ids and values.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace continuo::supervisor {

class LinkGroups {
 public:
  using Values = std::map<std::string, float>;  // by parameter id

  // What the group has from now on: `own` where nobody was there before. Leaves another group.
  const Values& Join(std::uint64_t member, const std::string& group, const std::string& model_id,
                     const Values& own);
  void Leave(std::uint64_t member);

  // A member has this value now; those who have to hear of it. None where it is in no group.
  std::vector<std::uint64_t> Share(std::uint64_t member, const std::string& parameter_id,
                                   float value);

 private:
  using Key = std::pair<std::string, std::string>;  // group and model
  struct Part {
    Values values;
    std::set<std::uint64_t> members;
  };

  std::map<Key, Part> parts_;
  std::map<std::uint64_t, Key> keys_;  // by member
};

}  // namespace continuo::supervisor
