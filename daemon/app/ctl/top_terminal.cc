// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/top_terminal.h"

#include <curses.h>

#include <cstdio>

namespace continuo::ctl {

std::unique_ptr<TopTerminal> TopTerminal::Open() {
  // Not initscr(), which ends the program where the terminal is not known.
  SCREEN* const screen = newterm(nullptr, stdout, stdin);
  if (screen == nullptr) return nullptr;
  cbreak();
  noecho();
  keypad(stdscr, TRUE);
  curs_set(0);
  return std::unique_ptr<TopTerminal>(new TopTerminal(screen));
}

TopTerminal::~TopTerminal() {
  endwin();
  delscreen(static_cast<SCREEN*>(screen_));
}

std::size_t TopTerminal::rows() const { return static_cast<std::size_t>(getmaxy(stdscr)); }
std::size_t TopTerminal::columns() const { return static_cast<std::size_t>(getmaxx(stdscr)); }

void TopTerminal::Draw(const std::vector<std::string>& lines, std::size_t heading,
                       const std::string& keys) {
  erase();
  const int width = getmaxx(stdscr);
  for (std::size_t row = 0; row < lines.size(); ++row) {
    if (row == heading) attron(A_REVERSE);
    mvaddnstr(static_cast<int>(row), 0, lines[row].c_str(), width);
    if (row == heading) attroff(A_REVERSE);
  }
  attron(A_DIM);
  mvaddnstr(getmaxy(stdscr) - 1, 0, keys.c_str(), width);
  attroff(A_DIM);
  refresh();
}

int TopTerminal::Key(double seconds) {
  timeout(static_cast<int>(seconds * 1000));
  const int key = getch();
  return key == ERR || key == KEY_RESIZE ? 0 : key;
}

}  // namespace continuo::ctl
