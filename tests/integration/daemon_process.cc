// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/daemon_process.h"

#include <fcntl.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace continuo::test {
namespace {

namespace fs = std::filesystem;

constexpr double kStartSeconds = 20;
constexpr double kEndSeconds = 10;

std::string ReadAll(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

pid_t Spawn(std::vector<std::string> arguments,
            const std::map<std::string, std::string>& environment, const std::string& log) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (!environment.contains(text.substr(0, text.find('=')))) variables.push_back(text);
  }
  for (const auto& [name, value] : environment) {
    if (!value.empty()) variables.push_back(name + "=" + value);
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, arguments.front().c_str(), &actions, nullptr,
                                Pointers(arguments).data(), Pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error(arguments.front() + ": " + std::strerror(error));
  return pid;
}

// For a test run by hand: packaging/sanitize hears of it from each process. The daemon's log is its
// runners' too; most of them are killed, so no exit code would tell.
void AbortWhereSanitizerSpoke(const std::string& log) {
  for (const char* words : {"Sanitizer:", ": runtime error: "}) {
    if (log.find(words) == std::string::npos) continue;
    std::cerr << log << std::endl;
    std::abort();
  }
}

Exit Translate(int status) {
  if (WIFEXITED(status)) return {WEXITSTATUS(status), 0};
  return {-1, WTERMSIG(status)};
}

bool Accepts(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return connected;
}

}  // namespace

std::string DaemonPath() { return CONTINUO_DAEMON_PATH; }

void SleepBriefly() { std::this_thread::sleep_for(std::chrono::milliseconds(2)); }

double NowSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool IsAlive(pid_t pid) {
  if (::kill(pid, 0) != 0) return false;
  // A zombie has ended; whether somebody has waited for it is not the question.
  const std::string stat = ReadAll("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t name_end = stat.rfind(')');
  return name_end != std::string::npos && stat.size() > name_end + 2 && stat[name_end + 2] != 'Z';
}

Exit RunProgram(const std::vector<std::string>& arguments,
                const std::map<std::string, std::string>& environment, std::string* output) {
  char log[] = "/tmp/continuo-output-XXXXXX";
  ::close(::mkstemp(log));
  const pid_t pid = Spawn(arguments, environment, log);
  int status = 0;
  const bool ended = Eventually([&] { return ::waitpid(pid, &status, WNOHANG) == pid; }, 30);
  if (!ended) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, &status, 0);
  }
  *output = ReadAll(log);
  ::unlink(log);
  if (!ended) throw std::runtime_error(arguments.front() + " did not end: " + *output);
  return Translate(status);
}

DaemonProcess::DaemonProcess(DaemonOptions options) : options_(std::move(options)) {
  char directory[] = "/tmp/continuo-daemon-XXXXXX";
  if (::mkdtemp(directory) == nullptr) throw std::runtime_error("mkdtemp");
  directory_ = directory;
  for (const char* name : {"run", "config/continuo", "data", "state", "home"})
    fs::create_directories(directory_ + "/" + name);
  if (!options_.configuration.empty()) {
    std::ofstream(directory_ + "/config/continuo/continuod.toml") << options_.configuration;
  }
  if (options_.start) Start();
}

DaemonProcess::~DaemonProcess() {
  if (pid_ != 0) {
    ::kill(pid_, SIGCONT);
    ::kill(pid_, SIGTERM);
    int status = 0;
    if (!Eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }, kEndSeconds)) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, &status, 0);
    }
  }
  AbortWhereSanitizerSpoke(log());
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

std::map<std::string, std::string> DaemonProcess::environment() const {
  std::map<std::string, std::string> environment = {
      {"HOME", directory_ + "/home"},
      {"XDG_RUNTIME_DIR", directory_ + "/run"},
      {"XDG_CONFIG_HOME", directory_ + "/config"},
      {"XDG_DATA_HOME", directory_ + "/data"},
      {"XDG_STATE_HOME", directory_ + "/state"},
      {"CONTINUO_MODEL_PATH", CONTINUO_TEST_MODELS},
      {"CONTINUO_DAEMON", DaemonPath()},
      {"CONTINUO_SOCKET", ""},
      {"NOTIFY_SOCKET", ""},
      {"JOURNAL_STREAM", ""},
  };
  for (const auto& [name, value] : options_.environment) environment[name] = value;
  return environment;
}

void DaemonProcess::Start() {
  std::vector<std::string> arguments = options_.wrapper;
  arguments.insert(arguments.end(), {DaemonPath(), "--foreground"});
  arguments.insert(arguments.end(), options_.arguments.begin(), options_.arguments.end());
  pid_ = Spawn(arguments, environment(), directory_ + "/log");
  const bool serving = Eventually(
      [&] {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_) {
          pid_ = 0;
          throw std::runtime_error("the daemon ended at once: " + log());
        }
        return Accepts(socket_path());
      },
      kStartSeconds);
  if (!serving) throw std::runtime_error("the daemon does not serve: " + log());
}

Exit DaemonProcess::End(int signal) {
  ::kill(pid_, signal);
  return Wait();
}

Exit DaemonProcess::Wait() {
  int status = 0;
  if (!Eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; })) {
    throw std::runtime_error("the daemon does not end: " + log());
  }
  pid_ = 0;
  return Translate(status);
}

std::string DaemonProcess::log() const { return ReadAll(directory_ + "/log"); }

std::shared_ptr<grpc::Channel> DaemonProcess::channel() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel("unix:" + socket_path(), grpc::InsecureChannelCredentials(),
                                   arguments);
}

std::vector<pid_t> DaemonProcess::runners() const {
  std::vector<pid_t> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    // "pid (program) state parent …", and the program may hold spaces and brackets.
    const std::string stat = ReadAll(entry.path().string() + "/stat");
    std::istringstream fields(stat.substr(std::min(stat.rfind(')') + 1, stat.size())));
    std::string state;
    pid_t parent = 0;
    if (fields >> state >> parent && parent == pid_ && state != "Z") {
      found.push_back(static_cast<pid_t>(std::stoi(name)));
    }
  }
  return found;
}

std::vector<std::string> DaemonProcess::segments() const {
  std::vector<std::string> found;
  const std::string prefix =
      "continuo-" + std::to_string(::getuid()) + "-" + std::to_string(pid_) + "-";
  for (const auto& entry : fs::directory_iterator("/dev/shm")) {
    const std::string name = entry.path().filename().string();
    if (name.rfind(prefix, 0) == 0) found.push_back(name);
  }
  return found;
}

}  // namespace continuo::test
