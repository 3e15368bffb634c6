// SPDX-License-Identifier: Apache-2.0
// Graphics processors, asked through their loaders where those are installed.
// No header of theirs is needed: the few structures used are fixed by their ABIs.
#include <dlfcn.h>
#include <spdlog/fmt/fmt.h>

#include <cstdint>
#include <cstring>

#include "daemon/app/ctl/doctor/finding.h"
#include "daemon/app/ctl/doctor/probe.h"
#include "daemon/app/ctl/json.h"
#include "daemon/app/ctl/text.h"

namespace continuo::ctl {
namespace {

template <class Function>
Function Symbol(void* library, const char* name) {
  return reinterpret_cast<Function>(dlsym(library, name));
}

// VkInstanceCreateInfo, all zero but the type, which is 1.
struct InstanceInfo {
  std::int32_t type = 1;
  const void* next = nullptr;
  std::uint32_t flags = 0;
  const void* application = nullptr;
  std::uint32_t layer_count = 0;
  const char* const* layers = nullptr;
  std::uint32_t extension_count = 0;
  const char* const* extensions = nullptr;
};

Json VulkanDevices() {
  void* const library = dlopen("libvulkan.so.1", RTLD_NOW);
  if (library == nullptr) return {{"loader", false}};
  const auto create = Symbol<std::int32_t (*)(const InstanceInfo*, const void*, void**)>(
      library, "vkCreateInstance");
  const auto enumerate = Symbol<std::int32_t (*)(void*, std::uint32_t*, void**)>(
      library, "vkEnumeratePhysicalDevices");
  const auto describe = Symbol<void (*)(void*, void*)>(library, "vkGetPhysicalDeviceProperties");
  Json names = Json::array();
  const InstanceInfo info;
  void* instance = nullptr;
  if (create != nullptr && enumerate != nullptr && describe != nullptr &&
      create(&info, nullptr, &instance) == 0) {
    void* devices[16];
    std::uint32_t count = 16;
    // 5 is VK_INCOMPLETE: more than sixteen.
    const std::int32_t result = enumerate(instance, &count, devices);
    for (std::uint32_t i = 0; (result == 0 || result == 5) && i < count; ++i) {
      // VkPhysicalDeviceProperties: five 32-bit fields, then the name; 824 bytes in all.
      alignas(8) char properties[4096] = {};
      describe(devices[i], properties);
      names.push_back(std::string(properties + 20, strnlen(properties + 20, 256)));
    }
  }
  return {{"loader", true}, {"devices", names}};
}

Json CudaDevices() {
  void* const library = dlopen("libcuda.so.1", RTLD_NOW);
  if (library == nullptr) return {{"driver", false}};
  const auto initialise = Symbol<int (*)(unsigned)>(library, "cuInit");
  const auto count_devices = Symbol<int (*)(int*)>(library, "cuDeviceGetCount");
  const auto name_device = Symbol<int (*)(char*, int, int)>(library, "cuDeviceGetName");
  const auto version_of = Symbol<int (*)(int*)>(library, "cuDriverGetVersion");
  Json names = Json::array();
  int version = 0, count = 0;
  if (version_of != nullptr) version_of(&version);
  if (initialise != nullptr && count_devices != nullptr && name_device != nullptr &&
      initialise(0) == 0 && count_devices(&count) == 0) {
    for (int i = 0; i < count; ++i) {
      char name[256] = {};
      if (name_device(name, sizeof(name) - 1, i) == 0) names.push_back(std::string(name));
    }
  }
  return {{"driver", true}, {"version", version}, {"devices", names}};
}

std::string Names(const Json& devices) { return Join(devices.get<std::vector<std::string>>()); }

Finding ExamineVulkan() {
  const ProbeResult probe = Probe(20, VulkanDevices);
  if (!probe.failure.empty()) {
    return {Level::kNote, "vulkan", "the Vulkan driver " + probe.failure, "update the driver"};
  }
  if (!probe.value.at("loader")) {
    return {Level::kNote, "vulkan", "no loader (libvulkan.so.1): models run on the processor",
            "install libvulkan1 and your GPU's driver, if it has one"};
  }
  if (probe.value.at("devices").empty()) {
    return {Level::kNote, "vulkan", "loader found, no device: models run on the processor",
            "install mesa-vulkan-drivers or your GPU's own driver, if it has one"};
  }
  return {Level::kOk, "vulkan", Names(probe.value.at("devices")), ""};
}

Finding ExamineCuda() {
  const ProbeResult probe = Probe(20, CudaDevices);
  if (!probe.failure.empty()) {
    return {Level::kNote, "cuda", "the CUDA driver " + probe.failure, "update the driver"};
  }
  if (!probe.value.at("driver")) {
    return {Level::kOk, "cuda", "no driver (libcuda.so.1); it is not needed", ""};
  }
  const int version = probe.value.at("version");
  const std::string driver =
      fmt::format("driver for CUDA {}.{}", version / 1000, version % 1000 / 10);
  if (probe.value.at("devices").empty()) return {Level::kNote, "cuda", driver + ", no device", ""};
  return {Level::kOk, "cuda", driver + ": " + Names(probe.value.at("devices")), ""};
}

}  // namespace

Findings ExamineGpu() { return {ExamineVulkan(), ExamineCuda()}; }

}  // namespace continuo::ctl
