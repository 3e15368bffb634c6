// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/stream_meter.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "shared/ipc/segment_layout.h"

namespace continuo::supervisor {
namespace {

// Fewer blocks are no measurement.
constexpr std::uint64_t kEnoughBlocks = 50;

// A copy of all of a segment that is before its rings.
struct alignas(64) Head {
  std::byte bytes[ipc::kRingsOffset];
  template <typename T>
  [[nodiscard]] const T& At(std::size_t offset) const {
    return *reinterpret_cast<const T*>(bytes + offset);
  }
};

// False where the segment is shorter than it has to be, or never at rest.
bool ReadHead(int segment, Head* head) {
  constexpr int kTries = 4;
  for (int i = 0; i < kTries; ++i) {
    if (::pread(segment, head->bytes, sizeof head->bytes, 0) !=
        static_cast<ssize_t>(sizeof head->bytes)) {
      return false;
    }
    std::uint32_t lock = 0;
    if (::pread(segment, &lock, sizeof lock, ipc::kStatisticsOffset) != sizeof lock) return false;
    // The same and even: nobody wrote meanwhile.
    const auto& block = head->At<ipc::StatisticsBlock>(ipc::kStatisticsOffset);
    if (lock % 2 == 0 && block.lock.load(std::memory_order_relaxed) == lock) return true;
  }
  return false;
}

bool ReadFigures(int segment, StreamFigures* figures) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  Head head;
  StreamFigures read;
  if (!ReadHead(segment, &head)) return false;
  if (!ipc::TryReadUntrusted(head.At<ipc::StatisticsBlock>(ipc::kStatisticsOffset), &read.runner)) {
    return false;
  }
  const auto& client = head.At<ipc::ClientControl>(ipc::kClientControlOffset);
  read.client_blocks = client.blocks.load(kRelaxed);
  read.missed_blocks = client.missed_blocks.load(kRelaxed);
  read.late_blocks = client.late_blocks.load(kRelaxed);
  read.pipelined_frames = client.pipelined_frames.load(kRelaxed);
  read.wake.Include(head.At<ipc::HistogramBlock>(ipc::kWakeHistogramOffset));
  read.process.Include(head.At<ipc::HistogramBlock>(ipc::kProcessHistogramOffset));
  read.back.Include(head.At<ipc::HistogramBlock>(ipc::kReturnHistogramOffset));
  read.wait.Include(head.At<ipc::HistogramBlock>(ipc::kWaitHistogramOffset));
  *figures = read;
  return true;
}

v1::StageTime ToProto(const ipc::Histogram& histogram) {
  v1::StageTime stage;
  stage.set_count(histogram.Count());
  stage.set_p50_us(histogram.QuantileUs(0.5));
  stage.set_p99_us(histogram.QuantileUs(0.99));
  stage.set_maximum_us(histogram.MaximumUs());
  return stage;
}

// Of counters that another process writes: what went back has begun anew.
std::uint64_t Since(std::uint64_t now, std::uint64_t before) {
  return now >= before ? now - before : 0;
}

}  // namespace

void StreamFigures::Include(const StreamFigures& other) {
  runner.blocks += other.runner.blocks;
  runner.frames += other.runner.frames;
  runner.process_total_ns += other.runner.process_total_ns;
  runner.process_max_ns = std::max(runner.process_max_ns, other.runner.process_max_ns);
  runner.violations += other.runner.violations;
  runner.non_finite_samples += other.runner.non_finite_samples;
  runner.dropped_results += other.runner.dropped_results;
  client_blocks += other.client_blocks;
  missed_blocks += other.missed_blocks;
  late_blocks += other.late_blocks;
  pipelined_frames = other.pipelined_frames;
  wake.Include(other.wake);
  process.Include(other.process);
  back.Include(other.back);
  wait.Include(other.wait);
}

void FillStatistics(const StreamFigures& figures, std::uint32_t sample_rate_hz,
                    v1::GetStatisticsResponse* response) {
  const ipc::Statistics& runner = figures.runner;
  if (runner.frames > 0 && sample_rate_hz > 0) {
    response->set_load(static_cast<double>(runner.process_total_ns) / 1e9 * sample_rate_hz /
                       static_cast<double>(runner.frames));
  }
  response->set_blocks(runner.blocks);
  response->set_frames(runner.frames);
  if (runner.blocks > 0) {
    response->set_process_mean_us(static_cast<double>(runner.process_total_ns) / 1000.0 /
                                  static_cast<double>(runner.blocks));
  }
  response->set_process_max_us(static_cast<double>(runner.process_max_ns) / 1000.0);
  response->set_violations(runner.violations);
  response->set_non_finite_samples(runner.non_finite_samples);
  response->set_dropped_results(runner.dropped_results);
  response->set_client_blocks(figures.client_blocks);
  response->set_missed_blocks(figures.missed_blocks);
  response->set_late_blocks(figures.late_blocks);
  *response->mutable_wake() = ToProto(figures.wake);
  *response->mutable_process() = ToProto(figures.process);
  *response->mutable_back() = ToProto(figures.back);
  *response->mutable_wait() = ToProto(figures.wait);
  response->set_mode(figures.pipelined_frames > 0 ? v1::STREAM_MODE_PIPELINED
                                                  : v1::STREAM_MODE_DIRECT);
}

absl::Status StreamMeter::Follow(const std::string& segment_name) {
  static_cast<void>(Read());
  past_ = all_;
  present_ = StreamFigures();
  sampled_ = measured_ = ipc::Statistics();
  sampled_ns_ = 0;
  sampled_direct_ = direct_ = std::nullopt;
  segment_ = base::UniqueFd(::shm_open(segment_name.c_str(), O_RDONLY | O_CLOEXEC, 0));
  if (segment_.valid()) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, "the stream's segment cannot be opened for its figures");
}

const StreamFigures& StreamMeter::Read() {
  if (segment_.valid()) static_cast<void>(ReadFigures(segment_.get(), &present_));
  all_ = past_;
  all_.Include(present_);
  // The client counts these through all of its segments.
  all_.client_blocks = std::max(past_.client_blocks, present_.client_blocks);
  all_.missed_blocks = std::max(past_.missed_blocks, present_.missed_blocks);
  all_.late_blocks = std::max(past_.late_blocks, present_.late_blocks);
  return all_;
}

void StreamMeter::Sample(std::uint64_t now_ns, std::uint32_t sample_rate_hz) {
  static_cast<void>(Read());
  const ipc::Statistics& now = present_.runner;
  if (sampled_ns_ > 0 && now_ns > sampled_ns_) {
    const auto taken_ns =
        static_cast<double>(Since(now.process_total_ns, sampled_.process_total_ns));
    load_ = std::min(1.0, taken_ns / static_cast<double>(now_ns - sampled_ns_));
  }
  sampled_ = now;
  sampled_ns_ = now_ns;
  std::optional<bool> direct;
  if (present_.client_blocks > 0) direct = present_.pipelined_frames == 0;
  direct_ = std::exchange(sampled_direct_, direct) == direct ? direct : std::nullopt;
  const std::uint64_t frames = Since(now.frames, measured_.frames);
  if (Since(now.blocks, measured_.blocks) >= kEnoughBlocks && frames >= sample_rate_hz / 2) {
    frame_us_ = static_cast<double>(Since(now.process_total_ns, measured_.process_total_ns)) /
                1000.0 / static_cast<double>(frames);
    measured_ = now;
  }
}

}  // namespace continuo::supervisor
