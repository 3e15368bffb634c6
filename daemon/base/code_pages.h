// SPDX-License-Identifier: Apache-2.0
// Gives back the pages of code that only the start has needed.
#pragma once

namespace continuo::base {

// Code and constants of the program and its libraries, which the system reads again from their
// files when they are used next. Linux only; elsewhere nothing happens. [any-thread]
void ReleaseCodePages() noexcept;

}  // namespace continuo::base
