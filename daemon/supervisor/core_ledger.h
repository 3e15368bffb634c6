// SPDX-License-Identifier: Apache-2.0
// Which stream takes how much of which core: admits, balances, and says why.
//
// Problem: sixteen streams that each fit the machine do not fit it together. A stream that
// is too much for what is left is to be told so with the sum, before it is heard.
// Costs: of a block among others, whose memory the caches do not hold (estimated when the
// model is warmed up); as soon as it plays, what it has really taken. How much more those
// that play take than was estimated of them is expected of the next one too.
// Shares: of one core's time, (block + crossing) / period. Of a core kCapacity may be taken;
// of that, direct streams may take kDirectCapacity, since a host calls them one after the
// other within a period that it needs for itself too, and one of them at most
// kDirectShare, since its host waits for it half a period at most.
// Cores: a pipelined stream runs on the core that it is counted on. A direct one is counted
// where most is left, but runs where its client does: what it takes is right for all cores
// together and a guess for each.
// Threads: none of its own; pure arithmetic.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "daemon/supervisor/cores.h"

namespace continuo::supervisor {

enum class AdmissionPolicy : std::uint8_t {
  kAdvise,  // who asks for direct mode gets it, and is warned; what cannot run is refused
  kStrict,  // who asks for direct mode and does not fit is refused
  kOff,     // everybody gets what he asks for
};
enum class StreamModeAsked : std::uint8_t { kAny, kDirect, kPipelined };

struct StreamNeed {
  double block_us = 0;   // of the model and resamplers, for the longest block
  double period_us = 1;  // of that block's frames
};

// Of a core, or of all cores under a quota: more is taken than may be.
struct Overload {
  int core = -1;      // as the system counts them; -1: all
  std::string words;  // "core 1: 80 streams take 0.95 of 0.88 cores: …"
};

struct Admission {
  bool refused = false;  // nothing is counted then
  bool direct = false;
  double share = 0;
  std::uint32_t core = 0;
  std::string words;  // "needs 0.90 of a core, 0.40 is left: pipelined"
};

class CoreLedger {
 public:
  // The kernel stops real-time threads for 50 ms that take more than 0.95 of the cores, and
  // what the host's own audio threads take is among that.
  static constexpr double kCapacity = 0.88;
  static constexpr double kDirectCapacity = 0.5;
  static constexpr double kDirectShare = 0.35;
  // Copying in and out, checks and waking, beside the model. Measured: docs/performance.md.
  static constexpr double kCrossingUs = 3.0;
  // Cores whose loads differ by less are balanced.
  static constexpr double kBalanced = 0.08;
  // Measured shares waver: so much above its capacity a core is over it, until it is back.
  static constexpr double kOver = 0.02;

  CoreLedger(Cores cores, AdmissionPolicy policy);

  // `estimate` is of a block among others.
  Admission Admit(std::uint64_t id, const StreamNeed& estimate, StreamModeAsked asked);
  void Release(std::uint64_t id);
  // What a block has really taken.
  void Measure(std::uint64_t id, double block_us);
  // Its client has gone to the other mode by itself: whatever room there is, it is counted there.
  void SetDirect(std::uint64_t id, bool direct);
  // Moves as many pipelined streams as it takes to balance, and tells which.
  [[nodiscard]] std::vector<std::uint64_t> Rebalance();
  // What streams that were let in take more than there is, now that they are measured. To be
  // asked after Rebalance(); newcomers are refused meanwhile, as nothing is left.
  [[nodiscard]] std::vector<Overload> Overloads();

  struct Entry {
    StreamNeed need;
    double estimated_us = 0;  // of need.block_us, before it played
    bool measured = false;
    bool direct = false;
    std::uint32_t core = 0;  // as the system counts them
  };
  [[nodiscard]] const Entry* Find(std::uint64_t id) const;

  struct Load {
    std::uint32_t core = 0;
    double all = 0;
    double direct = 0;  // of these
    std::uint32_t streams = 0;
  };
  [[nodiscard]] std::vector<Load> Loads() const;

  [[nodiscard]] static double ShareOf(const StreamNeed& need);

 private:
  struct Room {
    double left = 0;
    std::uint32_t core = 0;
    double taken = 0;  // of all cores together
  };
  [[nodiscard]] Room RoomFor(bool direct) const;
  // How many times what was estimated of them those take that are measured; at least 1.
  [[nodiscard]] double Slowdown() const;

  const Cores cores_;
  const AdmissionPolicy policy_;
  std::map<std::uint64_t, Entry> entries_;
  std::set<int> over_;  // as Overload::core
};

}  // namespace continuo::supervisor
