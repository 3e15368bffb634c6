// SPDX-License-Identifier: Apache-2.0
// Whatever an inspector that was taken over may answer: a draft is refused, or becomes a manifest
// that passes every check.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "daemon/model/import_manifest.h"
#include "daemon/model/license.h"
#include "daemon/model/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace model = continuo::model;
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)model::CheckLicenseExpression(text);
  const auto id = model::IdFromFileName(text);
  if (id.ok() && !model::CheckModelId(*id).ok()) std::abort();
  model::InspectedModel inspected;
  if (!inspected.draft.ParseFromString(text)) return 0;
  inspected.format = inspected.draft.summary();
  inspected.notes = {inspected.draft.name()};
  const model::ImportedFile file{"/music/" + inspected.draft.id(), size, std::string(64, '0'),
                                 "2026-01-31"};
  std::vector<std::string> notes;
  const auto manifest =
      model::MakeImportedManifest(inspected, {"amp", "", "MIT", "", {}}, file, &notes);
  if (manifest.ok() && !model::ValidateManifest(*manifest).ok()) std::abort();
  return 0;
}
