// SPDX-License-Identifier: Apache-2.0
// How continuod starts, and how it says that it cannot.
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/integration/daemon_process.h"
#include "tests/integration/daemon_status.h"
#include "tests/integration/daemon_stream.h"

namespace continuo::test {
namespace {

using Catch::Contains;

DaemonOptions NotStarted(const std::string& configuration = "") {
  DaemonOptions options;
  options.configuration = configuration;
  options.start = false;
  return options;
}

Exit RunDaemon(const DaemonProcess& place, std::vector<std::string> arguments,
               std::string* output) {
  arguments.insert(arguments.begin(), DaemonPath());
  return RunProgram(arguments, place.environment(), output);
}

TEST_CASE("continuod: links no LibTorch") {
  std::string output;
  const Exit ldd = RunProgram({"/usr/bin/ldd", DaemonPath()}, {}, &output);
  REQUIRE(ldd.code == 0);
  CHECK_THAT(output, Contains("libgrpc++"));  // it is the real list
  CHECK_THAT(output, !Contains("torch") && !Contains("libc10"));
}

TEST_CASE("continuod: socket and directory are the user's alone") {
  const DaemonProcess daemon;
  struct stat info {};
  REQUIRE(::stat(daemon.socket_path().c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  REQUIRE(::stat((daemon.directory() + "/run/continuo").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0700);
}

TEST_CASE("continuod: a second daemon on the socket is refused by the first one's pid") {
  const DaemonProcess daemon;
  std::string output;
  const Exit second = RunDaemon(daemon, {"--foreground"}, &output);
  CHECK(second.code == 3);
  CHECK_THAT(output, Contains("another daemon serves") && Contains(daemon.socket_path()) &&
                         Contains("process " + std::to_string(daemon.pid())));
  CHECK(StatusOf(daemon).daemon_pid() == daemon.pid());
}

TEST_CASE("continuod: a socket path beyond the system's limit is refused, one at it is served") {
  const DaemonProcess place(NotStarted());
  constexpr std::size_t kLongest = 107;
  std::string path = place.directory() + "/" + std::string(60, 'd') + "/";
  path += std::string(kLongest - path.size(), 's');
  std::string output;
  const Exit longer = RunDaemon(place, {"--foreground", "--socket", path + "s"}, &output);
  CHECK(longer.code == 2);
  CHECK_THAT(output, Contains("108 bytes") && Contains("limit is 107"));
  CHECK_FALSE(std::filesystem::exists(std::filesystem::path(path).parent_path()));

  // In the background it returns when it serves, and ends by itself.
  const Exit fits = RunDaemon(place, {"--socket", path, "--idle-exit", "0.5"}, &output);
  CHECK(fits.code == 0);
  CHECK(Eventually([&] { return !std::filesystem::exists(path + ".lock"); }));
}

TEST_CASE("continuod: a broken configuration is refused with file and line") {
  const auto [text, message] = GENERATE(table<std::string, std::string>(
      {{"[daemon]\nsocket = \n", "continuod.toml:"},
       {"[runner]\n\nisolaton = \"model\"\n", "continuod.toml:3: key 'runner.isolaton'"},
       {"[stream]\nmaximum_streams = 0\n", "continuod.toml:2: key 'stream.maximum_streams' is 0"},
       {"[log]\nlevel = 5\n", "continuod.toml:2: key 'log.level'"}}));
  const DaemonProcess place(NotStarted(text));
  const std::string mode = GENERATE("--foreground", "--check-config");
  std::string output;
  CHECK(RunDaemon(place, {mode}, &output).code == 2);
  CHECK_THAT(output, Contains(message));
  CHECK_FALSE(std::filesystem::exists(place.socket_path()));
}

TEST_CASE("continuod: the printed configuration is one that it takes") {
  const DaemonProcess place(NotStarted());
  std::string text;
  REQUIRE(RunDaemon(place, {"--print-config"}, &text).code == 0);
  const std::string file = place.directory() + "/printed.toml";
  std::ofstream(file) << text;
  std::string output;
  CHECK(RunDaemon(place, {"--check-config", "--config", file}, &output).code == 0);
  CHECK_THAT(output, Contains(file));
}

TEST_CASE("continuod: a wrong command line is refused by name") {
  const DaemonProcess place(NotStarted());
  const auto [arguments, message] = GENERATE(table<std::vector<std::string>, std::string>(
      {{{"--nonsense"}, "--nonsense"},
       {{"--idle-exit", "-1"}, "--idle-exit"},
       {{"--log-level", "loud"}, "loud"},
       {{"--config", "/nowhere/continuod.toml", "--foreground"}, "/nowhere/continuod.toml"}}));
  std::string output;
  CHECK(RunDaemon(place, arguments, &output).code == 2);
  CHECK_THAT(output, Contains(message));
}

TEST_CASE("continuod: what is no socket is never removed") {
  const DaemonProcess place(NotStarted());
  std::filesystem::create_directories(place.directory() + "/run/continuo");
  std::ofstream(place.socket_path()) << "precious";
  std::string output;
  CHECK(RunDaemon(place, {"--foreground"}, &output).code == 1);
  CHECK_THAT(output, Contains(place.socket_path()) && Contains("is no socket"));
  CHECK(std::filesystem::file_size(place.socket_path()) == 8);
}

TEST_CASE("continuod: in the background it returns when it serves, and ends when idle") {
  const DaemonProcess place(NotStarted());
  std::string output;
  // So long that it is found in time by a client that has to wait for a processor.
  REQUIRE(RunDaemon(place, {"--idle-exit", "2"}, &output).code == 0);
  pid_t pid = 0;
  {
    const auto channel = place.channel();
    const auto stub = v1::DaemonService::NewStub(channel);
    v1::GetStatusResponse response;
    REQUIRE(
        Call(&v1::DaemonService::Stub::GetStatus, *stub, v1::GetStatusRequest(), &response).ok());
    pid = response.daemon_pid();
    // A connection that is open keeps it, for longer than the limit.
    CHECK_FALSE(Eventually([&] { return !IsAlive(pid); }, 3.5));
  }
  CHECK(Eventually([&] { return !IsAlive(pid); }));
  CHECK_FALSE(std::filesystem::exists(place.socket_path()));
  CHECK(std::filesystem::exists(place.directory() + "/state/continuo/continuod.log"));
}

// What a service manager does: binds, listens, and becomes the daemon with the socket as 3.
TEST_CASE("continuod: a socket that was bound for it is served, and stays") {
  const DaemonProcess place(NotStarted());
  const std::string path = place.directory() + "/given.sock";
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listener, 8) == 0);
  const auto environment = place.environment();
  const pid_t daemon = ::fork();
  REQUIRE(daemon >= 0);
  if (daemon == 0) {
    ::dup2(listener, 3);
    for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", "1", 1);
    ::execl(DaemonPath().c_str(), "continuod", "--log-level", "error", nullptr);
    ::_exit(127);
  }
  ::close(listener);
  {
    const auto stub = v1::DaemonService::NewStub(
        grpc::CreateChannel("unix:" + path, grpc::InsecureChannelCredentials()));
    v1::GetStatusResponse response;
    CHECK(Call(&v1::DaemonService::Stub::GetStatus, *stub, v1::GetStatusRequest(), &response)
              .error_message() == "");
    CHECK(response.daemon_pid() == daemon);  // in the foreground: its manager watches it
    CHECK(response.socket_path() == path);
  }
  ::kill(daemon, SIGTERM);
  int status = -1;
  REQUIRE(::waitpid(daemon, &status, 0) == daemon);
  CHECK(status == 0);
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("continuod: SIGHUP reads the log levels again") {
  DaemonOptions options;
  options.configuration = "[log]\nlevel = \"warning\"\n";
  DaemonProcess daemon(options);
  std::ofstream(daemon.directory() + "/config/continuo/continuod.toml")
      << "[log]\nlevel = \"info\"\n";
  REQUIRE_THAT(daemon.log(), !Contains("log levels read again"));
  ::kill(daemon.pid(), SIGHUP);
  CHECK(
      Eventually([&] { return daemon.log().find("log levels read again") != std::string::npos; }));
  std::ofstream(daemon.directory() + "/config/continuo/continuod.toml") << "[log]\nlevel = 1\n";
  ::kill(daemon.pid(), SIGHUP);
  CHECK(Eventually([&] { return daemon.log().find("stay as they are") != std::string::npos; }));
}

}  // namespace
}  // namespace continuo::test
