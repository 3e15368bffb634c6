// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/top_view.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "daemon/app/ctl/text.h"
#include "daemon/base/bytes_in_words.h"

namespace continuo::ctl {
namespace {

// "|||||     ", of `width` characters.
std::string Bar(double share, std::size_t width) {
  const double filled = std::clamp(share, 0.0, 1.0) * static_cast<double>(width);
  const auto bars = static_cast<std::size_t>(std::lround(filled));
  return std::string(bars, '|') + std::string(width - bars, ' ');
}

// Figures of five characters: "0.0", "43.2", "1234", "12e3", "-".
std::string Microseconds(const v1::StageTime& stage, double us) {
  if (stage.count() == 0) return "-";
  if (us < 99.95) return fmt::format("{:.1f}", us);
  return us < 99999.5 ? fmt::format("{:.0f}", us) : fmt::format("{:.0f}e3", us / 1000);
}

// Ids and names of others: nothing in them drives the terminal, and none is too long.
std::string Cut(const std::string& text, std::size_t width) {
  std::string cut;
  for (const char c : text.substr(0, width)) cut += c < ' ' || c > '~' ? '?' : c;
  return cut;
}

std::string CoreLine(const v1::CoreMetrics& core, std::size_t columns) {
  const std::size_t width = columns > 70 ? columns - 56 : 10;
  return fmt::format("core {:<3}[{}] {:3.0f} %  planned {:.2f} of {:.2f}, {} streams", core.core(),
                     Bar(core.busy(), width), core.busy() * 100, core.planned(), core.capacity(),
                     core.streams());
}

std::string RunnerLine(const v1::RunnerMetrics& metrics) {
  const v1::RunnerStatus& runner = metrics.runner();
  return fmt::format("runner {} {}  {:.2f} cores  {}  {} streams, {} restarts  {}", runner.pid(),
                     Cut(runner.executor(), 10), metrics.load(),
                     base::BytesInWords(runner.proportional_bytes()), runner.streams(),
                     runner.restarts(), Cut(runner.scheduling(), 80));
}

const char* ModeWord(const v1::StreamMetrics& metrics) {
  if (metrics.stream().state() != "ready") return "-";
  return metrics.statistics().mode() == v1::STREAM_MODE_DIRECT ? "dir" : "pipe";
}

// Microseconds, of all streams, closed ones too. Fits eighty columns with the longest figures.
std::string StagesLine(const v1::GetStatisticsResponse& total) {
  std::string line = "p50/p99:";
  for (const auto& [name, stage] : {std::pair{"wake", &total.wake()},
                                    {"process", &total.process()},
                                    {"back", &total.back()},
                                    {"wait", &total.wait()}}) {
    line += fmt::format(" {} {}/{}", name, Microseconds(*stage, stage->p50_us()),
                        Microseconds(*stage, stage->p99_us()));
  }
  return line;
}

// With room for them: p50 and p99 of every stage.
constexpr std::size_t kWideColumns = 93;

std::size_t ModelColumns(std::size_t columns) {
  const std::size_t others = columns >= kWideColumns ? kWideColumns - 14 : 80 - 14;
  return std::clamp<std::size_t>(columns > others ? columns - others : 0, 14, 44);
}

// A bar is full for the stream that takes most.
std::string StreamLine(const v1::StreamMetrics& metrics, double most, std::size_t columns) {
  const v1::StreamStatus& stream = metrics.stream();
  const v1::GetStatisticsResponse& figures = metrics.statistics();
  const std::size_t model = ModelColumns(columns);
  const auto p50 = [](const v1::StageTime& s) { return Microseconds(s, s.p50_us()); };
  const auto p99 = [](const v1::StageTime& s) { return Microseconds(s, s.p99_us()); };
  std::string line = fmt::format(
      "{:>6} {:<{}} {:<4} {:>5.1f} {:<6}", stream.stream_id(), Cut(stream.model_id(), model), model,
      ModeWord(metrics), metrics.load() * 100, Bar(most > 0 ? metrics.load() / most : 0, 6));
  const auto add = [&line](const auto& figure) { line += fmt::format(" {:>5}", figure); };
  const bool wide = columns >= kWideColumns;
  add(p50(figures.process()));
  add(p99(figures.process()));
  if (wide) add(p50(figures.wake()));
  add(p99(figures.wake()));
  if (wide) add(p50(figures.back()));
  if (wide) add(p99(figures.back()));
  add(p50(figures.wait()));
  add(p99(figures.wait()));
  add(figures.missed_blocks());
  return line;
}

std::string Heading(std::size_t columns) {
  const std::size_t model = ModelColumns(columns);
  return fmt::format(
      "{:>6} {:<{}} {:<4} {:>5} {:<6} {}", "STREAM", "MODEL", model, "MODE", "LOAD%", "",
      columns >= kWideColumns ? " PROC   p99  WAKE   p99  BACK   p99  WAIT   p99  MISS"
                              : " PROC   p99  WAKE  WAIT   p99  MISS");
}

bool Before(TopOrder order, const v1::StreamMetrics& a, const v1::StreamMetrics& b) {
  const auto id = [](const v1::StreamMetrics& m) { return m.stream().stream_id(); };
  const auto first = [&](double x, double y) { return x != y ? x > y : id(a) < id(b); };
  switch (order) {
    case TopOrder::kLoad:
      return first(a.load(), b.load());
    case TopOrder::kMissed:
      return first(static_cast<double>(a.statistics().missed_blocks()),
                   static_cast<double>(b.statistics().missed_blocks()));
    case TopOrder::kWait:
      return first(a.statistics().wait().p99_us(), b.statistics().wait().p99_us());
    case TopOrder::kModel:
      if (a.stream().model_id() != b.stream().model_id()) {
        return a.stream().model_id() < b.stream().model_id();
      }
      break;
    case TopOrder::kStream:
      break;
  }
  return id(a) < id(b);
}

}  // namespace

TopOrder NextOrder(TopOrder order) {
  return order == TopOrder::kModel ? TopOrder::kLoad
                                   : static_cast<TopOrder>(static_cast<int>(order) + 1);
}

const char* ToWords(TopOrder order) {
  static constexpr const char* kWords[] = {"load", "missed", "wait", "stream", "model"};
  return kWords[static_cast<std::size_t>(order)];
}

std::size_t HeadingOf(const v1::GetMetricsResponse& metrics) {
  return static_cast<std::size_t>(3 + metrics.cores_size() + metrics.runners_size());
}

std::vector<std::string> RenderTop(const v1::GetMetricsResponse& metrics, const TopScreen& screen) {
  const v1::GetStatisticsResponse& total = metrics.total();
  std::vector<std::string> lines;
  lines.push_back(fmt::format("continuod up {}, {}; {} streams, {} opened, {} refused, {} moved",
                              Duration(metrics.uptime_s()),
                              base::BytesInWords(metrics.resident_bytes()), metrics.streams_size(),
                              metrics.streams_opened(), metrics.streams_refused(),
                              metrics.streams_moved()));
  double load = 0;
  for (const v1::StreamMetrics& stream : metrics.streams()) load += stream.load();
  lines.push_back(fmt::format(
      "blocks {}, missed {}, late {}, not valid {}, load {:.2f}; sorted by {}", total.blocks(),
      total.missed_blocks(), total.late_blocks(), total.violations(), load, ToWords(screen.order)));
  lines.push_back(StagesLine(total));
  for (const v1::CoreMetrics& core : metrics.cores()) {
    lines.push_back(CoreLine(core, screen.columns));
  }
  for (const v1::RunnerMetrics& runner : metrics.runners()) lines.push_back(RunnerLine(runner));
  lines.push_back(Heading(screen.columns));

  std::vector<const v1::StreamMetrics*> streams;
  for (const v1::StreamMetrics& stream : metrics.streams()) streams.push_back(&stream);
  std::sort(streams.begin(), streams.end(),
            [&](const auto* a, const auto* b) { return Before(screen.order, *a, *b); });
  std::size_t shown = streams.size();
  if (screen.rows > 0 && lines.size() + shown > screen.rows) {
    shown = screen.rows > lines.size() + 1 ? screen.rows - lines.size() - 1 : 0;
  }
  double most = 0;
  for (const v1::StreamMetrics& stream : metrics.streams()) most = std::max(most, stream.load());
  for (std::size_t i = 0; i < shown; ++i) {
    lines.push_back(StreamLine(*streams[i], most, screen.columns));
  }
  if (shown < streams.size()) lines.push_back(fmt::format("{} more", streams.size() - shown));
  if (screen.rows > 0 && lines.size() > screen.rows) lines.resize(screen.rows);
  for (std::string& line : lines) line = line.substr(0, screen.columns);
  return lines;
}

}  // namespace continuo::ctl
