// SPDX-License-Identifier: Apache-2.0
// Preloaded into LMMS: says at its end whether symbols of gRPC and protobuf are in
// the process's global scope, and whether the plugin and gRPC were there at all.
//
// Writes to $CONTINUO_SCOPE_PROBE one line a fact: "global <symbol>" for what the
// global scope has, "mapped <library>" for what was loaded.
#include <dlfcn.h>
#include <link.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr std::array kSymbols = {
    "grpc_init",
    "grpc_channel_destroy",
    "_ZN6google8protobuf14DescriptorPool14generated_poolEv",  // DescriptorPool::generated_pool()
    "_ZNK6google8protobuf11MessageLite17SerializeAsStringB5cxx11Ev",
    "_ZN8continuo2v113ModelManifestC1Ev",
};
constexpr std::array kLibraries = {"libcontinuofx.so",   "libcontinuostudio.so",
                                   "libgrpc++.so",       "libprotobuf.so",
                                   "libaa_neighbour.so", "libzz_neighbour.so"};

int NoteLibrary(dl_phdr_info* info, std::size_t, void* file) {
  for (const char* library : kLibraries) {
    if (std::strstr(info->dlpi_name, library) != nullptr) {
      std::fprintf(static_cast<std::FILE*>(file), "mapped %s\n", library);
    }
  }
  return 0;
}

__attribute__((destructor)) void Report() {
  const char* path = std::getenv("CONTINUO_SCOPE_PROBE");
  if (path == nullptr) return;
  std::FILE* file = std::fopen(path, "a");
  if (file == nullptr) return;
  for (const char* symbol : kSymbols) {
    if (dlsym(RTLD_DEFAULT, symbol) != nullptr) std::fprintf(file, "global %s\n", symbol);
  }
  dl_iterate_phdr(NoteLibrary, file);
  std::fclose(file);
}

}  // namespace
