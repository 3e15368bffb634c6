// SPDX-License-Identifier: Apache-2.0
// The supervisor's cores: who is admitted, on which core a stream runs, and what all of it
// takes.
#include <algorithm>
#include <optional>
#include <utility>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str_cat.h"
#include "daemon/supervisor/supervisor.h"

namespace continuo::supervisor {
namespace {

// A block that takes more than this many times what it takes among others was interrupted:
// that is not the model's need.
constexpr double kMaxTimesCrowded = 2.0;
constexpr std::uint64_t kFreshNs = 30'000'000'000;
constexpr std::size_t kMaxCosts = 1024;

double PeriodUs(const StreamInfo& info) {
  return 1e6 * info.maximum_block_frames / info.sample_rate_hz;
}

}  // namespace

// RESOURCE_EXHAUSTED with the sum, and nothing has changed; else its mode and core are set.
absl::Status Supervisor::Admit(Stream* stream) {
  const StreamNeed need{costs_[stream->cost_key].crowded_us, PeriodUs(stream->info)};
  const Admission admission = ledger_.Admit(stream->info.id, need, stream->asked);
  if (admission.refused) {
    ++streams_refused_;
    return absl::ResourceExhaustedError(
        base::StrCat("a stream of ", stream->model_key, " ", admission.words));
  }
  // Without admission the client decides by the cost alone.
  if (options_.admission != AdmissionPolicy::kOff || stream->asked != StreamModeAsked::kAny) {
    stream->info.mode = admission.direct ? v1::STREAM_MODE_DIRECT : v1::STREAM_MODE_PIPELINED;
  }
  stream->info.share = admission.share;
  stream->info.core = static_cast<int>(admission.core);
  stream->info.admission = stream->substitution.empty()
                               ? admission.words
                               : base::StrCat(stream->substitution, "; ", admission.words);
  base::Log("supervisor")
      .info("stream {} of {}: {}", stream->info.id, stream->model_key, admission.words);
  return absl::OkStatus();
}

// Who is refused by an old measurement would never be measured again.
bool Supervisor::CostIsFresh(const std::string& key) const {
  const auto found = costs_.find(key);
  return found != costs_.end() && base::MonotonicNs() - found->second.taken_ns < kFreshNs;
}

void Supervisor::TakeCost(Stream* stream, double least_us, double crowded_us) {
  if (!CostIsFresh(stream->cost_key)) costs_.erase(stream->cost_key);
  if (costs_.size() >= kMaxCosts) costs_.clear();  // each is measured again
  Cost& cost = costs_[stream->cost_key];
  cost.taken_ns = base::MonotonicNs();
  const auto least = [](double known, double us) { return known > 0 ? std::min(known, us) : us; };
  cost.least_us = least(cost.least_us, least_us);
  cost.crowded_us = std::max(cost.least_us, least(cost.crowded_us, crowded_us));
}

// Tells the runner where the stream runs from now on.
void Supervisor::PlaceOnCore(Stream* stream) {
  const CoreLedger::Entry* const entry = ledger_.Find(stream->info.id);
  if (entry == nullptr || stream->info.mode != v1::STREAM_MODE_PIPELINED) return;
  internal::ToRunner message;
  internal::PlaceStream* const place = message.mutable_place_stream();
  place->set_stream_id(stream->info.id);
  place->set_core(entry->core + 1);
  if (!stream->left_direct) {
    place->set_lane(lanes_.Join(stream->info.id, stream->place, entry->core, entry->need.block_us,
                                entry->need.period_us));
  }
  stream->info.core = static_cast<int>(entry->core);
  stream->place->Send(message);
}

// In mode `auto` the client decides by itself (mode_governor.h). One that waits for each block
// must not wait for a lane's others too; one that does not wait any more keeps its thread.
void Supervisor::FollowMode(Stream* stream) {
  const std::uint64_t id = stream->info.id;
  const std::optional<bool> direct = stream->meter.direct();
  if (!direct || ledger_.Find(id) == nullptr) return;
  const v1::StreamMode mode = *direct ? v1::STREAM_MODE_DIRECT : v1::STREAM_MODE_PIPELINED;
  if (std::exchange(stream->info.mode, mode) == mode) return;
  ledger_.SetDirect(id, *direct);
  stream->left_direct = !*direct;
  stream->info.core = static_cast<int>(ledger_.Find(id)->core);
  if (*direct && lanes_.Leave(id)) {
    internal::ToRunner alone;
    alone.mutable_place_stream()->set_stream_id(id);
    stream->place->Send(alone);
  }
  observer_->OnStreamChanged(stream->info, false);
}

// Every second: what the streams have taken, and who had better run elsewhere.
void Supervisor::MeasureAndBalance() {
  const std::uint64_t now_ns = base::MonotonicNs();
  for (auto& [id, stream] : streams_) {
    if (stream.phase != Phase::kReady) continue;
    stream.meter.Sample(now_ns, stream.info.sample_rate_hz);
    FollowMode(&stream);
    const Cost& cost = costs_[stream.cost_key];
    if (stream.meter.frame_us() <= 0 || stream.info.mode == v1::STREAM_MODE_OFFLINE) continue;
    const double block_us = std::clamp(stream.meter.frame_us() * stream.info.maximum_block_frames,
                                       cost.least_us, kMaxTimesCrowded * cost.crowded_us);
    ledger_.Measure(id, block_us);
    stream.info.share = CoreLedger::ShareOf({block_us, PeriodUs(stream.info)});
  }
  for (const std::uint64_t id : ledger_.Rebalance()) {
    Stream& stream = streams_.at(id);
    if (stream.phase != Phase::kReady) continue;  // it is placed when it is
    PlaceOnCore(&stream);
    ++streams_moved_;
  }
  TellOverloads();
}

// Nobody is closed for it: which stream to do without is the musician's choice.
void Supervisor::TellOverloads() {
  const std::vector<Overload> before = std::exchange(overloads_, ledger_.Overloads());
  const auto same_core = [](const Overload& a, const Overload& b) { return a.core == b.core; };
  if (std::equal(before.begin(), before.end(), overloads_.begin(), overloads_.end(), same_core)) {
    return;
  }
  for (const Overload& overload : overloads_) base::Log("supervisor").warn(overload.words);
  if (overloads_.empty()) base::Log("supervisor").info("no core is over its capacity any more");
  observer_->OnWarningsChanged(Warnings());
}

std::vector<std::string> Supervisor::Warnings() const {
  std::vector<std::string> warnings;
  for (const Overload& overload : overloads_) warnings.push_back(overload.words);
  if (std::string memory = options_.memory->Warning(); !memory.empty()) {
    warnings.push_back(std::move(memory));
  }
  return warnings;
}

void Supervisor::GetStatistics(std::uint64_t id, const Reply<v1::GetStatisticsResponse>& reply) {
  Run(reply, [this, id, reply] {
    absl::StatusOr<Stream*> stream = FindStream(id);
    if (!stream.ok()) return reply(stream.status());
    v1::GetStatisticsResponse response;
    response.set_stream_id(id);
    FillStatistics((*stream)->meter.Read(), (*stream)->info.sample_rate_hz, &response);
    response.set_scheduling((*stream)->scheduling);
    reply(std::move(response));
  });
}

void Supervisor::GetMetrics(const std::function<void(const Metrics&)>& reply) {
  loop_->Post([this, reply] { reply(ReadMetrics()); });
}

Metrics Supervisor::ReadMetrics() {
  Metrics metrics;
  metrics.runners = RunnerInfos();
  metrics.total = closed_figures_;
  for (auto& [id, stream] : streams_) {
    metrics.streams.push_back({stream.info, stream.meter.Read(), stream.meter.load()});
    metrics.total.Include(metrics.streams.back().figures);
  }
  for (const CoreLedger::Load& load : ledger_.Loads()) {
    metrics.cores.push_back({load.core, CoreLedger::kCapacity, load.all, load.streams});
  }
  metrics.streams_opened = next_stream_id_ - 1;
  metrics.streams_refused = streams_refused_;
  metrics.streams_moved = streams_moved_;
  for (const auto& [key, place] : places_) metrics.runner_restarts += place->restarts();
  return metrics;
}

}  // namespace continuo::supervisor
