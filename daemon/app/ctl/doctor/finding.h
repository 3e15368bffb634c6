// SPDX-License-Identifier: Apache-2.0
// What `doctor` says about one thing: how it is, and what to do about it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/app/ctl/context.h"

namespace continuo::ctl {

enum class Level : std::uint8_t {
  kOk,
  kNote,     // works, but could be better, or is not there and not needed
  kProblem,  // something that Continuo needs does not work
};

struct Finding {
  Level level = Level::kOk;
  std::string topic;   // a stable name, "blas"
  std::string text;    // one sentence
  std::string remedy;  // empty where there is nothing to do
};

using Findings = std::vector<Finding>;

// The examinations, one file each. None starts a daemon or changes anything.
[[nodiscard]] Findings ExamineCpu();
[[nodiscard]] Findings ExamineRealTime();
[[nodiscard]] Findings ExamineSharedMemory();
[[nodiscard]] Findings ExamineInference();
[[nodiscard]] Findings ExamineGpu();
[[nodiscard]] Findings ExamineLmms();
[[nodiscard]] Findings ExamineDirectories(const Context& context);
[[nodiscard]] Findings ExamineDaemon(const Context& context);

}  // namespace continuo::ctl
