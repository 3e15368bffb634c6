// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/prometheus_text.h"

#include <spdlog/fmt/fmt.h>

#include <functional>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

namespace continuo::service {
namespace {

constexpr int kBucketsAnOctave = 4;
constexpr int kFirstOctave = 1;  // 2 µs
constexpr int kLastOctave = 17;  // 0.13 s

// In a label's value a quote, a backslash and the end of a line would end it.
std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\n') {
      escaped += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

class Text {
 public:
  void Head(std::string_view name, std::string_view type, std::string_view help) {
    fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name,
                   type);
  }
  void Value(std::string_view name, std::string_view labels, double value) {
    if (labels.empty()) {
      fmt::format_to(std::back_inserter(text_), "{} {}\n", name, value);
    } else {
      fmt::format_to(std::back_inserter(text_), "{}{{{}}} {}\n", name, labels, value);
    }
  }
  void Single(std::string_view name, std::string_view type, std::string_view help, double value) {
    Head(name, type, help);
    Value(name, "", value);
  }
  void Histogram(std::string_view name, std::string_view labels,
                 const v1::StageHistogram& histogram) {
    std::uint64_t count = 0;
    int bucket = 0;
    for (int octave = kFirstOctave; octave <= kLastOctave; ++octave) {
      for (; bucket < octave * kBucketsAnOctave && bucket < histogram.counts_size(); ++bucket) {
        count += histogram.counts(bucket);
      }
      fmt::format_to(std::back_inserter(text_), "{}_bucket{{{},le=\"{}\"}} {}\n", name, labels,
                     static_cast<double>(1 << octave) * 1e-6, count);
    }
    for (; bucket < histogram.counts_size(); ++bucket) count += histogram.counts(bucket);
    fmt::format_to(std::back_inserter(text_), "{}_bucket{{{},le=\"+Inf\"}} {}\n", name, labels,
                   count);
    fmt::format_to(std::back_inserter(text_), "{}_sum{{{}}} {}\n{}_count{{{}}} {}\n", name, labels,
                   histogram.sum_us() * 1e-6, name, labels, count);
  }
  [[nodiscard]] std::string Take() { return fmt::to_string(text_); }

