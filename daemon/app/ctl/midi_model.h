// SPDX-License-Identifier: Apache-2.0
// A model that writes notes, opened here and not by the daemon: for the verbs of `continuoctl
// midi` that ask how likely it has songs that are there already. Its weights are read by the
// fused executor, in this process.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/executor/executor.h"
#include "daemon/generate/composer.h"
#include "daemon/generate/likelihood.h"
#include "daemon/generate/reference.h"

namespace continuo::ctl {

// Throws BadInput.
[[nodiscard]] generate::Reference ReadReferenceFile(const std::string& path);

class NotesModel {
 public:
  // A package's folder, or the id of an installed model. Throws BadInput.
  explicit NotesModel(const std::string& folder_or_id);

  // The package's own reference set; none where it has none. Throws BadInput.
  [[nodiscard]] std::optional<generate::Reference> ReadReference() const;
  // As generate::SituationsOf().
  [[nodiscard]] std::vector<std::string> situations() const;
  // As generate::LikelihoodsOf(). Throws Failed.
  [[nodiscard]] generate::SongLikelihoods Likelihoods(absl::Span<const midi::Song> songs,
                                                      std::uint32_t bars,
                                                      const std::string& situation) const;

 private:
  std::string directory_;
  v1::ModelManifest manifest_;
  std::unique_ptr<executor::Executor> executor_;
  std::unique_ptr<executor::Decoder> decoder_;
  std::unique_ptr<generate::Composer> composer_;
};

}  // namespace continuo::ctl
