// SPDX-License-Identifier: Apache-2.0
// A real continuod of a test's own: private directories, private socket, the fake models of
// tests/models; gone with all that it made when the object goes.
//
//   DaemonProcess daemon;                        // serving when this returns
//   auto stub = v1::DaemonService::NewStub(daemon.channel());
//
// Errors: std::runtime_error with the daemon's log, so that a test fails with words. Where a
// sanitizer has found something in the daemon or in one of its runners, the test is aborted.
#pragma once

#include <grpcpp/channel.h>
#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace continuo::test {

struct DaemonOptions {
  std::string configuration{};           // text of a continuod.toml; empty: none
  std::vector<std::string> arguments{};  // beside --foreground
  std::map<std::string, std::string> environment{};
  std::vector<std::string> wrapper{};  // a command that runs the daemon, by exec
  bool start = true;
};

struct Exit {
  int code = -1;  // -1: ended by a signal
  int signal = 0;
};

// Runs a program to its end; `output` gets stdout and stderr.
Exit RunProgram(const std::vector<std::string>& arguments,
                const std::map<std::string, std::string>& environment, std::string* output);

class DaemonProcess {
 public:
  explicit DaemonProcess(DaemonOptions options = {});
  ~DaemonProcess();  // SIGTERM, then SIGKILL after 10 s
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  // Starts it, and waits until it accepts connections.
  void Start();
  // Sends the signal and waits for the end.
  Exit End(int signal);
  Exit Wait();

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] std::string socket_path() const { return directory_ + "/run/continuo/daemon.sock"; }
  [[nodiscard]] std::string log() const;
  // For programs that are to find this daemon.
  [[nodiscard]] std::map<std::string, std::string> environment() const;
  // A new one each time: what one test breaks, no other sees.
  [[nodiscard]] std::shared_ptr<grpc::Channel> channel() const;

  // Its children: the runners.
  [[nodiscard]] std::vector<pid_t> runners() const;
  // Names in /dev/shm of this daemon's segments.
  [[nodiscard]] std::vector<std::string> segments() const;

 private:
  DaemonOptions options_;
  std::string directory_;
  pid_t pid_ = 0;
};

[[nodiscard]] std::string DaemonPath();
[[nodiscard]] bool IsAlive(pid_t pid);
// Looks every few milliseconds until it holds; false after `seconds`, a watchdog for hangs.
template <typename Condition>
[[nodiscard]] bool Eventually(Condition condition, double seconds = 20);

void SleepBriefly();
[[nodiscard]] double NowSeconds();

template <typename Condition>
bool Eventually(Condition condition, double seconds) {
  const double end = NowSeconds() + seconds;
  while (!condition()) {
    if (NowSeconds() > end) return false;
    SleepBriefly();
  }
  return true;
}

}  // namespace continuo::test
