// SPDX-License-Identifier: Apache-2.0
// A file to write: it appears under its name complete, or not at all.
#pragma once

#include <signal.h>
#include <sys/stat.h>

#include <string>
#include <string_view>

namespace continuo::ctl {

// Throws BadOutput where `path` could not be written: its directory is missing, it
// exists and `force` is not set, it is `input` itself, or no regular file.
void CheckOutput(const std::string& path, const std::string& input, bool force);

// Writes a small file beside its place under a hidden name, syncs, and renames. Ending
// signals wait for the moment that it takes. Throws BadOutput.
void WriteWholeFile(const std::string& path, std::string_view bytes);

// The parts of it, for those who write bit by bit.
// A link is written through, not replaced.
[[nodiscard]] std::string ResolvedOutput(const std::string& path);
[[nodiscard]] std::string DirectoryOf(const std::string& path);
// The mode of the file that is there, else that of a new one.
[[nodiscard]] mode_t OutputMode(const std::string& path);

// Blocks the ending signals while what is known and what is on the disk differ.
class SignalsBlocked {
 public:
  SignalsBlocked();
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace continuo::ctl
