// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/transformer_kernels.h"

#ifdef __x86_64__
#include <cpuid.h>
#endif

namespace continuo::executor::fused {

extern const TransformerKernels kTransformerBaseline;
#ifdef __x86_64__
extern const TransformerKernels kTransformerAvx2;
extern const TransformerKernels kTransformerAvx512;
extern const TransformerKernels kTransformerVnni;

namespace {

// Not every compiler's __builtin_cpu_supports knows it.
bool ReadsHalves() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}

}  // namespace
#endif

const TransformerKernels& TransformerKernelsOf([[maybe_unused]] const Kernels& kernels) {
#ifdef __x86_64__
  if (kernels.lanes == 16) {
    return __builtin_cpu_supports("avx512vnni") ? kTransformerVnni : kTransformerAvx512;
  }
  if (kernels.lanes == 8 && ReadsHalves()) return kTransformerAvx2;
#endif
  return kTransformerBaseline;
}

std::vector<const TransformerKernels*> AvailableTransformerKernels() {
  std::vector<const TransformerKernels*> available;
  for (const Kernels* kernels : AvailableKernels()) {
    available.push_back(&TransformerKernelsOf(*kernels));
  }
#ifdef __x86_64__
  if (available.back() == &kTransformerVnni) available.push_back(&kTransformerAvx512);
#endif
  return available;
}

}  // namespace continuo::executor::fused
