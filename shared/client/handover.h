// SPDX-License-Identifier: Apache-2.0
// Passes objects from one control thread to one audio thread and takes them back
// for deletion, without a lock: the audio thread never frees memory and never
// waits for the control thread.
//
//   control: Offer(new) ──► offered ──Take()──► current ──Take() of the next──► retired
//   control: Collect() deletes what is retired. While something is retired and not
//   yet collected, Take() keeps the current object.
#pragma once

#include <atomic>
#include <memory>

namespace continuo::client {

template <typename T>
class Handover {
 public:
  Handover() = default;
  Handover(const Handover&) = delete;
  Handover& operator=(const Handover&) = delete;
  ~Handover() {
    delete offered_.load();
    delete retired_.load();
    delete current_;
  }

  // [control-thread] The newest offer wins.
  void Offer(std::unique_ptr<T> object) noexcept {
    delete offered_.exchange(object.release(), std::memory_order_acq_rel);
  }
  // [control-thread]
  void Collect() noexcept { delete retired_.exchange(nullptr, std::memory_order_acquire); }

  // [audio-thread] The object in use from now on, null if there was none yet.
  // Where it is another than before, calls change(next, previous) first;
  // `previous` may be null and is given back for deletion afterwards.
  template <typename Change>
  T* Take(Change change) noexcept {
    if (offered_.load(std::memory_order_relaxed) != nullptr &&
        retired_.load(std::memory_order_acquire) == nullptr) {
      if (T* next = offered_.exchange(nullptr, std::memory_order_acq_rel)) {
        change(next, current_);
        retired_.store(current_, std::memory_order_release);
        current_ = next;
      }
    }
    return current_;
  }
  // [audio-thread]
  [[nodiscard]] bool HasOffer() const noexcept {
    return offered_.load(std::memory_order_acquire) != nullptr;
  }

 private:
  std::atomic<T*> offered_{nullptr};
  std::atomic<T*> retired_{nullptr};
  T* current_ = nullptr;  // [audio-thread]
};

}  // namespace continuo::client
