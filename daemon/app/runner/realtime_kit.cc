// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/runner/realtime_kit.h"

#include <systemd/sd-bus.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <string>

#include "daemon/base/realtime_priority.h"
#include "daemon/base/str_cat.h"

namespace continuo::runner {
namespace {

constexpr char kService[] = "org.freedesktop.RealtimeKit1";
constexpr char kObject[] = "/org/freedesktop/RealtimeKit1";
constexpr std::uint64_t kPatienceUs = 500'000;

// Kept for the process's life.
sd_bus* OpenBus(int* result) {
  static sd_bus* kept = nullptr;
  if (kept != nullptr && sd_bus_is_open(kept) > 0) return kept;
  sd_bus_unref(kept);
  kept = nullptr;
  *result = sd_bus_open_system(&kept);
  return *result < 0 ? nullptr : kept;
}

struct BusError {
  BusError() = default;
  ~BusError() { sd_bus_error_free(&error); }
  BusError(const BusError&) = delete;
  BusError& operator=(const BusError&) = delete;
  sd_bus_error error = SD_BUS_ERROR_NULL;
};

absl::Status Refusal(const BusError& bus_error, int result) {
  const char* const words =
      bus_error.error.message != nullptr ? bus_error.error.message : std::strerror(-result);
  const std::string text = base::StrCat("RTKit: ", words);
  const bool absent = sd_bus_error_has_name(&bus_error.error, SD_BUS_ERROR_SERVICE_UNKNOWN) != 0;
  return absent ? absl::UnavailableError(text) : absl::PermissionDeniedError(text);
}

}  // namespace

void OpenRealtimeKit() {
  int result = 0;
  OpenBus(&result);
}

absl::Status MakeThreadRealtime(pid_t thread, int priority) {
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  int opened = 0;
  sd_bus* const bus = OpenBus(&opened);
  if (bus == nullptr) {
    return absl::UnavailableError(base::StrCat("RTKit: no system bus: ", std::strerror(-opened)));
  }
  sd_bus_set_method_call_timeout(bus, kPatienceUs);
  BusError error;
  std::int32_t most = 0;
  if (const int result = sd_bus_get_property_trivial(
          bus, kService, kObject, kService, "MaxRealtimePriority", &error.error, 'i', &most);
      result < 0) {
    return Refusal(error, result);
  }
  // It refuses who could run for ever.
  base::GuardRealtime(true);
  const auto wanted = static_cast<std::uint32_t>(std::clamp(priority, 1, std::max(1, most)));
  BusError refused;
  const int result =
      sd_bus_call_method(bus, kService, kObject, kService, "MakeThreadRealtime", &refused.error,
                         nullptr, "tu", static_cast<std::uint64_t>(thread), wanted);
  return result < 0 ? Refusal(refused, result) : absl::OkStatus();
}

}  // namespace continuo::runner
