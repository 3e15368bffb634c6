// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/allocator.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace continuo::base {

#ifdef __GLIBC__

void SetAllocatorPolicy(Arenas arenas) noexcept {
  // Said once, it stays. Weights are above it, so they go with their model also where memory is
  // locked, which cannot be trimmed.
  ::mallopt(M_MMAP_THRESHOLD, 128 << 10);
  if (arenas == Arenas::kOne) ::mallopt(M_ARENA_MAX, 1);
}

void GiveBackFreePages() noexcept { ::malloc_trim(0); }

#else

void SetAllocatorPolicy(Arenas) noexcept {}
void GiveBackFreePages() noexcept {}

#endif

}  // namespace continuo::base
