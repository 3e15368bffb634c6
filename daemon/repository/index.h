// SPDX-License-Identifier: Apache-2.0
// From the text of an index.json to an index that the rest may rely on, and back.
//
// Problem: an index decides what is downloaded from where and what it is called. Even one that
// is signed is checked whole: a publisher may err, or be hostile to some.
// Errors: INVALID_ARGUMENT "NAME: FIELD is …", the field as it is written in the file:
// `entries[2].archive is absolute; it has to lie in the package`. FAILED_PRECONDITION for what
// was good once: expired, or older than the one that is known.
// Threads: [any-thread]; pure functions.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "continuo/v1/repository.pb.h"

namespace continuo::repository {

inline constexpr std::uint32_t kIndexSchema = 1;
inline constexpr std::size_t kMaxIndexBytes = 16U << 20;
inline constexpr int kMaxEntries = 10'000;
inline constexpr int kMaxMirrors = 16;
inline constexpr std::size_t kMaxUrlBytes = 1024;

// `name` is for messages alone. A field that the schema does not have is an error.
[[nodiscard]] absl::StatusOr<v1::RepositoryIndex> ParseIndex(std::string_view json,
                                                             std::string_view name);

// The same index gives the same bytes. What ParseIndex would refuse is refused.
[[nodiscard]] absl::StatusOr<std::string> FormatIndex(const v1::RepositoryIndex& index);

// Whether it may still be believed at `now_unix_s`; the message has the date.
[[nodiscard]] absl::Status CheckFresh(const v1::RepositoryIndex& index, std::int64_t now_unix_s);

// Whether `fresh` may take the place of `known`: of the same repository, with a serial that is
// not lower, and where that is the same, with nothing that is another.
[[nodiscard]] absl::Status CheckSuccessor(const v1::RepositoryIndex& known,
                                          const v1::RepositoryIndex& fresh);

// "https://HOST/…/" in form: no user, query, fragment, blank or control character.
[[nodiscard]] absl::Status CheckHttpsUrl(std::string_view url);

// "2026-11-30 12:00 UTC".
[[nodiscard]] std::string DateText(std::int64_t unix_s);

}  // namespace continuo::repository
