// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/bundle_samples.h"

#include <absl/strings/ascii.h>
#include <spdlog/fmt/fmt.h>

#include <filesystem>
#include <map>
#include <set>

#include "daemon/app/ctl/failure.h"

namespace continuo::ctl {
namespace {

namespace fs = std::filesystem;

// Names of files, no two the same where capitals do not count.
class FreeNames {
 public:
  std::string Take(const fs::path& file) {
    for (int number = 1;; ++number) {
      std::string name = file.filename().string();
      if (number > 1) {
        name = fmt::format("{}-{}{}", file.stem().string(), number, file.extension().string());
      }
      if (taken_.insert(absl::AsciiStrToLower(name)).second) return name;
    }
  }

 private:
  std::set<std::string> taken_;
};

}  // namespace

BundleMember FileMember(const std::string& name, const std::string& path) {
  std::error_code error;
  const std::uintmax_t bytes = fs::file_size(path, error);
  if (error) throw BadInput(path, error.message());
  return {name, path, "", bytes};
}

BundledSamples BundleSamples(const std::string& folder, bool soundfonts,
                             const project::SampleFolders& folders, project::Document* document) {
  using Whose = project::FoundSample::Whose;
  BundledSamples bundled;
  FreeNames names;
  std::map<std::string, std::string> name_of;  // of each file that is taken along
  std::set<std::string> told;
  for (project::SampleUse& use : project::SamplesOf(document)) {
    const std::string named = use.name.value();
    const auto tell = [&](std::vector<std::string>* list, const char* what, const char* why) {
      if (told.insert(named).second) {
        list->push_back(fmt::format("line {}: {} {}{}", use.line, what, named, why));
      }
    };
    const project::FoundSample found = project::FindSample(named, folders);
    if (found.whose == Whose::kLmmss) continue;
    if (found.whose == Whose::kNobodys) {
      tell(&bundled.missing, "the sample", ": there is no such file");
    } else if (!project::IsSoundFile(found.path)) {
      tell(&bundled.left_out, "the file", ": is none of sound, by its name");
    } else if (use.soundfont && !soundfonts) {
      tell(&bundled.left_out, "the SoundFont", "; --soundfonts takes it along");
    } else {
      const auto [entry, is_new] = name_of.try_emplace(found.path);
      if (is_new) {
        entry->second = names.Take(found.path);
        bundled.members.push_back(FileMember(folder + entry->second, found.path));
      }
      use.name.set_value(("../projects/" + folder + entry->second).c_str());
    }
  }
  return bundled;
}

}  // namespace continuo::ctl
