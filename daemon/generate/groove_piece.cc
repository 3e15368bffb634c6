// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/groove_piece.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace continuo::generate::groove {
namespace {

constexpr float kOut = -std::numeric_limits<float>::infinity();
constexpr int kBucketWidth = 128 / kVelocities;

// No drum sounds over its own next hit: a file could not tell their ends apart.
void CutAtNextHit(midi::Track* track) {
  std::array<midi::Note*, 128> last{};
  for (midi::Note& note : track->notes) {
    midi::Note*& before = last.at(note.pitch);
    if (before != nullptr && before->end() > note.start) {
      before->length = std::max<midi::Tick>(note.start - before->start, 1);
    }
    before = &note;
  }
}

}  // namespace

GroovePiece::GroovePiece(std::shared_ptr<const Task> task, std::shared_ptr<const Score> score,
                         const executor::Decoder& decoder, std::uint64_t seed,
                         std::shared_ptr<const Pattern> followed)
    : task_(std::move(task)),
      score_(std::move(score)),
      followed_(std::move(followed)),
      width_(decoder.shape().width),
      sequence_(decoder.CreateSequence()),
      random_(seed),
      sampler_(task_->sampler),
      logits_(kVocabulary),
      bias_(kVocabulary, 0.0F) {}

std::optional<std::int32_t> GroovePiece::Certain() const {
  const GridRow& row = score_->grid[static_cast<std::size_t>(step_)];
  for (int voice = first_voice_; voice < kVoices; ++voice) {
    const std::int32_t given = row[static_cast<std::size_t>(voice)];
    if (given >= kFirstVelocity) return HitCell(voice, given - kFirstVelocity);
    if (given != kNoHit) return std::nullopt;
  }
  return kEnd;
}

const executor::Cell* GroovePiece::Next() {
  if (step_ == score_->pattern.steps()) return nullptr;
  const bool draws_offset = has_pending_ && PlaceOf(hits_.back()).standing != Standing::kAll;
  cell_.sequence = sequence_.get();
  cell_.token = token_.data();
  cell_.encoded = score_->encoded.data() + static_cast<std::size_t>(step_) * width_;
  cell_.position = kStepStride * step_ + first_voice_;
  cell_.logits = draws_offset || !Certain() ? logits_.data() : nullptr;
  return &cell_;
}

void GroovePiece::Count(const Draw& draw) {
  log_likelihood_ += draw.log_likelihood;
  ++drawn_;
}

std::int32_t GroovePiece::DrawOffset(const Place& place) {
  if (place.standing == Standing::kAll) return place.offset;
  if (followed_ != nullptr) {
    const Place& wanted = followed_->at(hits_.back().step, hits_.back().voice);
    const auto offset = static_cast<std::int32_t>(wanted.offset);
    Count({offset, LogLikelihood(logits_, kCellValues, kVocabulary, kCellValues + offset)});
    return offset;
  }
  const Draw draw = sampler_.Take(logits_, kCellValues, kVocabulary, {}, random_);
  Count(draw);
  return draw.value - kCellValues;
}

std::int32_t GroovePiece::FollowedCell() const {
  for (int voice = first_voice_; voice < kVoices; ++voice) {
    const Place& place = followed_->at(step_, voice);
    if (place.velocity > 0) return HitCell(voice, place.velocity - 1);
  }
  return kEnd;
}

