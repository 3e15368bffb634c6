// SPDX-License-Identifier: Apache-2.0
// Datagrams with a descriptor, and messages too large for one in sealed memory files.
//
// Problem: the system's limit for a datagram is about 200 KiB; a song or a manifest may be
// more. Such a message goes into a memory file that nobody can change any more, whose
// descriptor is passed along (SCM_RIGHTS): what was checked stays what was checked.
// Threads: [any-thread].
#pragma once

#include <absl/status/statusor.h>
#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "daemon/base/unique_fd.h"

namespace continuo::base {

// What is larger goes by file.
inline constexpr std::size_t kMaxDatagramBytes = std::size_t{192} << 10;
inline constexpr std::size_t kMaxSealedBytes = std::size_t{16} << 20;

// send(2) and recv(2) with at most one descriptor, -1: none. What arrives closes on exec.
[[nodiscard]] ssize_t SendDatagram(int socket, std::string_view bytes, int descriptor, int flags);
[[nodiscard]] ssize_t ReceiveDatagram(int socket, char* buffer, std::size_t size, int flags,
                                      UniqueFd* descriptor);

[[nodiscard]] absl::StatusOr<UniqueFd> MakeSealedFile(std::string_view bytes);
// INVALID_ARGUMENT for a descriptor that is none, is not sealed against every change, or has
// more than kMaxSealedBytes.
[[nodiscard]] absl::StatusOr<std::string> ReadSealedFileUntrusted(int descriptor);

}  // namespace continuo::base
