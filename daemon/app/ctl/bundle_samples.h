// SPDX-License-Identifier: Apache-2.0
// The files of sound that a song uses, for its bundle.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shared/project/document.h"
#include "shared/project/samples.h"

namespace continuo::ctl {

struct BundleMember {
  std::string name;  // in the archive
  std::string path;  // empty: `text` is its content
  std::string text;
  std::uint64_t bytes = 0;
};
// Throws BadInput.
[[nodiscard]] BundleMember FileMember(const std::string& name, const std::string& path);

struct BundledSamples {
  std::vector<BundleMember> members;
  std::vector<std::string> missing;   // there is no such file
  std::vector<std::string> left_out;  // there is, and it is not asked for
};

// Those that do not come with LMMS, as members below `folder`, which is in the archive's folder
// "song/samples/". The document names them so that LMMS finds them where the archive has been
// unpacked in its folder of projects: there is no name relative to the song, and LMMS always has
// projects/ beside samples/.
[[nodiscard]] BundledSamples BundleSamples(const std::string& folder, bool soundfonts,
                                           const project::SampleFolders& folders,
                                           project::Document* document);

}  // namespace continuo::ctl