std::int32_t GroovePiece::DrawCell() {
  if (const auto certain = Certain()) return *certain;
  if (followed_ != nullptr) {
    const std::int32_t value = FollowedCell();
    Count({value, LogLikelihood(logits_, 0, kCellValues, value)});
    return value;
  }
  // What is given is met, and nothing given is skipped.
  const GridRow& row = score_->grid[static_cast<std::size_t>(step_)];
  std::fill(bias_.begin(), bias_.begin() + kCellValues, kOut);
  bool must_hit = false;
  for (int voice = first_voice_; voice < kVoices && !must_hit; ++voice) {
    const std::int32_t given = row[static_cast<std::size_t>(voice)];
    if (given >= kFirstVelocity) {
      bias_[static_cast<std::size_t>(HitCell(voice, given - kFirstVelocity))] = 0;
    } else if (given != kNoHit) {
      const auto first = bias_.begin() + HitCell(voice, 0);
      std::fill(first, first + kVelocities, 0.0F);
    }
    must_hit = given >= kHit;
  }
  if (!must_hit) bias_[kEnd] = 0;
  const Draw draw = sampler_.Take(logits_, 0, kCellValues, bias_, random_);
  Count(draw);
  return draw.value;
}

void GroovePiece::Take() {
  ++taken_;
  token_[1] = 0;
  if (has_pending_) {
    const std::int32_t offset = DrawOffset(PlaceOf(hits_.back()));
    hits_.back().offset = static_cast<std::int8_t>(offset);
    token_[1] = 1 + offset;
  }
  const std::int32_t value = DrawCell();
  has_pending_ = value != kEnd;
  if (has_pending_) {
    const int voice = (value - 1) / kVelocities, bucket = (value - 1) % kVelocities;
    // Anywhere in the bucket: eight velocities sound alike, and are not to look alike.
    const int velocity = bucket * kBucketWidth + static_cast<int>(random_.Next() % kBucketWidth);
    hits_.push_back({.step = step_,
                     .voice = voice,
                     .velocity = static_cast<std::uint8_t>(std::max(velocity, 1)),
                     .offset = kOnGrid});
    first_voice_ = voice + 1;
  } else {
    ++step_;
    first_voice_ = 0;
  }
  token_[0] = value;
  token_[2] = first_voice_;
}

std::uint64_t GroovePiece::cells() const {
  const double left = score_->pattern.steps() - step_;
  return taken_ + static_cast<std::uint64_t>(std::llround(left * (1 + task_->hits_a_step)));
}

midi::Tick GroovePiece::StartOf(const Hit& hit) const {
  const auto ticks = static_cast<double>(task_->given.step_ticks());
  const int step = score_->pattern.first() + hit.step;
  // The outermost codes are half as wide as the others: their middle is within the step.
  const double parts = std::clamp(hit.offset - double{kOnGrid}, 0.25 - kOnGrid, kOnGrid - 0.25);
  const double late = task_->looseness * parts / kStepParts + (step % 2 == 1 ? task_->swing : 0.0);
  return std::max<midi::Tick>(std::llround((step + late) * ticks), 0);
}

void GroovePiece::Add(const Hit& hit, midi::Track* track) const {
  const Place& place = PlaceOf(hit);
  if (place.standing == Standing::kOpen) {
    track->notes.push_back({.start = StartOf(hit),
                            .length = task_->given.step_ticks() / 2,
                            .pitch = task_->format.pitches[static_cast<std::size_t>(hit.voice)],
                            .velocity = hit.velocity,
                            .channel = midi::kDrumChannel});
    return;
  }
  for (const std::size_t index : place.notes) {
    midi::Note note = task_->given.notes[index].note;
    if (place.standing == Standing::kHits) {
      note.start = StartOf(hit);
      note.velocity = hit.velocity;
    }
    track->notes.push_back(note);
  }
}

midi::Song GroovePiece::song() const {
  midi::Song song = task_->empty;
  midi::Track& track = song.tracks.emplace_back();
  track.name = "drums";
  const int now = score_->pattern.first() + step_;
  for (const DrumNote& drum : task_->given.notes) {
    const bool is_before = drum.step < score_->pattern.first();
    if (is_before || (drum.voice < 0 && drum.step < now)) track.notes.push_back(drum.note);
  }
  for (std::size_t i = 0; i + (has_pending_ ? 1 : 0) < hits_.size(); ++i) Add(hits_[i], &track);
  midi::Normalise(song);
  CutAtNextHit(&song.tracks.front());
  return song;
}

}  // namespace continuo::generate::groove
