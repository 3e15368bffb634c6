// SPDX-License-Identifier: Apache-2.0
// Runs the model files of guitar amplifiers and the like, and transformers that write notes, with
// kernels of our own.
// Each format is a file of its own (format.h); what is in a file chooses it.
#include <absl/strings/str_cat.h>

#include <string>
#include <utility>

#include "daemon/base/mapped_file.h"
#include "daemon/base/read_file.h"
#include "daemon/executor/executor.h"
#include "daemon/executor/fused/benchmark.h"
#include "daemon/executor/fused/convert.h"
#include "daemon/executor/fused/fields.h"
#include "daemon/executor/fused/format.h"
#include "daemon/executor/fused/kernels.h"
#include "daemon/executor/fused/packed_document.h"
#include "daemon/executor/fused/transformer_decoder.h"

namespace continuo::executor {
namespace fused {
namespace {

// The parsed document takes up to eight times as much memory.
constexpr std::size_t kMaximumFileBytes = std::size_t{32} << 20;
constexpr std::size_t kMaximumDecoderBytes = std::size_t{256} << 20;

const Format* const kFormats[] = {&kContinuoFormat, &kNamFormat, &kGuitarMlFormat,
                                  &kRtNeuralFormat};

class FusedExecutor final : public Executor {
 public:
  absl::StatusOr<std::unique_ptr<Model>> Load(const LoadRequest& request) override {
    return WithFile<std::unique_ptr<Model>>(
        request.weights_path, [&](const Format& format, const auto& document, const auto& kernels) {
          return format.load(document, request, kernels);
        });
  }
  absl::StatusOr<std::vector<Inspection>> Inspect(const std::string& path) override {
    return WithFile<std::vector<Inspection>>(
        path, [](const Format& format, const auto& document, const auto& kernels) {
          return format.inspect(document, kernels);
        });
  }
  absl::StatusOr<std::unique_ptr<Decoder>> LoadDecoder(const LoadRequest& request) override {
    const auto kernels = ChooseKernels();
    if (!kernels.ok()) return kernels.status();
    auto file = base::MappedFile::Map(request.weights_path, kMaximumDecoderBytes);
    if (!file.ok()) return file.status();
    return WithPath(request.weights_path, MakeTransformerDecoder(*std::move(file), request,
                                                                 TransformerKernelsOf(**kernels)));
  }
  absl::StatusOr<Converted> Convert(const Conversion& conversion) override {
    const auto file = base::ReadFile(conversion.weights_path, kMaximumDecoderBytes);
    if (!file.ok()) return file.status();
    return WithPath(conversion.weights_path, ConvertFile(*file, conversion));
  }
  absl::StatusOr<Benchmark> RunBenchmark() override {
    const auto kernels = ChooseKernels();
    if (!kernels.ok()) return kernels.status();
    return fused::RunBenchmark(**kernels);
  }

 private:
  // The path goes before the message of an error.
  template <typename Result>
  static absl::StatusOr<Result> WithPath(const std::string& path, absl::StatusOr<Result> result) {
    if (result.ok()) return result;
    return absl::Status(result.status().code(),
                        absl::StrCat(path, ": ", result.status().message()));
  }
  // use(format, document, kernels)
  template <typename Result, typename Use>
  static absl::StatusOr<Result> WithFile(const std::string& path, const Use& use) {
    const auto kernels = ChooseKernels();
    if (!kernels.ok()) return kernels.status();
    const auto text = base::ReadFile(path, kMaximumFileBytes);
    if (!text.ok()) return text.status();
    return WithPath(path, [&]() -> absl::StatusOr<Result> {
      const auto document =
          LooksLikeSafetensors(*text) ? UnpackDocument(*text) : ParseDocument(*text);
      if (!document.ok()) return document.status();
      for (const Format* format : kFormats) {
        if (format->recognises(*document)) return use(*format, *document, **kernels);
      }
      return absl::InvalidArgumentError(
          "is of no known format, expected a file of NAM, GuitarML, AIDA-X, RTNeural or Continuo");
    }());
  }
};

}  // namespace
}  // namespace fused
}  // namespace continuo::executor

extern "C" __attribute__((visibility("default")))
const continuo::executor::ExecutorModule continuo_executor;
const continuo::executor::ExecutorModule continuo_executor = {
    continuo::executor::kInterfaceVersion, "fused",
    []() -> continuo::executor::Executor* { return new continuo::executor::fused::FusedExecutor; }};
