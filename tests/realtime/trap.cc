// SPDX-License-Identifier: Apache-2.0
#include "tests/realtime/trap.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <typeinfo>

namespace continuo::test {
namespace {

constexpr int kMaxFrames = 24;
constexpr auto kKinds = static_cast<std::size_t>(Trapped::kKinds);

constinit thread_local bool in_section = false;
constinit std::array<std::atomic<std::uint64_t>, kKinds> counts{};
constinit std::atomic<bool> first_taken{false};
constinit std::array<void*, kMaxFrames> first_frames{};
constinit std::atomic<int> first_frame_count{0};

}  // namespace

// Of the same name in C linkage below, hence with a name of its own.
static void Note(Trapped kind) noexcept {
  if (!in_section) return;
  in_section = false;  // what the note itself does is not meant
  counts[static_cast<std::size_t>(kind)].fetch_add(1);
  if (!first_taken.exchange(true)) {
    first_frame_count.store(::backtrace(first_frames.data(), kMaxFrames));
  }
  in_section = true;
}

// The function that ours stands before.
template <typename Function>
static Function* Next(const char* name, const char* version = nullptr) noexcept {
  void* found = version == nullptr ? nullptr : ::dlvsym(RTLD_NEXT, name, version);
  if (found == nullptr) found = ::dlsym(RTLD_NEXT, name);
  return reinterpret_cast<Function*>(found);
}

void AudioSection::Enter() noexcept { in_section = true; }
void AudioSection::Leave() noexcept { in_section = false; }
bool AudioSection::IsActive() noexcept { return in_section; }

void Trap::Reset() {
  void* warm_up[1];
  ::backtrace(warm_up, 1);  // loads a library at its first call
  for (auto& count : counts) count.store(0);
  first_frame_count.store(0);
  first_taken.store(false);
}

std::uint64_t Trap::Count(Trapped kind) { return counts[static_cast<std::size_t>(kind)].load(); }

std::string Trap::Report() {
  constexpr const char* kNames[kKinds] = {"allocations",     "frees",  "locks",
                                          "reads or writes", "sleeps", "exceptions"};
  std::string report;
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    if (const std::uint64_t count = counts[kind].load(); count > 0) {
      report += std::to_string(count) + " " + kNames[kind] + "\n";
    }
  }
  if (const int frames = first_frame_count.load(); frames > 0) {
    report += "the first:\n";
    char** symbols = ::backtrace_symbols(first_frames.data(), frames);
    for (int i = 0; symbols != nullptr && i < frames; ++i) report += std::string(symbols[i]) + "\n";
    std::free(symbols);
  }
  return report;
}

}  // namespace continuo::test

using continuo::test::Next;
using continuo::test::Note;
using continuo::test::Trapped;

// glibc's allocator by its own names: dlsym() would allocate.
extern "C" {
void* __libc_malloc(size_t bytes);
void* __libc_calloc(size_t count, size_t bytes);
void* __libc_realloc(void* memory, size_t bytes);
void* __libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void* memory);
}

#define CONTINUO_TRAP extern "C" __attribute__((visibility("default")))

// operator new and delete come here too.
CONTINUO_TRAP void* malloc(size_t bytes) {
  Note(Trapped::kAllocate);
  return __libc_malloc(bytes);
}
CONTINUO_TRAP void* calloc(size_t count, size_t bytes) {
  Note(Trapped::kAllocate);
  return __libc_calloc(count, bytes);
}
CONTINUO_TRAP void* realloc(void* memory, size_t bytes) {
  Note(Trapped::kAllocate);
  return __libc_realloc(memory, bytes);
}
CONTINUO_TRAP void* memalign(size_t alignment, size_t bytes) {
  Note(Trapped::kAllocate);
  return __libc_memalign(alignment, bytes);
}
CONTINUO_TRAP void* aligned_alloc(size_t alignment, size_t bytes) {
  Note(Trapped::kAllocate);
  return __libc_memalign(alignment, bytes);
}
CONTINUO_TRAP int posix_memalign(void** memory, size_t alignment, size_t bytes) {
  Note(Trapped::kAllocate);
  *memory = __libc_memalign(alignment, bytes);
  return *memory == nullptr ? ENOMEM : 0;
}
CONTINUO_TRAP void free(void* memory) {
  if (memory != nullptr) Note(Trapped::kFree);
  __libc_free(memory);
}

