// SPDX-License-Identifier: Apache-2.0
// The files of sound that a song of LMMS names: samples, SoundFonts, drawn waves.
//
// LMMS 1.2.2 knows absolute names, and names relative to the user's folder of samples and then to
// its own (tests/lmms/bundle_test.py tries it). It has none relative to the song.
#pragma once

#include <cstddef>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "shared/project/document.h"

namespace continuo::project {

struct SampleUse {
  pugi::xml_attribute name;  // may be set, for the document to name another file
  std::size_t line = 0;      // of the XML
  bool soundfont = false;    // SF2, SF3 or GIG: often hundreds of megabytes
};

// In the order of the file; a file that is used twice is there twice.
[[nodiscard]] std::vector<SampleUse> SamplesOf(Document* document);

// Whether LMMS may take it for sound, by its ending. Songs come from anybody: a file of another
// kind is not to be handed on because a song names it.
[[nodiscard]] bool IsSoundFile(std::string_view path);

struct SampleFolders {
  std::string user;  // of the user's samples
  std::string own;   // of those that come with LMMS; empty: not known
};

struct FoundSample {
  enum class Whose { kNobodys, kUsers, kLmmss };  // it is not there; the user's; came with LMMS
  Whose whose = Whose::kNobodys;
  std::string path;  // of what is the user's
};
// Where LMMS's own are not known, a relative name that is not the user's is taken for one of them.
[[nodiscard]] FoundSample FindSample(const std::string& name, const SampleFolders& folders);

}  // namespace continuo::project
