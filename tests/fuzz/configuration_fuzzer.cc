// SPDX-License-Identifier: Apache-2.0
// Any text is refused with its name in the message, or gives values in range.
#include <absl/strings/match.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/app/configuration.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = continuo::app::ParseConfiguration(text, "fuzz");
  if (!parsed.ok()) {
    if (!absl::StartsWith(parsed.status().message(), "fuzz:")) std::abort();
    return 0;
  }
  const bool in_range = parsed->stream.maximum_streams >= 1 && parsed->daemon.idle_exit_s >= 0 &&
                        parsed->runner.realtime_priority <= 20 &&
                        continuo::base::ParseLogLevel(parsed->log.level).ok();
  if (!in_range) std::abort();
  return 0;
}
