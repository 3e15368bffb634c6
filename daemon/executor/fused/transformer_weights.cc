// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/transformer_weights.h"

#include <algorithm>
#include <utility>

namespace continuo::executor::fused {
namespace {

void Take(const HalfMatrix& from, Storage storage, const base::MappedFile* file, PackedMatrix* to) {
  PackInto(from, storage, to);
  if (file != nullptr) file->GiveBack();
}

void Take(const TransformerLayer& from, Storage storage, const base::MappedFile* file,
          PackedLayer* to) {
  to->attention_gain = Padded(from.attention_gain);
  to->mlp_gain = Padded(from.mlp_gain);
  Take(from.qkv, storage, file, &to->qkv);
  Take(from.out, storage, file, &to->out);
  Take(from.up, storage, file, &to->up);
  Take(from.down, storage, file, &to->down);
}

std::vector<PackedLayer> TakeAll(const std::vector<TransformerLayer>& from, Storage storage,
                                 const base::MappedFile* file) {
  std::vector<PackedLayer> layers(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) Take(from[i], storage, file, &layers[i]);
  return layers;
}

}  // namespace

struct TransformerWeights::Window {
  Window(TransformerNet read, Storage as, base::MappedFile from)
      : file(std::move(from)), net(std::move(read)), storage(as) {}

  const PackedLayer& Layer(const std::vector<TransformerLayer>& layers, std::size_t index) {
    if (index + 1 < layers.size()) {
      ReadAhead(layers[index + 1]);
    } else {
      file.ReadAhead(net.output.halves);
    }
    Take(layers[index], storage, &file, &layer);
    return layer;
  }
  const PackedMatrix& Output() {
    ReadAhead(net.decoder.front());  // of the next cell
    Take(net.output, storage, &file, &output);
    return output;
  }
  void ReadAhead(const TransformerLayer& one) const {
    for (const HalfMatrix* matrix : {&one.qkv, &one.out, &one.up, &one.down}) {
      file.ReadAhead(matrix->halves);
    }
  }

  const base::MappedFile file;
  const TransformerNet net;
  const Storage storage;
  std::mutex turn;
  // Guarded by it.
  PackedLayer layer;
  PackedMatrix output;
};

TransformerWeights::TransformerWeights(const TransformerNet& net, Storage storage,
                                       const base::MappedFile* file)
    : encoder_(TakeAll(net.encoder, storage, file)), decoder_(TakeAll(net.decoder, storage, file)) {
  Take(net.output, storage, file, &output_);
}

TransformerWeights::TransformerWeights(TransformerNet net, Storage storage, base::MappedFile file)
    : window_(std::make_unique<Window>(std::move(net), storage, std::move(file))) {
  // All layers are of one shape: the window is as large from here on as it will ever be.
  window_->Layer(window_->net.decoder, 0);
  window_->Output();
}

TransformerWeights::~TransformerWeights() = default;

std::size_t TransformerWeights::encoder_layers() const {
  return window_ ? window_->net.encoder.size() : encoder_.size();
}

std::size_t TransformerWeights::decoder_layers() const {
  return window_ ? window_->net.decoder.size() : decoder_.size();
}

std::uint64_t TransformerWeights::window_bytes() const {
  if (!window_) return 0;
  const PackedLayer& layer = window_->layer;
  const TransformerLayer& from = window_->net.decoder.front();
  const std::size_t pages =
      std::max({from.qkv.halves.size(), from.out.halves.size(), from.up.halves.size(),
                from.down.halves.size(), window_->net.output.halves.size()});
  return layer.qkv.bytes() + layer.out.bytes() + layer.up.bytes() + layer.down.bytes() +
         window_->output.bytes() + pages;
}

TransformerWeights::Pass::Pass(const TransformerWeights& weights) : weights_(weights) {
  if (weights.window_) turn_ = std::unique_lock(weights.window_->turn);
}

const PackedLayer& TransformerWeights::Pass::Encoder(std::size_t index) {
  Window* const window = weights_.window_.get();
  return window == nullptr ? weights_.encoder_[index] : window->Layer(window->net.encoder, index);
}

const PackedLayer& TransformerWeights::Pass::Decoder(std::size_t index) {
  Window* const window = weights_.window_.get();
  return window == nullptr ? weights_.decoder_[index] : window->Layer(window->net.decoder, index);
}

const PackedMatrix& TransformerWeights::Pass::Output() {
  return weights_.window_ ? weights_.window_->Output() : weights_.output_;
}

}  // namespace continuo::executor::fused
