// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/melody_piece.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "daemon/generate/melody_notes.h"
#include "daemon/generate/sampler.h"

namespace continuo::generate::melody {
namespace {

constexpr float kRuledOut = -std::numeric_limits<float>::infinity();
// Nats by which a note that begins is likelier than the network has it, which writes too few:
// chosen on the validation songs (models/melody/sample.py has the same).
constexpr float kBegin = 0.15F;

class MelodyPiece : public Piece {
 public:
  MelodyPiece(std::shared_ptr<const Task> task, Sheet sheet,
              std::shared_ptr<const std::vector<float>> encoded, std::uint64_t seed,
              std::optional<Followed> followed)
      : task_(std::move(task)),
        sheet_(std::move(sheet)),
        encoded_(std::move(encoded)),
        followed_(std::move(followed)),
        sequence_(task_->decoder->CreateSequence()),
        sampler_(task_->context.sampler),
        random_(seed),
        state_(*sheet_.signature),
        bias_(task_->bias),
        logits_(kVocabulary) {
    // What stands after the last open cell needs no thought.
    const int spacing = sheet_.signature->chord_steps;
    for (int step = 0; step < sheet_.steps(); ++step) {
      const auto at = static_cast<std::size_t>(step);
      if (sheet_.melody[at] == kOpen || sheet_.chords[at] == kOpen) end_ = step + 1;
    }
    cells_ = static_cast<std::uint64_t>(end_ + (end_ + spacing - 1) / spacing);
    Prepare();
  }

  const executor::Cell* Next() override { return step_ < end_ ? &cell_ : nullptr; }

  void Take() override {
    const auto at = static_cast<std::size_t>(step_);
    Value value = is_chord_ ? sheet_.chords[at] : sheet_.melody[at];
    if (value == kOpen) {
      value = followed_ ? FollowedCell() : DrawCell();
    } else if (is_chord_) {
      value = ChordCellOf(value);
    }
    state_.Add(value);
    ++taken_;
    if (is_chord_) {
      is_chord_ = false;
    } else {
      melody_.push_back(value);
      chords_.push_back(state_.chord());
      ++step_;
      is_chord_ = step_ % sheet_.signature->chord_steps == 0;
    }
    Prepare();
  }

  [[nodiscard]] std::uint64_t taken() const override { return taken_; }
  [[nodiscard]] std::uint64_t cells() const override { return cells_; }
  [[nodiscard]] double log_likelihood() const override { return log_likelihood_; }
  [[nodiscard]] std::uint64_t drawn() const override { return drawn_; }

  [[nodiscard]] midi::Song song() const override {
    if (step_ < end_) return SongOf(task_->context, sheet_, melody_, chords_);
    // All is written: what stands to the end of the sheet comes too.
    std::vector<Value> melody = melody_;
    std::vector<Value> chords = chords_;
    melody.insert(melody.end(), sheet_.melody.begin() + end_, sheet_.melody.end());
    chords.insert(chords.end(), sheet_.chords.begin() + end_, sheet_.chords.end());
    return SongOf(task_->context, sheet_, melody, chords);
  }

 private:
  void Prepare() {
    if (step_ >= end_) return;
    const auto at = static_cast<std::size_t>(step_);
    state_.BeginStep(step_);
    token_ = state_.TokenFor(is_chord_);
    const bool is_open = (is_chord_ ? sheet_.chords[at] : sheet_.melody[at]) == kOpen;
    cell_ = {.sequence = sequence_.get(),
             .token = token_.data(),
             .encoded = encoded_->data() + at * task_->decoder->shape().width,
             .position = step_,
             .logits = is_open ? logits_.data() : nullptr};
  }

  [[nodiscard]] Value ChordCellOf(Value chord) const {
    return chord == state_.chord() ? kChordHold : kChordCell + chord;
  }

  Value FollowedCell() {
    const auto at = static_cast<std::size_t>(step_);
    const Value value = is_chord_ ? ChordCellOf(followed_->chords[at]) : followed_->melody[at];
    log_likelihood_ += LogLikelihood(logits_, FirstValue(), LastValue(), value);
    ++drawn_;
    return value;
  }

  // The kind of values that the present cell has; the last excluded.
  [[nodiscard]] Value FirstValue() const { return is_chord_ ? kChordHold : 0; }
  [[nodiscard]] Value LastValue() const { return is_chord_ ? kVocabulary : kChordHold; }

  Value DrawCell() {
    // Only what sounds is held, and a note that stands is not made longer.
    const bool is_after_new =
        step_ > 0 && sheet_.melody[static_cast<std::size_t>(step_) - 1] == kOpen;
    bias_[kHold] = state_.sounds() && is_after_new ? 0 : kRuledOut;
    bias_[kChordHold] = state_.chord() >= 0 ? 0 : kRuledOut;
    const Draw draw = sampler_.Take(logits_, FirstValue(), LastValue(), bias_, random_);
    log_likelihood_ += draw.log_likelihood;
    ++drawn_;
    return draw.value;
  }

  std::shared_ptr<const Task> task_;
  Sheet sheet_;
  std::shared_ptr<const std::vector<float>> encoded_;
  std::optional<Followed> followed_;
  std::unique_ptr<executor::Sequence> sequence_;
  Sampler sampler_;
  midi::Random random_;
  State state_;
  std::vector<float> bias_;
  std::vector<float> logits_;
  Token token_{};
  executor::Cell cell_;
  int step_ = 0;
  int end_ = 0;
  bool is_chord_ = true;
  std::vector<Value> melody_;  // a step each, what is written
  std::vector<Value> chords_;
  std::uint64_t taken_ = 0;
  std::uint64_t cells_ = 0;
  std::uint64_t drawn_ = 0;
  double log_likelihood_ = 0;
};

}  // namespace

std::unique_ptr<Piece> BeginPiece(std::shared_ptr<const Task> task, Sheet sheet,
                                  std::shared_ptr<const std::vector<float>> encoded,
                                  std::uint64_t seed, std::optional<Followed> followed) {
  return std::make_unique<MelodyPiece>(std::move(task), std::move(sheet), std::move(encoded), seed,
                                       std::move(followed));
}

std::vector<float> BiasOf(const MusicalContext& context) {
  std::vector<float> bias(kVocabulary, 0);
  for (int pitch = kLowestPitch; pitch <= kHighestPitch; ++pitch) {
    bias[static_cast<std::size_t>(kOnset + pitch - kLowestPitch)] =
        context.MayWrite(pitch) ? kBegin : kRuledOut;
  }
  for (Value chord = 1; chord < kChords; ++chord) {
    if ((PitchClasses(ChordOf(chord)) & ~context.pitch_classes) != 0) {
      bias[static_cast<std::size_t>(kChordCell + chord)] = kRuledOut;
    }
  }
  return bias;
}

}  // namespace continuo::generate::melody
