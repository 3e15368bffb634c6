// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/appraisals.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/memory/figures.h"
#include "daemon/model/variant.h"
#include "daemon/supervisor/memory_claim.h"

namespace continuo::supervisor {
namespace {

// Beside the executor: LibTorch's working memory and a file in several forms.
constexpr std::uint64_t kAppraisalBytes = std::uint64_t{4} << 30;
constexpr std::chrono::milliseconds kLook{50};
constexpr double kNoLimitS = 1e9;

RunnerOptions ForAppraisal(RunnerOptions options) {
  options.inspector = true;
  options.realtime_priority = 0;
  options.lock_memory = false;
  return options;
}

// A file is read, widened to floats, and written in other numbers.
constexpr std::uint64_t kConvertPerFileByte = 6;
constexpr std::uint64_t kLeastBytes = std::uint64_t{16} << 20;

std::uint64_t MostOf(const v1::ModelManifest& manifest, const std::string& variant) {
  const v1::Variant* const found = model::FindVariant(manifest, variant);
  if (found == nullptr) return 0;
  const memory::Need need = memory::EstimatedNeed(manifest, *found);
  return std::max(need.bytes + need.work_bytes, need.peak_bytes);
}

ClaimRequest ClaimOf(const internal::Appraise& request) {
  ClaimRequest claim{"appraisal", "fused appraisal", "the benchmark", "at work", kLeastBytes};
  if (request.has_measure()) {
    const internal::MeasureVariant& measure = request.measure();
    const v1::ModelManifest& manifest = measure.manifest();
    claim.item = base::StrCat(manifest.id(), "/", manifest.version(), "/", measure.variant());
    claim.words = "being measured";
    claim.bytes += MostOf(manifest, measure.variant()) + MostOf(manifest, measure.original());
    if (const v1::Variant* const one = model::FindVariant(manifest, measure.variant())) {
      claim.executor = base::StrCat(model::ExecutorOf(manifest, *one), " appraisal");
    }
  } else if (request.has_convert()) {
    const std::filesystem::path path = request.convert().path();
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    claim.executor = base::StrCat(request.convert().executor(), " appraisal");
    claim.item = path.filename().string();
    claim.words = "being converted";
    if (!error) claim.bytes += kConvertPerFileByte * size;
  }
  return claim;
}

}  // namespace

// [loop-thread], but for the promises.
struct Appraisals::Work {
  std::unique_ptr<MemoryClaim> claim;
  std::unique_ptr<Runner> runner;
  std::unique_ptr<internal::Appraised> answer;
  std::promise<absl::Status> granted;
  std::promise<std::string> ended;  // how the process ended
};

Appraisals::Appraisals(RunnerOptions runner, MemoryKeeper* memory, double timeout_s)
    : runner_(ForAppraisal(std::move(runner))), memory_(memory), timeout_s_(timeout_s) {}

Appraisals::~Appraisals() { Stop(); }

void Appraisals::OnLoop(const std::function<void()>& run) {
  std::promise<void> done;
  loop_->Post([&] {
    run();
    done.set_value();
  });
  done.get_future().get();
}

template <typename Value>
absl::Status Appraisals::Await(std::future<Value>* ready, double timeout_s,
                               const std::function<bool()>& cancelled) const {
  const auto deadline = std::chrono::steady_clock::now() +
                        std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                            std::chrono::duration<double>(timeout_s));
  while (ready->wait_for(kLook) != std::future_status::ready) {
    if (stopping_ || (cancelled && cancelled())) return absl::CancelledError("it was cancelled");
    if (std::chrono::steady_clock::now() > deadline) {
      return absl::DeadlineExceededError(base::StrCat("not done within ", timeout_s, " s"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<internal::Appraised> Appraisals::Run(const internal::Appraise& request,
                                                    const std::function<bool()>& cancelled) {
  const absl::MutexLock lock(&turn_);
  if (stopping_ || (cancelled && cancelled())) return absl::CancelledError("it was cancelled");
  if (!loop_) {
    loop_ = std::make_unique<EventLoop>();
    loop_->Start();
  }
  const auto work = std::make_shared<Work>();
  std::future<absl::Status> granted = work->granted.get_future();
  OnLoop([&] {
    work->claim = std::make_unique<MemoryClaim>(
        memory_, loop_.get(), ClaimOf(request),
        [one = work.get()](const absl::Status& status) { one->granted.set_value(status); });
  });
  // The budget says no by itself after a while.
  absl::Status why = Await(&granted, kNoLimitS, cancelled);
  if (why.ok()) why = granted.get();
  std::future<std::string> ended = work->ended.get_future();
  if (why.ok()) {
    OnLoop([&] { why = Begin(work, request); });
    if (why.ok()) {
      why = Await(&ended, timeout_s_, cancelled);
      if (!why.ok()) OnLoop([&] { work->runner->Kill(std::string(why.message())); });
      ended.wait();
    }
  }
  // What lives on the loop goes there, from outside its own handlers.
  OnLoop([&] {
    work->runner.reset();
    work->claim.reset();
  });
  if (!why.ok()) return why;
  const std::unique_ptr<internal::Appraised>& answer = work->answer;
  if (!answer) {
    return absl::InternalError(
        base::StrCat("the process that ran it ended without an answer: ", ended.get()));
  }
  if (answer->code() != 0) {
    return absl::Status(static_cast<absl::StatusCode>(answer->code()), answer->error());
  }
  return std::move(*answer);
}

absl::Status Appraisals::Begin(const std::shared_ptr<Work>& work,
                               const internal::Appraise& request) {
  auto started =
      Runner::Start(loop_.get(), runner_,
                    {[work](const internal::FromRunner& message) {
                       if (!message.has_appraised() || work->answer) return;
                       work->answer = std::make_unique<internal::Appraised>(message.appraised());
                       work->runner->Kill("it has answered");
                     },
                     [work](const std::string& reason, bool) { work->ended.set_value(reason); }});
  if (!started.ok()) return started.status();
  work->runner = *std::move(started);
  work->claim->SetProcess(work->runner->pid());
  internal::ToRunner message;
  *message.mutable_appraise() = request;
  message.mutable_appraise()->set_memory_limit_bytes(kAppraisalBytes);
  work->runner->Send(message);
  return absl::OkStatus();
}

}  // namespace continuo::supervisor