CONTINUO_TRAP int pthread_mutex_lock(pthread_mutex_t* mutex) {
  Note(Trapped::kLock);
  static auto* const next = Next<int(pthread_mutex_t*)>("pthread_mutex_lock");
  return next(mutex);
}
CONTINUO_TRAP int pthread_rwlock_rdlock(pthread_rwlock_t* lock) {
  Note(Trapped::kLock);
  static auto* const next = Next<int(pthread_rwlock_t*)>("pthread_rwlock_rdlock");
  return next(lock);
}
CONTINUO_TRAP int pthread_rwlock_wrlock(pthread_rwlock_t* lock) {
  Note(Trapped::kLock);
  static auto* const next = Next<int(pthread_rwlock_t*)>("pthread_rwlock_wrlock");
  return next(lock);
}
CONTINUO_TRAP int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  Note(Trapped::kLock);
  static auto* const next =
      Next<int(pthread_cond_t*, pthread_mutex_t*)>("pthread_cond_wait", "GLIBC_2.3.2");
  return next(condition, mutex);
}
CONTINUO_TRAP int pthread_cond_signal(pthread_cond_t* condition) {
  Note(Trapped::kLock);
  static auto* const next = Next<int(pthread_cond_t*)>("pthread_cond_signal", "GLIBC_2.3.2");
  return next(condition);
}
CONTINUO_TRAP int pthread_cond_broadcast(pthread_cond_t* condition) {
  Note(Trapped::kLock);
  static auto* const next = Next<int(pthread_cond_t*)>("pthread_cond_broadcast", "GLIBC_2.3.2");
  return next(condition);
}

CONTINUO_TRAP ssize_t write(int fd, const void* bytes, size_t count) {
  Note(Trapped::kIo);
  static auto* const next = Next<ssize_t(int, const void*, size_t)>("write");
  return next(fd, bytes, count);
}
CONTINUO_TRAP ssize_t writev(int fd, const iovec* parts, int count) {
  Note(Trapped::kIo);
  static auto* const next = Next<ssize_t(int, const iovec*, int)>("writev");
  return next(fd, parts, count);
}
CONTINUO_TRAP ssize_t read(int fd, void* bytes, size_t count) {
  Note(Trapped::kIo);
  static auto* const next = Next<ssize_t(int, void*, size_t)>("read");
  return next(fd, bytes, count);
}
CONTINUO_TRAP int open(const char* path, int flags, ...) {
  Note(Trapped::kIo);
  static auto* const next = Next<int(const char*, int, ...)>("open");
  mode_t mode = 0;
  if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  return next(path, flags, mode);
}

CONTINUO_TRAP int nanosleep(const timespec* time, timespec* left) {
  Note(Trapped::kSleep);
  static auto* const next = Next<int(const timespec*, timespec*)>("nanosleep");
  return next(time, left);
}
CONTINUO_TRAP int clock_nanosleep(clockid_t clock, int flags, const timespec* time,
                                  timespec* left) {
  Note(Trapped::kSleep);
  static auto* const next =
      Next<int(clockid_t, int, const timespec*, timespec*)>("clock_nanosleep", "GLIBC_2.17");
  return next(clock, flags, time, left);
}
CONTINUO_TRAP int usleep(useconds_t us) {
  Note(Trapped::kSleep);
  static auto* const next = Next<int(useconds_t)>("usleep");
  return next(us);
}
CONTINUO_TRAP int poll(pollfd* fds, nfds_t count, int timeout_ms) {
  Note(Trapped::kSleep);
  static auto* const next = Next<int(pollfd*, nfds_t, int)>("poll");
  return next(fds, count, timeout_ms);
}

CONTINUO_TRAP [[noreturn]] void __cxa_throw(void* thrown, std::type_info* type,
                                            void (*destroy)(void*)) {
  Note(Trapped::kThrow);
  static auto* const next = Next<void(void*, std::type_info*, void (*)(void*))>("__cxa_throw");
  next(thrown, type, destroy);
  __builtin_unreachable();
}
