// SPDX-License-Identifier: Apache-2.0
// Catches what an audio thread must not do.
//
// Problem: that no allocation, lock, input or output, sleep or exception happens
// between two lines cannot be seen from outside.
// Use: { AudioSection section; stream.Process(…); }  CHECK(Trap::Report() == "");
// trap.cc replaces malloc and its like, the pthread locks, read and write, the
// sleeps and the throw for the whole program, libraries included; they work as
// ever, and are counted where the calling thread is inside an AudioSection.
// Not caught: system calls made directly (the futex wake-up is one), and what a
// library does without its symbol being looked up.
// Threads: [any-thread]; a section belongs to its thread.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace continuo::test {

enum class Trapped : std::uint8_t { kAllocate, kFree, kLock, kIo, kSleep, kThrow, kKinds };

class AudioSection {
 public:
  AudioSection() noexcept { Enter(); }
  ~AudioSection() { Leave(); }
  AudioSection(const AudioSection&) = delete;
  AudioSection& operator=(const AudioSection&) = delete;

  // Where the section does not end with a scope.
  static void Enter() noexcept;
  static void Leave() noexcept;
  [[nodiscard]] static bool IsActive() noexcept;
};

class Trap {
 public:
  // Forgets all. Outside of a section.
  static void Reset();
  [[nodiscard]] static std::uint64_t Count(Trapped kind);
  // Empty where nothing was caught; else the counts and who was the first.
  [[nodiscard]] static std::string Report();
};

// To fire the trap; the compiler does not see through it.
inline void AllocateAndFree() {
  void* volatile memory = std::malloc(16);
  std::free(memory);
}

}  // namespace continuo::test
