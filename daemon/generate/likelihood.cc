// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/likelihood.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/generate/context.h"
#include "daemon/generate/reference.h"
#include "shared/midi/smf_writer.h"

namespace continuo::generate {
namespace {

constexpr std::string_view kHarmonyFromNothing = "harmony from nothing";
// Sequences at once: more are hardly faster, and each has a cache.
constexpr std::size_t kBatch = 16;
// VARY draws what it rewrites: the same for every song, so that a set is made again alike.
constexpr std::uint64_t kSeed = 1;

absl::StatusOr<v1::GenerationTask> TaskOf(const std::string& situation) {
  if (situation == kHarmonyFromNothing) return v1::GENERATION_TASK_HARMONY;
  for (int value = v1::GenerationTask_MIN; value <= v1::GenerationTask_MAX; ++value) {
    if (!v1::GenerationTask_IsValid(value)) continue;
    const auto task = static_cast<v1::GenerationTask>(value);
    if (!TaskName(task).empty() && TaskName(task) == situation) return task;
  }
  return absl::UnimplementedError(base::StrCat("'", situation, "' is no task of this daemon"));
}

midi::Song HighestTrack(const midi::Song& song) {
  const auto height = [](const midi::Track& track) {
    double sum = 0;
    for (const midi::Note& note : track.notes) sum += note.pitch;
    return track.notes.empty() ? -1 : sum / static_cast<double>(track.notes.size());
  };
  midi::Song highest = song;
  if (song.tracks.empty()) return highest;
  highest.tracks = {*std::max_element(song.tracks.begin(), song.tracks.end(),
                                      [&height](const midi::Track& left, const midi::Track& right) {
                                        return height(left) < height(right);
                                      })};
  return highest;
}

// How the song would be asked for; none where it cannot be.
std::optional<v1::GenerateRequest> RequestFor(const midi::Song& song, std::uint32_t bars,
                                              const std::string& situation,
                                              v1::GenerationTask task) {
  v1::GenerateRequest request;
  request.set_task(task);
  request.set_seed(kSeed);
  const SongFacts facts = FactsOf(song);
  const auto give = [&request](const midi::Song& given) {
    const absl::StatusOr<std::string> bytes = midi::WriteSmf(given);
    if (bytes.ok()) request.set_input(*bytes);
    return bytes.ok();
  };
  switch (task) {
    case v1::GENERATION_TASK_CONTINUE: {
      const midi::Song given = Excerpt(song, 0, bars / 2);
      request.set_bars(bars - bars / 2);
      // Else the new bars would begin elsewhere than the song's.
      if (FactsOf(given).bars != bars / 2 || !give(given)) return std::nullopt;
      return request;
    }
    case v1::GENERATION_TASK_INFILL: {
      v1::Region* const middle = request.add_regions();
      middle->set_first_bar(bars / 4 + 1);
      middle->set_last_bar(std::max(bars / 4 + 1, bars - bars / 4));
      break;
    }
    case v1::GENERATION_TASK_HARMONY:
      if (situation == kHarmonyFromNothing) break;
      if (!give(HighestTrack(song))) return std::nullopt;
      return request;
    default:
      break;
  }
  if (task == v1::GENERATION_TASK_MELODY || task == v1::GENERATION_TASK_DRUMS ||
      situation == kHarmonyFromNothing) {
    request.set_bars(bars);
    request.set_tempo_bpm(facts.tempo_bpm);
    request.set_signature_numerator(static_cast<std::uint32_t>(facts.meter.numerator));
    request.set_signature_denominator(static_cast<std::uint32_t>(facts.meter.denominator));
    return request;
  }
  if (facts.bars != bars || !give(song)) return std::nullopt;
  return request;
}

// Pieces that follow their songs, in one batch.
class Batch {
 public:
  // False: the song does not fit.
  bool Add(const Composer& composer, const midi::Song& song, const v1::GenerateRequest& request,
           std::size_t index) {
    absl::StatusOr<std::unique_ptr<Plan>> plan = composer.Prepare(request);
    if (!plan.ok()) return false;
    absl::StatusOr<std::unique_ptr<Piece>> piece = (*plan)->Retrace(song, kSeed);
    if (!piece.ok()) return false;
    entries_.push_back({index, *std::move(plan), *std::move(piece)});
    return true;
  }
  [[nodiscard]] bool full() const { return entries_.size() == kBatch; }

  absl::Status Finish(const executor::Decoder& decoder, SongLikelihoods* likelihoods) {
    for (;;) {
      std::vector<executor::Cell> cells;
      std::vector<Piece*> pieces;
      for (const Entry& entry : entries_) {
        const executor::Cell* const cell = entry.piece->Next();
        if (cell == nullptr) continue;
        cells.push_back(*cell);
        pieces.push_back(entry.piece.get());
      }
      if (cells.empty()) break;
      if (absl::Status status = decoder.Next(cells); !status.ok()) return status;
      for (Piece* const piece : pieces) piece->Take();
    }
    for (const Entry& entry : entries_) {
      if (entry.piece->drawn() == 0) continue;
      (*likelihoods)[entry.index] =
          entry.piece->log_likelihood() / static_cast<double>(entry.piece->drawn());
    }
    entries_.clear();
    return absl::OkStatus();
  }

 private:
  struct Entry {
    std::size_t index = 0;
    std::unique_ptr<Plan> plan;  // outlives the piece
    std::unique_ptr<Piece> piece;
  };
  std::vector<Entry> entries_;
};

}  // namespace

std::string SituationOf(const v1::GenerateRequest& request) {
  if (request.task() == v1::GENERATION_TASK_HARMONY && request.input().empty()) {
    return std::string(kHarmonyFromNothing);
  }
  return std::string(TaskName(request.task()));
}

std::vector<std::string> SituationsOf(const v1::NotesSignature& model) {
  std::vector<std::string> situations;
  for (const std::string& task : model.tasks()) {
    situations.push_back(task);
    if (task == TaskName(v1::GENERATION_TASK_HARMONY)) {
      situations.emplace_back(kHarmonyFromNothing);
    }
  }
  return situations;
}

absl::StatusOr<SongLikelihoods> LikelihoodsOf(absl::Span<const midi::Song> songs,
                                              std::uint32_t bars, const std::string& situation,
                                              const Composer& composer,
                                              const executor::Decoder& decoder) {
  const absl::StatusOr<v1::GenerationTask> task = TaskOf(situation);
  if (!task.ok()) return task.status();
  SongLikelihoods likelihoods(songs.size());
  Batch batch;
  for (std::size_t i = 0; i < songs.size(); ++i) {
    const std::optional<v1::GenerateRequest> request = RequestFor(songs[i], bars, situation, *task);
    if (!request || !batch.Add(composer, songs[i], *request, i) || !batch.full()) continue;
    if (absl::Status status = batch.Finish(decoder, &likelihoods); !status.ok()) return status;
  }
  if (absl::Status status = batch.Finish(decoder, &likelihoods); !status.ok()) return status;
  return likelihoods;
}

}  // namespace continuo::generate
