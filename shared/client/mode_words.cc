// SPDX-License-Identifier: Apache-2.0
#include "shared/client/mode_words.h"

#include <algorithm>
#include <cstdio>

namespace continuo::client {

std::string DescribeCost(Mode mode, double block_cost_us, double period_us) {
  char text[64];
  std::snprintf(text, sizeof text, ": costs %.2g ms of %.2g", block_cost_us / 1000.0,
                period_us / 1000.0);
  return std::string(ToWords(mode)) + text;
}

std::string DescribeAdmission(Mode mode, std::string admission) {
  const std::string words = ToWords(mode);
  const std::string ending = ": " + words;  // which is said first here
  const std::size_t length = admission.size() - std::min(admission.size(), ending.size());
  if (admission.compare(length, std::string::npos, ending) == 0) admission.resize(length);
  return words + ": " + admission;
}

std::string DescribeMode(Mode mode, ModeReason reason, std::uint32_t figure,
                         const std::string& admitted) {
  const std::string words = ToWords(mode);
  const std::string number = std::to_string(figure);
  switch (reason) {
    case ModeReason::kAsked:
      return words + ": as asked";
    case ModeReason::kAdmitted:
      return admitted;
    case ModeReason::kMisses:
      return words + (figure == 1 ? ": direct mode was tried, and its result came too late"
                                  : ": direct mode missed " + number + " blocks in " +
                                        std::to_string(ModeGovernor::kWindows) + " s");
    case ModeReason::kWaits:
      return words + ": " + number + " % of the results took most of the time there is";
    case ModeReason::kHost:
      return words + ": waiting for all streams took " + number + " % of the time";
    case ModeReason::kRoom:
      return words + ": results take " + number + " % of the time now";
  }
  return words;
}

}  // namespace continuo::client
