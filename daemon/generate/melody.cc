// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/melody.h"

#include <absl/strings/numbers.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/generate/context.h"
#include "daemon/generate/melody_cells.h"
#include "daemon/generate/melody_piece.h"
#include "daemon/generate/melody_sheet.h"
#include "daemon/generate/request_checks.h"

namespace continuo::generate {
namespace {

using base::StrCat;
using melody::Sheet;
using melody::Task;
using Encoded = std::shared_ptr<const std::vector<float>>;

// Of a seed's generators, the one that chooses what VARY rewrites.
constexpr std::uint64_t kChoiceStream = 1;

absl::StatusOr<Encoded> Encode(const Task& task, const Sheet& sheet) {
  absl::StatusOr<std::vector<float>> rows = task.decoder->Encode(
      melody::GridOf(task.context, sheet), static_cast<std::uint32_t>(sheet.steps()));
  if (!rows.ok()) return rows.status();
  return std::make_shared<const std::vector<float>>(*std::move(rows));
}

class MelodyPlan : public Plan {
 public:
  // `sheet` and `encoded` serve every seed; VARY, whose sheet is the seed's, has no `encoded`.
  MelodyPlan(std::shared_ptr<const Task> task, Sheet sheet, Encoded encoded)
      : task_(std::move(task)), sheet_(std::move(sheet)), encoded_(std::move(encoded)) {
    notes_ = task_->context.notes;
    notes_.insert(notes_.end(), sheet_.notes.begin(), sheet_.notes.end());
  }

  [[nodiscard]] const v1::GenerateRequest& request() const override {
    return task_->context.request;
  }
  [[nodiscard]] std::uint64_t cells() const override {
    return static_cast<std::uint64_t>(sheet_.steps() +
                                      sheet_.steps() / sheet_.signature->chord_steps);
  }
  [[nodiscard]] const std::vector<std::string>& notes() const override { return notes_; }

  [[nodiscard]] absl::StatusOr<std::unique_ptr<Piece>> Begin(std::uint64_t seed) const override {
    return PieceOf(nullptr, seed);
  }

  [[nodiscard]] absl::StatusOr<std::unique_ptr<Piece>> Retrace(const midi::Song& song,
                                                               std::uint64_t seed) const override {
    return PieceOf(&song, seed);
  }

 private:
  // One that draws, or follows a song.
  [[nodiscard]] absl::StatusOr<std::unique_ptr<Piece>> PieceOf(const midi::Song* song,
                                                               std::uint64_t seed) const {
    if (encoded_) return PieceOn(sheet_, encoded_, song, seed);
    midi::Random choice(seed, kChoiceStream);
    absl::StatusOr<Sheet> sheet = melody::LayOut(task_->context, choice);
    if (!sheet.ok()) return sheet.status();
    absl::StatusOr<Encoded> encoded = Encode(*task_, *sheet);
    if (!encoded.ok()) return encoded.status();
    return PieceOn(*std::move(sheet), *std::move(encoded), song, seed);
  }

  [[nodiscard]] absl::StatusOr<std::unique_ptr<Piece>> PieceOn(Sheet sheet, Encoded encoded,
                                                               const midi::Song* song,
                                                               std::uint64_t seed) const {
    std::optional<melody::Followed> followed;
    if (song != nullptr) {
      absl::StatusOr<melody::Followed> cells = melody::Follow(*song, sheet);
      if (!cells.ok()) return cells.status();
      followed = *std::move(cells);
    }
    return melody::BeginPiece(task_, std::move(sheet), std::move(encoded), seed,
                              std::move(followed));
  }

  std::shared_ptr<const Task> task_;
  Sheet sheet_;
  Encoded encoded_;
  std::vector<std::string> notes_;
};

// That something may be written at all.
absl::Status CheckPitches(const MusicalContext& context) {
  for (int pitch = melody::kLowestPitch; pitch <= melody::kHighestPitch; ++pitch) {
    if (context.MayWrite(pitch)) return absl::OkStatus();
  }
  return absl::InvalidArgumentError(StrCat("lowest_pitch: from ", context.lowest_pitch,
                                           " to highest_pitch ", context.highest_pitch,
                                           " there is no note to write; this model writes ",
                                           melody::kLowestPitch, " to ", melody::kHighestPitch));
}

class MelodyComposer : public Composer {
 public:
  MelodyComposer(v1::NotesSignature signature, const executor::Decoder& decoder,
                 SamplerOptions sampler)
      : signature_(std::move(signature)), decoder_(decoder) {
    defaults_.sampler = sampler;
    defaults_.bars = 8;
  }

