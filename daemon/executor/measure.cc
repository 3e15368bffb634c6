// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/measure.h"

#include <absl/status/status.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "daemon/executor/player.h"

namespace continuo::executor {
namespace {

constexpr std::uint32_t kProbeFrames = 32768;  // that are correlated at each lag
constexpr std::uint32_t kSplitFrames = 4096;   // that are cut in several ways
constexpr double kTailLevel = 1e-4;            // -80 dB
constexpr double kLeastCorrelation = 0.05;     // chance alone gives 0.03 here
constexpr double kTailBudgetS = 2;             // processor time
constexpr double kTailGapMs = 1500;            // of silence, after which it has ended
constexpr double kCostBudgetS = 2;
constexpr std::uint32_t kCostRounds = 8;

// Eight sums side by side, so that the compiler can use vectors for them.
double Dot(const float* a, const float* b, std::size_t count) {
  std::array<float, 8> sums{};
  double total = 0;
  for (std::size_t start = 0; start < count; start += 4096) {
    const std::size_t end = std::min(count, start + 4096);
    for (std::size_t i = start; i + 8 <= end; i += 8) {
      for (std::size_t lane = 0; lane < 8; ++lane) sums[lane] += a[i + lane] * b[i + lane];
    }
    for (float& sum : sums) total += std::exchange(sum, 0.0F);
  }
  return total;
}

// What of the channels' sum reappears first and most.
bool Correlate(const Signal& in, const Signal& out, std::uint32_t lags, std::uint32_t* latency) {
  std::vector<float> sum(kProbeFrames, 0.0F);
  for (const auto& channel : in) {
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += channel[i];
  }
  const double in_power = Dot(sum.data(), sum.data(), sum.size());
  double greatest = 0;
  for (const auto& channel : out) {
    const double power = Dot(channel.data(), channel.data(), channel.size()) * kProbeFrames /
                         static_cast<double>(channel.size());
    if (power <= 0) continue;
    for (std::uint32_t lag = 0; lag < lags; ++lag) {
      const double share =
          std::abs(Dot(sum.data(), channel.data() + lag, sum.size())) / std::sqrt(in_power * power);
      if (share > greatest * 1.001) {
        greatest = share;
        *latency = lag;
      }
    }
  }
  return greatest >= kLeastCorrelation;
}

// The first frame at which noise makes a difference to silence that is more than a trace.
bool FindOnset(const Signal& noise_out, const Signal& silence_out, std::uint32_t* latency) {
  Signal difference = noise_out;
  for (std::size_t c = 0; c < difference.size(); ++c) {
    for (std::size_t i = 0; i < difference[c].size(); ++i) difference[c][i] -= silence_out[c][i];
  }
  const double peak = Peak(difference);
  if (peak < 1e-6) return false;
  for (std::size_t i = 0; i < difference.front().size(); ++i) {
    for (const auto& channel : difference) {
      if (std::abs(channel[i]) > 0.05 * peak) {
        *latency = static_cast<std::uint32_t>(i);
        return true;
      }
    }
  }
  return false;
}

absl::Status MeasureLatency(Player* player, const Signal& noise, std::uint32_t lags,
                            Measured* measured) {
  const absl::StatusOr<Signal> out = player->PlayAnew(noise, 1024);
  if (!out.ok()) return out.status();
  if (Correlate(noise, *out, lags, &measured->latency_frames)) {
    measured->evidence = LatencyEvidence::kCorrelation;
    return absl::OkStatus();
  }
  measured->latency_frames = 0;
  const Signal silence(noise.size(), std::vector<float>(noise.front().size(), 0.0F));
  const absl::StatusOr<Signal> rest = player->PlayAnew(silence, 1024);
  if (!rest.ok()) return rest.status();
  if (FindOnset(*out, *rest, &measured->latency_frames)) {
    measured->evidence = LatencyEvidence::kOnset;
  }
  return absl::OkStatus();
}

absl::Status MeasureMemory(Player* player, const Signal& noise, const Description& description,
                           std::uint32_t chunk_frames, Measured* measured) {
  // Whole rounds, and without the stated latency: what is gathered and not yet worked on is
  // no memory of the model's.
  const std::uint32_t chunk = std::max(chunk_frames, 1U);
  const std::size_t skip = description.latency_frames;
  const std::size_t late = std::max<std::size_t>(skip, measured->latency_frames);
  const std::size_t frames = (late + kSplitFrames + chunk - 1) / chunk * chunk;
  const Signal in = Head(noise, frames);
  absl::StatusOr<Signal> first = player->PlayAnew(in, kMeasuredBlockFrames);
  if (!first.ok()) return first.status();
  Signal second;
  if (absl::Status status = player->Play(in, kMeasuredBlockFrames, &second); !status.ok()) {
    return status;
  }
  measured->has_state = Difference(Tail(*first, skip), Tail(second, skip)) > 1e-5;
  absl::StatusOr<Signal> repeated = player->PlayAnew(in, kMeasuredBlockFrames);
  if (!repeated.ok()) return repeated.status();
  measured->is_random = Difference(*first, *repeated) > 1e-5;
  absl::StatusOr<Signal> other = player->PlayAnew(in, 441);
  if (!other.ok()) return other.status();
  measured->depends_on_blocks = !measured->is_random && Difference(*first, *other) > 1e-3;
  return absl::OkStatus();
}

absl::Status MeasureTail(Player* player, const Signal& noise, std::uint32_t rate_hz,
                         Measured* measured) {
  absl::StatusOr<Signal> loud = player->PlayAnew(Head(noise, kProbeFrames), 1024);
  if (!loud.ok()) return loud.status();
  const double level = Peak(*loud) * kTailLevel;
  const Signal silence(noise.size(), std::vector<float>(1024, 0.0F));
  const double longest = kProbedTailMs * rate_hz / 1000.0;
  const double budget_end = ThreadSeconds() + kTailBudgetS;
  double last_sound = 0;
  double at = 0;
  const double gap = kTailGapMs * rate_hz / 1000.0;
  while (at < longest && at - last_sound < gap && ThreadSeconds() < budget_end) {
    Signal out;
    if (absl::Status status = player->Play(silence, 1024, &out); !status.ok()) return status;
    for (const auto& channel : out) {
      // Many amplifier models rest at a constant that is not 0: what moves is sound.
      const auto [least, most] = std::minmax_element(channel.begin(), channel.end());
      if (double{*most} - double{*least} > 2 * level) last_sound = at + 1024;
    }
    at += 1024;
  }
  const bool endless = last_sound >= at;
  measured->tail_ms = endless ? kEndlessTailMs : last_sound * 1000.0 / rate_hz;
  return absl::OkStatus();
}

absl::Status MeasureCost(Player* player, const Signal& noise, std::uint32_t chunk_frames,
                         Measured* measured) {
  const std::size_t frames =
      std::min<std::size_t>(noise.front().size(), std::max(8192U, chunk_frames));
  const Signal in = Head(noise, frames);
  if (absl::Status status = player->Begin(); !status.ok()) return status;
  const double budget_end = ThreadSeconds() + kCostBudgetS;
  double least = 0;
  double least_peak = 0;
  for (std::uint32_t round = 0; round < kCostRounds; ++round) {
    Signal out;
    double dearest = 0;
    const double before = ThreadSeconds();
    if (absl::Status status = player->Play(in, kMeasuredBlockFrames, &out, &dearest); !status.ok())
      return status;
    const double took = ThreadSeconds() - before;
    if (round == 0 || took < least) least = took;
    if (round == 0 || dearest < least_peak) least_peak = dearest;
    if (ThreadSeconds() > budget_end) break;
  }
  measured->block_cost_us = least * 1e6 * kMeasuredBlockFrames / static_cast<double>(frames);
  measured->peak_block_cost_us = least_peak * 1e6;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Measured> Measure(Model& model, const std::vector<float>& parameters,
                                 std::uint32_t chunk_frames) {
  const Description& description = model.description();
  const std::uint32_t lags = description.latency_frames + kMaxProbedLatencyFrames;
  const Signal noise = Noise(description.input_channels, kProbeFrames + lags);
  Player player(model, parameters);
  Measured measured;
  absl::Status status = MeasureLatency(&player, noise, lags, &measured);
  if (status.ok()) {
    status = MeasureMemory(&player, noise, description, chunk_frames, &measured);
  }
  if (status.ok()) status = MeasureTail(&player, noise, description.sample_rate_hz, &measured);
  if (status.ok()) status = MeasureCost(&player, noise, chunk_frames, &measured);
  if (!status.ok()) return status;
  return measured;
}

absl::StatusOr<BlockCost> MeasureBlockCost(Model& model, const std::vector<float>& parameters,
                                           std::uint32_t chunk_frames) {
  const Signal noise = Noise(model.description().input_channels, kProbeFrames);
  Player player(model, parameters);
  // Cheap models for as long as dear ones: what else runs meanwhile comes and goes.
  constexpr double kLeastS = 0.3;
  BlockCost cost;
  const double end = ThreadSeconds() + kLeastS;
  do {
    Measured measured;
    absl::Status status = MeasureCost(&player, noise, chunk_frames, &measured);
    if (!status.ok()) return status;
    const bool first = cost.mean_us == 0;
    cost.mean_us = first ? measured.block_cost_us : std::min(cost.mean_us, measured.block_cost_us);
    cost.peak_us =
        first ? measured.peak_block_cost_us : std::min(cost.peak_us, measured.peak_block_cost_us);
  } while (ThreadSeconds() < end);
  return cost;
}

absl::StatusOr<double> MeasureCellUs(const Decoder& decoder) {
  constexpr std::int32_t kCells = 64;
  const DecoderShape& shape = decoder.shape();
  const std::vector<std::int32_t> grid(shape.grid_fields.size(), 0);
  const std::vector<std::int32_t> token(shape.token_fields.size(), 0);
  const auto encoded = decoder.Encode(grid, 1);
  if (!encoded.ok()) return encoded.status();
  std::vector<float> logits(shape.vocabulary);
  const auto sequence = decoder.CreateSequence();
  const double budget_end = ThreadSeconds() + kCostBudgetS;
  double least = 0;
  for (std::uint32_t round = 0; round < 4 * kCostRounds; ++round) {
    sequence->Reset();
    const double before = ThreadSeconds();
    for (std::int32_t position = 0; position < kCells; ++position) {
      const Cell cell{sequence.get(), token.data(), encoded->data(), position, logits.data()};
      if (absl::Status status = decoder.Next({&cell, 1}); !status.ok()) return status;
    }
    const double took = ThreadSeconds() - before;
    if (round == 0 || took < least) least = took;
    if (ThreadSeconds() > budget_end) break;
  }
  return least * 1e6 / kCells;
}

}  // namespace continuo::executor
