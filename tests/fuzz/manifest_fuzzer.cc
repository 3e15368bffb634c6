// SPDX-License-Identifier: Apache-2.0
// Any text is refused or gives a manifest that the rest of the daemon can rely on.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/app/runner/parameter_specs.h"
#include "daemon/model/manifest.h"
#include "daemon/model/parameters.h"
#include "daemon/model/variant.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto manifest = continuo::model::ParseManifest(text, "fuzz");
  if (!manifest.ok()) return 0;
  for (const std::uint32_t rate : {0U, 8000U, 44100U, 88200U, 384000U}) {
    const int index = continuo::model::ChooseVariant(*manifest, rate).index;
    if (index < 0 || index >= manifest->variants_size()) std::abort();
  }
  for (const auto& preset : manifest->presets()) {
    if (!continuo::model::ResolveParameters(*manifest, preset.values()).ok()) std::abort();
  }
  // Whatever macros are there, the model gets what is in range.
  using continuo::stream::ParameterValues;
  ParameterValues values(continuo::runner::ToParameterSpecs(*manifest));
  for (const float share : {0.0F, 0.3F, 1.0F}) {
    for (std::uint32_t i = 0; i < values.count(); ++i) {
      const auto& spec = values.spec(i);
      values.Set(i, spec.minimum + share * (spec.maximum / 2 - spec.minimum / 2) * 2);
    }
    for (std::uint32_t i = 0; i < values.count(); ++i) {
      const float value = values.Effective(i);
      if (!(value >= values.spec(i).minimum && value <= values.spec(i).maximum)) std::abort();
    }
  }
  return 0;
}
