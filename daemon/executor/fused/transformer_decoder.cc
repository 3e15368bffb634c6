// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/transformer_decoder.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <map>
#include <utility>

#include "daemon/base/bytes_in_words.h"
#include "daemon/executor/decoder_check.h"
#include "daemon/executor/fused/transformer_layer.h"
#include "daemon/executor/fused/transformer_net.h"
#include "daemon/executor/fused/transformer_weights.h"

namespace continuo::executor::fused {
namespace {

constexpr std::uint32_t kRowsAtOnce = 64;  // of a grid

class TransformerSequence final : public Sequence {
 public:
  TransformerSequence(const Decoder& owner, const LayerShape& shape, std::uint32_t layers,
                      std::uint32_t window)
      : owner_(owner), window_(window) {
    for (std::uint32_t i = 0; i < layers; ++i) layers_.emplace_back(shape, window);
  }
  void Reset() override { size_ = 0; }
  void CopyFrom(const Sequence& other) override {
    const auto& from = dynamic_cast<const TransformerSequence&>(other);
    if (&from == this) return;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      layers_[i].CopyFrom(from.layers_[i], from.seen(from.size_));
    }
    size_ = from.size_;
  }
  [[nodiscard]] std::uint64_t size() const override { return size_; }

  [[nodiscard]] const Decoder& owner() const { return owner_; }
  [[nodiscard]] KeysAndValues& layer(std::size_t index) { return layers_[index]; }
  [[nodiscard]] std::uint32_t place(std::uint64_t cell) const {
    return static_cast<std::uint32_t>(cell % window_);
  }
  // How many of the first `cells` cells are still there.
  [[nodiscard]] std::uint32_t seen(std::uint64_t cells) const {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(cells, window_));
  }
  void Advance() { ++size_; }

 private:
  const Decoder& owner_;
  const std::uint32_t window_;
  std::vector<KeysAndValues> layers_;
  std::uint64_t size_ = 0;
};

class TransformerDecoder final : public Decoder {
 public:
  // `net` without its layers and its last matrix, which are in `weights`.
  TransformerDecoder(TransformerNet net, std::unique_ptr<TransformerWeights> weights,
                     const TransformerKernels& kernels)
      : kernels_(kernels),
        shape_({net.width, net.heads, net.hidden}),
        rates_(RotaryRates(shape_.head_size())),
        grid_window_(net.grid_window),
        grid_(std::move(net.grid)),
        token_(std::move(net.token)),
        output_gain_(Padded(net.output_gain)),
        weights_(std::move(weights)) {
    for (const auto& table : grid_) described_.grid_fields.push_back(Values(table));
    for (const auto& table : token_) described_.token_fields.push_back(Values(table));
    described_.width = net.width;
    described_.vocabulary = net.vocabulary;
    described_.token_window = net.token_window;
    described_.parameter_count = net.parameter_count;
    described_.metadata = std::move(net.metadata);
    described_.window_bytes = weights_->window_bytes();
  }

  [[nodiscard]] const DecoderShape& shape() const override { return described_; }
  [[nodiscard]] absl::StatusOr<std::vector<float>> Encode(absl::Span<const std::int32_t> grid,
                                                          std::uint32_t steps) const override;
  [[nodiscard]] std::unique_ptr<Sequence> CreateSequence() const override {
    return std::make_unique<TransformerSequence>(
        *this, shape_, static_cast<std::uint32_t>(weights_->decoder_layers()),
        described_.token_window);
  }
  [[nodiscard]] absl::Status Next(absl::Span<const Cell> cells) const override;

 private:
  [[nodiscard]] std::uint32_t Values(const std::vector<float>& table) const {
    return static_cast<std::uint32_t>(table.size() / shape_.width);
  }
  // Adds each field's row to `to`.
  void Embed(const std::vector<std::vector<float>>& tables, const std::int32_t* values,
             float* to) const;
  void EncodeLayer(const PackedLayer& layer, const std::vector<Rotation>& rotations, LayerRun& run,
                   AlignedFloats& x) const;

  const TransformerKernels& kernels_;
  const LayerShape shape_;
  const std::vector<double> rates_;
  const std::uint32_t grid_window_;
  DecoderShape described_;
  std::vector<std::vector<float>> grid_, token_;
  AlignedFloats output_gain_;
  const std::unique_ptr<TransformerWeights> weights_;
};