 private:
  fmt::memory_buffer text_;
};

std::string LabelsOf(const v1::StreamStatus& stream) {
  return fmt::format("stream=\"{}\",model=\"{}\",client=\"{}\"", stream.stream_id(),
                     Escaped(stream.model_id()), Escaped(stream.client_name()));
}

void AddDaemon(const v1::GetMetricsResponse& metrics, Text* text) {
  const v1::GetStatisticsResponse& total = metrics.total();
  const auto counter = [&](const char* name, const char* help, std::uint64_t value) {
    text->Single(name, "counter", help, static_cast<double>(value));
  };
  text->Single("continuo_uptime_seconds", "gauge", "Time since the daemon began to serve.",
               metrics.uptime_s());
  text->Single("continuo_daemon_resident_bytes", "gauge", "Resident memory of the daemon.",
               static_cast<double>(metrics.resident_bytes()));
  text->Single("continuo_streams", "gauge", "Streams that are open.", metrics.streams_size());
  counter("continuo_streams_opened_total", "Streams opened.", metrics.streams_opened());
  counter("continuo_streams_refused_total", "Streams refused for want of room.",
          metrics.streams_refused());
  counter("continuo_streams_moved_total", "Moves of streams between cores.",
          metrics.streams_moved());
  counter("continuo_runner_restarts_total", "Runners that ended unasked.",
          metrics.runner_restarts());
  counter("continuo_blocks_total", "Blocks processed, of closed streams too.", total.blocks());
  counter("continuo_missed_blocks_total",
          "Blocks without a result when it was due, of closed streams too.", total.missed_blocks());
  counter("continuo_violations_total", "Blocks refused as not valid, of closed streams too.",
          total.violations());
}

void AddJobs(const v1::JobMetrics& jobs, Text* text) {
  const auto add = [&](const char* name, const char* type, const char* help, double value) {
    text->Single(name, type, help, value);
  };
  const auto count = [](std::uint64_t value) { return static_cast<double>(value); };
  add("continuo_jobs_queued", "gauge", "Jobs that wait.", jobs.queued());
  add("continuo_jobs_running", "gauge", "Jobs at work.", jobs.running());
  text->Head("continuo_jobs_total", "counter", "Jobs by what became of them.");
  text->Value("continuo_jobs_total", "end=\"done\"", count(jobs.done()));
  text->Value("continuo_jobs_total", "end=\"cancelled\"", count(jobs.cancelled()));
  text->Value("continuo_jobs_total", "end=\"failed\"", count(jobs.failed()));
  text->Value("continuo_jobs_total", "end=\"refused\"", count(jobs.refused()));
  add("continuo_job_reruns_total", "counter", "Jobs run again because their runner ended.",
      count(jobs.reruns()));
  add("continuo_job_cache_hits_total", "counter", "Jobs answered from the cache.",
      count(jobs.cache_hits()));
  add("continuo_job_cache_misses_total", "counter", "Jobs that the cache could not answer.",
      count(jobs.cache_misses()));
  add("continuo_job_cache_bytes", "gauge", "What the cache holds.", count(jobs.cache_bytes()));
  add("continuo_job_predictions_total", "counter", "Requests made in advance.",
      count(jobs.predictions()));
  add("continuo_job_predictions_used_total", "counter", "Of these, those that were asked for.",
      count(jobs.predictions_used()));
  add("continuo_job_predictions_dropped_total", "counter", "Of these, those that gave way.",
      count(jobs.predictions_dropped()));
  add("continuo_job_saved_seconds_total", "counter", "Time that the cache has saved.",
      jobs.saved_ms() / 1000);
  add("continuo_job_worked_seconds_total", "counter", "Time that jobs took at work.",
      jobs.worked_ms() / 1000);
}

void AddCores(const v1::GetMetricsResponse& metrics, Text* text) {
  using Of = double (*)(const v1::CoreMetrics&);
  const auto add = [&](const char* name, const char* help, Of of) {
    text->Head(name, "gauge", help);
    for (const v1::CoreMetrics& core : metrics.cores()) {
      text->Value(name, fmt::format("core=\"{}\"", core.core()), of(core));
    }
  };
  add("continuo_core_capacity_ratio", "Share of the core that streams may take.",
      [](const v1::CoreMetrics& core) { return core.capacity(); });
  add("continuo_core_planned_ratio", "Share of the core that its streams are counted with.",
      [](const v1::CoreMetrics& core) { return core.planned(); });
  add("continuo_core_busy_ratio", "Share of the core that all processes took lately.",
      [](const v1::CoreMetrics& core) { return core.busy(); });
  add("continuo_core_streams", "Streams that are counted on the core.",
      [](const v1::CoreMetrics& core) { return static_cast<double>(core.streams()); });
}

void AddRunners(const v1::GetMetricsResponse& metrics, Text* text) {
  using Of = double (*)(const v1::RunnerMetrics&);
  const auto add = [&](const char* name, const char* help, Of of) {
    text->Head(name, "gauge", help);
    for (const v1::RunnerMetrics& runner : metrics.runners()) {
      text->Value(name,
                  fmt::format("runner=\"{}\",executor=\"{}\"", runner.runner().pid(),
                              Escaped(runner.runner().executor())),
                  of(runner));
    }
  };
  add("continuo_runner_load_ratio", "Time on processors over time, lately.",
      [](const v1::RunnerMetrics& runner) { return runner.load(); });
  add("continuo_runner_resident_bytes", "Resident memory of the runner.",
      [](const v1::RunnerMetrics& runner) {
        return static_cast<double>(runner.runner().resident_bytes());
      });
  add("continuo_runner_proportional_bytes", "The same, with shared pages divided by sharers.",
      [](const v1::RunnerMetrics& runner) {
        return static_cast<double>(runner.runner().proportional_bytes());
      });
  add("continuo_runner_streams", "Streams of the runner.", [](const v1::RunnerMetrics& runner) {
    return static_cast<double>(runner.runner().streams());
  });
}

void AddStreams(const v1::GetMetricsResponse& metrics, Text* text) {
  std::vector<std::string> labels;
  for (const v1::StreamMetrics& stream : metrics.streams()) {
    labels.push_back(LabelsOf(stream.stream()));
  }
  using Of = double (*)(const v1::StreamMetrics&);
  const auto add = [&](const char* name, const char* type, const char* help, Of of) {
    text->Head(name, type, help);
    for (int i = 0; i < metrics.streams_size(); ++i) {
      text->Value(name, labels[static_cast<std::size_t>(i)], of(metrics.streams(i)));
    }
  };
  add("continuo_stream_blocks_total", "counter", "Blocks processed.",
      [](const v1::StreamMetrics& s) { return static_cast<double>(s.statistics().blocks()); });
  add("continuo_stream_missed_blocks_total", "counter", "Blocks without a result when it was due.",
      [](const v1::StreamMetrics& s) {
        return static_cast<double>(s.statistics().missed_blocks());
      });
  add("continuo_stream_late_blocks_total", "counter", "Of the missed blocks, those answered later.",
      [](const v1::StreamMetrics& s) { return static_cast<double>(s.statistics().late_blocks()); });
  add("continuo_stream_violations_total", "counter", "Blocks refused as not valid.",
      [](const v1::StreamMetrics& s) { return static_cast<double>(s.statistics().violations()); });
  add("continuo_stream_load_ratio", "gauge", "Model time over time, lately.",
      [](const v1::StreamMetrics& s) { return s.load(); });
  add("continuo_stream_share_ratio", "gauge", "Share of a core that is set aside.",
      [](const v1::StreamMetrics& s) { return s.stream().share(); });
  add("continuo_stream_process_maximum_seconds", "gauge", "Longest time of a block in the model.",
      [](const v1::StreamMetrics& s) { return s.statistics().process_max_us() * 1e-6; });
  add("continuo_stream_direct", "gauge", "1 in direct mode, 0 in pipelined mode.",
      [](const v1::StreamMetrics& s) {
        return s.statistics().mode() == v1::STREAM_MODE_DIRECT ? 1.0 : 0.0;
      });
  using Stage = const v1::StageHistogram& (v1::StreamMetrics::*)() const;
  const std::pair<std::pair<const char*, const char*>, Stage> stages[] = {
      {{"continuo_stream_wake_seconds", "From the client's notice to the runner's start."},
       &v1::StreamMetrics::wake},
      {{"continuo_stream_process_seconds", "Model and resamplers."}, &v1::StreamMetrics::process},
      {{"continuo_stream_back_seconds", "From the runner's notice to the client's taking it."},
       &v1::StreamMetrics::back},
      {{"continuo_stream_wait_seconds", "What the client's callback waited in direct mode."},
       &v1::StreamMetrics::wait}};
  for (const auto& [words, stage] : stages) {
    text->Head(words.first, "histogram", words.second);
    for (int i = 0; i < metrics.streams_size(); ++i) {
      text->Histogram(words.first, labels[static_cast<std::size_t>(i)],
                      (metrics.streams(i).*stage)());
    }
  }
}

}  // namespace

