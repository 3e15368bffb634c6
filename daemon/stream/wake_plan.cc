// SPDX-License-Identifier: Apache-2.0
#include "daemon/stream/wake_plan.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <numeric>

namespace continuo::stream {
namespace {

// Processors to spare from which `auto` begins to predict, and below which it gives way.
constexpr double kIdleToBegin = 0.7;
constexpr double kIdleToGoOn = 0.3;
// Streams that predict, for each processor but the client's.
constexpr std::uint32_t kOfAuto = 1;
constexpr std::uint32_t kOfOrder = 2;
// Work of direct streams on their client's processor.
constexpr double kFullProcessor = 0.7;
constexpr double kRealtimeShare = 0.8;

class Planner {
 public:
  explicit Planner(const MachineFacts& machine) : machine_(machine) {}

  [[nodiscard]] WakePlan Plan(const StreamFacts& stream) {
    WakePlan plan;
    const std::string no = WhyNotPredict(stream);
    plan.predict = no.empty();
    plan.processor = plan.predict ? PlaceToPredict(stream) : PlaceToSleep(stream);
    load_[plan.processor] += stream.load;
    predicting_ += plan.predict ? 1 : 0;
    plan.why = plan.predict ? "predicts" : "sleeps";
    if (plan.processor != 0) plan.why += " on core " + std::to_string(plan.processor - 1);
    if (plan.processor != 0 && plan.processor == stream.client) plan.why += " with its client";
    plan.why += " (" + (plan.predict ? Asked(stream) + Measured() : no) + ")";
    return plan;
  }

 private:
  static std::string Asked(const StreamFacts& stream) {
    return stream.asked == WakeMode::kPredict ? "as asked: " : "auto: ";
  }
  [[nodiscard]] std::string Measured() const {
    char text[64];
    std::snprintf(text, sizeof text, "%zu cores, %.1f to spare", machine_.processors.size(),
                  machine_.idle);
    return text;
  }

  // Empty where it is to predict.
  [[nodiscard]] std::string WhyNotPredict(const StreamFacts& stream) const {
    if (stream.asked == WakeMode::kSleep) return "as asked";
    const std::string asked = Asked(stream);
    if (machine_.processors.size() < 2) return asked + "there is one core alone";
    if (!stream.playing) return asked + "nothing plays";
    if (!stream.direct) return asked + "its client does not wait";
    if (stream.placed != 0 && stream.placed == stream.client) return asked + "its client is there";
    const auto others = static_cast<std::uint32_t>(machine_.processors.size() - 1);
    const bool ordered = stream.asked == WakeMode::kPredict;
    const std::uint32_t most = others * (ordered ? kOfOrder : kOfAuto);
    if (predicting_ >= most) return asked + std::to_string(predicting_) + " others predict";
    if (!ordered && machine_.idle < (stream.last.predict ? kIdleToGoOn : kIdleToBegin)) {
      return asked + Measured();
    }
    return {};
  }

  // The least loaded that is not its client's; the one it has, among equals.
  [[nodiscard]] std::uint32_t PlaceToPredict(const StreamFacts& stream) const {
    if (stream.placed != 0) return stream.placed;
    std::uint32_t best = 0;
    for (const std::uint32_t processor : machine_.processors) {
      if (processor == stream.client) continue;
      const double load = LoadOf(processor);
      if (best == 0 || load < LoadOf(best) ||
          (load == LoadOf(best) && processor == stream.last.processor)) {
        best = processor;
      }
    }
    return best;
  }

  [[nodiscard]] std::uint32_t PlaceToSleep(const StreamFacts& stream) const {
    if (stream.placed != 0) return stream.placed;
    const bool allowed = std::find(machine_.processors.begin(), machine_.processors.end(),
                                   stream.client) != machine_.processors.end();
    if (!stream.direct || !allowed || LoadOf(stream.client) + stream.load > kFullProcessor) {
      return 0;
    }
    return stream.client;
  }

  [[nodiscard]] double LoadOf(std::uint32_t processor) const {
    const auto found = load_.find(processor);
    return found == load_.end() ? 0.0 : found->second;
  }

  const MachineFacts& machine_;
  std::map<std::uint32_t, double> load_;  // planned so far
  std::uint32_t predicting_ = 0;
};

// The heaviest go to normal priority until the rest leaves enough to others.
void LimitRealtime(const MachineFacts& machine, const std::vector<StreamFacts>& streams,
                   std::vector<WakePlan>* plans) {
  std::vector<std::size_t> order(streams.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&streams](std::size_t a, std::size_t b) {
    return streams[a].load < streams[b].load;
  });
  const double limit = kRealtimeShare * static_cast<double>(machine.processors.size());
  double sum = 0;
  for (const std::size_t index : order) {
    sum += streams[index].load;
    WakePlan& plan = (*plans)[index];
    // To come back takes more room than to stay.
    plan.realtime = sum <= (streams[index].last.realtime ? limit : 0.8 * limit);
    if (!plan.realtime) plan.why += "; real-time work would fill the processors";
  }
}

}  // namespace

WakeMode ParseWakeMode(const std::string& word) noexcept {
  if (word == "predict") return WakeMode::kPredict;
  return word == "sleep" ? WakeMode::kSleep : WakeMode::kAuto;
}

std::vector<WakePlan> PlanWaking(const MachineFacts& machine,
                                 const std::vector<StreamFacts>& streams) {
  Planner planner(machine);
  std::vector<WakePlan> plans;
  plans.reserve(streams.size());
  for (const StreamFacts& stream : streams) plans.push_back(planner.Plan(stream));
  LimitRealtime(machine, streams, &plans);
  return plans;
}

}  // namespace continuo::stream
