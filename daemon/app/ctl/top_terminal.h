// SPDX-License-Identifier: Apache-2.0
// The terminal as a whole, as long as the object lives; put back as it was afterwards.
// (Alone with curses.h, whose macros other headers do not bear.)
// Threads: one.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace continuo::ctl {

class TopTerminal {
 public:
  // Null where the terminal is not known to curses.
  [[nodiscard]] static std::unique_ptr<TopTerminal> Open();
  ~TopTerminal();
  TopTerminal(const TopTerminal&) = delete;
  TopTerminal& operator=(const TopTerminal&) = delete;

  // As it is now: it may be resized at any time.
  [[nodiscard]] std::size_t rows() const;
  [[nodiscard]] std::size_t columns() const;

  // `heading`: the line that is drawn in reverse. `keys` goes to the last row.
  void Draw(const std::vector<std::string>& lines, std::size_t heading, const std::string& keys);
  // Waits for a key; 0 after so long, or when the size has changed.
  [[nodiscard]] int Key(double seconds);

 private:
  explicit TopTerminal(void* screen) : screen_(screen) {}
  void* const screen_;  // SCREEN
};

}  // namespace continuo::ctl
