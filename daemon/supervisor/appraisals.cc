// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/appraisals.h"

#include <chrono>
#include <future>
#include <utility>

#include "daemon/base/str_cat.h"

namespace continuo::supervisor {
namespace {

// Beside the executor: LibTorch's working memory and a file in several forms.
constexpr std::uint64_t kMemoryBytes = std::uint64_t{4} << 30;
constexpr std::chrono::milliseconds kLook{50};

RunnerOptions ForAppraisal(RunnerOptions options) {
  options.inspector = true;
  options.realtime_priority = 0;
  options.lock_memory = false;
  return options;
}

}  // namespace

// [loop-thread], but for `ended`.
struct Appraisals::Work {
  std::unique_ptr<Runner> runner;
  std::unique_ptr<internal::Appraised> answer;
  std::promise<std::string> ended;  // how the process ended
};

Appraisals::Appraisals(RunnerOptions runner, double timeout_s)
    : runner_(ForAppraisal(std::move(runner))), timeout_s_(timeout_s) {}

Appraisals::~Appraisals() { Stop(); }

absl::StatusOr<internal::Appraised> Appraisals::Run(const internal::Appraise& request,
                                                    const std::function<bool()>& cancelled) {
  const absl::MutexLock lock(&turn_);
  const auto given_up = [&] { return stopping_ || (cancelled && cancelled()); };
  if (given_up()) return absl::CancelledError("it was cancelled");
  if (!loop_) {
    loop_ = std::make_unique<EventLoop>();
    loop_->Start();
  }
  const auto work = std::make_shared<Work>();
  std::future<std::string> ended = work->ended.get_future();
  std::promise<absl::Status> begun;
  loop_->Post([&] {
    auto started =
        Runner::Start(loop_.get(), runner_,
                      {[work](const internal::FromRunner& message) {
                         if (!message.has_appraised() || work->answer) return;
                         work->answer = std::make_unique<internal::Appraised>(message.appraised());
                         work->runner->Kill("it has answered");
                       },
                       [work](const std::string& reason, bool) { work->ended.set_value(reason); }});
    if (started.ok()) {
      work->runner = *std::move(started);
      internal::ToRunner message;
      *message.mutable_appraise() = request;
      message.mutable_appraise()->set_memory_limit_bytes(kMemoryBytes);
      work->runner->Send(message);
    }
    begun.set_value(started.status());
  });
  if (absl::Status status = begun.get_future().get(); !status.ok()) return status;
  absl::Status why;
  const auto deadline = std::chrono::steady_clock::now() +
                        std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                            std::chrono::duration<double>(timeout_s_));
  while (ended.wait_for(kLook) != std::future_status::ready) {
    if (!why.ok()) continue;
    if (given_up()) {
      why = absl::CancelledError("it was cancelled");
    } else if (std::chrono::steady_clock::now() > deadline) {
      why = absl::DeadlineExceededError(base::StrCat("not done within ", timeout_s_, " s"));
    }
    if (!why.ok()) {
      loop_->Post([work, why] { work->runner->Kill(std::string(why.message())); });
    }
  }
  const std::string reason = ended.get();
  // The runner goes on the loop, from outside its own handler.
  std::promise<std::unique_ptr<internal::Appraised>> taken;
  loop_->Post([&] {
    work->runner.reset();
    taken.set_value(std::move(work->answer));
  });
  const std::unique_ptr<internal::Appraised> answer = taken.get_future().get();
  if (!why.ok()) return why;
  if (!answer) {
    return absl::InternalError(
        base::StrCat("the process that ran it ended without an answer: ", reason));
  }
  if (answer->code() != 0) {
    return absl::Status(static_cast<absl::StatusCode>(answer->code()), answer->error());
  }
  return std::move(*answer);
}

}  // namespace continuo::supervisor
