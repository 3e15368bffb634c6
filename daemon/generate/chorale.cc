// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/chorale.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "daemon/generate/chorale_model.h"
#include "daemon/generate/chorale_rules.h"
#include "daemon/generate/chorale_score.h"
#include "daemon/generate/context.h"

namespace continuo::generate {
namespace {

using namespace chorale;  // NOLINT(google-build-using-namespace): this is its only user

// What notes outside the request's chords cost, in nats: on beats, between them, and a bass that
// is not the chord's where the chord begins.
constexpr float kOffChordOnBeat = 4;
constexpr float kOffChordBetween = 1.5;
constexpr float kOtherBass = 3;

struct Chorale {
  const executor::Decoder& decoder;
  v1::NotesSignature notes;
  ModelFacts facts;
};

// What a value costs because of the chords asked for.
class ChordBias {
 public:
  explicit ChordBias(const Score& score) : score_(score) {
    // Of CONTINUE the chords are those of the bars that are new.
    const auto& context = score.context;
    const std::int64_t bars = std::int64_t{context.bars} * score.bar_steps;
    if (context.request.task() == v1::GENERATION_TASK_CONTINUE) first_ = score.song_end - bars;
  }

  void Add(std::int64_t step, int voice, std::array<float, kVocabulary>* bias) const {
    if (score_.context.chords.empty() || step < first_) return;
    const Chord chord = At(step);
    if (chord.is_none()) return;
    const std::uint16_t classes = PitchClasses(chord);
    const bool on_beat = step % kStepsPerQuarter == 0;
    const bool begins = step == first_ || score_.StepInBar(step) == 0 || !(At(step - 1) == chord);
    const int root = chord.bass >= 0 ? chord.bass : chord.root;
    for (std::int32_t value = kRest + 1; value < kVocabulary; ++value) {
      const int pitch_class = ((PitchOf(value) - score_.shift) % 12 + 12) % 12;
      float& cost = (*bias)[static_cast<std::size_t>(value)];
      if ((classes >> pitch_class & 1) == 0) cost -= on_beat ? kOffChordOnBeat : kOffChordBetween;
      if (voice == kBass && begins && pitch_class != root) cost -= kOtherBass;
    }
  }

 private:
  [[nodiscard]] Chord At(std::int64_t step) const {
    const std::int64_t since = step - first_;
    return ChordAt(score_.context.chords, static_cast<std::size_t>(since / score_.bar_steps),
                   static_cast<std::size_t>(since % score_.bar_steps),
                   static_cast<std::size_t>(score_.bar_steps));
  }

  const Score& score_;
  std::int64_t first_ = 0;
};

class ChoralePiece : public Piece {
 public:
  // `encoded` is of the whole span, shared by the plan's pieces where they are told the same.
  // `followed`: the values to take instead of drawing them; empty where they are drawn.
  ChoralePiece(const Chorale& model, std::shared_ptr<const Score> score,
               std::shared_ptr<const std::vector<float>> encoded, std::uint64_t seed,
               std::vector<Step> followed = {})
      : model_(model),
        score_(std::move(score)),
        encoded_(std::move(encoded)),
        sequence_(model.decoder.CreateSequence()),
        sampler_(score_->context.sampler),
        random_(seed),
        chords_(*score_),
        written_(score_->values),
        followed_(std::move(followed)) {
    cells_ = EndOf(*score_);
    logits_.resize(kVocabulary);
    Prepare();
  }

  [[nodiscard]] const executor::Cell* Next() override { return taken_ < cells_ ? &cell_ : nullptr; }

  void Take() override {
    if (taken_ >= cells_) return;
    std::int32_t& value = written_[step()][voice()];
    if (IsOpen()) {
      const Draw draw = followed_.empty() ? Drawn() : Followed();
      value = draw.value;
      log_likelihood_ += draw.log_likelihood;
      ++drawn_;
    }
    now_[voice()] = value;
    if (voice() + 1 == kVoices) {
      memory_.Advance(now_);
      now_ = kNothing;
    }
    ++taken_;
    Prepare();
  }

  [[nodiscard]] std::uint64_t taken() const override { return taken_; }
  [[nodiscard]] std::uint64_t cells() const override { return cells_; }
  [[nodiscard]] double log_likelihood() const override { return log_likelihood_; }
  [[nodiscard]] std::uint64_t drawn() const override { return drawn_; }

