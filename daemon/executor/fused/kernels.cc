// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/kernels.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

#include <cstdlib>

namespace continuo::executor::fused {

extern const Kernels kKernelsBaseline;
#ifdef __x86_64__
extern const Kernels kKernelsAvx2;
extern const Kernels kKernelsAvx512;
#endif

std::vector<const Kernels*> AvailableKernels() {
  std::vector<const Kernels*> available = {&kKernelsBaseline};
#ifdef __x86_64__
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    available.push_back(&kKernelsAvx2);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")) {
      available.push_back(&kKernelsAvx512);
    }
  }
#endif
  return available;
}

absl::StatusOr<const Kernels*> ChooseKernels() {
  const auto available = AvailableKernels();
  const char* wanted = std::getenv("CONTINUO_SIMD");
  if (wanted == nullptr || *wanted == '\0') return available.back();
  std::string names;
  for (const Kernels* kernels : available) {
    if (absl::string_view(kernels->name) == wanted) return kernels;
    absl::StrAppend(&names, names.empty() ? "" : ", ", kernels->name);
  }
  return absl::FailedPreconditionError(
      absl::StrCat("CONTINUO_SIMD is '", wanted, "'; this processor has: ", names));
}

}  // namespace continuo::executor::fused
