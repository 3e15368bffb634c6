// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/groove.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "daemon/base/str_cat.h"
#include "daemon/generate/context.h"
#include "daemon/generate/groove_format.h"
#include "daemon/generate/groove_pattern.h"
#include "daemon/generate/groove_piece.h"
#include "daemon/generate/result.h"

namespace continuo::generate {
namespace {

using base::StrCat;
using namespace groove;  // NOLINT(google-build-using-namespace): this file is its front

constexpr double kTripletSwing = 1.0 / 3;  // of a step
constexpr double kMostLooseness = 1.5;
constexpr double kUsualHits = 1.2;  // a step, in the data
constexpr std::uint64_t kMaskStream = 1;

// Steps of a bar, 0 where it is no whole number of 16ths.
int BarSteps(const midi::Meter& meter) {
  const int sixteenths = 16 * meter.numerator;
  return sixteenths % meter.denominator == 0 ? sixteenths / meter.denominator : 0;
}

bool Has(const BarRange& region, int bar, const std::string& voice) {
  return static_cast<std::uint32_t>(bar) >= region.begin &&
         static_cast<std::uint32_t>(bar) < region.end &&
         (region.voice.empty() || region.voice == voice);
}

class GroovePlan : public Plan {
 public:
  GroovePlan(MusicalContext context, std::shared_ptr<const Task> task, int bar_steps, int bars,
             const executor::Decoder& decoder)
      : context_(std::move(context)),
        task_(std::move(task)),
        decoder_(decoder),
        bar_steps_(bar_steps),
        bars_(bars) {}

  // What all pieces have in common is encoded once.
  absl::Status Prepare() {
    if (context_.request.task() == v1::GENERATION_TASK_VARY) return absl::OkStatus();
    auto score = MakeScore(0);
    if (!score.ok()) return score.status();
    score_ = *std::move(score);
    return absl::OkStatus();
  }

  [[nodiscard]] const v1::GenerateRequest& request() const override { return context_.request; }
  [[nodiscard]] std::uint64_t cells() const override {
    const double steps = (bars_ - FirstBar()) * bar_steps_;
    return static_cast<std::uint64_t>(steps * (1 + task_->hits_a_step));
  }
  [[nodiscard]] const std::vector<std::string>& notes() const override { return context_.notes; }

  [[nodiscard]] absl::StatusOr<std::unique_ptr<Piece>> Begin(std::uint64_t seed) const override {
    return PieceOf(nullptr, seed);
  }

  [[nodiscard]] absl::StatusOr<std::unique_ptr<Piece>> Retrace(const midi::Song& song,
                                                               std::uint64_t seed) const override {
    const int first = FirstBar() * bar_steps_, end = bars_ * bar_steps_;
    auto followed = std::make_shared<Pattern>(first, end - first);
    followed->Put(DrumsOf(song, task_->format, end));
    return PieceOf(std::move(followed), seed);
  }

 private:
  [[nodiscard]] absl::StatusOr<std::unique_ptr<Piece>> PieceOf(
      std::shared_ptr<const Pattern> followed, std::uint64_t seed) const {
    std::shared_ptr<const Score> score = score_;
    if (score == nullptr) {
      auto own = MakeScore(seed);
      if (!own.ok()) return own.status();
      score = *std::move(own);
    }
    return std::make_unique<GroovePiece>(task_, std::move(score), decoder_, seed,
                                         std::move(followed));
  }

  [[nodiscard]] int GivenBars() const {
    return context_.request.task() == v1::GENERATION_TASK_CONTINUE
               ? bars_ - static_cast<int>(context_.bars)
               : bars_;
  }
  // The network's view begins there.
  [[nodiscard]] int FirstBar() const {
    return context_.request.task() == v1::GENERATION_TASK_CONTINUE
               ? std::max(GivenBars() - kMemoryBars, 0)
               : 0;
  }

  [[nodiscard]] bool IsInRegions(int bar, int voice) const {
    const std::string& name = task_->format.voices[static_cast<std::size_t>(voice)];
    return std::any_of(context_.regions.begin(), context_.regions.end(),
                       [&](const BarRange& region) { return Has(region, bar, name); });
  }