  [[nodiscard]] midi::Song song() const override { return SongOf(*score_, written_); }

  // Cells up to the last one that is to be written.
  static std::uint64_t EndOf(const Score& score) {
    std::uint64_t end = 0;
    for (std::size_t t = 0; t < score.values.size(); ++t) {
      for (std::size_t v = 0; v < kVoices; ++v) {
        if (score.values[t][v] == kNone) end = t * kVoices + v + 1;
      }
    }
    return end;
  }

 private:
  [[nodiscard]] std::size_t step() const { return taken_ / kVoices; }
  [[nodiscard]] std::size_t voice() const { return taken_ % kVoices; }
  [[nodiscard]] std::int64_t song_step() const {
    return score_->span.begin + static_cast<std::int64_t>(step());
  }
  [[nodiscard]] bool IsOpen() const { return score_->values[step()][voice()] == kNone; }

  Draw Drawn() { return sampler_.Take(logits_, 0, kVocabulary, Bias(), random_); }
  [[nodiscard]] Draw Followed() const {
    const std::int32_t value = followed_[step()][voice()];
    return {value, LogLikelihood(logits_, 0, kVocabulary, value)};
  }

  // The next cell.
  void Prepare() {
    if (taken_ >= cells_) return;
    const std::int32_t place =
        PlaceOf(static_cast<int>(song_step() % kStepsPerQuarter), score_->StrengthAt(song_step()));
    token_ = TokenOf(static_cast<int>(voice()), place, memory_, now_);
    cell_ = {.sequence = sequence_.get(),
             .token = token_.data(),
             .encoded = encoded_->data() + step() * model_.decoder.shape().width,
             .position = static_cast<std::int32_t>(taken_),
             .logits = IsOpen() ? logits_.data() : nullptr};
  }

  [[nodiscard]] std::array<float, kVocabulary> Bias() const {
    constexpr float kOut = -std::numeric_limits<float>::infinity();
    const Step& given = score_->values[step()];
    // Voices after this one may be given: they are known already.
    Step known = given;
    for (std::size_t v = 0; v < voice(); ++v) known[v] = now_[v];
    const auto breaches = Breaches(static_cast<int>(voice()), memory_.last, known);
    std::array<float, kVocabulary> bias{};
    for (std::size_t value = 0; value < kVocabulary; ++value) {
      bias[value] = score_->allowed[voice()][value]
                        ? static_cast<float>(-model_.facts.penalty * breaches[value])
                        : kOut;
    }
    // Voices rest together with those that are given.
    const bool may_rest = std::find(given.begin(), given.end(), kRest) != given.end();
    bias[kRest] = may_rest ? 0.0F : kOut;
    chords_.Add(song_step(), static_cast<int>(voice()), &bias);
    Steady(&bias);
    return bias;
  }

  // The temperature says which pitch a voice takes, not whether it moves: the odds of staying are
  // made to be at that temperature what they are at 1. Else a low one makes voices stand still.
  void Steady(std::array<float, kVocabulary>* bias) const {
    const std::int32_t own = memory_.last[voice()];
    if (own == kNone) return;
    const auto stay = static_cast<std::size_t>(own);
    const double temperature = score_->context.sampler.temperature;
    double highest = -std::numeric_limits<double>::infinity();
    const auto biased = [&](std::size_t value) { return double{logits_[value]} + (*bias)[value]; };
    for (std::size_t value = 0; value < kVocabulary; ++value) {
      if (value != stay) highest = std::max(highest, biased(value));
    }
    if (!std::isfinite(highest) || !std::isfinite(biased(stay))) return;
    double sum = 0;       // of the others, at 1
    double tempered = 0;  // and at that temperature
    for (std::size_t value = 0; value < kVocabulary; ++value) {
      if (value == stay) continue;
      sum += std::exp(biased(value) - highest);
      tempered += std::exp((biased(value) - highest) / temperature);
    }
    const double odds = biased(stay) - highest - std::log(sum);
    const double wanted = temperature * (odds + std::log(tempered)) + highest;
    (*bias)[stay] += static_cast<float>(wanted - biased(stay));
  }

