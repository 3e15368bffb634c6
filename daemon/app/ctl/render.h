// SPDX-License-Identifier: Apache-2.0
// A file through a stream, block by block, offline.
//
// The output has the input's length (and the tail asked for) and is aligned with
// it to 0 frames: the stream's latency is dropped at the front and flushed with
// silence at the end.
#pragma once

#include <cstdint>

#include "daemon/app/ctl/audio_input.h"
#include "daemon/app/ctl/audio_output.h"
#include "shared/client/stream.h"

namespace continuo::ctl {

struct RenderPlan {
  std::uint32_t block_frames = 256;
  float wet = 1.0F;  // the rest is the dry signal
  std::uint64_t tail_frames = 0;
  bool allow_dry = false;  // go on where the model gives nothing
};

struct RenderResult {
  std::uint64_t frames = 0;  // written
  std::uint32_t latency_frames = 0;
  std::uint64_t missed_blocks = 0;     // dry, because the model gave nothing
  std::uint64_t replaced_samples = 0;  // NaN or infinite in the input, now silence
  // The runner ended meanwhile: the model began anew in the middle, so the sound is
  // not what a whole run gives.
  bool restarted = false;
};

// `stream` is connected and has not been used. Throws Failed where a block stays
// dry (unless allowed), and what input and output throw.
[[nodiscard]] RenderResult Render(AudioInput& input, client::Stream& stream, AudioOutput& output,
                                  const RenderPlan& plan);

}  // namespace continuo::ctl
