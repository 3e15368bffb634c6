// SPDX-License-Identifier: Apache-2.0
// One request for notes, on its way. Plain values, and the interfaces at the queue's edges.
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <memory>
#include <string>

#include "continuo/v1/generation_service.pb.h"
#include "daemon/model/package.h"

namespace continuo::job {

using PackagePtr = std::shared_ptr<const model::Package>;

struct JobSpec {
  std::string id;               // "j" and 16 hexadecimal digits
  std::string client;           // "pid 1234": whose share it counts for
  v1::GenerateRequest request;  // with a seed
  PackagePtr package;
  int variant = 0;
  // Nobody has asked for it yet.
  bool prediction = false;
};

// Its record's id: the same digits, so that a job that is done twice is one record.
[[nodiscard]] inline std::string RecordIdOf(const std::string& job_id) {
  // GCC 12 warns of a plus here, wrongly.
  return std::string("r").append(job_id, 1);
}

[[nodiscard]] inline v1::JobPriority PriorityOf(const v1::GenerateRequest& request) {
  return request.priority() == v1::JOB_PRIORITY_UNSPECIFIED ? v1::JOB_PRIORITY_INTERACTIVE
                                                            : request.priority();
}

// About how much work it is, in units of a bar.
[[nodiscard]] inline std::uint64_t WeightOf(const v1::GenerateRequest& request) {
  const std::uint64_t bars = request.bars() == 0 ? 4 : request.bars();
  return bars * (request.candidates() == 0 ? 1 : request.candidates());
}

// Who follows a job. Called on the board's thread; must not wait.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void OnEvent(const v1::GenerateEvent& event) = 0;
  // Nothing follows: OK after `done`.
  virtual void OnEnd(const absl::Status& status) = 0;
};

// What becomes of jobs in general. Called on the board's thread; must not wait.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void OnJobChanged(const v1::Job& job) = 0;
  virtual void OnRecordAdded(const std::string& record_id) = 0;
};

// What runs jobs. The answers are the board's OnPlanned … OnLost, never from within these calls.
class Workers {
 public:
  virtual ~Workers() = default;
  virtual void Run(const JobSpec& spec, bool plan_only) = 0;
  virtual void Cancel(const std::string& job_id) = 0;
};

}  // namespace continuo::job
