// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/torch/plain_module.h"

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include <optional>
#include <vector>

#include "daemon/executor/torch/torch_support.h"

namespace continuo::executor {
namespace {

constexpr std::int64_t kMaxOutputChannels = 8;
constexpr std::int64_t kLongestChunk = 16384;

at::Tensor Noise(std::vector<std::int64_t> shape) { return at::rand(shape) * 0.6 - 0.3; }

// The channels that come out where the module takes this input; `error` keeps the first
// complaint.
std::optional<std::uint32_t> Try(torch::jit::Module& module, std::int64_t channels,
                                 std::int64_t frames, bool batched, std::string* error) {
  std::string complaint;
  try {
    const at::Tensor x = batched ? Noise({1, channels, frames}) : Noise({channels, frames});
    const c10::IValue result = module.get_method("forward")({x});
    if (!result.isTensor()) {
      complaint = absl::StrCat("it gives a ", result.tagKind(), ", a tensor is expected");
    } else {
      const at::Tensor y = result.toTensor();
      const std::int64_t rows = y.dim() == x.dim() ? y.size(-2) : 0;
      if (y.dim() == x.dim() && (!batched || y.size(0) == 1) && y.size(-1) == frames && rows >= 1 &&
          rows <= kMaxOutputChannels && y.is_floating_point()) {
        return static_cast<std::uint32_t>(rows);
      }
      complaint =
          absl::StrCat("for ", c10::str(x.sizes()), " it gives ", c10::str(y.sizes()),
                       "; as many frames are expected, and 1 to ", kMaxOutputChannels, " channels");
    }
  } catch (const std::exception& exception) {
    complaint = Reason(exception);
  }
  if (error->empty()) *error = complaint;
  return std::nullopt;
}

// 0: any number of frames.
std::uint32_t FindChunk(torch::jit::Module& module, const PlainShape& shape) {
  std::string ignored;
  const auto takes = [&](std::int64_t frames) {
    return Try(module, shape.input_channels, frames, shape.batched, &ignored).has_value();
  };
  if (takes(1) && takes(63) && takes(441)) return 0;
  std::int64_t chunk = 1;
  while (chunk < kLongestChunk && !(takes(chunk) && takes(chunk))) chunk *= 2;
  return static_cast<std::uint32_t>(chunk);
}

}  // namespace

absl::StatusOr<PlainShape> ProbePlain(torch::jit::Module& module) {
  std::string error;
  for (const bool batched : {true, false}) {
    for (const std::uint32_t channels : {1U, 2U}) {
      for (const std::int64_t frames : {std::int64_t{256}, std::int64_t{2048}, kLongestChunk}) {
        const auto out = Try(module, channels, frames, batched, &error);
        if (!out) continue;
        PlainShape shape{batched, channels, *out, 0};
        shape.chunk_frames = FindChunk(module, shape);
        return shape;
      }
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("forward takes neither [1, C, T] nor [C, T] of one or two channels: ", error));
}

absl::StatusOr<NativeShape> ProbeNative(torch::jit::Module& module) {
  constexpr std::uint32_t kMostParameters = 16;
  constexpr std::int64_t kFrames = 256;
  std::string error;
  for (const std::uint32_t channels : {1U, 2U}) {
    for (std::uint32_t parameters = 0; parameters <= kMostParameters; ++parameters) {
      try {
        const auto result = module.get_method("forward")({Noise({1, channels, kFrames}),
                                                          at::full({1, parameters, kFrames}, 0.5),
                                                          module.get_method("initial_state")({})});
        const auto& elements = result.toTupleRef().elements();
        if (elements.size() != 2) {
          return absl::InvalidArgumentError(absl::StrCat(
              "forward gives ", elements.size(), " things, two are expected: sound and state"));
        }
        const at::Tensor y = elements[0].toTensor();
        if (y.dim() == 3 && y.size(0) == 1 && y.size(1) >= 1 && y.size(1) <= kMaxOutputChannels &&
            y.size(2) == kFrames && y.scalar_type() == at::kFloat) {
          return NativeShape{channels, static_cast<std::uint32_t>(y.size(1)), parameters};
        }
        if (error.empty()) error = absl::StrCat("it gives a tensor ", c10::str(y.sizes()));
      } catch (const std::exception& exception) {
        if (error.empty()) error = Reason(exception);
      }
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("forward(x [1, C, T], parameters [1, P, T], state) fails for one and two "
                   "channels and up to 16 parameters: ",
                   error));
}

}  // namespace continuo::executor
