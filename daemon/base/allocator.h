// SPDX-License-Identifier: Apache-2.0
// How the C library's allocator holds this process's memory. glibc only; elsewhere nothing happens.
//
// Problem: what is freed stays with the process. Each thread that meets another one in the
// allocator gets an arena of its own, up to eight a core, and each of them keeps what its thread
// has needed at its busiest; and where one large piece was freed, pieces of up to 32 MiB are no
// longer mappings of their own from then on, which alone go back at once.
#pragma once

#include <cstdint>

namespace continuo::base {

enum class Arenas : std::uint8_t {
  kOne,        // for threads that may wait for each other a moment
  kPerThread,  // an audio thread that allocates (LibTorch's do) meets nobody
};

// In main, before there is another thread.
void SetAllocatorPolicy(Arenas arenas) noexcept;

// Pages that hold nothing go back to the system. Locks each arena meanwhile, for a time that goes
// with its size: from a thread that has time.
void GiveBackFreePages() noexcept;

}  // namespace continuo::base
