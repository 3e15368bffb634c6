// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/composer.h"

#include <absl/strings/str_cat.h>

#include "daemon/generate/chorale.h"
#include "daemon/generate/fake/fake_composer.h"
#include "daemon/generate/groove.h"
#include "daemon/generate/melody.h"

namespace continuo::generate {

absl::StatusOr<std::unique_ptr<Composer>> CreateComposer(const v1::ModelManifest& manifest,
                                                         const executor::Decoder& decoder) {
  const std::string& composer = manifest.notes().composer();
  // One line a kind of model.
  if (composer == "chorale") return CreateChoraleComposer(manifest, decoder);
  if (composer == "fake") return CreateFakeComposer(decoder);
  if (composer == "groove") return CreateGroove(manifest, decoder);
  if (composer == "melody") return CreateMelodyComposer(manifest, decoder);
  return absl::NotFoundError(
      absl::StrCat(manifest.id(), ": notes.composer is \"", composer, "\", which is none"));
}

}  // namespace continuo::generate