  [[nodiscard]] Standing StandingOf(int bar, int voice, bool is_drawn) const {
    const bool is_asked = context_.regions.empty() || IsInRegions(bar, voice);
    switch (context_.request.task()) {
      case v1::GENERATION_TASK_CONTINUE:
        return bar < GivenBars() ? Standing::kAll : Standing::kOpen;
      case v1::GENERATION_TASK_INFILL:
        return is_asked ? Standing::kOpen : Standing::kAll;
      case v1::GENERATION_TASK_VARY:
        return is_asked && is_drawn ? Standing::kOpen : Standing::kAll;
      case v1::GENERATION_TASK_HUMANIZE:
        return is_asked ? Standing::kHits : Standing::kAll;
      default:
        return Standing::kOpen;
    }
  }

  void Decide(std::uint64_t seed, Pattern* pattern) const {
    midi::Random random(seed, kMaskStream);
    for (int bar = FirstBar(); bar < bars_; ++bar) {
      for (int voice = 0; voice < kVoices; ++voice) {
        const double draw = static_cast<double>(random.Next() >> 11) * 0x1p-53;
        const Standing standing = StandingOf(bar, voice, draw < context_.variation);
        for (int i = 0; i < bar_steps_; ++i) {
          pattern->at((bar - FirstBar()) * bar_steps_ + i, voice).standing = standing;
        }
      }
    }
  }

  // Of the request, else of what is given.
  [[nodiscard]] std::int32_t DensityCode() const {
    const bool is_humanize = context_.request.task() == v1::GENERATION_TASK_HUMANIZE;
    if (context_.density && !is_humanize) return task_->format.DensityLevel(*context_.density);
    if (context_.request.task() == v1::GENERATION_TASK_DRUMS) return 0;
    const auto hits = std::count_if(task_->given.notes.begin(), task_->given.notes.end(),
                                    [](const DrumNote& drum) { return drum.voice >= 0; });
    return task_->format.DensityCode(16.0 * static_cast<double>(hits) /
                                     std::max(GivenBars() * bar_steps_, 1));
  }

  [[nodiscard]] absl::StatusOr<std::shared_ptr<const Score>> MakeScore(std::uint64_t seed) const {
    const int first = FirstBar() * bar_steps_, steps = bars_ * bar_steps_ - first;
    auto score = std::make_shared<Score>(Score{Pattern(first, steps), {}, {}});
    score->pattern.Put(task_->given);
    Decide(seed, &score->pattern);
    const Format& format = task_->format;
    const v1::GenerationTask task = context_.request.task();
    GridRow told{};
    told[kSignature] = format.SignatureCode(context_.meter.numerator, context_.meter.denominator);
    told[kStyle] = format.StyleCode(context_.request.style());
    told[kDensity] = DensityCode();
    told[kTempo] = format.TempoCode(context_.tempo_bpm);
    const bool is_beat = task == v1::GENERATION_TASK_DRUMS || task == v1::GENERATION_TASK_CONTINUE;
    told[kFill] = is_beat ? kBeat : 0;
    std::vector<std::int32_t> grid;
    for (int step = 0; step < steps; ++step) {
      GridRow row = score->pattern.RowOf(step);
      std::copy(told.begin() + kSignature, told.end(), row.begin() + kSignature);
      row[kBarStep] = 1 + step % bar_steps_;
      score->grid.push_back(row);
      grid.insert(grid.end(), row.begin(), row.end());
    }
    auto encoded = decoder_.Encode(grid, static_cast<std::uint32_t>(steps));
    if (!encoded.ok()) return encoded.status();
    score->encoded = *std::move(encoded);
    return score;
  }

  MusicalContext context_;
  std::shared_ptr<const Task> task_;
  const executor::Decoder& decoder_;
  int bar_steps_;
  int bars_;  // of the result: those given and those written
  std::shared_ptr<const Score> score_;
};

class GrooveComposer : public Composer {
 public:
  GrooveComposer(v1::NotesSignature signature, Format format, const executor::Decoder& decoder)
      : signature_(std::move(signature)), format_(std::move(format)), decoder_(decoder) {}

