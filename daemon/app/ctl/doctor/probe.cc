// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/doctor/probe.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spdlog/fmt/fmt.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>

#include "daemon/app/ctl/json.h"

namespace continuo::ctl {
namespace {

[[noreturn]] void RunChild(int out, const std::function<Json()>& work) {
  // The child's own children go with it.
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nowhere, fd);
  std::string text;
  try {
    text = work().dump(-1, ' ', false, Json::error_handler_t::replace);
  } catch (const std::exception& error) {
    _exit(1);
  }
  const char* rest = text.data();
  std::size_t left = text.size();
  while (left > 0) {
    const ssize_t written = write(out, rest, left);
    if (written <= 0) _exit(1);
    rest += written;
    left -= static_cast<std::size_t>(written);
  }
  // No destructors: what was opened may not survive its own clean-up.
  _exit(0);
}

// Everything up to the end of file; false at the time-out.
bool ReadAll(int fd, double timeout_s, std::string& text) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::milliseconds(static_cast<int>(timeout_s * 1000));
  char buffer[4096];
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) return false;
    pollfd ready{fd, POLLIN, 0};
    if (poll(&ready, 1, static_cast<int>(left.count())) <= 0) continue;
    const ssize_t count = read(fd, buffer, sizeof(buffer));
    if (count == 0) return true;
    if (count > 0) text.append(buffer, static_cast<std::size_t>(count));
  }
}

}  // namespace

ProbeResult Probe(double timeout_s, const std::function<Json()>& work) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {{}, std::strerror(errno)};
  const pid_t child = fork();
  if (child == 0) RunChild(ends[1], work);
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    return {{}, std::strerror(errno)};
  }
  std::string text;
  const bool ended = ReadAll(ends[0], timeout_s, text);
  close(ends[0]);
  kill(-child, SIGKILL);
  if (!ended) kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  if (!ended) return {{}, fmt::format("did not answer in {:.0f} s", timeout_s)};
  if (WIFSIGNALED(status) && text.empty()) {
    return {{}, fmt::format("crashed ({})", strsignal(WTERMSIG(status)))};
  }
  Json value = Json::parse(text, nullptr, false);
  if (value.is_discarded()) return {{}, "ended without an answer"};
  return {std::move(value), ""};
}

std::string OutputOf(const std::vector<std::string>& command) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return "";
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    execvp(words[0], words.data());
    _exit(127);
  }
  close(ends[1]);
  std::string text;
  if (child > 0) {
    (void)ReadAll(ends[0], 60, text);
    waitpid(child, nullptr, 0);
  }
  close(ends[0]);
  return text;
}

}  // namespace continuo::ctl
