// SPDX-License-Identifier: Apache-2.0
// Any text is refused or gives a model that plays any block, whatever its weights, knobs
// and samples are.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "daemon/executor/fused/continuo_file.h"
#include "daemon/executor/fused/format.h"

namespace fused = continuo::executor::fused;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto document =
      fused::ParseDocument(std::string(reinterpret_cast<const char*>(data), size));
  if (!document.ok() || !fused::kContinuoFormat.recognises(*document)) return 0;
  const auto kernels = fused::ChooseKernels();
  const auto file = fused::ReadContinuoFile(*document);
  continuo::executor::LoadRequest request;
  if (file.ok()) {
    request.description.sample_rate_hz = file->sample_rate_hz;
    request.description.latency_frames = file->latency_frames;
    request.parameter_ids = file->parameters;
  }
  auto model = fused::kContinuoFormat.load(*document, request, **kernels);
  if (model.ok() && !file.ok()) std::abort();
  if (!model.ok()) return 0;
  auto state = (*model)->CreateState();
  if (!state.ok()) std::abort();
  constexpr std::uint32_t kFrames = 200;
  std::vector<float> in(kFrames), knob(kFrames), out(kFrames);
  for (std::uint32_t i = 0; i < kFrames; ++i) {
    in[i] = static_cast<float>(i % 17) - 8;
    knob[i] = static_cast<float>(i / 50) * 3;
  }
  in[9] = knob[150] = std::numeric_limits<float>::quiet_NaN();
  in[10] = knob[151] = std::numeric_limits<float>::infinity();
  const float* from = in.data();
  float* to = out.data();
  const std::vector<const float*> parameters(request.parameter_ids.size(), knob.data());
  for (const std::uint32_t frames : {1U, 63U, kFrames}) {
    if ((*state)->Process({&from, &to, parameters.data(), frames}) !=
        continuo::executor::ProcessError::kNone) {
      std::abort();
    }
  }
  return 0;
}
