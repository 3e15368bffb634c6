// SPDX-License-Identifier: Apache-2.0
// Waiting on many Signals at once (wakeup.h waits on one).
//
// Protocol: the same as with one; the notifiers need not know.
//   { group.Observe(); if (data anywhere) take it; else group.WaitUntil(deadline); }
// Threads: one waiter a group; a signal may be in two groups for a moment.
// Real time: Observe reads a word a signal; WaitUntil is one system call, which takes the
// kernel about a tenth of a microsecond a signal. No allocation but in Set.
// Trust: a hostile peer can make WaitUntil return early, and its own stream sleep longer.
// Source: futex_waitv(2), Linux 5.16; where it is missing Supported() is false.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "shared/ipc/segment_layout.h"

namespace continuo::ipc {

class SignalGroup {
 public:
  static constexpr std::uint32_t kMaxSignals = 128;  // the kernel's limit

  [[nodiscard]] static bool Supported() noexcept;

  // Up to kMaxSignals, which outlive their being here. Not an audio thread's.
  explicit SignalGroup(std::span<Signal* const> signals);

  void Observe() noexcept;
  // Sleeps until one has moved since Observe(), until the deadline, or shorter for no reason.
  void WaitUntil(std::uint64_t deadline_ns) noexcept;

 private:
  struct Word {  // as the kernel has it: futex_waitv
    std::uint64_t value;
    std::uint64_t address;
    std::uint32_t flags;
    std::uint32_t reserved;
  };
  std::vector<Signal*> signals_;
  std::vector<Word> words_;
};

}  // namespace continuo::ipc