  [[nodiscard]] absl::StatusOr<std::unique_ptr<Plan>> Prepare(
      const v1::GenerateRequest& request) const override {
    absl::StatusOr<MusicalContext> context = DecideContext(request, signature_, defaults_);
    if (!context.ok()) return context.status();
    if (absl::Status status = CheckPitches(*context); !status.ok()) return status;
    auto task = std::make_shared<Task>();
    task->context = *std::move(context);
    task->decoder = &decoder_;
    task->bias = melody::BiasOf(task->context);
    if (melody::FindSignature(task->context.meter) == nullptr) {
      return absl::InvalidArgumentError(StrCat("signature: ", task->context.meter.numerator, "/",
                                               task->context.meter.denominator,
                                               "; this model knows 3/4, 4/4, 5/4, 6/8"));
    }
    midi::Random choice(task->context.request.seed(), kChoiceStream);
    absl::StatusOr<Sheet> sheet = melody::LayOut(task->context, choice);
    if (!sheet.ok()) return sheet.status();
    Encoded encoded;
    if (task->context.request.task() != v1::GENERATION_TASK_VARY) {
      absl::StatusOr<Encoded> rows = Encode(*task, *sheet);
      if (!rows.ok()) return rows.status();
      encoded = *std::move(rows);
    }
    return std::make_unique<MelodyPlan>(std::move(task), *std::move(sheet), std::move(encoded));
  }

 private:
  v1::NotesSignature signature_;
  const executor::Decoder& decoder_;
  ContextDefaults defaults_;
};

absl::Status CheckWeights(const std::string& id, const executor::DecoderShape& shape) {
  const auto is = [&shape](const char* key, const char* value) {
    const auto found = shape.metadata.find(key);
    return found != shape.metadata.end() && found->second == value;
  };
  if (!is("format", "\"melody\"") || !is("format_version", "1")) {
    return absl::InvalidArgumentError(
        StrCat(id, ": the weights' metadata have no format \"melody\" of format_version 1"));
  }
  if (!std::equal(shape.grid_fields.begin(), shape.grid_fields.end(), melody::kGridFields.begin(),
                  melody::kGridFields.end()) ||
      !std::equal(shape.token_fields.begin(), shape.token_fields.end(),
                  melody::kTokenFields.begin(), melody::kTokenFields.end()) ||
      shape.vocabulary != melody::kVocabulary) {
    return absl::InvalidArgumentError(
        StrCat(id, ": the fields of the weights are not those of format_version 1"));
  }
  return absl::OkStatus();
}

// From `low` to `high`, or INVALID_ARGUMENT.
absl::Status ReadNumber(const executor::DecoderShape& shape, const char* key, double low,
                        double high, double* value) {
  const auto found = shape.metadata.find(key);
  if (found != shape.metadata.end() && absl::SimpleAtod(found->second, value) && *value >= low &&
      *value <= high) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      StrCat("the weights' metadata: ", key, " is no number from ", low, " to ", high));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Composer>> CreateMelodyComposer(const v1::ModelManifest& manifest,
                                                               const executor::Decoder& decoder) {
  const executor::DecoderShape& shape = decoder.shape();
  if (absl::Status status = CheckWeights(manifest.id(), shape); !status.ok()) return status;
  SamplerOptions sampler;
  if (absl::Status status = ReadNumber(shape, "temperature", kLowestTemperature,
                                       kHighestTemperature, &sampler.temperature);
      !status.ok()) {
    return status;
  }
  if (absl::Status status = ReadNumber(shape, "top_p", 0.01, 1, &sampler.top_p); !status.ok()) {
    return status;
  }
  return std::make_unique<MelodyComposer>(manifest.notes(), decoder, sampler);
}

}  // namespace continuo::generate
