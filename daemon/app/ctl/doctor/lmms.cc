// SPDX-License-Identifier: Apache-2.0
// Is LMMS there, and does it find the plugin where it looks?
#include <spdlog/fmt/fmt.h>

#include <cstdlib>
#include <filesystem>

#include "daemon/app/ctl/doctor/finding.h"
#include "daemon/app/ctl/doctor/probe.h"
#include "daemon/app/ctl/json.h"
#include "daemon/app/ctl/lmms_folders.h"
#include "daemon/app/ctl/text.h"
#include "daemon/base/paths.h"

namespace continuo::ctl {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPlugin = "libcontinuofx.so";

std::string Environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// "LMMS 1.2.2", its first line.
std::string Version(const std::string& program) {
  const ProbeResult probe = Probe(20, [&program] {
    return Json(OutputOf({program, "--allowroot", "--version"}));
  });
  if (!probe.failure.empty()) return "of unknown version: it " + probe.failure;
  const std::string text = probe.value;
  return text.substr(0, text.find('\n'));
}

// In the order of LMMS 1.2.2 (PluginFactory::setupSearchPaths).
std::vector<std::string> SearchDirectories(const std::string& program) {
  const std::string prefix = fs::path(program).parent_path().parent_path().string();
  std::vector<std::string> directories = {prefix + "/lib/lmms"};
  // The directory compiled in is not told; it is one that holds LMMS's own plugins.
  std::error_code error;
  for (const char* const library : {"/lib64/lmms", "/lib/" CONTINUO_MULTIARCH "/lmms"}) {
    if (fs::is_directory(prefix + library, error)) directories.push_back(prefix + library);
  }
  if (const std::string named = Environment("LMMS_PLUGIN_DIR"); !named.empty()) {
    directories.push_back(named);
  }
  directories.push_back((fs::path(LmmsWorkingFolder()) / "plugins").string());
  return directories;
}

Finding ExaminePlugin(const std::string& program) {
  const std::vector<std::string> directories = SearchDirectories(program);
  std::error_code error;
  for (const std::string& directory : directories) {
    const std::string plugin = directory + "/" + kPlugin;
    if (fs::exists(plugin, error)) return {Level::kOk, "lmms-plugin", plugin, ""};
  }
  const std::string ours = base::InstalledPrefix() + "/lib/lmms";
  const std::string where = Join(directories, ", ");
  if (fs::exists(ours + "/" + kPlugin, error)) {
    return {Level::kNote, "lmms-plugin",
            fmt::format("{}/{} is there, but LMMS looks in {}", ours, kPlugin, where),
            fmt::format("start LMMS as: LMMS_PLUGIN_DIR={} lmms", ours)};
  }
  return {Level::kNote, "lmms-plugin", fmt::format("{} is in none of {}", kPlugin, where),
          "build the target continuofx, or name its directory in LMMS_PLUGIN_DIR"};
}

}  // namespace

Findings ExamineLmms() {
  const std::string program = FindLmms();
  if (program.empty()) {
    return {
        {Level::kNote, "lmms", "LMMS is not in $PATH", "install lmms to hear models in a song"}};
  }
  return {{Level::kOk, "lmms", fmt::format("{}, {}", program, Version(program)), ""},
          ExaminePlugin(program)};
}

}  // namespace continuo::ctl
