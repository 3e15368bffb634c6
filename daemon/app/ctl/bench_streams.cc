// SPDX-License-Identifier: Apache-2.0
// continuoctl bench: how many streams this machine carries, and what each stage takes.
// (stream bench compares one round trip with the least there can be.)
#include <spdlog/fmt/fmt.h>

#include <memory>

#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/json.h"
#include "daemon/app/ctl/many_streams.h"
#include "daemon/app/ctl/model.h"
#include "daemon/app/ctl/scheduling.h"
#include "daemon/app/ctl/text.h"

namespace continuo::ctl {
namespace {

struct Options {
  std::string model;
  std::string mode = "auto";
  ManyPlan plan;
};

client::Mode ModeOf(const std::string& word) {
  if (word == "auto") return client::Mode::kAuto;
  return word == "pipelined" ? client::Mode::kPipelined : client::Mode::kDirect;
}

Json ToJson(const StageQuantiles& q) {
  return {{"p50", q.p50_us}, {"p99", q.p99_us}, {"max", q.max_us}, {"count", q.count}};
}

Json ToJson(const Quantiles& q) {
  return {{"p50", q.p50_us},
          {"p99", q.p99_us},
          {"p999", q.p999_us},
          {"max", q.max_us},
          {"count", q.count}};
}

Json ToJson(const ManyResult& result, const Options& options, const v1::ModelManifest& model) {
  const client::StreamConfig& stream = options.plan.stream;
  Json loads = Json::object();
  for (const ManyResult::Load& load : result.loads) loads[load.name] = load.cores;
  return {{"model", {{"id", model.id()}, {"version", model.version()}}},
          {"sample_rate_hz", stream.sample_rate_hz},
          {"channels", stream.channels},
          {"period_frames", stream.maximum_block_frames},
          {"mode", options.mode},
          {"streams",
           {{"asked", options.plan.streams},
            {"opened", result.opened},
            {"direct", result.direct},
            {"pipelined", result.pipelined},
            {"refused", result.refused}}},
          {"callbacks", options.plan.callbacks},
          {"callback_scheduling", SchedulingWords(options.plan.priority)},
          {"seconds", options.plan.seconds},
          {"blocks", result.blocks},
          {"missed_blocks", result.missed},
          {"late_blocks", result.late_blocks},
          {"periods", result.periods},
          {"late_periods", result.late_periods},
          {"call_us", ToJson(result.call)},
          {"period_us", ToJson(result.period)},
          {"stages_us",
           {{"wake", ToJson(result.wake)},
            {"process", ToJson(result.process)},
            {"back", ToJson(result.back)},
            {"wait", ToJson(result.wait)}}},
          {"loads", loads}};
}

void Print(const ManyResult& result, const Options& options, const v1::ModelManifest& model) {
  const client::StreamConfig& stream = options.plan.stream;
  fmt::print("{} {}, {} Hz, channels {}, {} frames ({:.0f} us), mode {}, callbacks {} {}\n",
             model.id(), model.version(), stream.sample_rate_hz, stream.channels,
             stream.maximum_block_frames, 1e6 * stream.maximum_block_frames / stream.sample_rate_hz,
             options.mode, options.plan.callbacks, SchedulingWords(options.plan.priority));
  fmt::print("{} of {} streams: {} direct, {} pipelined\n", result.opened, options.plan.streams,
             result.direct, result.pipelined);
  if (!result.refused.empty()) fmt::print("the next one: {}\n", result.refused);
  fmt::print("{} of {} blocks missed, {} of these were late; {} of {} periods began late\n\n",
             result.missed, result.blocks, result.late_blocks, result.late_periods, result.periods);
  const auto cell = [](double us) { return fmt::format("{:.1f}", us); };
  Table table({"us", "p50", "p99", "max"});
  const auto stage = [&](const char* name, const StageQuantiles& q) {
    if (q.count > 0) table.Add({name, cell(q.p50_us), cell(q.p99_us), cell(q.max_us)});
  };
  table.Add({"a call of Process()", cell(result.call.p50_us), cell(result.call.p99_us),
             cell(result.call.max_us)});
  table.Add({"all calls of a period", cell(result.period.p50_us), cell(result.period.p99_us),
             cell(result.period.max_us)});
  stage("wake: notice to start", result.wake);
  stage("process: model and resamplers", result.process);
  stage("back: notice to taken", result.back);
  stage("wait: of the callback", result.wait);
  table.Print();
  fmt::print("\n");
  Table loads({"LOAD", "CORES"});
  for (const ManyResult::Load& load : result.loads) {
    loads.Add({load.name, fmt::format("{:.3f}", load.cores)});
  }
  loads.Print();
}

ExitCode Run(const Context& context, const Options& options) {
  const client::Connected connected = context.Connect();
  const v1::ModelManifest model = GetModelToRun(connected, ParseModelName(options.model));
  ManyPlan plan = options.plan;
  plan.stream.model_id = model.id();
  plan.stream.model_version = model.version();
  plan.stream.mode = ModeOf(options.mode);
  plan.stream.client_name = kClientName;
  plan.stream.socket_path = context.SocketPath();
  plan.stream.autostart = !context.no_autostart;
  const ManyResult result = RunMany(connected, plan);
  if (context.json) {
    PrintJson(ToJson(result, options, model));
  } else {
    Print(result, options, model);
  }
  return ExitCode::kOk;
}

}  // namespace

void AddBench(CLI::App& app, Context& context) {
  CLI::App* verb =
      app.add_subcommand("bench", "Run many streams at a real period and count misses");
  auto options = std::make_shared<Options>();
  ManyPlan& plan = options->plan;
  plan.stream.channels = 1;
  verb->add_option("--model", options->model, "The model")->required()->type_name("ID[@VERSION]");
  verb->add_option("--streams", plan.streams, "Streams")
      ->check(CLI::Range(1U, 1024U))
      ->capture_default_str();
  verb->add_option("--seconds", plan.seconds, "How long to measure")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  verb->add_option("--mode", options->mode, "direct, pipelined or auto")
      ->check(CLI::IsMember({"direct", "pipelined", "auto"}).description(""))
      ->capture_default_str();
  verb->add_option("--period", plan.stream.maximum_block_frames, "Frames a period")
      ->check(CLI::Range(1U, ipc::kMaxBlockFrames))
      ->capture_default_str();
  verb->add_option("--rate", plan.stream.sample_rate_hz, "Sample rate in Hz")
      ->check(CLI::Range(ipc::kMinSampleRateHz, ipc::kMaxSampleRateHz))
      ->capture_default_str();
  verb->add_option("--channels", plan.stream.channels, "Channels a stream")
      ->check(CLI::Range(1U, ipc::kMaxChannels))
      ->capture_default_str();
  verb->add_option("--callbacks", plan.callbacks, "Threads that share the streams")
      ->check(CLI::Range(1U, 64U))
      ->capture_default_str();
  verb->add_option("--pipelined-blocks", plan.stream.pipelined_blocks,
                   "Latency of pipelined mode, in periods")
      ->check(CLI::Range(1U, 8U))
      ->capture_default_str();
  verb->add_option("--priority", plan.priority,
                   "SCHED_FIFO priority of the callbacks (default 0: SCHED_OTHER, as LMMS has it)")
      ->check(CLI::Range(0, 99));
  verb->callback([&context, options] {
    context.action = [&context, options] { return Run(context, *options); };
  });
}

}  // namespace continuo::ctl
