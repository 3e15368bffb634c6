// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/core_ledger.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <utility>

namespace continuo::supervisor {
namespace {

// What is small is told with a digit more: else sums of small streams would not add up.
std::string Share(double share) { return fmt::format("{:.{}f}", share, share < 0.1 ? 3 : 2); }

}  // namespace

CoreLedger::CoreLedger(Cores cores, AdmissionPolicy policy)
    : cores_(std::move(cores)), policy_(policy) {}

double CoreLedger::ShareOf(const StreamNeed& need) {
  return (need.block_us + kCrossingUs) / need.period_us;
}

std::vector<CoreLedger::Load> CoreLedger::Loads() const {
  std::vector<Load> loads;
  for (const std::uint32_t id : cores_.ids) loads.push_back({id});
  for (const auto& [id, entry] : entries_) {
    const auto load = std::find_if(loads.begin(), loads.end(),
                                   [&](const Load& one) { return one.core == entry.core; });
    const double share = ShareOf(entry.need);
    load->all += share;
    if (entry.direct) load->direct += share;
    ++load->streams;
  }
  return loads;
}

// Where most is left; of what a quota leaves nobody gets more.
CoreLedger::Room CoreLedger::RoomFor(bool direct) const {
  Room best{-1e9, cores_.ids.front(), 0};
  for (const Load& load : Loads()) {
    best.taken += load.all;
    double left = kCapacity - load.all;
    if (direct) left = std::min(left, kDirectCapacity - load.direct);
    if (left > best.left) best = {left, load.core, best.taken};
  }
  best.left = std::min(best.left, kCapacity * cores_.quota - best.taken);
  return best;
}

double CoreLedger::Slowdown() const {
  double measured_us = 0;
  double estimated_us = 0;
  for (const auto& [id, entry] : entries_) {
    if (!entry.measured) continue;
    measured_us += entry.need.block_us;
    estimated_us += entry.estimated_us;
  }
  return estimated_us > 0 ? std::max(1.0, measured_us / estimated_us) : 1.0;
}

Admission CoreLedger::Admit(std::uint64_t id, const StreamNeed& estimate, StreamModeAsked asked) {
  Release(id);
  StreamNeed need = estimate;
  need.block_us *= Slowdown();
  Admission made;
  made.share = ShareOf(need);
  const Room direct = RoomFor(true);
  const Room any = RoomFor(false);
  const double direct_left = std::max(0.0, std::min(direct.left, kDirectShare));
  const double left = std::max(0.0, any.left);
  const bool fits_direct = made.share <= direct_left;
  const bool fits = made.share <= left;
  const std::string needs = fmt::format("needs {} of a core", Share(made.share));

  if (policy_ == AdmissionPolicy::kOff) {
    made.direct = asked == StreamModeAsked::kDirect;
    made.words = fmt::format("{}, {} is left: not looked at (stream.admission = \"off\")", needs,
                             Share(left));
  } else if (!fits) {
    made.refused = true;
    made.words = fmt::format(
        "{}, {} is left: {} streams take {:.2f} of {:.2f} cores; close streams, or choose a "
        "longer period or a cheaper model",
        needs, Share(left), entries_.size(), any.taken, kCapacity * cores_.quota);
  } else if (asked == StreamModeAsked::kPipelined) {
    made.words = fmt::format("{}, {} is left: pipelined, as asked", needs, Share(left));
  } else if (fits_direct) {
    made.direct = true;
    made.words = fmt::format("{}, {} is left: direct", needs, Share(direct_left));
  } else if (asked == StreamModeAsked::kAny) {
    made.words = fmt::format("{}, {} is left: pipelined", needs, Share(direct_left));
  } else if (policy_ == AdmissionPolicy::kAdvise) {
    made.direct = true;
    made.words = fmt::format("{}, {} is left: direct, as asked, but blocks will be missed", needs,
                             Share(direct_left));
  } else {
    made.refused = true;
    made.words = fmt::format(
        "{}, {} is left for direct mode; open it pipelined, or set stream.admission = "
        "\"advise\"",
        needs, Share(direct_left));
  }
  if (made.refused) return made;
  made.core = (made.direct ? direct : any).core;
  entries_[id] = {need, estimate.block_us, false, made.direct, made.core};
  return made;
}

void CoreLedger::Release(std::uint64_t id) { entries_.erase(id); }

void CoreLedger::Measure(std::uint64_t id, double block_us) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  found->second.need.block_us = block_us;
  found->second.measured = true;
}

void CoreLedger::SetDirect(std::uint64_t id, bool direct) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.direct == direct) return;
  Entry entry = found->second;
  entries_.erase(found);
  entry.direct = direct;
  entry.core = RoomFor(direct).core;
  entries_[id] = entry;
}

const CoreLedger::Entry* CoreLedger::Find(std::uint64_t id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

std::vector<Overload> CoreLedger::Overloads() {
  std::vector<Overload> overloads;
  const auto look = [&](int core, const std::string& name, double taken, double capacity,
                        std::size_t streams) {
    if (taken <= capacity + (over_.contains(core) ? 0 : kOver)) {
      over_.erase(core);
      return;
    }
    over_.insert(core);
    overloads.push_back(
        {core,
         fmt::format("{}: {} streams take {:.2f} of {:.2f} cores: blocks will be missed; close "
                     "streams, or choose a longer period or a cheaper model",
                     name, streams, taken, capacity)});
  };
  double taken = 0;
  for (const Load& load : Loads()) {
    taken += load.all;
    look(static_cast<int>(load.core), fmt::format("core {}", load.core), load.all, kCapacity,
         load.streams);
  }
  // Without a quota it is the sum of the cores, and told of them.
  if (cores_.quota < static_cast<double>(cores_.ids.size())) {
    look(-1, "all cores", taken, kCapacity * cores_.quota, entries_.size());
  }
  return overloads;
}

std::vector<std::uint64_t> CoreLedger::Rebalance() {
  std::vector<std::uint64_t> moved;
  for (std::size_t left = entries_.size(); left > 0; --left) {
    const std::vector<Load> loads = Loads();
    const auto by_load = [](const Load& a, const Load& b) { return a.all < b.all; };
    const auto [least, most] = std::minmax_element(loads.begin(), loads.end(), by_load);
    const double gap = most->all - least->all;
    if (gap < kBalanced) break;
    // The one that brings both nearest together; more than the gap would only turn it round.
    std::pair<double, std::uint64_t> best{0, 0};
    for (const auto& [id, entry] : entries_) {
      const double share = ShareOf(entry.need);
      if (entry.direct || entry.core != most->core || share >= gap) continue;
      best = std::max(best, {std::min(share, gap - share), id});
    }
    if (best.first <= 0) break;
    entries_[best.second].core = least->core;
    moved.push_back(best.second);
  }
  std::sort(moved.begin(), moved.end());
  moved.erase(std::unique(moved.begin(), moved.end()), moved.end());
  return moved;
}

}  // namespace continuo::supervisor
