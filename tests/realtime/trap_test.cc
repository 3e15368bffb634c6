// SPDX-License-Identifier: Apache-2.0
// A trap that does not fire proves nothing: each one is fired here first.
#include "tests/realtime/trap.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <samplerate.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace continuo::test {
namespace {

// Runs inside a section, and says how often `kind` was caught.
template <typename Work>
std::uint64_t Caught(Trapped kind, Work work) {
  Trap::Reset();
  {
    const AudioSection section;
    work();
  }
  return Trap::Count(kind);
}

// Hides from the compiler that memory is not used.
void* volatile sink;

TEST_CASE("Trap: allocations are caught, by every way") {
  CHECK(Caught(Trapped::kAllocate, [] { sink = std::malloc(10); }) == 1);
  std::free(sink);
  CHECK(Caught(Trapped::kAllocate, [] { sink = std::calloc(2, 10); }) == 1);
  CHECK(Caught(Trapped::kAllocate, [] { sink = std::realloc(sink, 5000); }) == 1);
  std::free(sink);
  CHECK(Caught(Trapped::kAllocate, [] { sink = std::aligned_alloc(64, 128); }) == 1);
  std::free(sink);
  void* memory = nullptr;
  CHECK(Caught(Trapped::kAllocate,
               [&] { sink = ::posix_memalign(&memory, 64, 128) == 0 ? memory : nullptr; }) == 1);
  std::free(memory);
  CHECK(Caught(Trapped::kAllocate, [] { sink = ::operator new(10); }) == 1);
  ::operator delete(sink);
  CHECK(Caught(Trapped::kAllocate, [] { sink = ::operator new (128, std::align_val_t{64}); }) == 1);
  ::operator delete (sink, std::align_val_t{64});
  CHECK(Caught(Trapped::kAllocate, [] {
          std::vector<int> grows(100);
          sink = grows.data();
        }) == 1);
}

TEST_CASE("Trap: frees are caught") {
  sink = std::malloc(10);
  CHECK(Caught(Trapped::kFree, [] { std::free(sink); }) == 1);
  auto object = std::make_unique<int>(1);
  CHECK(Caught(Trapped::kFree, [&] { object.reset(); }) == 1);
}

TEST_CASE("Trap: an allocation inside a shared library is caught") {
  int error = 0;
  SRC_STATE* state = nullptr;
  CHECK(Caught(Trapped::kAllocate, [&] { state = src_new(SRC_SINC_FASTEST, 1, &error); }) > 0);
  CHECK(Caught(Trapped::kFree, [&] { src_delete(state); }) > 0);
}

TEST_CASE("Trap: locks are caught") {
  std::mutex mutex;
  CHECK(Caught(Trapped::kLock, [&] { const std::lock_guard lock(mutex); }) == 1);
  std::shared_mutex shared;
  CHECK(Caught(Trapped::kLock, [&] { const std::lock_guard lock(shared); }) == 1);
  CHECK(Caught(Trapped::kLock, [&] { const std::shared_lock lock(shared); }) == 1);
  std::condition_variable changed;
  CHECK(Caught(Trapped::kLock, [&] { changed.notify_one(); }) == 1);
  CHECK(Caught(Trapped::kLock, [&] { changed.notify_all(); }) == 1);
}

TEST_CASE("Trap: waiting for a condition is caught") {
  std::mutex mutex;
  std::condition_variable changed;
  bool ready = false, waiting = false;
  std::thread other([&] {
    std::unique_lock lock(mutex);
    while (!waiting) {
      lock.unlock();
      std::this_thread::yield();
      lock.lock();
    }
    ready = true;
    changed.notify_all();
  });
  std::unique_lock lock(mutex);
  CHECK(Caught(Trapped::kLock, [&] {
          waiting = true;
          while (!ready) changed.wait(lock);
        }) >= 1);
  lock.unlock();
  other.join();
}

TEST_CASE("Trap: input and output are caught") {
  const int null = ::open("/dev/null", O_RDWR);
  REQUIRE(null >= 0);
  char byte = 0;
  iovec part{&byte, 1};
  CHECK(Caught(Trapped::kIo, [&] { sink = reinterpret_cast<void*>(::write(null, &byte, 1)); }) ==
        1);
  CHECK(Caught(Trapped::kIo, [&] { sink = reinterpret_cast<void*>(::writev(null, &part, 1)); }) ==
        1);
  CHECK(Caught(Trapped::kIo, [&] { sink = reinterpret_cast<void*>(::read(null, &byte, 1)); }) == 1);
  int opened = -1;
  CHECK(Caught(Trapped::kIo, [&] { opened = ::open("/dev/null", O_RDONLY); }) == 1);
  ::close(opened);
  ::close(null);
}

TEST_CASE("Trap: sleeps are caught") {
  const timespec moment{0, 1};
  CHECK(Caught(Trapped::kSleep, [&] { ::nanosleep(&moment, nullptr); }) == 1);
  CHECK(Caught(Trapped::kSleep, [&] { ::clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, nullptr); }) ==
        1);
  CHECK(Caught(Trapped::kSleep, [] { ::usleep(1); }) >= 1);
  CHECK(Caught(Trapped::kSleep, [] { ::poll(nullptr, 0, 0); }) == 1);
  CHECK(Caught(Trapped::kSleep, [] { std::this_thread::sleep_for(std::chrono::nanoseconds(1)); }) >=
        1);
}

TEST_CASE("Trap: an exception is caught, though it is caught") {
  CHECK(Caught(Trapped::kThrow, [] {
          try {
            throw std::runtime_error("x");
          } catch (const std::exception&) {
          }
        }) == 1);
}

TEST_CASE("Trap: an exception from the standard library is caught") {
  const std::string text = "x";
  CHECK(Caught(Trapped::kThrow, [&] {
          try {
            sink = reinterpret_cast<void*>(static_cast<std::uintptr_t>(text.at(7)));
          } catch (const std::exception&) {
          }
        }) == 1);
}

TEST_CASE("Trap: outside of a section nothing is caught") {
  Trap::Reset();
  AllocateAndFree();
  std::mutex mutex;
  { const std::lock_guard lock(mutex); }
  ::usleep(1);
  CHECK(Trap::Report().empty());
}

TEST_CASE("Trap: a section is of its thread alone") {
  Trap::Reset();
  bool active_there = true;
  std::thread other;
  {
    // Made outside, begun inside.
    std::mutex gate;
    gate.lock();
    other = std::thread([&] {
      const std::lock_guard lock(gate);
      active_there = AudioSection::IsActive();
      AllocateAndFree();
    });
    {
      const AudioSection section;
      gate.unlock();
      while (!gate.try_lock()) {
      }
    }
    gate.unlock();
  }
  other.join();
  CHECK_FALSE(active_there);
  CHECK(Trap::Count(Trapped::kAllocate) == 0);
}

TEST_CASE("Trap: the report names the counts and where the first was") {
  CHECK(Caught(Trapped::kAllocate, [] { sink = std::malloc(10); }) == 1);
  std::free(sink);
  const std::string report = Trap::Report();
  CHECK_THAT(report, Catch::Contains("1 allocations"));
  CHECK_THAT(report, Catch::Contains("realtime_test"));
}

}  // namespace
}  // namespace continuo::test
