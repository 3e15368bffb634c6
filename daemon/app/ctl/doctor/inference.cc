// SPDX-License-Identifier: Apache-2.0
// The executor for LibTorch models, the LibTorch it finds, and above all the BLAS
// that LibTorch finds: the reference one is sixteen times slower than OpenBLAS.
//
// This program links no LibTorch: a child process opens the executor as the runner
// would, reads from its own memory map what was loaded, and times a product.
#include <dlfcn.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "daemon/app/ctl/doctor/finding.h"
#include "daemon/app/ctl/doctor/probe.h"
#include "daemon/app/ctl/json.h"
#include "daemon/base/paths.h"

namespace continuo::ctl {
namespace {

namespace fs = std::filesystem;

// The file that a loaded library came from, links resolved; empty if it is not loaded.
std::string LoadedFile(const std::string& beginning) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const std::size_t slash = line.find('/');
    if (slash == std::string::npos) continue;
    const std::string path = line.substr(slash);
    if (fs::path(path).filename().string().rfind(beginning, 0) == 0) return path;
  }
  return "";
}

// The file that a function came from, links resolved.
std::string FileOf(void* function) {
  Dl_info info{};
  if (function == nullptr || dladdr(function, &info) == 0) return "";
  std::error_code error;
  const fs::path file = fs::canonical(info.dli_fname, error);
  return error ? info.dli_fname : file.string();
}

// "1.13.1" from what LibTorch says of itself.
std::string TorchVersion(void* executor) {
  void* const show_config = dlsym(executor, "_ZN2at11show_configB5cxx11Ev");
  if (show_config == nullptr) return "";
  const std::string config = reinterpret_cast<std::string (*)()>(show_config)();
  constexpr const char* kKey = "TORCH_VERSION=";
  const std::size_t key = config.find(kKey);
  if (key == std::string::npos) return "";
  const std::size_t begin = key + std::strlen(kKey);
  return config.substr(begin, config.find_first_of(", \n", begin) - begin);
}

// A product of two 512 by 512 matrices, the best of three.
double GigaflopsOf(void* executor) {
  using Sgemm = void (*)(const char*, const char*, const int*, const int*, const int*, const float*,
                         const float*, const int*, const float*, const int*, const float*, float*,
                         const int*);
  const auto sgemm = reinterpret_cast<Sgemm>(dlsym(executor, "sgemm_"));
  if (sgemm == nullptr) return 0;
  constexpr int kSize = 512;
  const std::vector<float> a(kSize * kSize, 0.5F), b(kSize * kSize, 0.25F);
  std::vector<float> c(kSize * kSize);
  const float one = 1, zero = 0;
  double best_s = 1e9;
  for (int run = 0; run < 3; ++run) {
    const auto start = std::chrono::steady_clock::now();
    sgemm("N", "N", &kSize, &kSize, &kSize, &one, a.data(), &kSize, b.data(), &kSize, &zero,
          c.data(), &kSize);
    const auto end = std::chrono::steady_clock::now();
    best_s = std::min(best_s, std::chrono::duration<double>(end - start).count());
  }
  return 2.0 * kSize * kSize * kSize / best_s / 1e9;
}

Json OpenTorch(const std::string& module) {
  void* const executor = dlopen(module.c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (executor == nullptr) return {{"error", dlerror()}};
  return {{"version", TorchVersion(executor)},
          {"torch", LoadedFile("libtorch_cpu.so")},
          {"blas", FileOf(dlsym(executor, "sgemm_"))},
          {"gigaflops", GigaflopsOf(executor)}};
}

// By the file that the product really comes from: OpenBLAS may be loaded for
// something else and not be used.
Finding Blas(const Json& value) {
  const std::string file = value.at("blas");
  if (file.empty()) return {Level::kOk, "blas", "inside LibTorch", ""};
  const std::string text =
      fmt::format("{}, {:.0f} GFLOP/s", file, value.at("gigaflops").get<double>());
  // Where Debian has the reference library.
  if (fs::path(file).parent_path().filename() != "blas") return {Level::kOk, "blas", text, ""};
  return {Level::kProblem, "blas",
          "the reference BLAS: models run many times slower than they could (" + text + ")",
          "install libopenblas0-pthread"};
}

}  // namespace

Findings ExamineInference() {
  const std::string directory = base::ModuleDir();
  const std::string module = directory + "/libcontinuo-executor-torch.so";
  const std::string runner = base::InstalledPrefix() + "/bin/continuo-runner";
  Findings findings;
  std::error_code error;
  if (fs::exists(runner, error)) {
    findings.push_back({Level::kOk, "runner", runner, ""});
  } else {
    findings.push_back({Level::kProblem, "runner", runner + " is missing: no model can run",
                        "install Continuo again, or build the target continuo-runner"});
  }
  if (!fs::exists(module, error)) {
    findings.push_back(
        {Level::kNote, "libtorch",
         "the LibTorch executor is not in " + directory + ": TorchScript models cannot run",
         "build with CONTINUO_WITH_TORCH=ON, or set CONTINUO_MODULE_DIR"});
    return findings;
  }
  const ProbeResult probe = Probe(60, [&module] { return OpenTorch(module); });
  const std::string failure =
      !probe.failure.empty() ? probe.failure : probe.value.value("error", std::string());
  if (!failure.empty()) {
    findings.push_back({Level::kProblem, "libtorch", module + ": " + failure,
                        "install LibTorch (libtorch1.13 on Debian 12)"});
    return findings;
  }
  const std::string version = probe.value.at("version");
  findings.push_back(
      {Level::kOk, "libtorch",
       fmt::format("LibTorch {} ({})", version.empty() ? "of unknown version" : version,
                   probe.value.at("torch").get<std::string>()),
       ""});
  findings.push_back(Blas(probe.value));
  return findings;
}

}  // namespace continuo::ctl
