// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/link_groups.h"

namespace continuo::supervisor {

const LinkGroups::Values& LinkGroups::Join(std::uint64_t member, const std::string& group,
                                           const std::string& model_id, const Values& own) {
  const Key key{group, model_id};
  const auto before = keys_.find(member);
  if (before != keys_.end() && before->second != key) Leave(member);
  keys_[member] = key;
  Part& part = parts_[key];
  part.members.insert(member);
  part.values.insert(own.begin(), own.end());  // those that the group has stay
  return part.values;
}

void LinkGroups::Leave(std::uint64_t member) {
  const auto found = keys_.find(member);
  if (found == keys_.end()) return;
  const auto part = parts_.find(found->second);
  part->second.members.erase(member);
  if (part->second.members.empty()) parts_.erase(part);
  keys_.erase(found);
}

std::vector<std::uint64_t> LinkGroups::Share(std::uint64_t member, const std::string& parameter_id,
                                             float value) {
  const auto found = keys_.find(member);
  if (found == keys_.end()) return {};
  Part& part = parts_.at(found->second);
  part.values[parameter_id] = value;
  std::vector<std::uint64_t> others;
  for (const std::uint64_t other : part.members) {
    if (other != member) others.push_back(other);
  }
  return others;
}

}  // namespace continuo::supervisor
