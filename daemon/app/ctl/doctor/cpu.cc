// SPDX-License-Identifier: Apache-2.0
// The processor, its vector instructions, and whether its clock may sleep.
#include <spdlog/fmt/fmt.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "daemon/app/ctl/doctor/finding.h"
#include "daemon/app/ctl/text.h"
#include "daemon/base/cpu_name.h"

namespace continuo::ctl {
namespace {

std::vector<std::string> VectorFeatures() {
  std::vector<std::string> features;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("sse2")) features.emplace_back("SSE2");
  if (__builtin_cpu_supports("avx")) features.emplace_back("AVX");
  if (__builtin_cpu_supports("avx2")) features.emplace_back("AVX2");
  if (__builtin_cpu_supports("fma")) features.emplace_back("FMA");
  if (__builtin_cpu_supports("avx512f")) features.emplace_back("AVX-512F");
  if (__builtin_cpu_supports("avx512vnni")) features.emplace_back("AVX-512 VNNI");
#elif defined(__aarch64__)
  features.emplace_back("NEON");
#endif
  return features;
}

std::set<std::string> Governors() {
  std::set<std::string> governors;
  std::error_code error;
  const std::filesystem::path cpus("/sys/devices/system/cpu");
  for (const auto& cpu : std::filesystem::directory_iterator(cpus, error)) {
    std::ifstream file(cpu.path() / "cpufreq/scaling_governor");
    std::string governor;
    if (file >> governor) governors.insert(governor);
  }
  return governors;
}

Finding ExamineGovernor() {
  const std::set<std::string> governors = Governors();
  if (governors.empty()) {
    return {Level::kOk, "governor", "the clock is not governed here (as in a virtual machine)", ""};
  }
  const std::string names = fmt::format("{}", fmt::join(governors, ", "));
  if (governors == std::set<std::string>{"performance"}) return {Level::kOk, "governor", names, ""};
  return {Level::kNote, "governor", names + ": a clock that slows down costs deadlines",
          "while playing: cpupower frequency-set -g performance"};
}

}  // namespace

Findings ExamineCpu() {
  const std::vector<std::string> features = VectorFeatures();
  Finding cpu{Level::kOk, "cpu",
              fmt::format("{}, {} cores, {}", base::CpuName(), std::thread::hardware_concurrency(),
                          features.empty() ? "no vector instructions known" : Join(features)),
              ""};
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2")) {
    cpu.level = Level::kNote;
    cpu.remedy = "models will run, several times slower than with AVX2";
  }
#endif
  return {cpu, ExamineGovernor()};
}

}  // namespace continuo::ctl
