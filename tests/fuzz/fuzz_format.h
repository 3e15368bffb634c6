// SPDX-License-Identifier: Apache-2.0
// Any text is refused or gives a model that plays; what Inspect finds, Load takes.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "daemon/executor/fused/fields.h"
#include "daemon/executor/fused/format.h"
#include "daemon/executor/fused/kernels.h"

namespace continuo::test {

inline void FuzzFormat(const executor::fused::Format& format, const std::string& text) {
  using namespace executor;
  static const fused::Kernels& kernels = *fused::AvailableKernels().back();
  const auto document = fused::ParseDocument(text);
  if (!document.ok() || !format.recognises(*document)) return;
  const auto found = format.inspect(*document, kernels);
  if (!found.ok()) return;
  LoadRequest request;
  request.description = found->front().description;
  for (const FoundParameter& parameter : found->front().parameters) {
    request.parameter_ids.push_back(parameter.id);
  }
  // What has an LSTM or a GRU has both.
  const std::string& architecture = found->front().architecture;
  const bool has_int16 = architecture.find("LSTM") != std::string::npos ||
                         architecture.find("GRU") != std::string::npos;
  request.options["precision"] = has_int16 && text.size() % 2 != 0 ? "int16" : "float32";
  const auto model = format.load(*document, request, kernels);
  if (!model.ok()) std::abort();
  const auto a = *(*model)->CreateState(), b = *(*model)->CreateState();
  constexpr std::uint32_t kFrames = 67;
  const std::vector<float> in(kFrames, 0.25F);
  std::vector<float> out(kFrames);
  const float* const from = in.data();
  float* const to = out.data();
  const std::vector<const float*> knobs(request.parameter_ids.size(), from);
  const Block block = {&from, &to, knobs.data(), kFrames};
  State* const states[] = {a.get(), b.get()};
  const Block blocks[] = {block, block};
  if (a->Process(block) != ProcessError::kNone) std::abort();
  if ((*model)->ProcessTogether(states, blocks, 2) != ProcessError::kNone) std::abort();
  a->Reset();
}

}  // namespace continuo::test
