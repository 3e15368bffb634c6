// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/lmms_folders.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

namespace continuo::ctl {
namespace {

namespace fs = std::filesystem;

std::string Environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::string FindLmms() {
  std::istringstream path(Environment("PATH"));
  for (std::string directory; std::getline(path, directory, ':');) {
    const std::string program = (fs::path(directory) / "lmms").string();
    if (access(program.c_str(), X_OK) == 0) return program;
  }
  return "";
}

std::string LmmsWorkingFolder() {
  const std::string home = Environment("HOME");
  std::ifstream file(home + "/.lmmsrc.xml");
  const std::string settings((std::istreambuf_iterator<char>(file)), {});
  constexpr const char* kKey = "workingdir=\"";
  const std::size_t key = settings.find(kKey);
  if (key == std::string::npos) return home + "/Documents/lmms";
  const std::size_t begin = key + std::char_traits<char>::length(kKey);
  return settings.substr(begin, settings.find('"', begin) - begin);
}

// In LMMS's order: what the environment names, then what lies beside the program.
project::SampleFolders LmmsSampleFolders() {
  std::vector<fs::path> data;
  if (const std::string named = Environment("LMMS_DATA_DIR"); !named.empty()) {
    data.emplace_back(named);
  }
  if (const std::string program = FindLmms(); !program.empty()) {
    data.push_back(fs::path(program).parent_path().parent_path() / "share/lmms");
  }
  project::SampleFolders folders{(fs::path(LmmsWorkingFolder()) / "samples").string(), ""};
  std::error_code error;
  for (const fs::path& folder : data) {
    if (!fs::is_directory(folder / "samples", error)) continue;
    folders.own = (folder / "samples").string();
    break;
  }
  return folders;
}

}  // namespace continuo::ctl