void TransformerDecoder::Embed(const std::vector<std::vector<float>>& tables,
                               const std::int32_t* values, float* to) const {
  for (std::size_t f = 0; f < tables.size(); ++f) {
    const float* row = tables[f].data() + static_cast<std::size_t>(values[f]) * shape_.width;
    for (std::uint32_t i = 0; i < shape_.width; ++i) to[i] += row[i];
  }
}

void TransformerDecoder::EncodeLayer(const PackedLayer& layer,
                                     const std::vector<Rotation>& rotations, LayerRun& run,
                                     AlignedFloats& x) const {
  const auto steps = static_cast<std::uint32_t>(rotations.size());
  const std::size_t stride = StrideOf(shape_.width);
  KeysAndValues cells(shape_, steps);
  std::vector<float> queries(std::size_t{steps} * shape_.width);
  for (std::uint32_t begin = 0; begin < steps; begin += kRowsAtOnce) {
    const std::uint32_t rows = std::min(kRowsAtOnce, steps - begin);
    run.Project(layer, x.data() + begin * stride, rows);
    for (std::uint32_t row = 0; row < rows; ++row) {
      const std::uint32_t step = begin + row;
      cells.Write(step, run.Key(row, rotations[step]), run.Value(row));
      std::copy_n(run.Query(row, rotations[step]), shape_.width,
                  queries.data() + std::size_t{step} * shape_.width);
    }
  }
  for (std::uint32_t begin = 0; begin < steps; begin += kRowsAtOnce) {
    const std::uint32_t rows = std::min(kRowsAtOnce, steps - begin);
    for (std::uint32_t row = 0; row < rows; ++row) {
      const std::uint32_t step = begin + row;
      run.Attend(queries.data() + std::size_t{step} * shape_.width, cells,
                 step - std::min(step, grid_window_), std::min(steps, step + grid_window_ + 1),
                 row);
    }
    run.Finish(layer, x.data() + begin * stride, rows);
  }
}

absl::StatusOr<std::vector<float>> TransformerDecoder::Encode(absl::Span<const std::int32_t> grid,
                                                              std::uint32_t steps) const {
  const std::size_t fields = grid_.size();
  if (auto status = CheckGrid(described_, grid, steps); !status.ok()) return status;
  const std::size_t stride = StrideOf(shape_.width);
  AlignedFloats x(steps * stride);
  std::vector<Rotation> rotations;
  for (std::uint32_t step = 0; step < steps; ++step) {
    Embed(grid_, grid.data() + step * fields, x.data() + step * stride);
    rotations.emplace_back(rates_, shape_.heads, step);
  }
  LayerRun run(shape_, kernels_, std::min(steps, kRowsAtOnce), steps);
  TransformerWeights::Pass pass(*weights_);
  for (std::size_t i = 0; i < weights_->encoder_layers(); ++i) {
    EncodeLayer(pass.Encoder(i), rotations, run, x);
  }
  std::vector<float> rows;
  rows.reserve(std::size_t{steps} * shape_.width);
  for (std::uint32_t step = 0; step < steps; ++step) {
    const float* row = x.data() + step * stride;
    rows.insert(rows.end(), row, row + shape_.width);
  }
  return rows;
}

