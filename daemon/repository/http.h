// SPDX-License-Identifier: Apache-2.0
// One GET over https, by libcurl.
//
// Problem: the other end may be anybody. Certificates are checked, redirects lead to https
// alone, no response is longer than asked for, and none lasts for ever.
// Threads: [any-thread]; blocks. The callbacks run on the calling thread.
// Errors, each naming the URL: NOT_FOUND for 404 and 410, PERMISSION_DENIED for a certificate
// that is not good, UNAVAILABLE for a connection that fails or is lost and for other answers of
// the server, DATA_LOSS for a length that is not the one expected, CANCELLED.
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace continuo::repository {

struct HttpRequest {
  std::string url;
  std::string ca_file;                // empty: the system's authorities
  std::uint64_t maximum_bytes = 0;    // of the body, with what is there already
  std::optional<std::uint64_t> size;  // where it is known
  std::uint64_t from = 0;             // bytes that are there already
  std::string if_range;               // ETag that they belong to; empty: not known
  std::int64_t timeout_s = 0;         // of all; 0: as long as bytes come
};

struct HttpHandler {
  // Before the first byte. `from`: where they begin; 0 where the server gives all anew.
  std::function<absl::Status(std::uint64_t from)> on_start;
  std::function<absl::Status(std::string_view bytes)> on_bytes;
  // Asked about every second; true ends it.
  std::function<bool()> cancelled;
};

// Seconds without a byte after which a connection counts as lost.
inline constexpr long kStallSeconds = 30;

// `etag` gets that of the answer, if it has a strong one; may be null.
[[nodiscard]] absl::Status HttpGet(const HttpRequest& request, const HttpHandler& handler,
                                   std::string* etag);

}  // namespace continuo::repository
