// SPDX-License-Identifier: Apache-2.0
#include "shared/project/samples.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/string_view.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace continuo::project {
namespace {

namespace fs = std::filesystem;

constexpr std::array<absl::string_view, 5> kSampleElements{
    "sampletco", "sampleclip", "audiofileprocessor", "patman", "slicert"};
constexpr std::array<absl::string_view, 2> kSoundFontElements{"sf2player", "gigplayer"};
// Of oscillators and LFOs: "userwavefile", "userwavefile0" …
constexpr absl::string_view kDrawnWave = "userwavefile";

// Those that LMMS's own dialogs offer.
constexpr std::array<absl::string_view, 16> kEndings{
    ".wav", ".ogg", ".ds",  ".flac", ".spx", ".voc", ".aif", ".aiff",
    ".au",  ".raw", ".mp3", ".opus", ".pat", ".sf2", ".sf3", ".gig"};

template <std::size_t kCount>
bool Contains(const std::array<absl::string_view, kCount>& list, absl::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool IsFile(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

}  // namespace

std::vector<SampleUse> SamplesOf(Document* document) {
  std::vector<SampleUse> uses;
  const pugi::xml_node root = document->root();
  for (pugi::xml_node node = root; node; node = Following(node, root)) {
    const absl::string_view element = node.name();
    const bool soundfont = Contains(kSoundFontElements, element);
    const bool has_source = soundfont || Contains(kSampleElements, element);
    for (const pugi::xml_attribute& attribute : node.attributes()) {
      const absl::string_view name = attribute.name();
      const bool named = (has_source && name == "src") || absl::StartsWith(name, kDrawnWave);
      if (!named || *attribute.value() == '\0') continue;
      uses.push_back({attribute, document->LineOf(node), soundfont});
    }
  }
  return uses;
}

bool IsSoundFile(std::string_view path) {
  const std::string ending = fs::path(path).extension().string();
  return Contains(kEndings, absl::AsciiStrToLower(ending));
}

FoundSample FindSample(const std::string& name, const SampleFolders& folders) {
  using Whose = FoundSample::Whose;
  const bool absolute = fs::path(name).is_absolute();
  const std::string path = absolute ? name : (fs::path(folders.user) / name).string();
  if (IsFile(path)) return {Whose::kUsers, path};
  if (absolute) return {};
  const bool own = folders.own.empty() || IsFile((fs::path(folders.own) / name).string());
  return {own ? Whose::kLmmss : Whose::kNobodys, ""};
}

}  // namespace continuo::project
