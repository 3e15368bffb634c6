// SPDX-License-Identifier: Apache-2.0
// Mappings whose other end is cut short. Each case is a process of its own, as the handler is the
// process's; what it found is its exit code, or the signal that ended it.
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "shared/ipc/mapping_guard.h"
#include "shared/ipc/mapping_guard_handler.h"
#include "tests/unit/segment_pair.h"

namespace continuo::ipc {
namespace {

const auto kPage = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
constexpr std::size_t kPages = 4;
constexpr int kGood = 17;

// Shared memory full of sevens, and a descriptor of it.
struct Object {
  Object() : descriptor(::memfd_create("cut", MFD_CLOEXEC)) {
    if (::ftruncate(descriptor, kPages * kPage) != 0) std::abort();
    bytes = static_cast<volatile char*>(
        ::mmap(nullptr, kPages * kPage, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0));
    for (std::size_t i = 0; i < kPages * kPage; ++i) bytes[i] = 7;
    guard = std::make_unique<MappingGuard>(const_cast<char*>(bytes), kPages * kPage);
  }
  ~Object() {
    guard.reset();
    ::munmap(const_cast<char*>(bytes), kPages * kPage);
    ::close(descriptor);
  }
  void CutTo(std::size_t pages) const {
    if (::ftruncate(descriptor, static_cast<off_t>(pages * kPage)) != 0) std::abort();
  }
  [[nodiscard]] bool Holds(char value) const {
    return std::all_of(bytes, bytes + kPages * kPage, [&](char byte) { return byte == value; });
  }

