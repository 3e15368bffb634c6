// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/event_broadcaster.h"

#include <deque>
#include <utility>

#include "daemon/base/clock.h"
#include "daemon/service/translate.h"

namespace continuo::service {

class EventBroadcaster::Subscription : public grpc::ServerWriteReactor<v1::Event> {
 public:
  explicit Subscription(EventBroadcaster* owner) : owner_(owner) { StartSendInitialMetadata(); }

  void Push(const v1::Event& event) {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    if (queue_.size() == kQueuedEvents) {
      queue_.pop_front();
      ++missed_;
    }
    queue_.push_back(event);
    WriteNext();
  }

  void End(const grpc::Status& status) {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(finished_, true)) Finish(status);
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (finished_) return;
    if (ok) {
      WriteNext();
    } else {
      finished_ = true;
      Finish(grpc::Status::CANCELLED);
    }
  }

  void OnCancel() override { End(grpc::Status::CANCELLED); }

  void OnDone() override {
    owner_->Forget(this);
    delete this;
  }

 private:
  void WriteNext() {
    if (writing_ || queue_.empty()) return;
    current_ = std::move(queue_.front());
    queue_.pop_front();
    // What was dropped was older than what is first in the queue now.
    current_.set_missed(std::exchange(missed_, 0));
    writing_ = true;
    StartWrite(&current_);
  }

  EventBroadcaster* owner_;
  std::mutex mutex_;
  std::deque<v1::Event> queue_;
  v1::Event current_;
  std::uint32_t missed_ = 0;
  bool writing_ = false;
  bool finished_ = false;
};

grpc::ServerWriteReactor<v1::Event>* EventBroadcaster::Subscribe() {
  auto* const subscription = new Subscription(this);
  bool stopped = false;
  {
    const std::lock_guard lock(mutex_);
    subscriptions_.insert(subscription);
    stopped = stopped_;
  }
  if (stopped) subscription->End({grpc::StatusCode::UNAVAILABLE, "the daemon is stopping"});
  return subscription;
}

void EventBroadcaster::Stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  for (Subscription* subscription : subscriptions_)
    subscription->End({grpc::StatusCode::UNAVAILABLE, "the daemon is stopping"});
}

void EventBroadcaster::Forget(Subscription* subscription) {
  const std::lock_guard lock(mutex_);
  subscriptions_.erase(subscription);
}

void EventBroadcaster::Send(v1::Event event) {
  event.set_time_ms(base::WallMs());
  const std::lock_guard lock(mutex_);
  for (Subscription* subscription : subscriptions_) subscription->Push(event);
}

void EventBroadcaster::OnRunnerStarted(pid_t pid) {
  v1::Event event;
  event.mutable_runner_started()->set_pid(pid);
  Send(std::move(event));
}

void EventBroadcaster::OnRunnerEnded(pid_t pid, const std::string& reason, bool asked) {
  v1::Event event;
  event.mutable_runner_ended()->set_pid(pid);
  event.mutable_runner_ended()->set_reason(reason);
  event.mutable_runner_ended()->set_asked(asked);
  Send(std::move(event));
}

void EventBroadcaster::OnStreamChanged(const supervisor::StreamInfo& stream, bool closed) {
  v1::Event event;
  *event.mutable_stream_changed()->mutable_stream() = ToProto(stream);
  event.mutable_stream_changed()->set_closed(closed);
  Send(std::move(event));
}

void EventBroadcaster::OnModelsChanged() {
  v1::Event event;
  event.mutable_models_changed();
  Send(std::move(event));
}

void EventBroadcaster::OnJobChanged(const v1::Job& job) {
  v1::Event event;
  *event.mutable_job_changed()->mutable_job() = job;
  Send(std::move(event));
}

void EventBroadcaster::OnRecordAdded(const std::string& record_id) {
  v1::Event event;
  event.mutable_record_added()->set_record_id(record_id);
  Send(std::move(event));
}

void EventBroadcaster::OnWarningsChanged(const std::vector<std::string>& warnings) {
  v1::Event event;
  event.mutable_warnings_changed()->mutable_warnings()->Assign(warnings.begin(), warnings.end());
  Send(std::move(event));
}

}  // namespace continuo::service
