// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/runner/landlock.h"

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "daemon/base/unique_fd.h"

namespace continuo::runner {
namespace {

// The build's headers may be older than the kernel: what they lack, as its interface has it.
constexpr std::uint64_t kTruncate = 1U << 14;     // from version 3
constexpr std::uint64_t kDeviceIoctl = 1U << 15;  // from version 5
constexpr std::uint64_t kTcp = 3;                 // bind and connect, from version 4
constexpr std::uint64_t kScopes = 3;              // abstract sockets and signals, from version 6

struct RulesetAttributes {
  std::uint64_t handled_files;
  std::uint64_t handled_network;
  std::uint64_t scoped;
};

std::size_t SizeIn(int version) { return version >= 6 ? 24U : version >= 4 ? 16U : 8U; }

constexpr std::uint64_t kRead =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE;

std::uint64_t Handled(int version) {
  std::uint64_t all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1U) - 1;  // version 1
  if (version >= 2) all |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) all |= kTruncate;
  if (version >= 5) all |= kDeviceIoctl;
  return all;
}

absl::Status Allow(int ruleset, const std::string& path, std::uint64_t access) {
  const base::UniqueFd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!place.valid()) {
    return errno == ENOENT || errno == ENOTDIR || errno == EACCES
               ? absl::OkStatus()
               : absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  }
  struct stat status {};
  if (::fstat(place.get(), &status) == 0 && !S_ISDIR(status.st_mode)) {
    access &= ~static_cast<std::uint64_t>(LANDLOCK_ACCESS_FS_READ_DIR);
  }
  landlock_path_beneath_attr rule{};
  rule.allowed_access = access;
  rule.parent_fd = place.get();
  if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("Landlock refuses a rule for ", path));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<int> RestrictFiles(const ReachableFiles& files) {
  const auto version = static_cast<int>(
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
  if (version <= 0) return 0;
  const std::uint64_t handled = Handled(version);
  const RulesetAttributes attributes{handled, kTcp, kScopes};
  const base::UniqueFd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, SizeIn(version), 0)));
  if (!ruleset.valid()) return absl::ErrnoToStatus(errno, "Landlock refuses a ruleset");
  absl::Status status;
  for (const std::string& path : files.readable) {
    status.Update(Allow(ruleset.get(), path, kRead & handled));
  }
  for (const std::string& path : files.writable) {
    const std::uint64_t access = kRead | LANDLOCK_ACCESS_FS_WRITE_FILE | kDeviceIoctl;
    status.Update(Allow(ruleset.get(), path, access & handled));
  }
  if (!status.ok()) return status;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) {
    return absl::ErrnoToStatus(errno, "Landlock does not restrict this process");
  }
  return version;
}

}  // namespace continuo::runner
