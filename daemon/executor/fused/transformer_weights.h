// SPDX-License-Identifier: Apache-2.0
// The matrices of a transformer as a pass through its layers needs them: packed once; or, where
// there is no memory for all of them, out of their file one layer after the other.
//
// Problem: packed weights are a process's own, so a model of more than the memory that is allowed
// could not run. Streamed, the layer at hand is packed into memory that the next one takes over;
// the system is asked for the next one's pages meanwhile, and a matrix's are given back as soon as
// it is packed. What is packed is the same, so results are, bit by bit.
// Threads: [any-thread]. Streamed, one pass at a time, and others wait: so there is one window
// however many threads there are.
#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "daemon/base/mapped_file.h"
#include "daemon/executor/fused/transformer_layer.h"
#include "daemon/executor/fused/transformer_net.h"
#include "daemon/executor/fused/transformer_pack.h"

namespace continuo::executor::fused {

class TransformerWeights {
 public:
  // Packs all. Pages of `file`, which may be null, are given back behind it.
  TransformerWeights(const TransformerNet& net, Storage storage, const base::MappedFile* file);
  // Streams them. The matrices of `net` lie in `file`.
  TransformerWeights(TransformerNet net, Storage storage, base::MappedFile file);
  ~TransformerWeights();

  [[nodiscard]] std::size_t encoder_layers() const;
  [[nodiscard]] std::size_t decoder_layers() const;
  // The most of them that is in memory at a time; 0: all of them are.
  [[nodiscard]] std::uint64_t window_bytes() const;

  // What it gives is good until it is asked for the next.
  class Pass {
   public:
    explicit Pass(const TransformerWeights& weights);
    [[nodiscard]] const PackedLayer& Encoder(std::size_t index);
    [[nodiscard]] const PackedLayer& Decoder(std::size_t index);
    [[nodiscard]] const PackedMatrix& Output();

   private:
    const TransformerWeights& weights_;
    std::unique_lock<std::mutex> turn_;
  };

 private:
  struct Window;

  std::vector<PackedLayer> encoder_, decoder_;
  PackedMatrix output_;
  std::unique_ptr<Window> window_;  // null: they are above
};

}  // namespace continuo::executor::fused
