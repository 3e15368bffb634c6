// SPDX-License-Identifier: Apache-2.0
// One call whose answers come from another thread, as they come.
//
// Problem: gRPC writes one message at a time and says when it is done; what is made meanwhile
// waits here. How much may wait, and what gives way, is the caller's: Change() has the queue.
// Threads: [any-thread]. Ownership: Hold() keeps it until gRPC is done with it.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <deque>
#include <memory>
#include <mutex>
#include <utility>

namespace continuo::service {

template <typename Message>
class QueuedWriter : public grpc::ServerWriteReactor<Message> {
 public:
  void Hold(std::shared_ptr<QueuedWriter> self) { self_ = std::move(self); }

  void OnWriteDone(bool ok) final {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) queue_.clear();
    WriteNext();
  }
  void OnDone() final {
    std::shared_ptr<QueuedWriter> last;  // goes after the lock
    const std::lock_guard lock(mutex_);
    last = std::move(self_);
  }

 protected:
  using Queue = std::deque<Message>;

  // change(&queue): what has not begun to be sent, the oldest first. Nothing is done after the end.
  template <typename ChangeQueue>
  void Change(const ChangeQueue& change) {
    const std::lock_guard lock(mutex_);
    if (ending_) return;
    change(&queue_);
    WriteNext();
  }

  // The first end counts. last(&queue) comes before it: what is still to be sent.
  template <typename ChangeQueue>
  void End(const grpc::Status& status, const ChangeQueue& last) {
    const std::lock_guard lock(mutex_);
    if (std::exchange(ending_, true)) return;
    last(&queue_);
    status_ = status;
    WriteNext();
  }
  // What waits is sent where the end is good, and dropped where it is not.
  void End(const grpc::Status& status) {
    End(status, [&status](Queue* queue) {
      if (!status.ok()) queue->clear();
    });
  }

  [[nodiscard]] bool ended() {
    const std::lock_guard lock(mutex_);
    return ending_;
  }

 private:
  void WriteNext() {
    if (writing_ || finished_) return;
    if (!queue_.empty()) {
      current_ = std::move(queue_.front());
      queue_.pop_front();
      writing_ = true;
      this->StartWrite(&current_);
    } else if (ending_) {
      finished_ = true;
      this->Finish(status_);
    }
  }

  std::mutex mutex_;
  std::shared_ptr<QueuedWriter> self_;
  Queue queue_;
  Message current_;
  grpc::Status status_;
  bool writing_ = false;
  bool ending_ = false;
  bool finished_ = false;
};

}  // namespace continuo::service
