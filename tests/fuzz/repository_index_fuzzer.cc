// SPDX-License-Identifier: Apache-2.0
// Any text is refused or gives an index that the rest of the daemon can rely on.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "daemon/repository/index.h"
#include "daemon/repository/search.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace continuo;  // NOLINT
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)repository::CheckHttpsUrl(text);
  const auto index = repository::ParseIndex(text, "fuzz");
  if (!index.ok()) return 0;
  std::vector<repository::OfferedEntry> offers;
  for (const v1::RepositoryEntry& entry : index->entries()) {
    // It becomes a part of paths and URLs.
    if (entry.archive().find("..") == 0 || entry.archive().front() == '/') std::abort();
    if (entry.sha256().size() != 64 || entry.size_bytes() == 0) std::abort();
    offers.push_back({"fuzz", &entry});
  }
  v1::SearchModelsRequest request;
  request.set_all_versions(true);
  request.set_channel(v1::CHANNEL_BETA);
  if (repository::FilterEntries(offers, request).size() != offers.size()) std::abort();
  (void)repository::CheckFresh(*index, 0);
  // What was taken can be written, and is then taken as the same.
  const auto written = repository::FormatIndex(*index);
  if (!written.ok()) return 0;  // longer than the limit, by its blanks
  const auto again = repository::ParseIndex(*written, "fuzz");
  if (!again.ok() || !repository::CheckSuccessor(*index, *again).ok()) std::abort();
  return 0;
}
