// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/attach_reactor.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "daemon/service/limits.h"
#include "daemon/service/status.h"

namespace continuo::service {
namespace {

constexpr std::size_t kMaxQueued = 256;

class AttachReactor : public grpc::ServerBidiReactor<v1::AttachStreamRequest, v1::StreamEvent>,
                      public supervisor::StreamClient {
 public:
  explicit AttachReactor(supervisor::Supervisor* supervisor) : supervisor_(supervisor) {}

  // Begins, and keeps itself until OnDone.
  void Start(const std::shared_ptr<AttachReactor>& self) {
    self_ = self;
    StartRead(&request_);
  }

  // --- gRPC
  void OnReadDone(bool ok) override {
    if (!ok) return End(grpc::Status::OK);  // the client has said all: it detaches
    // The next message is read when this one has been dealt with: nothing piles up.
    if (stream_id_ == 0) {
      if (request_.what_case() != v1::AttachStreamRequest::kStreamId || request_.stream_id() == 0) {
        return End({grpc::StatusCode::INVALID_ARGUMENT,
                    "stream_id has to be the first message of AttachStream"});
      }
      stream_id_ = request_.stream_id();
      supervisor_->AttachStream(stream_id_, self_, [self = self_](const absl::Status& status) {
        if (!status.ok()) return self->End(ToGrpc(status));
        self->OnHeartbeat();  // so that the client knows
        self->ReadNext();
      });
    } else if (request_.what_case() == v1::AttachStreamRequest::kSegmentMapped) {
      supervisor_->ConfirmSegment(stream_id_, request_.segment_mapped(), ReadNextOrEnd());
    } else if (request_.has_join_link()) {
      const absl::Status name = CheckText("group", request_.join_link().group(), kMaxIdBytes);
      if (!name.ok()) return End(ToGrpc(name));
      supervisor_->JoinLink(stream_id_, request_.join_link(), ReadNextOrEnd());
    } else if (request_.has_key_wish()) {
      const v1::KeyWish& wish = request_.key_wish();
      absl::Status names = CheckText("send", wish.send(), kMaxIdBytes);
      names.Update(CheckText("take", wish.take(), kMaxIdBytes));
      if (!names.ok()) return End(ToGrpc(names));
      supervisor_->SetKeys(stream_id_, wish, ReadNextOrEnd());
    } else if (request_.has_parameter_turned()) {
      supervisor_->TurnParameter(stream_id_, request_.parameter_turned(), ReadNextOrEnd());
    } else {
      End({grpc::StatusCode::INVALID_ARGUMENT,
           "segment_mapped, join_link, parameter_turned or key_wish has to follow stream_id"});
    }
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) queue_.clear();
    WriteNext();
  }

  void OnCancel() override { End(grpc::Status::CANCELLED); }

  void OnDone() override {
    if (stream_id_ != 0) supervisor_->Detach(stream_id_, self_);
    self_.reset();
  }

  // --- the supervisor
  void OnSegment(const supervisor::SegmentOffer& offer) override {
    v1::StreamEvent event;
    v1::SegmentOffered* segment = event.mutable_segment();
    segment->set_name(offer.name);
    segment->set_generation(offer.generation);
    segment->set_latency_frames(offer.latency_frames);
    segment->set_block_cost_us(offer.block_cost_us);
    segment->set_model_rate_hz(offer.model_rate_hz);
    segment->set_runner_pid(offer.runner_pid);
    segment->set_mode(offer.mode);
    segment->set_admission(offer.admission);
    Push(std::move(event));
  }

  void OnRunnerLost(const std::string& reason) override {
    v1::StreamEvent event;
    event.mutable_runner_lost()->set_reason(reason);
    Push(std::move(event));
  }

  void OnParameterChanged(const supervisor::ParameterChange& change) override {
    v1::StreamEvent event;
    v1::ParameterChanged* changed = event.mutable_parameter_changed();
    changed->set_id(change.id);
    changed->set_value(change.value);
    changed->set_by_link(change.by_link);
    changed->set_turned(change.turned);
    Push(std::move(event));
  }

  void OnLinkAsked(const std::string& group) override {
    v1::StreamEvent event;
    event.mutable_link_asked()->set_group(group);
    Push(std::move(event));
  }

  void OnKeyBuses(const v1::KeyBuses& buses) override {
    v1::StreamEvent event;
    *event.mutable_key_buses() = buses;
    Push(std::move(event));
  }

  void OnHeartbeat() override {
    const std::lock_guard lock(mutex_);
    if (ending_ || !queue_.empty()) return;
    queue_.emplace_back().mutable_heartbeat();
    WriteNext();
  }

  void OnFailed(const std::string& reason) override {
    v1::StreamEvent event;
    event.mutable_failed()->set_reason(reason);
    Push(std::move(event));
    End(grpc::Status::OK);
  }

  void OnRefused(const absl::Status& status) override { End(ToGrpc(status)); }

 private:
  void Push(v1::StreamEvent event) {
    const std::lock_guard lock(mutex_);
    if (ending_) return;
    if (event.has_parameter_changed()) {
      // What waits here has not been seen: only the newest value matters.
      std::erase_if(queue_, [&](const v1::StreamEvent& waiting) {
        return waiting.has_parameter_changed() &&
               waiting.parameter_changed().id() == event.parameter_changed().id();
      });
    }
    if (event.has_key_buses() || event.has_link_asked()) {
      std::erase_if(queue_, [&](const v1::StreamEvent& waiting) {
        return waiting.what_case() == event.what_case();
      });
    }
    if (queue_.size() >= kMaxQueued) {
      queue_.clear();
      ending_ = true;
      status_ = {grpc::StatusCode::RESOURCE_EXHAUSTED, "the client does not read its events"};
    } else {
      queue_.push_back(std::move(event));
    }
    WriteNext();
  }

  // The call ends when what is queued has been written.
  void End(const grpc::Status& status) {
    const std::lock_guard lock(mutex_);
    if (std::exchange(ending_, true)) return;
    status_ = status;
    if (!status.ok()) queue_.clear();
    WriteNext();
  }

  void WriteNext() {
    if (writing_ || finished_) return;
    if (!queue_.empty()) {
      current_ = std::move(queue_.front());
      queue_.pop_front();
      writing_ = true;
      StartWrite(&current_);
    } else if (ending_) {
      finished_ = true;
      Finish(status_);
    }
  }

  // For what follows a message.
  supervisor::Done ReadNextOrEnd() {
    return [self = self_](const absl::Status& status) {
      if (!status.ok()) return self->End(ToGrpc(status));
      self->ReadNext();
    };
  }

  void ReadNext() {
    const std::lock_guard lock(mutex_);
    if (!finished_) StartRead(&request_);
  }

  supervisor::Supervisor* supervisor_;
  std::shared_ptr<AttachReactor> self_;
  v1::AttachStreamRequest request_;  // [gRPC's reads, one at a time]
  std::uint64_t stream_id_ = 0;      // likewise

  std::mutex mutex_;
  std::deque<v1::StreamEvent> queue_;
  v1::StreamEvent current_;
  grpc::Status status_;
  bool writing_ = false;
  bool ending_ = false;
  bool finished_ = false;
};

}  // namespace

grpc::ServerBidiReactor<v1::AttachStreamRequest, v1::StreamEvent>* MakeAttachReactor(
    supervisor::Supervisor* supervisor) {
  const auto reactor = std::make_shared<AttachReactor>(supervisor);
  reactor->Start(reactor);
  return reactor.get();
}

}  // namespace continuo::service