std::string PrometheusText(const v1::GetMetricsResponse& metrics) {
  Text text;
  AddDaemon(metrics, &text);
  AddJobs(metrics.jobs(), &text);
  AddCores(metrics, &text);
  AddRunners(metrics, &text);
  AddStreams(metrics, &text);
  return text.Take();
}

std::string PrometheusText(const supervisor::MemoryReport& memory) {
  Text text;
  const auto add = [&](const char* name, const char* type, const char* help, std::uint64_t value) {
    text.Single(name, type, help, static_cast<double>(value));
  };
  add("continuo_memory_budget_bytes", "gauge", "What the daemon and its runners may take.",
      memory.budget_bytes);
  add("continuo_memory_counted_bytes", "gauge", "What is counted against that.", memory.used_bytes);
  add("continuo_memory_waiting", "gauge", "Requests that wait for memory.", memory.waiting.size());
  text.Single("continuo_memory_stalled_ratio", "gauge",
              "Share of the last 10 s in which tasks waited for memory.", memory.pressure.stalled);
  add("continuo_memory_short", "gauge", "1 where memory is short.",
      memory.pressure.short_of ? 1U : 0U);
  add("continuo_memory_evicted_total", "counter", "Models that had to go for others.",
      memory.counts.evicted);
  add("continuo_memory_refused_total", "counter", "Models that there was no memory for.",
      memory.counts.refused);
  text.Head("continuo_model_bytes", "gauge", "What a model counts for.");
  for (const supervisor::MemoryReport::Item& one : memory.items) {
    text.Value("continuo_model_bytes",
               fmt::format("model=\"{}\",place=\"{}\"", Escaped(one.item.name.item),
                           Escaped(one.item.name.place)),
               static_cast<double>(memory::Budget::Charge(one.item)));
  }
  return text.Take();
}

}  // namespace continuo::service
