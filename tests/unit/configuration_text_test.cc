// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "daemon/app/configuration.h"
#include "scoped_environment.h"

namespace continuo::app {
namespace {

std::string Refusal(std::string_view text) {
  const auto configuration = ParseConfiguration(text, "c.toml");
  if (configuration.ok()) return "accepted";
  CHECK(absl::IsInvalidArgument(configuration.status()));
  return std::string(configuration.status().message());
}

TEST_CASE("Configuration: every key is taken from the file") {
  const ScopedEnvironment home("HOME", "/home/somebody");
  const auto parsed = ParseConfiguration(R"(
[daemon]
socket = "/run/c.sock"
idle_exit_s = 60
[log]
level = "warning"
file = "~/c.log"
levels.supervisor = "debug"
levels.stream = "off"
[models]
paths = ["~/models", "/opt/models"]
[memory]
budget = "2 GiB"
keep_alive = "90s"
wait_s = 1.5
smaller_variants = false
[runner]
isolation = "model"
realtime_priority = 0
hang_timeout_s = 0.1
restart_limit = 0
lock_memory = false
wake = "predict"
[stream]
maximum_streams = 1
admission = "strict"
attach_timeout_s = 2
start_timeout_s = 3
[metrics]
socket = "/run/m.sock"
)",
                                         "c.toml");
  REQUIRE(parsed.status() == absl::OkStatus());
  CHECK(parsed->daemon.socket == "/run/c.sock");
  CHECK(parsed->daemon.idle_exit_s == 60);
  CHECK(parsed->log.level == "warning");
  CHECK(parsed->log.file == "/home/somebody/c.log");
  CHECK(parsed->log.levels ==
        std::map<std::string, std::string>{{"stream", "off"}, {"supervisor", "debug"}});
  CHECK(parsed->models.paths == std::vector<std::string>{"/home/somebody/models", "/opt/models"});
  CHECK(parsed->memory.budget == "2 GiB");
  CHECK(parsed->memory.keep_alive == "90s");
  CHECK(parsed->memory.wait_s == 1.5);
  CHECK_FALSE(parsed->memory.smaller_variants);
  CHECK(parsed->runner.isolation == Isolation::kModel);
  CHECK(parsed->runner.realtime_priority == 0);
  CHECK(parsed->runner.hang_timeout_s == 0.1);
  CHECK(parsed->runner.restart_limit == 0);
  CHECK_FALSE(parsed->runner.lock_memory);
  CHECK(parsed->runner.wake == "predict");
  CHECK(parsed->stream.maximum_streams == 1);
  CHECK(parsed->stream.admission == "strict");
  CHECK(parsed->metrics.socket == "/run/m.sock");
  CHECK(parsed->stream.attach_timeout_s == 2);
  CHECK(parsed->stream.start_timeout_s == 3);
}

constexpr char kKey[] = "key = \"ed25519:l1M6xNcvkX3fzGOJZk4LJzyjOyHqJ8Ej2hGR3n3VGIw=\"\n";

TEST_CASE("Configuration: repositories are taken in their order") {
  const ScopedEnvironment home("HOME", "/home/somebody");
  const std::string key = kKey;
  const auto parsed = ParseConfiguration(
      "[[repository]]\nname = \"far\"\nurl = \"https://a.org/m/\"\n" + key +
          "[[repository]]\nname = \"near\"\nurl = \"~/m\"\nca_file = \"~/ca.pem\"\n" + "key = [" +
          key.substr(6, key.size() - 7) + ", " + key.substr(6, key.size() - 7) + "]\n",
      "c.toml");
  REQUIRE(parsed.status() == absl::OkStatus());
  REQUIRE(parsed->repositories.size() == 2);
  CHECK(parsed->repositories[0].name == "far");
  CHECK(parsed->repositories[0].url == "https://a.org/m/");
  CHECK(parsed->repositories[0].keys.size() == 1);
  CHECK(parsed->repositories[1].url == "/home/somebody/m");
  CHECK(parsed->repositories[1].ca_file == "/home/somebody/ca.pem");
  CHECK(parsed->repositories[1].keys.size() == 2);
}

TEST_CASE("Configuration: a repository with a fault is refused with its key") {
  const std::string good = std::string("[[repository]]\nname = \"a\"\nurl = \"/m\"\n") + kKey;
  CHECK(Refusal(good) == "accepted");
  CHECK(Refusal("repository = 1") ==
        "c.toml:1: key 'repository' is a number; it takes tables [[repository]] with name, url "
        "and key");
  CHECK_THAT(Refusal("repository = [1]"), Catch::StartsWith("c.toml:1: key 'repository[0]' is a"));
  CHECK(Refusal(good + "colour = 1\n") ==
        "c.toml:5: key 'repository[0].colour' is not known; a repository has name, url, key and "
        "ca_file");
  CHECK(Refusal(good + good) == "c.toml:5: key 'repository[1].name' 'a' is there twice");
  CHECK_THAT(Refusal("[[repository]]\nname = \"a\"\nurl = \"http://x/\"\n" + std::string(kKey)),
             Catch::StartsWith("c.toml:1: key 'repository[0].url' "));
  CHECK_THAT(Refusal("[[repository]]\nname = \"a\"\nurl = \"/x\"\n"),
             Catch::StartsWith("c.toml:1: key 'repository[0].key' is missing"));
  CHECK_THAT(Refusal("[[repository]]\nname = \"a\"\nurl = \"/x\"\nkey = \"abc\"\n"),
             Catch::StartsWith("c.toml:1: key 'repository[0].key' is not a public key"));
  CHECK_THAT(
      Refusal("[[repository]]\nname = 1\n"),
      Catch::StartsWith("c.toml:2: key 'repository[0].name' is a number; it takes a short string"));
  CHECK_THAT(Refusal("[[repository]]\nurl = \"https://a/\\u001b[31m\"\n"),
             Catch::StartsWith("c.toml:2: key 'repository[0].url' is a string; it takes a short"));
  CHECK_THAT(Refusal(good + "ca_file = \"ca.pem\"\n"),
             Catch::StartsWith("c.toml:5: key 'repository[0].ca_file' is no absolute path"));
}

TEST_CASE("Configuration: an unknown key is named with file, line and the nearest key") {
  CHECK(Refusal("[runner]\n\nisolaton = \"model\"\n") ==
        "c.toml:3: key 'runner.isolaton' is not known; did you mean 'runner.isolation'?");
  CHECK(Refusal("[runer]\nisolation = \"model\"\n") ==
        "c.toml:1: key 'runer' is not known; did you mean 'runner'?");
  CHECK(Refusal("stream.idle_exit_s = 1") ==
        "c.toml:1: key 'stream.idle_exit_s' is not known; did you mean 'daemon.idle_exit_s'?");
  CHECK(Refusal("colour = 1") == "c.toml:1: key 'colour' is not known");
}

TEST_CASE("Configuration: of several faults the first in the file is told") {
  CHECK_THAT(Refusal("[stream]\nzzz = 1\n[daemon]\naaa = 1\n"),
             Catch::StartsWith("c.toml:2: key 'stream.zzz'"));
}

TEST_CASE("Configuration: a name that is long or not printable does not spoil the message") {
  CHECK(Refusal("\"\\u001b[31m\" = 1") == "c.toml:1: key '\\033[31m' is not known");
  CHECK(Refusal(std::string(100000, 'k') + " = 1").size() < 200);
}

struct Fault {
  const char* text;
  const char* message;
};

const Fault kFaults[] = {
    {"daemon = 1", "key 'daemon' is a number; it takes a table"},
    {"[[runner]]", "key 'runner' is an array; it takes a table"},
    {"daemon.socket = 1", "key 'daemon.socket' is 1; it takes an absolute path up to 107 bytes"},
    {"daemon.socket = \"run/c.sock\"",
     "key 'daemon.socket' is 'run/c.sock'; it takes an absolute path up to 107 bytes"},
    {"daemon.socket = \"/a\\u0000b\"", "key 'daemon.socket' is '/a\\000b'"},
    {"daemon.idle_exit_s = -1",
     "key 'daemon.idle_exit_s' is -1; it takes a number from 0 to 86400"},
    {"daemon.idle_exit_s = nan", "key 'daemon.idle_exit_s' is nan; it takes a number"},
    {"daemon.idle_exit_s = inf", "key 'daemon.idle_exit_s' is inf; it takes a number"},
    {"daemon.idle_exit_s = \"60\"", "key 'daemon.idle_exit_s' is '60'; it takes a number"},
    {"log.level = \"loud\"",
     "key 'log.level' is 'loud'; it takes trace, debug, info, warning, error, critical or off"},
    {"log.file = true", "key 'log.file' is a boolean; it takes an absolute path"},
    {"log.levels = \"debug\"", "key 'log.levels' is 'debug'; it takes a table of module = level"},
    {"log.levels.stream = \"loud\"",
     "key 'log.levels' gives 'stream' a level that is 'loud'; it takes a table"},
    {"models.paths = \"/a\"", "key 'models.paths' is '/a'; it takes an array of up to 64"},
    {"models.paths = [\"/a\", \"b\"]", "key 'models.paths' has an entry that is 'b'; it takes"},
    {"models.paths = [\"\"]", "key 'models.paths' has an entry that is ''; it takes"},
    {"memory.wait_s = 1979-05-27", "key 'memory.wait_s' is a date or time; it takes"},
    {"memory.budget = \"much\"",
     "key 'memory.budget' is 'much'; it takes a size such as \"2 GiB\""},
    {"memory.budget = 2", "key 'memory.budget' is 2; it takes a size"},
    {"memory.budget = \"1 MiB\"", "key 'memory.budget' is '1 MiB'; it takes a size"},
    {"memory.keep_alive = \"5 days\"", "key 'memory.keep_alive' is '5 days'; it takes a time"},
    {"runner.isolation = \"thread\"",
     "key 'runner.isolation' is 'thread'; it takes executor or model"},
    {"runner.realtime_priority = 21",
     "key 'runner.realtime_priority' is 21; it takes a whole number from 0 to 20"},
    {"runner.realtime_priority = 1.5",
     "key 'runner.realtime_priority' is 1.5; it takes a whole number from 0 to 20"},
    {"runner.hang_timeout_s = 0",
     "key 'runner.hang_timeout_s' is 0; it takes a number from 0.1 to 600"},
    {"runner.restart_limit = 101", "key 'runner.restart_limit' is 101; it takes"},
    {"runner.lock_memory = 1", "key 'runner.lock_memory' is 1; it takes true or false"},
    {"models.substitute = \"always\"",
     "key 'models.substitute' is 'always'; it takes never or compatible"},
    {"runner.wake = \"spin\"", "key 'runner.wake' is 'spin'; it takes auto, predict or sleep"},
    {"runner.wake = 1", "key 'runner.wake' is 1; it takes auto, predict or sleep"},
    {"stream.maximum_streams = 0", "key 'stream.maximum_streams' is 0; it takes"},
    {"stream.admission = \"on\"", "key 'stream.admission' is 'on'; it takes advise, strict or off"},
    {"metrics.socket = \"m.sock\"", "key 'metrics.socket' is 'm.sock'; it takes an absolute path"},
    {"stream.attach_timeout_s = 601", "key 'stream.attach_timeout_s' is 601; it takes"},
    {"stream.start_timeout_s = {}", "key 'stream.start_timeout_s' is a table; it takes"},
};

TEST_CASE("Configuration: a wrong type or a value out of range is refused with what is taken") {
  const auto& fault = GENERATE(from_range(std::begin(kFaults), std::end(kFaults)));
  CHECK_THAT(Refusal(fault.text), Catch::StartsWith(std::string("c.toml:1: ") + fault.message));
}

TEST_CASE("Configuration: a socket path that no socket could have is refused") {
  const std::string longest = "/" + std::string(106, 's');
  CHECK(ParseConfiguration("daemon.socket = \"" + longest + "\"", "c.toml").ok());
  CHECK_THAT(Refusal("daemon.socket = \"" + longest + "s\""), Catch::Contains("up to 107 bytes"));
}

TEST_CASE("Configuration: a text that is not TOML is refused with its line") {
  CHECK_THAT(Refusal("[daemon]\nsocket = \n"), Catch::StartsWith("c.toml:2: not valid TOML: "));
  CHECK_THAT(Refusal("a = 1\na = 2\n"), Catch::StartsWith("c.toml:2: not valid TOML: "));
  CHECK_THAT(Refusal(std::string("\xff\xfe")), Catch::StartsWith("c.toml:1: not valid TOML: "));
  CHECK_THAT(Refusal("a = " + std::string(100000, '[')), Catch::Contains("not valid TOML"));
  CHECK_THAT(Refusal(std::string(kMaxConfigurationBytes + 1, ' ')), Catch::Contains("1048576"));
}

}  // namespace
}  // namespace continuo::app
