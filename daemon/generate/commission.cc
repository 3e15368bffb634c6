// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/commission.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "daemon/generate/result.h"
#include "shared/midi/random.h"

namespace continuo::generate {
namespace {

using std::chrono::milliseconds;

// Often enough for the eye; the first notes come at once.
constexpr milliseconds kNotesEvery{40};
constexpr milliseconds kProgressEvery{100};
constexpr std::uint64_t kFirstNotesEvery = 4;  // steps
constexpr std::uint32_t kDefaultAttempts = 4;

}  // namespace

Commission::Commission(const Assignment& assignment, const Composer* composer, const Judge* judge,
                       const std::string* device, Customer* customer)
    : assignment_(assignment),
      composer_(composer),
      judge_(judge),
      device_(device),
      customer_(customer),
      began_(Clock::now()),
      notes_at_(began_),
      progress_at_(began_) {}

std::uint64_t Commission::SeedOf(std::uint64_t seed, std::uint32_t attempt) {
  return attempt == 0 ? seed : midi::Random(seed, attempt).Next();
}

absl::Status Commission::MakePlan() {
  absl::StatusOr<std::unique_ptr<Plan>> plan = composer_->Prepare(assignment_.request);
  if (!plan.ok()) return plan.status();
  plan_ = *std::move(plan);
  const std::uint32_t count = std::max(1U, assignment_.request.candidates());
  for (std::uint32_t i = 0; i < count; ++i) slots_.push_back({i, 0, nullptr});
  return absl::OkStatus();
}

absl::StatusOr<bool> Commission::Prepare(const CellCost& cost) {
  if (!plan_) {
    if (absl::Status status = MakePlan(); !status.ok()) return status;
    if (assignment_.plan_only) {
      TellPlan(cost);
      slots_.clear();
      return false;
    }
    return true;
  }
  const auto next = std::find_if(slots_.begin(), slots_.end(),
                                 [](const Slot& slot) { return !slot.finished && !slot.piece; });
  if (next == slots_.end()) return false;
  if (absl::Status status = Begin(&*next); !status.ok()) return status;
  if (!planned_) TellPlan(cost);
  return std::any_of(next, slots_.end(),
                     [](const Slot& slot) { return !slot.finished && !slot.piece; });
}

absl::Status Commission::Begin(Slot* slot) {
  absl::StatusOr<std::unique_ptr<Piece>> piece =
      plan_->Begin(SeedOf(assignment_.request.seed() + slot->index, slot->attempt));
  if (!piece.ok()) return piece.status();
  slot->piece = *std::move(piece);
  slot->told.clear();
  return absl::OkStatus();
}

void Commission::TellPlan(const CellCost& cost) {
  planned_ = true;
  v1::GenerationPlan plan;
  plan.set_device(*device_);
  plan.set_cells(plan_->cells() * slots_.size());
  plan.set_estimate_ms(static_cast<double>(plan_->cells()) * cost.StepUs(slots_.size()) / 1000);
  *plan.mutable_request() = plan_->request();
  plan.mutable_request()->set_seed(assignment_.request.seed());
  for (const std::string& note : plan_->notes()) plan.add_notes(note);
  std::uint32_t ticks = 0;
  if (slots_.front().piece) {
    ticks = static_cast<std::uint32_t>(slots_.front().piece->song().ticks_per_quarter);
  }
  customer_->OnPlanned(id(), plan, ticks);
}

void Commission::Gather(std::vector<executor::Cell>* cells) {
  for (Slot& slot : slots_) {
    const executor::Cell* const cell = slot.piece ? slot.piece->Next() : nullptr;
    slot.decoding = cell != nullptr;
    if (slot.decoding) cells->push_back(*cell);
  }
}

absl::Status Commission::Take() {
  ++steps_;
  for (Slot& slot : slots_) {
    if (std::exchange(slot.decoding, false)) slot.piece->Take();
    if (slot.piece && slot.piece->Next() == nullptr) {
      if (absl::Status status = Finish(&slot); !status.ok()) return status;
    }
  }
  const Clock::time_point now = Clock::now();
  if (now - notes_at_ >= kNotesEvery || (!notes_told_ && steps_ % kFirstNotesEvery == 1)) {
    notes_at_ = now;
    for (Slot& slot : slots_) {
      if (slot.piece) TellNotes(&slot);
    }
  }
  if (now - progress_at_ >= kProgressEvery) TellProgress(now);
  return absl::OkStatus();
}

absl::Status Commission::Finish(Slot* slot) {
  const std::unique_ptr<Piece> piece = std::move(slot->piece);
  midi::Song song = piece->song();
  v1::GenerationCandidate made;
  const double likelihood =
      piece->drawn() == 0 ? 0 : piece->log_likelihood() / static_cast<double>(piece->drawn());
  // What the model wrote is judged, not what the request makes of it.
  if (*judge_) {
    *made.mutable_quality() = (*judge_)(song, plan_->request(), likelihood);
  } else {
    made.mutable_quality()->set_score(std::clamp(std::exp(likelihood), 0.0, 1.0));
  }
  made.mutable_quality()->set_log_likelihood(likelihood);
  // The decided request: what macros stand for is among its transforms.
  absl::StatusOr<std::string> midi = ResultBytes(plan_->request(), std::move(song));
  if (!midi.ok()) return midi.status();
  made.set_index(slot->index);
  made.set_seed(SeedOf(assignment_.request.seed() + slot->index, slot->attempt));
  made.set_midi(*std::move(midi));
  if (!slot->has_best || made.quality().score() > slot->best.quality().score()) {
    slot->best = std::move(made);
    slot->has_best = true;
  }
  const v1::GenerateRequest& request = assignment_.request;
  const std::uint32_t attempts = request.attempts() == 0 ? kDefaultAttempts : request.attempts();
  if (slot->best.quality().score() < request.minimum_score() && ++slot->attempt < attempts) {
    return Begin(slot);
  }
  slot->finished = true;
  customer_->OnCandidate(id(), slot->best);
  return absl::OkStatus();
}

void Commission::TellNotes(Slot* slot) {
  const midi::Song song = slot->piece->song();
  v1::GenerateEvent::Partial partial;
  partial.set_candidate(slot->index);
  // As they will be in the file, whose first track has the maps alone (result.h).
  const std::uint32_t first = song.tracks.size() == 1 ? 1 : 0;
  for (std::uint32_t track = first; track < song.tracks.size() + first; ++track) {
    for (const midi::Note& note : song.tracks[track - first].notes) {
      midi::Tick& length = slot->told[{track, note.start, note.pitch}];
      if (length == note.length) continue;
      length = note.length;
      v1::GeneratedNote* const told = partial.add_notes();
      told->set_track(track);
      told->set_start(note.start);
      told->set_length(note.length);
      told->set_pitch(note.pitch);
      told->set_velocity(note.velocity);
    }
  }
  if (partial.notes_size() == 0) return;
  notes_told_ = true;
  customer_->OnPartial(id(), partial);
}

double Commission::Fraction() const {
  double sum = 0;
  for (const Slot& slot : slots_) {
    if (slot.finished) {
      sum += 1;
    } else if (slot.piece && slot.piece->cells() > 0) {
      sum += static_cast<double>(slot.piece->taken()) / static_cast<double>(slot.piece->cells());
    }
  }
  return std::min(1.0, sum / static_cast<double>(slots_.size()));
}

void Commission::TellProgress(Clock::time_point now) {
  progress_at_ = now;
  v1::GenerateEvent::Progress progress;
  const double fraction = Fraction();
  progress.set_fraction(fraction);
  const double elapsed = std::chrono::duration<double, std::milli>(now - began_).count();
  if (fraction > 0) progress.set_remaining_ms(elapsed * (1 - fraction) / fraction);
  customer_->OnProgress(id(), progress);
}

bool Commission::done() const {
  return plan_ &&
         std::all_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.finished; });
}

std::size_t Commission::pieces() const { return std::max<std::size_t>(1, slots_.size()); }

void Commission::TellEnd(const absl::Status& status) {
  std::vector<std::uint32_t> ranking(slots_.size());
  std::iota(ranking.begin(), ranking.end(), 0U);
  if (!status.ok()) ranking.clear();
  std::stable_sort(ranking.begin(), ranking.end(), [this](std::uint32_t a, std::uint32_t b) {
    const v1::Quality& left = slots_[a].best.quality();
    const v1::Quality& right = slots_[b].best.quality();
    if (left.score() != right.score()) return left.score() > right.score();
    return left.log_likelihood() > right.log_likelihood();
  });
  const auto below = std::count_if(slots_.begin(), slots_.end(), [this](const Slot& slot) {
    return slot.best.quality().score() < assignment_.request.minimum_score();
  });
  customer_->OnEnded(id(), status, ranking, status.ok() ? static_cast<std::uint32_t>(below) : 0U);
}

}  // namespace continuo::generate
