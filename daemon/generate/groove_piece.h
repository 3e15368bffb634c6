// SPDX-License-Identifier: Apache-2.0
// One drum pattern being written.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/generate/composer.h"
#include "daemon/generate/groove_format.h"
#include "daemon/generate/groove_pattern.h"
#include "daemon/generate/sampler.h"

namespace continuo::generate::groove {

// What pieces of one plan share. Immutable.
struct Task {
  Format format;
  SamplerOptions sampler;
  midi::Song empty;  // tempo, signature; no tracks
  DrumTrack given;
  double looseness = 1;  // factor of the offsets that are drawn
  double swing = 0;      // of a step, how late each second one is besides
  double hits_a_step = 1;
};

// What is to be written, and the network's view of it.
struct Score {
  Pattern pattern;
  std::vector<GridRow> grid;
  std::vector<float> encoded;  // [step][width]
};

class GroovePiece : public Piece {
 public:
  // `followed`: the hits to take instead of drawing them, of the score's steps; null where they
  // are drawn.
  GroovePiece(std::shared_ptr<const Task> task, std::shared_ptr<const Score> score,
              const executor::Decoder& decoder, std::uint64_t seed,
              std::shared_ptr<const Pattern> followed = nullptr);

  [[nodiscard]] const executor::Cell* Next() override;
  void Take() override;
  [[nodiscard]] std::uint64_t taken() const override { return taken_; }
  [[nodiscard]] std::uint64_t cells() const override;
  [[nodiscard]] midi::Song song() const override;
  [[nodiscard]] double log_likelihood() const override { return log_likelihood_; }
  [[nodiscard]] std::uint64_t drawn() const override { return drawn_; }

 private:
  struct Hit {
    int step = 0;
    int voice = 0;
    std::uint8_t velocity = 0;  // MIDI
    std::int8_t offset = kOnGrid;
  };

  // The only value that the present cell may have, if there is but one.
  [[nodiscard]] std::optional<std::int32_t> Certain() const;
  [[nodiscard]] const Place& PlaceOf(const Hit& hit) const {
    return score_->pattern.at(hit.step, hit.voice);
  }
  [[nodiscard]] std::int32_t DrawOffset(const Place& place);
  [[nodiscard]] std::int32_t DrawCell();
  // The cell that is written next where a pattern is followed.
  [[nodiscard]] std::int32_t FollowedCell() const;
  void Count(const Draw& draw);
  void Add(const Hit& hit, midi::Track* track) const;
  [[nodiscard]] midi::Tick StartOf(const Hit& hit) const;

  std::shared_ptr<const Task> task_;
  std::shared_ptr<const Score> score_;
  std::shared_ptr<const Pattern> followed_;
  std::uint32_t width_;
  std::unique_ptr<executor::Sequence> sequence_;
  midi::Random random_;
  Sampler sampler_;

  int step_ = 0, first_voice_ = 0;
  bool has_pending_ = false;  // the last of hits_ has no offset yet
  std::vector<Hit> hits_;
  std::array<std::int32_t, 3> token_{kStart, 0, 0};
  executor::Cell cell_;
  std::vector<float> logits_, bias_;
  std::uint64_t taken_ = 0, drawn_ = 0;
  double log_likelihood_ = 0;
};

}  // namespace continuo::generate::groove
