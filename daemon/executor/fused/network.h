// SPDX-License-Identifier: Apache-2.0
// A network with packed weights that all its states share, and the model around it.
//
// A model holds one copy of the weights and one state at rest: the one before any
// input, after the silence that the format wants. Each stream copies the latter when
// it begins and when it is reset.
// Real time: Run is bounded by its frames, a reset by the memory's size; neither
// allocates, locks or calls the system (tests/realtime/fused_realtime_test.cc).
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "daemon/executor/executor.h"
#include "daemon/executor/fused/aligned_floats.h"

namespace continuo::executor::fused {

// What a stream has of its own.
struct Memory {
  AlignedFloats floats;
  std::vector<std::uint32_t> words;  // places in rings, turns
  std::vector<Memory> parts;         // of the networks within a network
};
// Between two of one shape.
void Copy(const Memory& from, Memory& to) noexcept;

class Network {
 public:
  Network() = default;
  virtual ~Network() = default;
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;
  // Frames of silence before a stream begins.
  [[nodiscard]] virtual std::uint32_t warm_up_frames() const = 0;
  // How long the input may be heard after its end.
  [[nodiscard]] virtual std::uint32_t tail_frames() const { return warm_up_frames(); }
  [[nodiscard]] virtual Memory AtStart() const = 0;  // before that silence
  // A block as State::Process has it. [audio-thread]
  virtual void Run(Memory& memory, const Block& block) const noexcept = 0;
  // How many memories RunTogether() works on at once; 1: it takes one after the other.
  [[nodiscard]] virtual std::uint32_t most_together() const { return 1; }
  // Blocks of one length, one for each memory: bit by bit what one after the other
  // gives. [audio-thread]
  virtual void RunTogether(Memory* const* memories, const Block* blocks,
                           std::uint32_t count) const noexcept {
    for (std::uint32_t i = 0; i < count; ++i) Run(*memories[i], blocks[i]);
  }
};

// AtStart() after the silence; `parameters` are held at 0, `outputs` are not heard.
[[nodiscard]] Memory AtRest(const Network& network, std::uint32_t parameters = 0,
                            std::uint32_t outputs = 1);

[[nodiscard]] std::unique_ptr<Model> MakeModel(std::unique_ptr<const Network> network,
                                               const LoadRequest& request);

// What a file is must be what the manifest states of it: mono, without latency.
struct FileFacts {
  const char* format = "";
  std::uint32_t sample_rate_hz = 0;  // 0: the file does not say
  std::vector<std::string> parameter_ids;
};
[[nodiscard]] absl::Status CheckManifest(const LoadRequest& request, const FileFacts& facts);

}  // namespace continuo::executor::fused