absl::Status TransformerDecoder::Next(absl::Span<const Cell> cells) const {
  if (auto status = CheckCells(described_, cells); !status.ok()) return status;
  std::vector<TransformerSequence*> sequences;
  for (const Cell& cell : cells) {
    auto* sequence = dynamic_cast<TransformerSequence*>(cell.sequence);
    if (sequence == nullptr || &sequence->owner() != this) return ForeignSequence(sequences.size());
    sequences.push_back(sequence);
  }
  const auto rows = static_cast<std::uint32_t>(cells.size());
  const std::size_t stride = StrideOf(shape_.width);
  AlignedFloats x(rows * stride);
  std::vector<Rotation> rotations;
  std::vector<std::uint64_t> numbers;  // which cell of its sequence each is
  for (std::uint32_t row = 0; row < rows; ++row) {
    const Cell& cell = cells[row];
    std::copy_n(cell.encoded, shape_.width, x.data() + row * stride);
    Embed(token_, cell.token, x.data() + row * stride);
    rotations.emplace_back(rates_, shape_.heads, static_cast<std::uint32_t>(cell.position));
    numbers.push_back(sequences[row]->size());
    sequences[row]->Advance();
  }
  LayerRun run(shape_, kernels_, rows, described_.token_window);
  TransformerWeights::Pass pass(*weights_);
  for (std::size_t i = 0; i < weights_->decoder_layers(); ++i) {
    const PackedLayer& layer = pass.Decoder(i);
    run.Project(layer, x.data(), rows);
    // In their order: a cell may overwrite the one that the next cell no longer sees.
    for (std::uint32_t row = 0; row < rows; ++row) {
      TransformerSequence& sequence = *sequences[row];
      KeysAndValues& seen = sequence.layer(i);
      seen.Write(sequence.place(numbers[row]), run.Key(row, rotations[row]), run.Value(row));
      run.Attend(run.Query(row, rotations[row]), seen, 0, sequence.seen(numbers[row] + 1), row);
    }
    run.Finish(layer, x.data(), rows);
  }
  // Only the rows whose logits are wanted, side by side.
  std::uint32_t wanted = 0;
  for (std::uint32_t row = 0; row < rows; ++row) {
    if (cells[row].logits == nullptr) continue;
    if (row != wanted) std::copy_n(x.data() + row * stride, stride, x.data() + wanted * stride);
    ++wanted;
  }
  if (wanted == 0) return absl::OkStatus();
  const PackedMatrix& output = pass.Output();
  const std::size_t logits_stride = StrideOf(output.matrix.count * kPanel);
  AlignedFloats logits(wanted * logits_stride);
  run.Output(output, output_gain_, x.data(), wanted, logits.data());
  const float* from = logits.data();
  for (const Cell& cell : cells) {
    if (cell.logits == nullptr) continue;
    std::copy_n(from, described_.vocabulary, cell.logits);
    from += logits_stride;
  }
  return absl::OkStatus();
}

absl::StatusOr<Storage> StorageOf(const LoadRequest& request, const TransformerKernels& kernels) {
  const auto option = request.options.find("precision");
  const std::string precision = option == request.options.end() ? "fp32" : option->second;
  if (precision == "int8") return Storage::kInt8;
  if (precision == "fp32") return kernels.reads_halves ? Storage::kHalf : Storage::kFloat;
  return absl::InvalidArgumentError(
      absl::StrCat("precision: is '", precision, "', expected fp32 or int8"));
}

absl::StatusOr<std::unique_ptr<Decoder>> MakeResident(absl::string_view file,
                                                      const base::MappedFile* mapped,
                                                      const LoadRequest& request,
                                                      const TransformerKernels& kernels) {
  const auto storage = StorageOf(request, kernels);
  if (!storage.ok()) return storage.status();
  auto net = ReadTransformer(file, mapped);
  if (!net.ok()) return net.status();
  auto weights = std::make_unique<TransformerWeights>(*net, *storage, mapped);
  return std::make_unique<TransformerDecoder>(*std::move(net), std::move(weights), kernels);
}

absl::StatusOr<std::unique_ptr<Decoder>> MakeStreamed(base::MappedFile file,
                                                      const LoadRequest& request,
                                                      const TransformerKernels& kernels) {
  const auto storage = StorageOf(request, kernels);
  if (!storage.ok()) return storage.status();
  auto net = ReadTransformer(file.bytes(), &file);
  if (!net.ok()) return net.status();
  if (!net->widened.empty()) {
    return absl::FailedPreconditionError(
        "stores other numbers than halves, so its weights cannot be streamed");
  }
  TransformerNet layers;
  layers.encoder = std::move(net->encoder);
  layers.decoder = std::move(net->decoder);
  layers.output = net->output;
  auto weights = std::make_unique<TransformerWeights>(std::move(layers), *storage, std::move(file));
  if (weights->window_bytes() > request.weight_window_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "its layers go through a window of ", base::BytesInWords(weights->window_bytes()),
        ", and there are ", base::BytesInWords(request.weight_window_bytes)));
  }
  return std::make_unique<TransformerDecoder>(*std::move(net), std::move(weights), kernels);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Decoder>> MakeTransformerDecoder(absl::string_view file,
                                                                const LoadRequest& request,
                                                                const TransformerKernels& kernels) {
  return MakeResident(file, nullptr, request, kernels);
}

absl::StatusOr<std::unique_ptr<Decoder>> MakeTransformerDecoder(base::MappedFile file,
                                                                const LoadRequest& request,
                                                                const TransformerKernels& kernels) {
  if (request.weight_window_bytes > 0) return MakeStreamed(std::move(file), request, kernels);
  return MakeResident(file.bytes(), &file, request, kernels);
}

}  // namespace continuo::executor::fused
