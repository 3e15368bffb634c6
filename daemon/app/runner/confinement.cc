// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/runner/confinement.h"

#include <absl/strings/str_cat.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <fstream>
#include <vector>

#include "daemon/app/runner/landlock.h"
#include "daemon/base/paths.h"

namespace continuo::runner {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;  // not filtered
#endif

// To inspectors and runners. openat2 and io_uring take what a filter cannot look at.
constexpr long kForbidden[] = {
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_kill,
    SYS_pidfd_open,
    SYS_unlinkat,
    SYS_renameat,
    SYS_renameat2,
    SYS_mkdirat,
    SYS_linkat,
    SYS_symlinkat,
    SYS_mknodat,
    SYS_fchmod,
    SYS_fchmodat,
    SYS_fchown,
    SYS_fchownat,
    SYS_truncate,
    SYS_ftruncate,
    SYS_utimensat,
    SYS_setxattr,
    SYS_mount,
    SYS_process_vm_writev,
    SYS_openat2,
    SYS_io_uring_setup,
    SYS_pidfd_getfd,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_unshare,
    SYS_setns,
    SYS_keyctl,
#if defined(__x86_64__)
    SYS_unlink,
    SYS_rename,
    SYS_mkdir,
    SYS_rmdir,
    SYS_link,
    SYS_symlink,
    SYS_mknod,
    SYS_creat,
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_fork,
    SYS_vfork,
#endif
};

// To inspectors besides: their limits stay.
constexpr long kForbiddenLimits[] = {SYS_prlimit64, SYS_setrlimit};

constexpr std::uint32_t kWriting = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;

sock_filter Load(std::size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}
sock_filter Return(std::uint32_t action) { return BPF_STMT(BPF_RET | BPF_K, action); }

// Two instructions: where the number is this one, `action`.
void Append(std::vector<sock_filter>* program, long number, std::uint32_t action) {
  program->push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1));
  program->push_back(Return(action));
}

// Where the number is that of an open, its flags (the given argument) must not write.
void AppendOpen(std::vector<sock_filter>* program, long number, int flags_argument,
                std::uint32_t refuse) {
  program->push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 4));
  program->push_back(Load(offsetof(seccomp_data, args) +
                          static_cast<std::size_t>(flags_argument) * sizeof(std::uint64_t)));
  program->push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kWriting, 0, 1));
  program->push_back(Return(refuse));
  program->push_back(Return(SECCOMP_RET_ALLOW));
}

// A runner sets limits of its own (RLIMIT_RTTIME), and of nobody else.
void AppendOwnLimits(std::vector<sock_filter>* program, std::uint32_t refuse) {
  program->push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prlimit64, 0, 4));
  program->push_back(Load(offsetof(seccomp_data, args)));
  program->push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0));
  program->push_back(Return(refuse));
  program->push_back(Return(SECCOMP_RET_ALLOW));
}

// Threads, but no processes. What clone3 takes cannot be looked at: said to be unknown, the
// C library turns to clone.
void AppendThreads(std::vector<sock_filter>* program, std::uint32_t refuse) {
  Append(program, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
  program->push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4));
  program->push_back(Load(offsetof(seccomp_data, args)));
  program->push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0));
  program->push_back(Return(refuse));
  program->push_back(Return(SECCOMP_RET_ALLOW));
}

enum class Purpose : std::uint8_t { kInspecting, kServing };

absl::Status FilterSystemCalls(Purpose purpose) {
  constexpr std::uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;
  std::vector<sock_filter> program = {
    Load(offsetof(seccomp_data, arch)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
    Return(SECCOMP_RET_KILL_PROCESS),
    Load(offsetof(seccomp_data, nr)),
#if defined(__x86_64__)
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),  // the x32 set of numbers
    Return(kRefuse),
#endif
  };
  for (const long number : kForbidden) Append(&program, number, kRefuse);
  // Each of these reads an argument over the number, and ends where it has: so one after the other.
  if (purpose == Purpose::kInspecting) {
    for (const long number : kForbiddenLimits) Append(&program, number, kRefuse);
#if defined(__x86_64__)
    AppendOpen(&program, SYS_open, 1, kRefuse);
#endif
    AppendOpen(&program, SYS_openat, 2, kRefuse);
  } else {
    AppendOwnLimits(&program, kRefuse);
  }
  AppendThreads(&program, kRefuse);
  program.push_back(Return(SECCOMP_RET_ALLOW));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) != 0) {
    return absl::ErrnoToStatus(errno, "cannot filter system calls (seccomp)");
  }
  return absl::OkStatus();
}

absl::Status Limit(__rlimit_resource_t resource, std::uint64_t value) {
  const rlimit limit{value, value};
  return setrlimit(resource, &limit) == 0 ? absl::OkStatus()
                                          : absl::ErrnoToStatus(errno, "setrlimit");
}

std::uint64_t MappedBytes() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

absl::Status Confine(std::uint64_t more_bytes, std::uint64_t file_bytes) {
  absl::Status status = Limit(RLIMIT_AS, MappedBytes() + more_bytes);
  status.Update(Limit(RLIMIT_CORE, 0));
  status.Update(Limit(RLIMIT_FSIZE, file_bytes));
  if (kArchitecture != 0 && status.ok()) status = FilterSystemCalls(Purpose::kInspecting);
  return status;
}

absl::StatusOr<std::string> ConfineServing(const std::vector<std::string>& readable) {
  ReachableFiles files;
  const std::string prefix = base::InstalledPrefix();
  files.readable = {"/usr",
                    "/lib",
                    "/lib64",
                    "/opt",
                    "/etc/ld.so.cache",
                    "/etc/localtime",
                    "/proc/self",
                    "/proc/cpuinfo",
                    "/proc/meminfo",
                    "/proc/stat",
                    "/sys/devices/system",
                    "/sys/fs/cgroup",
                    "/dev/urandom",
                    prefix + "/lib",
                    base::ModuleDir(),
                    base::BuiltinModelDir()};
  files.readable.insert(files.readable.end(), readable.begin(), readable.end());
  files.writable = {"/dev/shm", "/dev/null"};
  const absl::StatusOr<int> landlock = RestrictFiles(files);
  if (!landlock.ok()) return landlock.status();
  std::string words = *landlock > 0 ? absl::StrCat("Landlock ", *landlock)
                                    : "no Landlock in this kernel: its user's files are readable";
  if (kArchitecture == 0) return absl::StrCat(words, ", no filter for this processor");
  if (const absl::Status status = FilterSystemCalls(Purpose::kServing); !status.ok()) return status;
  return absl::StrCat(words, ", seccomp");
}

}  // namespace continuo::runner
