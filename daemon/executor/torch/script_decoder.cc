// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/torch/script_decoder.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "daemon/executor/decoder_check.h"
#include "daemon/executor/torch/torch_support.h"

namespace continuo::executor {
namespace {

class ScriptSequence final : public Sequence {
 public:
  ScriptSequence(const Decoder& owner, at::Tensor cache)
      : owner_(owner), cache_(std::move(cache)) {}
  void Reset() override { size_ = 0; }  // what lies behind the size is not seen
  void CopyFrom(const Sequence& other) override {
    const c10::InferenceMode inference;
    const auto& from = dynamic_cast<const ScriptSequence&>(other);
    cache_.copy_(from.cache_);
    size_ = from.size_;
  }
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] const Decoder& owner() const { return owner_; }
  [[nodiscard]] const at::Tensor& cache() const { return cache_; }
  void Advance() { ++size_; }

 private:
  const Decoder& owner_;
  at::Tensor cache_;
  std::uint64_t size_ = 0;
};

at::Tensor ToLongs(const std::int32_t* values, std::int64_t count) {
  at::Tensor tensor = at::empty({count}, at::kLong);
  std::copy_n(values, count, tensor.data_ptr<std::int64_t>());
  return tensor;
}

class ScriptDecoder final : public Decoder {
 public:
  ScriptDecoder(torch::jit::Module module, DecoderShape shape)
      : module_(std::move(module)),
        shape_(std::move(shape)),
        encode_(module_.get_method("encode")),
        cache_(module_.get_method("cache")),
        next_(module_.get_method("next")) {}

  [[nodiscard]] const DecoderShape& shape() const override { return shape_; }

  [[nodiscard]] absl::StatusOr<std::vector<float>> Encode(absl::Span<const std::int32_t> grid,
                                                          std::uint32_t steps) const override {
    if (auto status = CheckGrid(shape_, grid, steps); !status.ok()) return status;
    try {
      const c10::InferenceMode inference;
      const auto fields = static_cast<std::int64_t>(shape_.grid_fields.size());
      const at::Tensor values = ToLongs(grid.data(), static_cast<std::int64_t>(grid.size()));
      const at::Tensor rows =
          Run(encode_, {values.view({1, steps, fields})}, std::int64_t{steps} * shape_.width);
      const auto* floats = rows.data_ptr<float>();
      return std::vector<float>(floats, floats + rows.numel());
    } catch (const std::exception& error) {
      return absl::InternalError(absl::StrCat("the module's encode failed: ", Reason(error)));
    }
  }

  [[nodiscard]] std::unique_ptr<Sequence> CreateSequence() const override {
    const c10::InferenceMode inference;
    torch::jit::Method cache = cache_;
    return std::make_unique<ScriptSequence>(*this, cache({std::int64_t{1}}).toTensor());
  }

  [[nodiscard]] absl::Status Next(absl::Span<const Cell> cells) const override {
    if (auto status = CheckCells(shape_, cells); !status.ok()) return status;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const auto* sequence = dynamic_cast<const ScriptSequence*>(cells[i].sequence);
      if (sequence == nullptr || &sequence->owner() != this) return ForeignSequence(i);
    }
    try {
      const c10::InferenceMode inference;
      for (const Cell& cell : cells) NextOf(cell);
      return absl::OkStatus();
    } catch (const std::exception& error) {
      return absl::InternalError(absl::StrCat("the module's next failed: ", Reason(error)));
    }
  }

 private:
  void NextOf(const Cell& cell) const {
    auto& sequence = static_cast<ScriptSequence&>(*cell.sequence);
    const auto fields = static_cast<std::int64_t>(shape_.token_fields.size());
    at::Tensor encoded = at::empty({1, shape_.width}, at::kFloat);
    std::copy_n(cell.encoded, shape_.width, encoded.data_ptr<float>());
    const at::Tensor logits = Run(
        next_,
        {ToLongs(cell.token, fields).view({1, fields}), encoded, ToLongs(&cell.position, 1),
         at::full({1}, static_cast<std::int64_t>(sequence.size()), at::kLong), sequence.cache()},
        shape_.vocabulary);
    sequence.Advance();
    if (cell.logits != nullptr) {
      std::copy_n(logits.data_ptr<float>(), shape_.vocabulary, cell.logits);
    }
  }
  // `count` floats, or it throws.
  static at::Tensor Run(torch::jit::Method method, std::vector<c10::IValue> inputs,
                        std::int64_t count) {
    at::Tensor result = method(std::move(inputs)).toTensor().contiguous();
    if (result.scalar_type() != at::kFloat || result.numel() != count) {
      throw std::runtime_error(
          absl::StrCat("it gave ", result.numel(), " values, expected ", count, " of float32"));
    }
    return result;
  }

  torch::jit::Module module_;
  const DecoderShape shape_;
  torch::jit::Method encode_, cache_, next_;
};

// [values][width]
using Sizes = std::map<std::string, std::vector<std::int64_t>>;

// The first sizes of `part`.0.weight, `part`.1.weight and so on.
std::vector<std::uint32_t> FieldsOf(const Sizes& sizes, const std::string& part) {
  std::vector<std::uint32_t> fields;
  for (;;) {
    const auto found = sizes.find(absl::StrCat(part, ".", fields.size(), ".weight"));
    if (found == sizes.end() || found->second.size() != 2) return fields;
    fields.push_back(static_cast<std::uint32_t>(found->second[0]));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Decoder>> MakeScriptDecoder(torch::jit::Module module,
                                                           const std::string& path) {
  for (const char* method : {"encode", "cache", "next"}) {
    if (!module.find_method(method)) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": the module has no method '", method, "'"));
    }
  }
  DecoderShape shape;
  Sizes sizes;
  for (const auto& parameter : module.named_parameters()) {
    sizes[parameter.name] = parameter.value.sizes().vec();
    shape.parameter_count += static_cast<std::uint64_t>(parameter.value.numel());
  }
  shape.grid_fields = FieldsOf(sizes, "grid");
  shape.token_fields = FieldsOf(sizes, "token");
  const auto window = NumberAttribute(module, {"token_window"});
  if (shape.grid_fields.empty() || shape.token_fields.empty() || !window ||
      sizes["output.weight"].size() != 2) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": the module has no ",
                                                   shape.grid_fields.empty()    ? "grid.0.weight"
                                                   : shape.token_fields.empty() ? "token.0.weight"
                                                   : !window                    ? "token_window"
                                                                                : "output.weight",
                                                   ", as models/common/grid_transformer.py has"));
  }
  shape.vocabulary = static_cast<std::uint32_t>(sizes["output.weight"][0]);
  shape.width = static_cast<std::uint32_t>(sizes["output.weight"][1]);
  shape.token_window = static_cast<std::uint32_t>(*window);
  return std::make_unique<ScriptDecoder>(std::move(module), std::move(shape));
}

}  // namespace continuo::executor
