// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/regenerate_reactor.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/service/queued_writer.h"
#include "daemon/service/status.h"

namespace continuo::service {
namespace {

constexpr std::size_t kQueuedUpdates = 256;

// What it was made of, so that it comes out the same: also where a newer version is installed.
v1::GenerateRequest RequestOf(const v1::HistoryRecord& record) {
  v1::GenerateRequest request = record.plan().request();
  request.set_model(base::StrCat(record.plan().model(), "@", record.plan().version()));
  request.set_parent_record(record.id());
  request.set_detached(false);
  request.set_priority(v1::JOB_PRIORITY_INTERACTIVE);
  request.set_fresh(true);
  return request;
}

std::string Difference(const v1::GenerationPlan& then, const v1::GenerationPlan& now) {
  if (then.weights_sha256() == now.weights_sha256()) return {};
  return base::StrCat("the weights of ", then.model(), "@", then.version(),
                      " are others: ", then.variant(), " ", then.weights_sha256().substr(0, 12),
                      " then, ", now.variant(), " ", now.weights_sha256().substr(0, 12), " now");
}

std::string Difference(const std::string& then, const std::string& now, std::uint32_t index) {
  if (then == now) return {};
  const auto at = std::mismatch(then.begin(), then.end(), now.begin(), now.end()).first;
  return base::StrCat("candidate ", index + 1, " differs at byte ", at - then.begin(), " (",
                      then.size(), " bytes then, ", now.size(), " now)");
}

// Whether the request cannot be met any more, rather than not just now.
bool IsForGood(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsInvalidArgument(status) ||
         absl::IsFailedPrecondition(status) || absl::IsUnimplemented(status);
}

class RegenerateReactor : public QueuedWriter<v1::RegenerateEvent>,
                          public job::Listener,
                          public std::enable_shared_from_this<RegenerateReactor> {
 public:
  explicit RegenerateReactor(supervisor::JobDesk* desk) : desk_(desk) {
    StartSendInitialMetadata();
  }

  // On a thread that may wait.
  void Run(history::History* history, const std::string& id, const std::string& client) {
    absl::StatusOr<v1::HistoryRecord> record = history->Get(id);
    if (!record.ok()) return OnEnd(record.status());
    Change([&](Queue*) { record_ = *std::move(record); });
    if (ended()) return;
    desk_->Generate(RequestOf(record_), client, shared_from_this());
    // The call may have ended meanwhile, when there was no job to leave.
    if (ended()) desk_->Leave(shared_from_this());
  }

  // --- gRPC
  void OnCancel() override {
    End(grpc::Status::CANCELLED);
    desk_->Leave(shared_from_this());
  }

  // --- the desk
  void OnEvent(const v1::GenerateEvent& event) override {
    Change([&](Queue* queue) {
      if (event.has_started()) Note(Difference(record_.plan(), event.started().plan()));
      if (event.has_candidate()) Compare(event.candidate());
      if (queue->size() >= kQueuedUpdates && (event.has_progress() || event.has_partial())) return;
      *queue->emplace_back().mutable_progress() = event;
    });
  }
  void OnEnd(const absl::Status& status) override {
    // A request that can never be met again is an answer, not an error of this call.
    const bool failed = !status.ok() && (record_.id().empty() || !IsForGood(status));
    End(failed ? ToGrpc(status) : grpc::Status::OK, [&](Queue* queue) {
      if (failed) return;
      if (!status.ok()) Note(std::string(status.message()));
      if (compared_ != record_.candidates_size()) {
        Note(base::StrCat(compared_, " candidates came out, of ", record_.candidates_size()));
      }
      v1::RegenerateEvent& last = queue->emplace_back();
      last.set_finished(true);
      last.set_identical(difference_.empty());
      last.set_difference(difference_);
    });
  }

 private:
  // The first one counts.
  void Note(const std::string& difference) {
    if (difference_.empty()) difference_ = difference;
  }

  void Compare(const v1::GenerationCandidate& candidate) {
    const auto& then = record_.candidates();
    const auto same = std::find_if(then.begin(), then.end(), [&](const auto& one) {
      return one.index() == candidate.index();
    });
    if (same == then.end())
      return Note(base::StrCat("candidate ", candidate.index() + 1, " is new"));
    ++compared_;
    Note(Difference(same->midi(), candidate.midi(), candidate.index()));
  }

  supervisor::JobDesk* const desk_;
  // Written before the desk knows of it, then by the desk's thread alone.
  v1::HistoryRecord record_;
  int compared_ = 0;
  std::string difference_;
};

}  // namespace

grpc::ServerWriteReactor<v1::RegenerateEvent>* MakeRegenerateReactor(history::History* history,
                                                                     supervisor::JobDesk* desk,
                                                                     base::BackgroundWorker* reader,
                                                                     const std::string& record_id,
                                                                     const std::string& client) {
  const auto reactor = std::make_shared<RegenerateReactor>(desk);
  reactor->Hold(reactor);
  reader->Run([reactor, history, record_id, client] { reactor->Run(history, record_id, client); });
  return reactor.get();
}

}  // namespace continuo::service
