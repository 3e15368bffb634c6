// SPDX-License-Identifier: Apache-2.0
// Tells ThreadSanitizer of Abseil's mutexes, and of its notifications.
//
// Problem: the distribution's Abseil is built without it, and its mutexes are gRPC's, and some of
// ours: whatever they guard would be reported as a race.
// Use: LD_PRELOAD (packaging/sanitize). Loaded before Abseil, it is what callers find; each call
// goes on to Abseil's own function. In a process without ThreadSanitizer it does nothing.
// What it does not see: Await and LockWhen, and a notification's other waits, which nobody here
// uses.
#include <absl/synchronization/mutex.h>
#include <absl/synchronization/notification.h>
#include <dlfcn.h>

#include <cstring>

extern "C" {
__attribute__((weak)) void __tsan_acquire(void* address);
__attribute__((weak)) void __tsan_release(void* address);
}

namespace {

// The function of the same name that comes next in the order of loading.
template <typename Method>
Method Next(Method method) {
  void* address = nullptr;
  std::memcpy(&address, &method, sizeof address);
  Dl_info info{};
  dladdr(address, &info);
  address = dlsym(RTLD_NEXT, info.dli_sname);
  std::memcpy(&method, &address, sizeof address);
  return method;
}

void Acquire(const void* mutex) {
  if (__tsan_acquire != nullptr) __tsan_acquire(const_cast<void*>(mutex));
}

void Release(void* mutex) {
  if (__tsan_release != nullptr) __tsan_release(mutex);
}

}  // namespace

namespace absl {

void Mutex::Lock() {
  static const auto next = Next(&Mutex::Lock);
  (this->*next)();
  Acquire(this);
}

bool Mutex::TryLock() {
  static const auto next = Next(&Mutex::TryLock);
  const bool locked = (this->*next)();
  if (locked) Acquire(this);
  return locked;
}

void Mutex::Unlock() {
  static const auto next = Next(&Mutex::Unlock);
  Release(this);
  (this->*next)();
}

void Mutex::ReaderLock() {
  static const auto next = Next(&Mutex::ReaderLock);
  (this->*next)();
  Acquire(this);
}

void Mutex::ReaderUnlock() {
  static const auto next = Next(&Mutex::ReaderUnlock);
  Release(this);
  (this->*next)();
}

void CondVar::Wait(Mutex* mutex) {
  static const auto next = Next(&CondVar::Wait);
  Release(mutex);
  (this->*next)(mutex);
  Acquire(mutex);
}

bool CondVar::WaitWithTimeout(Mutex* mutex, absl::Duration timeout) {
  static const auto next = Next(&CondVar::WaitWithTimeout);
  Release(mutex);
  const bool timed_out = (this->*next)(mutex, timeout);
  Acquire(mutex);
  return timed_out;
}

bool CondVar::WaitWithDeadline(Mutex* mutex, absl::Time deadline) {
  static const auto next = Next(&CondVar::WaitWithDeadline);
  Release(mutex);
  const bool timed_out = (this->*next)(mutex, deadline);
  Acquire(mutex);
  return timed_out;
}

void Notification::Notify() {
  static const auto next = Next(&Notification::Notify);
  Release(this);
  (this->*next)();
}

bool Notification::WaitForNotificationWithTimeout(absl::Duration timeout) const {
  static const auto next = Next(&Notification::WaitForNotificationWithTimeout);
  const bool notified = (this->*next)(timeout);
  if (notified) Acquire(this);
  return notified;
}

}  // namespace absl
