// SPDX-License-Identifier: Apache-2.0
// What the blocks of other streams do to the caches: they fill them. For timing a block as it
// will be among others.
// Threads: one at a time, not an audio thread (it maps memory).
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

namespace continuo::stream {

class CacheCrowd {
 public:
  // Mapped, not allocated: the allocator would keep it for the process's life.
  CacheCrowd()
      : memory_(
            ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {}
  ~CacheCrowd() {
    if (memory_ != MAP_FAILED) ::munmap(memory_, kBytes);
  }
  CacheCrowd(const CacheCrowd&) = delete;
  CacheCrowd& operator=(const CacheCrowd&) = delete;

  // Nothing happens where there was no memory to be had.
  void Pass() {
    if (memory_ == MAP_FAILED) return;
    auto* const bytes = static_cast<volatile std::uint8_t*>(memory_);
    for (std::size_t i = 0; i < kBytes; i += kLine) {
      bytes[i] = static_cast<std::uint8_t>(bytes[i] + 1);
    }
  }

 private:
  // More than the second-level caches there are. What lies in the third is shared by so many
  // that neither we nor they can tell who will be pushed out of it.
  static constexpr std::size_t kBytes = std::size_t{8} << 20U;
  static constexpr std::size_t kLine = 64;
  void* memory_;
};

}  // namespace continuo::stream