  const Chorale& model_;
  const std::shared_ptr<const Score> score_;
  const std::shared_ptr<const std::vector<float>> encoded_;
  const std::unique_ptr<executor::Sequence> sequence_;
  Sampler sampler_;
  midi::Random random_;
  const ChordBias chords_;
  std::vector<Step> written_;
  const std::vector<Step> followed_;
  std::uint64_t cells_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t drawn_ = 0;
  double log_likelihood_ = 0;
  Memory memory_;
  Step now_ = kNothing;
  std::vector<float> logits_;
  std::array<std::int32_t, kTokenFields.size()> token_{};
  executor::Cell cell_;
};

class ChoralePlan : public Plan {
 public:
  ChoralePlan(const Chorale& model, Score score)
      : model_(model), score_(std::make_shared<const Score>(std::move(score))) {}

  // Once, for all pieces; VARY tells each of them something else.
  absl::Status Encode() {
    if (Varies()) return absl::OkStatus();
    auto encoded = EncodedOf(*score_);
    if (encoded.ok()) encoded_ = *std::move(encoded);
    return encoded.status();
  }

  [[nodiscard]] const v1::GenerateRequest& request() const override {
    return score_->context.request;
  }
  [[nodiscard]] std::uint64_t cells() const override {
    return Varies() ? score_->values.size() * kVoices : ChoralePiece::EndOf(*score_);
  }
  [[nodiscard]] const std::vector<std::string>& notes() const override {
    return score_->context.notes;
  }

  [[nodiscard]] absl::StatusOr<std::unique_ptr<Piece>> Begin(std::uint64_t seed) const override {
    return PieceOf({}, seed);
  }

  [[nodiscard]] absl::StatusOr<std::unique_ptr<Piece>> Retrace(const midi::Song& song,
                                                               std::uint64_t seed) const override {
    absl::StatusOr<std::vector<Step>> values = ValuesOf(*score_, song);
    if (!values.ok()) return values.status();
    return PieceOf(*std::move(values), seed);
  }

 private:
  [[nodiscard]] absl::StatusOr<std::unique_ptr<Piece>> PieceOf(std::vector<Step> followed,
                                                               std::uint64_t seed) const {
    if (!Varies()) {
      return std::make_unique<ChoralePiece>(model_, score_, encoded_, seed, std::move(followed));
    }
    auto varied = std::make_shared<const Score>(Varied(*score_, seed));
    auto encoded = EncodedOf(*varied);
    if (!encoded.ok()) return encoded.status();
    return std::make_unique<ChoralePiece>(model_, std::move(varied), *std::move(encoded), seed,
                                          std::move(followed));
  }

  [[nodiscard]] bool Varies() const { return request().task() == v1::GENERATION_TASK_VARY; }

  [[nodiscard]] absl::StatusOr<std::shared_ptr<const std::vector<float>>> EncodedOf(
      const Score& score) const {
    absl::StatusOr<std::vector<float>> rows =
        model_.decoder.Encode(GridOf(score), static_cast<std::uint32_t>(score.values.size()));
    if (!rows.ok()) return rows.status();
    return std::make_shared<const std::vector<float>>(*std::move(rows));
  }

  const Chorale& model_;
  const std::shared_ptr<const Score> score_;
  std::shared_ptr<const std::vector<float>> encoded_;
};

class ChoraleComposer : public Composer {
 public:
  explicit ChoraleComposer(Chorale model) : model_(std::move(model)) {}

  [[nodiscard]] absl::StatusOr<std::unique_ptr<Plan>> Prepare(
      const v1::GenerateRequest& request) const override {
    const ContextDefaults defaults{.sampler = model_.facts.sampler, .bars = 8, .tempo_bpm = 80};
    absl::StatusOr<MusicalContext> context = DecideContext(request, model_.notes, defaults);
    if (!context.ok()) return context.status();
    absl::StatusOr<Score> score = ScoreOf(*std::move(context), model_.facts.ranges);
    if (!score.ok()) return score.status();
    auto plan = std::make_unique<ChoralePlan>(model_, *std::move(score));
    if (absl::Status status = plan->Encode(); !status.ok()) return status;
    return plan;
  }

 private:
  const Chorale model_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Composer>> CreateChoraleComposer(const v1::ModelManifest& manifest,
                                                                const executor::Decoder& decoder) {
  const absl::StatusOr<ModelFacts> facts = ReadModelFacts(decoder.shape());
  if (!facts.ok()) return facts.status();
  return std::make_unique<ChoraleComposer>(Chorale{decoder, manifest.notes(), *facts});
}

}  // namespace continuo::generate
