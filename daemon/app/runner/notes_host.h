// SPDX-License-Identifier: Apache-2.0
// The runner's part for models that write notes: the workshop, and its words as messages.
// Threads: [any-thread]; Load and Unload by one, and may take long.
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "continuo/internal/runner.pb.h"
#include "daemon/app/runner/control_channel.h"
#include "daemon/executor/executor.h"
#include "daemon/generate/workshop.h"

namespace continuo::runner {

class NotesHost : private generate::Customer {
 public:
  NotesHost(int threads, ControlChannel* channel);

  [[nodiscard]] absl::Status Load(const internal::LoadModel& request, executor::Executor* executor,
                                  const executor::LoadRequest& load);
  void Unload(const std::string& key) { workshop_.RemoveModel(key); }
  [[nodiscard]] bool Has(const std::string& key) { return workshop_.Has(key); }
  void Run(const internal::RunJob& request);
  void Cancel(const std::string& job_id) { workshop_.Cancel(job_id); }
  [[nodiscard]] std::uint64_t busy_ns() const { return workshop_.busy_ns(); }

 private:
  // generate::Customer
  void OnPlanned(const std::string& id, const v1::GenerationPlan& plan,
                 std::uint32_t ticks_per_quarter) override;
  void OnProgress(const std::string& id, const v1::GenerateEvent::Progress& progress) override;
  void OnPartial(const std::string& id, const v1::GenerateEvent::Partial& partial) override;
  void OnCandidate(const std::string& id, const v1::GenerationCandidate& candidate) override;
  void OnEnded(const std::string& id, const absl::Status& status,
               const std::vector<std::uint32_t>& ranking, std::uint32_t below_minimum) override;

  ControlChannel* const channel_;
  generate::Workshop workshop_;  // ends before the channel it speaks on
};

}  // namespace continuo::runner
