// SPDX-License-Identifier: Apache-2.0
// One job in the hands of the runner: its plan, its candidates, cell by cell.
//
// Determinism: candidate i depends on the request and the seed + i alone, and what is sent in
// its place when it scores too low on that and the number of the attempt; neither on time nor on
// what else is in the batch. Times shape when partial notes are told, and nothing else.
// Threads: one at a time.
#pragma once

#include <absl/status/status.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "continuo/v1/generation_service.pb.h"
#include "daemon/executor/decoder.h"
#include "daemon/generate/cell_cost.h"
#include "daemon/generate/composer.h"
#include "shared/midi/song.h"

namespace continuo::generate {

// Of a song that was made for a request; score, reasons and metrics.
using Judge = std::function<v1::Quality(const midi::Song& song, const v1::GenerateRequest& request,
                                        double log_likelihood)>;

struct Assignment {
  std::string id;
  std::string model_key;
  std::string client;
  v1::GenerateRequest request;
  bool plan_only = false;
};

// Told of what a job comes to; of one job by one thread at a time, in order.
class Customer {
 public:
  virtual ~Customer() = default;
  virtual void OnPlanned(const std::string& id, const v1::GenerationPlan& plan,
                         std::uint32_t ticks_per_quarter) = 0;
  virtual void OnProgress(const std::string& id, const v1::GenerateEvent::Progress& progress) = 0;
  virtual void OnPartial(const std::string& id, const v1::GenerateEvent::Partial& partial) = 0;
  virtual void OnCandidate(const std::string& id, const v1::GenerationCandidate& candidate) = 0;
  // Nothing follows.
  virtual void OnEnded(const std::string& id, const absl::Status& status,
                       const std::vector<std::uint32_t>& ranking, std::uint32_t below_minimum) = 0;
};

class Commission {
 public:
  // All outlive it.
  Commission(const Assignment& assignment, const Composer* composer, const Judge* judge,
             const std::string* device, Customer* customer);

  [[nodiscard]] const std::string& id() const { return assignment_.id; }
  // One piece of preparing: the plan, or the beginning of one candidate. True: there is more.
  [[nodiscard]] absl::StatusOr<bool> Prepare(const CellCost& cost);
  // The cell that each candidate needs next.
  void Gather(std::vector<executor::Cell>* cells);
  // They have been decoded.
  [[nodiscard]] absl::Status Take();
  // Nothing is left to be written.
  [[nodiscard]] bool done() const;
  [[nodiscard]] std::size_t pieces() const;
  void TellEnd(const absl::Status& status);

  // Of the attempt, from 0, at a candidate of this seed.
  [[nodiscard]] static std::uint64_t SeedOf(std::uint64_t seed, std::uint32_t attempt);

 private:
  using Clock = std::chrono::steady_clock;
  using NoteKey = std::tuple<std::uint32_t, midi::Tick, int>;  // track, start, pitch
  struct Slot {
    std::uint32_t index = 0;
    std::uint32_t attempt = 0;
    std::unique_ptr<Piece> piece;
    bool decoding = false;                 // one of its cells is in the batch
    std::map<NoteKey, midi::Tick> told{};  // lengths
    v1::GenerationCandidate best{};        // once it has a seed
    bool has_best = false;
    bool finished = false;
  };

  [[nodiscard]] absl::Status MakePlan();
  [[nodiscard]] absl::Status Begin(Slot* slot);
  [[nodiscard]] absl::Status Finish(Slot* slot);
  void TellPlan(const CellCost& cost);
  void TellNotes(Slot* slot);
  void TellProgress(Clock::time_point now);
  [[nodiscard]] double Fraction() const;

  const Assignment assignment_;
  const Composer* const composer_;
  const Judge* const judge_;
  const std::string* const device_;
  Customer* const customer_;
  std::unique_ptr<Plan> plan_;  // outlives the slots' pieces
  std::vector<Slot> slots_;
  bool planned_ = false;
  bool notes_told_ = false;
  std::uint64_t steps_ = 0;
  Clock::time_point began_{};
  Clock::time_point notes_at_{};
  Clock::time_point progress_at_{};
};

}  // namespace continuo::generate