  [[nodiscard]] absl::StatusOr<std::unique_ptr<Plan>> Prepare(
      const v1::GenerateRequest& request) const override {
    auto decided =
        DecideContext(request, signature_, {.sampler = format_.sampler, .writes_timing = true});
    if (!decided.ok()) return decided.status();
    MusicalContext context = *std::move(decided);
    const int bar_steps = BarSteps(context.meter);
    if (bar_steps < 1 || bar_steps > kMaxBarSteps) {
      return absl::InvalidArgumentError(StrCat("signature: a bar of ", context.meter.numerator, "/",
                                               context.meter.denominator, " is not 1 to ",
                                               kMaxBarSteps, " 16ths"));
    }
    auto task = std::make_shared<Task>();
    task->format = format_;
    task->sampler = context.sampler;
    int bars = static_cast<int>(context.bars);
    const v1::GenerationTask kind = context.request.task();
    if (context.input && kind != v1::GENERATION_TASK_DRUMS) {
      const auto has = static_cast<int>(std::min<std::int64_t>(context.facts.bars, kMaxGivenBars));
      if (kind == v1::GENERATION_TASK_CONTINUE) {
        task->given = DrumsOf(*context.input, format_, has * bar_steps);
        bars += (task->given.steps() + bar_steps - 1) / bar_steps;
      } else {
        bars = std::max(bars, has);
        if (bars * bar_steps > kMaxSteps) {
          return absl::InvalidArgumentError(StrCat("input: has ", bars, " bars; at most ",
                                                   kMaxSteps / bar_steps, " are possible"));
        }
        task->given = DrumsOf(*context.input, format_, bars * bar_steps);
      }
      if (auto status = Tell(task->given, &context); !status.ok()) return status;
    }
    const bool has_hits = kind == v1::GENERATION_TASK_HUMANIZE || kind == v1::GENERATION_TASK_VARY;
    task->hits_a_step = has_hits          ? double(task->given.notes.size()) / (bars * bar_steps)
                        : context.density ? 2 * *context.density
                                          : kUsualHits;
    if (context.human) {
      const double human = *context.human;
      task->looseness = human < 0.5 ? 2 * human : 1 + (kMostLooseness - 1) * (2 * human - 1);
    }
    task->swing = kTripletSwing * context.swing.value_or(0);
    task->empty = EmptySong(context, task->given.ticks_per_quarter);
    auto plan = std::make_unique<GroovePlan>(std::move(context), std::move(task), bar_steps, bars,
                                             decoder_);
    if (absl::Status status = plan->Prepare(); !status.ok()) return status;
    return plan;
  }

 private:
  static constexpr int kMaxGivenBars = 1024;
  static constexpr int kMaxSteps = 4096;  // that a decoder encodes

  static absl::Status Tell(const DrumTrack& given, MusicalContext* context) {
    const auto unknown = std::count_if(given.notes.begin(), given.notes.end(),
                                       [](const DrumNote& drum) { return drum.voice < 0; });
    if (given.other_notes > 0) {
      context->notes.push_back(
          StrCat(given.other_notes, " notes of the input are not on channel 10, and left out"));
    }
    if (unknown > 0) {
      context->notes.push_back(StrCat(
          unknown, " notes of the input are of drums that the model has no voice for, and stay"));
    }
    if (static_cast<std::size_t>(unknown) < given.notes.size()) return absl::OkStatus();
    return absl::InvalidArgumentError("input: has no drums that the model knows");
  }

  v1::NotesSignature signature_;
  Format format_;
  const executor::Decoder& decoder_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Composer>> CreateGroove(const v1::ModelManifest& manifest,
                                                       const executor::Decoder& decoder) {
  auto format = ReadFormat(decoder.shape());
  if (!format.ok()) return format.status();
  return std::make_unique<GrooveComposer>(manifest.notes(), *std::move(format), decoder);
}

}  // namespace continuo::generate
