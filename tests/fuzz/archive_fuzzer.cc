// SPDX-License-Identifier: Apache-2.0
// Any bytes are refused, leaving nothing, or give a package that the store can read. The first byte
// chooses: what follows is the archive, or the tar that is packed into one first (no mutation would
// get through zstd often).
#include <stdlib.h>
#include <zstd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "daemon/model/archive.h"
#include "daemon/model/package.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fs = std::filesystem;
  namespace model = continuo::model;
  if (size == 0) return 0;
  static const std::string directory = [] {
    std::string path = (fs::temp_directory_path() / "archive-fuzzer-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) std::abort();
    return path;
  }();
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 1) {
    std::string packed(ZSTD_compressBound(bytes.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 1));
    bytes = packed;
  }
  const std::string file = directory + "/it.continuo";
  const std::string inner = directory + "/around/out";
  std::ofstream(file, std::ios::binary) << bytes;
  fs::create_directories(inner);
  model::UnpackLimits limits;
  limits.maximum_bytes = 4U << 20;
  const auto unpacked = model::Unpack(file, inner, limits);
  if (unpacked.ok() && !model::LoadPackage(inner).ok()) std::abort();
  if (!unpacked.ok() && !fs::is_empty(inner)) std::abort();
  // Nothing beside the directory that it was given.
  if (std::distance(fs::directory_iterator(directory + "/around"), {}) != 1) std::abort();
  if (std::distance(fs::directory_iterator(directory), {}) != 2) std::abort();
  fs::remove_all(inner);
  return 0;
}
