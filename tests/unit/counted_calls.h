// SPDX-License-Identifier: Apache-2.0
// A process that ends by SIGKILL at a system call of its choice.
//
// The calls that change files (open, write, pwrite, fsync, fdatasync, ftruncate, rename, unlink,
// mkdir), of this program and of the libraries it uses, are found here before the C library's.
// Each counts; before call number N the process is killed as kill -9 would, and where it is a
// write, after half of its bytes.
#pragma once

#include <string>

namespace continuo::counted {

// 0: never.
void KillAt(long call);
[[nodiscard]] long Calls();
// Paths of the files that were written to and not synced since, but for the memory that
// SQLite shares (-shm).
[[nodiscard]] std::string Unsynced();

}  // namespace continuo::counted
