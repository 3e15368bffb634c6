// SPDX-License-Identifier: Apache-2.0
// On which processor a client's callback stays, looked at now and then; 0 while it wanders.
// Two threads that hand over to each other wake each other several times faster on one
// processor; but a thread that moves after every block gains nothing.
// Threads: [control-thread].
#pragma once

#include <array>
#include <cstdint>

namespace continuo::stream {

class CoreHint {
 public:
  // `core` counted from 1, 0: not known. Returns where the callback stays.
  std::uint32_t Look(std::uint32_t core) noexcept;
  [[nodiscard]] std::uint32_t core() const noexcept { return steady_; }

 private:
  static constexpr std::uint32_t kLooks = 16;
  static constexpr std::uint32_t kFirstLooks = 4;  // before anything is said

  [[nodiscard]] std::uint32_t Count(std::uint32_t core) const noexcept;

  std::array<std::uint32_t, kLooks> looks_{};
  std::uint32_t next_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t steady_ = 0;
};

}  // namespace continuo::stream
