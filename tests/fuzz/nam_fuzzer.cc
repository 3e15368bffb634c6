// SPDX-License-Identifier: Apache-2.0
// Any text is refused with the field in the message, or makes a model whose states take
// blocks of any length. What Inspect accepts, Load accepts.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "daemon/executor/fused/fields.h"
#include "daemon/executor/fused/format.h"
#include "daemon/executor/fused/kernels.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace continuo::executor {
namespace {

void Check(bool condition) {
  if (!condition) std::abort();
}

// Rows of exactly the length of a block, so that what is beyond is found out.
void Play(State& state, std::uint32_t frames, std::size_t parameters) {
  const std::vector<float> in(frames, 0.25F), half(frames, 0.5F);
  std::vector<float> out(frames);
  const float* from = in.data();
  float* to = out.data();
  const std::vector<const float*> rows(parameters, half.data());
  Check(state.Process({&from, &to, rows.empty() ? nullptr : rows.data(), frames}) ==
        ProcessError::kNone);
}

void Run(const std::string& text) {
  const auto document = fused::ParseDocument(text);
  if (!document.ok()) return;
  if (!fused::kNamFormat.recognises(*document)) return;
  const fused::Kernels& kernels = **fused::ChooseKernels();
  const auto found = fused::kNamFormat.inspect(*document, kernels);
  if (!found.ok()) {
    Check(!found.status().message().empty());
    return;
  }
  for (const Inspection& one : *found) {
    LoadRequest request;
    request.description = one.description;
    for (const FoundParameter& parameter : one.parameters) {
      request.parameter_ids.push_back(parameter.id);
    }
    const auto model = fused::kNamFormat.load(*document, request, kernels);
    Check(model.ok());
    const auto state = (*model)->CreateState();
    Check(state.ok());
    for (const std::uint32_t frames : {1U, 65U, 17U}) {
      Play(**state, frames, request.parameter_ids.size());
    }
    (*state)->Reset();
    Play(**state, 30, request.parameter_ids.size());
  }
}

}  // namespace
}  // namespace continuo::executor

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  continuo::executor::Run(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
