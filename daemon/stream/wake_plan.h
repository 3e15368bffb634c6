// SPDX-License-Identifier: Apache-2.0
// How each stream's thread waits, where, and at which priority: decided for all streams of a
// runner together, from what was measured.
//
// Sleep: one wake-up a block. Where the client's callback waits for the result (direct mode) it
// sleeps while the model runs, so both belong on one processor, on which a wake-up costs least;
// but not where other streams fill that one.
// Predict: awake on another processor when the block comes (block_forecast.h). It takes that
// processor from others for kShare of the time, so `auto` wants one to spare; and nobody
// gets it where there is one processor alone, as the client would wait for its own runner.
// Real-time work of all streams together leaves kRealtimeShare of the processors to others.
// Threads: [control-thread]; a pure function but for what it is given.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace continuo::stream {

enum class WakeMode : std::uint8_t { kAuto, kPredict, kSleep };

// "auto", "predict", "sleep"; anything else is kAuto.
[[nodiscard]] WakeMode ParseWakeMode(const std::string& word) noexcept;

// Processors are counted from 1; 0: any, or not known.
struct WakePlan {
  bool predict = false;
  bool realtime = true;
  std::uint32_t processor = 0;
  std::string why;  // "sleeps on core 1 with its client (auto: 2 cores, 0.1 to spare)"
};

struct StreamFacts {
  WakeMode asked = WakeMode::kAuto;
  bool playing = false;      // there were blocks in the last seconds
  bool direct = false;       // its client waits for each
  double load = 0;           // share of a processor since the last look
  std::uint32_t placed = 0;  // where the daemon wants it
  std::uint32_t client = 0;  // where its client stays
  WakePlan last;             // of the last look
};

struct MachineFacts {
  std::vector<std::uint32_t> processors;  // that may be used
  double idle = 0;                        // of these, since the last look
};

[[nodiscard]] std::vector<WakePlan> PlanWaking(const MachineFacts& machine,
                                               const std::vector<StreamFacts>& streams);

}  // namespace continuo::stream
