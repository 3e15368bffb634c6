// SPDX-License-Identifier: Apache-2.0
// A client's stream on a real daemon, played as a host does it: each period at its time, an
// export at once. What went in and came out is kept.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "shared/client/stream.h"
#include "tests/integration/daemon_process.h"

namespace continuo::test {

// Below 2 kHz, where no resampler may do anything to it.
inline float Sound(std::uint64_t frame, std::uint32_t rate_hz) {
  const double t = static_cast<double>(frame) / rate_hz;
  double sum = 0;
  for (const double hz : {197.0, 523.0, 1187.0, 1931.0})
    sum += std::sin(6.283185307179586 * hz * t);
  return static_cast<float>(0.2 * sum);
}

struct Run {
  std::string model = "fake-gain";
  std::uint32_t rate_hz = 48000;
  std::vector<std::uint32_t> lengths = {256};
  client::Mode mode = client::Mode::kDirect;
  std::uint32_t pipelined_blocks = 1;
  bool offline = false;
  float dry_gain = 0.0F;
  std::vector<std::pair<std::string, float>> parameters;
  std::function<float(std::uint64_t frame, std::uint32_t rate_hz)> source = Sound;
};

class Player {
 public:
  Player(const DaemonProcess& daemon, const Run& run) : run_(run) {
    client::StreamConfig config;
    config.model_id = run.model;
    config.sample_rate_hz = run.rate_hz;
    config.channels = 1;
    config.maximum_block_frames = *std::max_element(run.lengths.begin(), run.lengths.end());
    config.mode = run.mode;
    config.pipelined_blocks = run.pipelined_blocks;
    config.deadline = 0.9;
    config.parameters = run.parameters;
    config.socket_path = daemon.socket_path();
    config.autostart = false;
    stream = std::make_unique<client::Stream>(config);
    REQUIRE(stream->WaitUntilSettled(20));
    INFO(stream->snapshot().words);
    REQUIRE(stream->snapshot().connection == client::Connection::kConnected);
    next_ns_ = NowNs();
  }

  void Play(std::uint32_t blocks) {
    for (std::uint32_t i = 0; i < blocks; ++i) {
      const std::uint32_t frames = run_.lengths[count_++ % run_.lengths.size()];
      in_.resize(frames);
      out_.resize(frames);
      for (std::uint32_t k = 0; k < frames; ++k)
        in_[k] = run_.source(output.size() + k, run_.rate_hz);
      client::BlockContext context;
      context.offline = run_.offline;
      context.dry_gain = run_.dry_gain;
      const float* const in[] = {in_.data()};
      float* const out[] = {out_.data()};
      stream->Process(in, out, frames, context);
      if (const std::uint64_t missed = stream->snapshot().missed; missed != missed_) {
        missed_ = missed;
        missed_at.push_back(output.size());
      }
      output.insert(output.end(), out_.begin(), out_.end());
      if (run_.offline) continue;
      next_ns_ = std::max(next_ns_ + std::int64_t{1'000'000'000} * frames / run_.rate_hz, NowNs());
      std::this_thread::sleep_for(std::chrono::nanoseconds(next_ns_ - NowNs()));
    }
  }
  // False where one of them was not wet.
  bool PlayWet(std::uint32_t blocks) {
    const client::Snapshot before = stream->snapshot();
    Play(blocks);
    return stream->snapshot().wet_blocks - before.wet_blocks == blocks;
  }
  // Until blocks enough have been wet, without a miss, for all that is heard to be wet.
  bool PlayUntilWet() {
    for (int i = 0; i < 40; ++i) {
      if (PlayWet(Blocks(0.05) + 8)) return true;
    }
    return false;
  }
  // The same, and so many blocks more, without the misses that a busy machine brings: the frame
  // at which these begin.
  std::uint64_t PlayUndisturbed(std::uint32_t blocks) {
    for (int i = 0; i < 40; ++i) {
      REQUIRE(PlayUntilWet());
      const std::uint64_t begin = output.size();
      if (PlayWet(blocks)) return begin;
    }
    FAIL("never " << blocks << " blocks without a miss");
    return 0;
  }
  bool PlayUntilAtRest() {
    for (int i = 0; i < 1000 && !stream->snapshot().at_rest; ++i) Play(1);
    return stream->snapshot().at_rest;
  }
  [[nodiscard]] std::uint32_t Blocks(double seconds) const {
    double mean = 0;
    for (const std::uint32_t length : run_.lengths) mean += length;
    mean /= static_cast<double>(run_.lengths.size());
    return static_cast<std::uint32_t>(seconds * run_.rate_hz / mean) + 1;
  }
  // Mean square of what was played from `begin` on without the sound `delay` frames before.
  [[nodiscard]] double Difference(std::uint64_t begin, std::uint64_t delay) const {
    double sum = 0;
    for (std::uint64_t i = begin; i < output.size(); ++i) {
      const double difference = output[i] - run_.source(i - delay, run_.rate_hz);
      sum += difference * difference;
    }
    return sum / static_cast<double>(output.size() - begin);
  }

  std::unique_ptr<client::Stream> stream;
  std::vector<float> output;
  std::vector<std::uint64_t> missed_at;  // first frames of blocks without a result in time

 private:
  static std::int64_t NowNs() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }

  const Run run_;
  std::vector<float> in_, out_;
  std::uint32_t count_ = 0;
  std::uint64_t missed_ = 0;
  std::int64_t next_ns_ = 0;
};

}  // namespace continuo::test
