// SPDX-License-Identifier: Apache-2.0
// Any file is refused or gives a decoder that writes, with either precision.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "daemon/executor/fused/packed_document.h"
#include "daemon/executor/fused/transformer_decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace continuo::executor;
  // The same file as a model's JSON with its lists taken out.
  (void)fused::UnpackDocument({reinterpret_cast<const char*>(data), size});
  LoadRequest request;
  request.options["precision"] = size % 2 == 0 ? "fp32" : "int8";
  const auto decoder =
      fused::MakeTransformerDecoder({reinterpret_cast<const char*>(data), size}, request,
                                    *fused::AvailableTransformerKernels().back());
  if (!decoder.ok()) return 0;
  const DecoderShape& shape = (*decoder)->shape();
  constexpr std::uint32_t kSteps = 3;
  const std::vector<std::int32_t> grid(kSteps * shape.grid_fields.size(), 0);
  const std::vector<std::int32_t> token(shape.token_fields.size(), 0);
  const auto encoded = (*decoder)->Encode(grid, kSteps);
  if (!encoded.ok()) std::abort();
  const auto a = (*decoder)->CreateSequence(), b = (*decoder)->CreateSequence();
  std::vector<float> logits(shape.vocabulary);
  const Cell cells[] = {{a.get(), token.data(), encoded->data(), 0, logits.data()},
                        {b.get(), token.data(), encoded->data(), 1, nullptr},
                        {a.get(), token.data(), encoded->data(), 2, logits.data()}};
  if (!(*decoder)->Next(cells).ok()) std::abort();
  b->CopyFrom(*a);
  if (b->size() != 2) std::abort();
  return 0;
}