  const int descriptor;
  volatile char* bytes;
  std::unique_ptr<MappingGuard> guard;
};

// How a process ends that does this: kGood where it returns true.
int StatusOf(const std::function<bool()>& deed) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    [&]() noexcept { ::_exit(deed() ? kGood : EXIT_FAILURE); }();  // what it throws ends it
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

bool IsGood(int status) { return WIFEXITED(status) && WEXITSTATUS(status) == kGood; }

bool IsBusError(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS; }

// A sanitizer's handler would speak of it, and end the process in its own way.
void WithoutOtherHandlers() { ::signal(SIGBUS, SIG_DFL); }

TEST_CASE("MappingGuard: what is cut short is zeros that can be written, and it is known") {
  const std::size_t pages = GENERATE(std::size_t{0}, kPages / 2, kPages - 1);
  CHECK(IsGood(StatusOf([&] {
    InstallMappingGuard();
    const Object object;
    object.CutTo(pages);
    const bool known_before = object.guard->cut();
    errno = 42;
    object.bytes[kPages * kPage - 1] = 3;
    return !known_before && errno == 42 && object.guard->cut() &&
           object.bytes[kPages * kPage - 1] == 3 && object.bytes[0] == 0;
  })));
}

TEST_CASE("MappingGuard: of two ranges each is cut by itself") {
  CHECK(IsGood(StatusOf([] {
    InstallMappingGuard();
    const Object first, second, third;
    second.CutTo(0);
    const bool alone = second.Holds(0) && second.guard->cut() && first.Holds(7) && third.Holds(7) &&
                       !first.guard->cut() && !third.guard->cut();
    first.CutTo(1);
    return alone && first.bytes[kPage] == 0 && first.Holds(0) && first.guard->cut() &&
           third.Holds(7);
  })));
}

TEST_CASE("MappingGuard: without a handler nothing is guarded") {
  CHECK(IsBusError(StatusOf([] {
    WithoutOtherHandlers();
    const Object object;
    object.CutTo(0);
    return object.Holds(0);
  })));
  CHECK(IsGood(StatusOf([] { return !Object().guard->refused(); })));
}

TEST_CASE("MappingGuard: a touch beyond what is guarded ends the process") {
  CHECK(IsBusError(StatusOf([] {
    WithoutOtherHandlers();
    InstallMappingGuard();
    const Object guarded, other;
    Object bare;
    bare.guard.reset();
    bare.CutTo(0);
    return bare.Holds(0);
  })));
}

TEST_CASE("MappingGuard: what has the address of a range that is gone is not guarded") {
  CHECK(IsBusError(StatusOf([] {
    WithoutOtherHandlers();
    InstallMappingGuard();
    volatile char* const address = Object().bytes;
    const int descriptor = ::memfd_create("next", MFD_CLOEXEC);  // of no length
    const void* const next =
        ::mmap(const_cast<char*>(address), kPages * kPage, PROT_READ | PROT_WRITE,
               MAP_SHARED | MAP_FIXED_NOREPLACE, descriptor, 0);
    return next == address && address[0] == 0;
  })));
}

TEST_CASE("MappingGuard: a signal that was sent ends the process") {
  CHECK(IsBusError(StatusOf([] {
    WithoutOtherHandlers();
    InstallMappingGuard();
    const Object object;
    ::kill(::getpid(), SIGBUS);
    return true;
  })));
}

TEST_CASE("MappingGuard: what is not its own goes to the handler before") {
  CHECK(IsGood(StatusOf([] {
    ::signal(SIGBUS, [](int) { ::_exit(kGood); });
    InstallMappingGuard();
    InstallMappingGuard();  // no handler before itself
    const Object object;
    object.CutTo(0);
    if (!object.Holds(0)) return false;
    Object bare;
    bare.guard.reset();
    bare.CutTo(0);
    static_cast<void>(bare.Holds(0));
    return false;
  })));
}

TEST_CASE("MappingGuard: the last place can be had, one more is refused until one goes") {
  CHECK(IsGood(StatusOf([] {
    InstallMappingGuard();
    std::vector<std::unique_ptr<MappingGuard>> others;
    char bytes[1];
    for (std::size_t i = 1; i < MappingGuard::kMaxRanges; ++i) {
      others.push_back(std::make_unique<MappingGuard>(bytes, sizeof bytes));
      if (others.back()->refused()) return false;
    }
    const Object last;
    last.CutTo(0);
    if (last.guard->refused() || !last.Holds(0)) return false;
    if (!MappingGuard(bytes, sizeof bytes).refused()) return false;
    others.pop_back();
    return !MappingGuard(bytes, sizeof bytes).refused();
  })));
}

TEST_CASE("MappingGuard: ranges come and go while others are cut, and nobody else's memory is") {
  CHECK(IsGood(StatusOf([] {
    InstallMappingGuard();
    std::atomic<bool> good{true};
    const auto cut_short = [&] {
      for (int i = 0; i < 500; ++i) {
        const Object object;
        object.CutTo(0);
        if (!object.Holds(0) || !object.guard->cut()) good = false;
      }
    };
    // At the addresses that the others give up, and in their places in the table.
    const auto keep = [&] {
      for (int i = 0; i < 500; ++i) {
        const Object whole;
        if (!whole.Holds(7) || whole.guard->cut()) good = false;
      }
    };
    std::thread threads[] = {std::thread(cut_short), std::thread(cut_short), std::thread(keep),
                             std::thread(keep)};
    for (std::thread& thread : threads) thread.join();
    return good.load();
  })));
}

TEST_CASE("MappingGuard: two threads that touch at once both go on") {
  CHECK(IsGood(StatusOf([] {
    InstallMappingGuard();
    for (int i = 0; i < 200; ++i) {
      const Object object;
      object.CutTo(0);
      std::atomic<int> there{0};
      const auto touch = [&](std::size_t byte) {
        ++there;
        while (there < 2) {
        }
        for (std::size_t page = 0; page < kPages; ++page) object.bytes[page * kPage + byte] = 1;
      };
      std::thread other(touch, 0);
      touch(1);
      other.join();
      if (!object.guard->cut()) return false;
    }
    return true;
  })));
}

TEST_CASE("Segment: one that is cut short is known, whichever end has mapped it") {
  CHECK(IsGood(StatusOf([] {
    InstallMappingGuard();
    const test::SegmentPair pair, other;
    pair.runner->runner().output_write.store(5);
    const bool before = pair.runner->cut();
    pair.CutTo(0);
    return !before && pair.runner->runner().output_write.load() == 0 && pair.runner->cut() &&
           pair.client->client().input_write.load() == 0 && pair.client->cut() &&
           !other.runner->cut();
  })));
}

}  // namespace
}  // namespace continuo::ipc
