// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/inspection.h"

#include <absl/strings/str_replace.h>

#include <chrono>
#include <utility>

#include "daemon/base/str_cat.h"

namespace continuo::supervisor {
namespace {

// What LibTorch needs to work, and room for a file in several forms at once.
constexpr std::uint64_t kMemoryBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kMemoryPerFileByte = 6;

RunnerOptions ForInspection(RunnerOptions options) {
  options.inspector = true;
  options.realtime_priority = 0;
  options.lock_memory = false;
  return options;
}

}  // namespace

std::vector<std::string> CandidateExecutors(const std::string& head,
                                            const std::vector<std::string>& installed) {
  if (head.rfind("PK\x03\x04", 0) == 0) return {"torch"};
  const std::size_t bom = head.rfind("\xEF\xBB\xBF", 0) == 0 ? 3 : 0;
  const std::size_t first = head.find_first_not_of(" \t\r\n", bom);
  if (first != std::string::npos && head[first] == '{') return {"fused"};
  std::vector<std::string> others;
  for (const std::string& name : installed) {
    if (name != "fused" && name != "torch") others.push_back(name);
  }
  return others;
}

absl::StatusOr<std::unique_ptr<Inspection>> Inspection::Start(EventLoop* loop,
                                                              const RunnerOptions& runner,
                                                              double timeout_s,
                                                              const InspectionRequest& request,
                                                              Handlers handlers) {
  std::unique_ptr<Inspection> inspection(
      new Inspection(loop, timeout_s, request, std::move(handlers)));
  Inspection* const self = inspection.get();
  absl::StatusOr<std::unique_ptr<Runner>> started =
      Runner::Start(loop, ForInspection(runner),
                    {[self](const internal::FromRunner& message) { self->OnMessage(message); },
                     [self](const std::string& reason, bool) { self->OnEnded(reason); }});
  if (!started.ok()) return started.status();
  inspection->runner_ = *std::move(started);
  internal::ToRunner message;
  internal::InspectFile* inspect = message.mutable_inspect_file();
  inspect->set_path(request.copy_path);
  for (const std::string& name : request.executors) inspect->add_executors(name);
  inspect->set_memory_limit_bytes(kMemoryBytes + kMemoryPerFileByte * request.size_bytes);
  inspect->set_sample_rate_hz(request.sample_rate_hz);
  inspection->runner_->Send(message);
  return inspection;
}

Inspection::Inspection(EventLoop* loop, double timeout_s, InspectionRequest request,
                       Handlers handlers)
    : loop_(loop),
      timeout_s_(timeout_s),
      request_(std::move(request)),
      handlers_(std::move(handlers)) {
  timer_ = loop_->RunAfter(
      std::chrono::duration_cast<EventLoop::Clock::duration>(
          std::chrono::duration<double>(timeout_s_)),
      [this] {
        End(absl::DeadlineExceededError(
            base::StrCat(request_.path, ": not inspected within ", timeout_s_,
                         " s (models.import_timeout_s): too large for this machine, or it loops")));
      });
}

Inspection::~Inspection() { loop_->Cancel(timer_); }

void Inspection::Cancel() { End(absl::CancelledError("the import was cancelled")); }

void Inspection::End(const absl::Status& why) {
  if (ended_why_.ok()) ended_why_ = why;
  runner_->Kill(std::string(why.message()));
}

void Inspection::OnMessage(const internal::FromRunner& message) {
  if (answer_ || !ended_why_.ok()) return;
  if (message.what_case() == internal::FromRunner::kInspectionProgress) {
    handlers_.progress(message.inspection_progress());
  } else if (message.has_inspected()) {
    answer_ = std::make_unique<internal::Inspected>(message.inspected());
    runner_->Kill("it has answered");
  }
}

void Inspection::OnEnded(const std::string& reason) {
  loop_->Cancel(timer_);
  if (!ended_why_.ok()) return handlers_.done(ended_why_);
  if (!answer_) {
    return handlers_.done(absl::InvalidArgumentError(
        base::StrCat(request_.path, ": the process that inspected it ended: ", reason,
                     "; the file is damaged, or no model that this version can run")));
  }
  if (answer_->code() != 0) {
    const std::string error =
        absl::StrReplaceAll(answer_->error(), {{request_.copy_path, request_.path}});
    return handlers_.done(absl::Status(static_cast<absl::StatusCode>(answer_->code()), error));
  }
  handlers_.done(std::move(*answer_));
}

}  // namespace continuo::supervisor
