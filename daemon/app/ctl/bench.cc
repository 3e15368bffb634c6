// SPDX-License-Identifier: Apache-2.0
// continuoctl stream bench: what a round trip through a stream takes, beside what
// a bare futex ping-pong takes in the same run.
#include <spdlog/fmt/fmt.h>

#include <memory>

#include "continuo/v1/model_service.grpc.pb.h"
#include "continuo/v1/stream_service.grpc.pb.h"
#include "daemon/app/ctl/bench_run.h"
#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/json.h"
#include "daemon/app/ctl/model.h"
#include "daemon/app/ctl/open_stream.h"
#include "daemon/app/ctl/text.h"

namespace continuo::ctl {
namespace {

struct Options {
  std::string model;
  std::vector<std::uint32_t> periods = {64, 256};
  std::string mode = "direct";
  std::string channel_mode = "each";
  std::vector<std::string> wakes = {"predict", "sleep"};
  BenchPlan plan;
};

client::Mode ModeOf(const std::string& word) {
  if (word == "auto") return client::Mode::kAuto;
  return word == "pipelined" ? client::Mode::kPipelined : client::Mode::kDirect;
}

// The cheapest path there is: the test model where it is installed, else the
// first effect.
std::string DefaultModel(const client::Connected& connected) {
  v1::ModelService::Stub stub(connected.channel);
  v1::ListModelsRequest request;
  request.set_task(v1::TASK_AUDIO_EFFECT);
  const auto response = Call(stub, &v1::ModelService::Stub::ListModels, request);
  if (response.models().empty()) {
    throw Refused("not_found", "no audio effect is installed; see continuoctl models list");
  }
  for (const v1::ModelInfo& model : response.models()) {
    if (model.manifest().id() == "fake-gain") return model.manifest().id();
  }
  return response.models(0).manifest().id();
}

// What the runner says of a stream's thread.
std::function<std::string(std::uint64_t)> SchedulingOf(const client::Connected& connected) {
  return [&connected](std::uint64_t stream_id) {
    v1::StreamService::Stub stub(connected.channel);
    v1::GetStatisticsRequest request;
    request.set_stream_id(stream_id);
    return Call(stub, &v1::StreamService::Stub::GetStatistics, request).scheduling();
  };
}

Json ToJson(const Quantiles& quantiles) {
  return {{"p50", quantiles.p50_us},
          {"p99", quantiles.p99_us},
          {"p999", quantiles.p999_us},
          {"max", quantiles.max_us},
          {"count", quantiles.count}};
}

Json ToJson(const BenchResult& result, const BenchPlan& plan) {
  return {{"period_frames", result.period_frames},
          {"period_us", result.period_frames * 1e6 / plan.sample_rate_hz},
          {"mode", client::ToWords(result.mode)},
          {"mode_reason", result.mode_reason},
          {"wake", result.wake},
          {"scheduling", result.scheduling},
          {"latency_frames", result.latency_frames},
          {"model_block_cost_us", result.block_cost_us},
          {"round_trip_us", ToJson(result.ours)},
          {"bare_futex_us", ToJson(result.bare)},
          {"ratio",
           {{"p50", result.ours.p50_us / result.bare.p50_us},
            {"p99", result.ours.p99_us / result.bare.p99_us}}},
          {"blocks", result.blocks},
          {"missed_blocks", result.missed},
          {"late_blocks", result.late_blocks},
          {"late_periods", {{"ours", result.late}, {"bare", result.bare_late}}}};
}

void Print(const BenchResult& result, const BenchPlan& plan) {
  const auto cell = [](double us) { return fmt::format("{:.1f}", us); };
  const auto row = [&cell](const char* name, const Quantiles& q, std::uint64_t late) {
    return std::vector<std::string>{name,           cell(q.p50_us),
                                    cell(q.p99_us), cell(q.p999_us),
                                    cell(q.max_us), std::to_string(late)};
  };
  fmt::print("\n{} frames ({:.0f} us), {}, latency {} frames, model alone {:.1f} us, wake {}\n",
             result.period_frames, result.period_frames * 1e6 / plan.sample_rate_hz,
             client::ToWords(result.mode), result.latency_frames, result.block_cost_us,
             result.wake);
  fmt::print("{}\nrunner: {}\n", result.mode_reason, result.scheduling);
  Table table({"us", "p50", "p99", "p99.9", "max", "late periods"});
  table.Add(row("stream", result.ours, result.late));
  table.Add(row("bare futex", result.bare, result.bare_late));
  table.Add({"ratio", fmt::format("{:.2f}", result.ours.p50_us / result.bare.p50_us),
             fmt::format("{:.2f}", result.ours.p99_us / result.bare.p99_us)});
  table.Print();
  fmt::print("{} of {} blocks missed, {} of these were late\n", result.missed, result.blocks,
             result.late_blocks);
  if (result.mode == client::Mode::kPipelined) {
    fmt::print("pipelined: the call does not wait, so the figures are of the call alone\n");
  }
}

ExitCode Run(const Context& context, const Options& options) {
  // Forks, so before gRPC has threads.
  FutexPingPong baseline;
  const client::Connected connected = context.Connect();
  const ModelName name =
      ParseModelName(options.model.empty() ? DefaultModel(connected) : options.model);
  const v1::ModelManifest model = GetModelToRun(connected, name);
  BenchPlan plan = options.plan;
  plan.stream.model_id = model.id();
  plan.stream.model_version = model.version();
  plan.stream.mode = ModeOf(options.mode);
  plan.stream.channel_mode = ChannelModeOf(options.channel_mode);
  plan.stream.client_name = kClientName;
  plan.stream.socket_path = context.SocketPath();
  plan.stream.autostart = !context.no_autostart;

  Json runs = Json::array();
  BenchResult result;
  for (const std::uint32_t period : options.periods) {
    for (const std::string& wake : options.wakes) {
      plan.stream.wake = wake;
      result = RunBench(plan, period, baseline, SchedulingOf(connected));
      runs.push_back(ToJson(result, plan));
      if (context.json) continue;
      if (runs.size() == 1) {
        fmt::print("{} {}, {} Hz, channels {}, streams {}, callback {}, runner {}, bare child {}\n",
                   model.id(), model.version(), plan.sample_rate_hz, plan.channels, plan.streams,
                   result.callback_scheduling, result.runner_scheduling, result.child_scheduling);
      }
      Print(result, plan);
    }
  }
  if (context.json) {
    PrintJson({{"model", {{"id", model.id()}, {"version", model.version()}}},
               {"sample_rate_hz", plan.sample_rate_hz},
               {"channels", plan.channels},
               {"streams", plan.streams},
               {"seconds", plan.seconds},
               {"scheduling",
                {{"callback", result.callback_scheduling},
                 {"runner", result.runner_scheduling},
                 {"bare_child", result.child_scheduling}}},
               {"runs", runs}});
  }
  return ExitCode::kOk;
}

}  // namespace

void AddStreamBench(CLI::App& stream, Context& context) {
  CLI::App* verb = stream.add_subcommand(
      "bench", "Time streams at a real period, beside a bare futex ping-pong");
  auto options = std::make_shared<Options>();
  BenchPlan& plan = options->plan;
  verb->add_option("--model", options->model, "The model (default: the cheapest installed)")
      ->type_name("ID[@VERSION]");
  verb->add_option("--rate", plan.sample_rate_hz, "Sample rate in Hz")
      ->check(CLI::Range(ipc::kMinSampleRateHz, ipc::kMaxSampleRateHz))
      ->capture_default_str();
  verb->add_option("--period", options->periods, "Frames a period, one or more")
      ->delimiter(',')
      ->check(CLI::Range(1U, ipc::kMaxBlockFrames))
      ->capture_default_str();
  verb->add_option("--channels", plan.channels, "Channels a stream")
      ->check(CLI::Range(1U, ipc::kMaxChannels))
      ->capture_default_str();
  verb->add_option("--seconds", plan.seconds, "How long to measure, for each period and side")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  verb->add_option("--streams", plan.streams, "Streams, one after the other in each period")
      ->check(CLI::Range(1U, 64U))
      ->capture_default_str();
  verb->add_option("--mode", options->mode, "direct, pipelined or auto")
      ->check(CLI::IsMember({"direct", "pipelined", "auto"}).description(""))
      ->capture_default_str();
  verb->add_option("--channel-mode", options->channel_mode, kChannelModeHelp)
      ->check(CLI::IsMember({"each", "mid"}).description(""))
      ->capture_default_str();
  verb->add_option("--wake", options->wakes,
                   "How the runner waits: predict, sleep, auto; one run each")
      ->delimiter(',')
      ->check(CLI::IsMember({"predict", "sleep", "auto"}).description(""))
      ->capture_default_str();
  verb->add_option("--priority", plan.priority,
                   "SCHED_FIFO priority of the callback (default 0: SCHED_OTHER, as LMMS has it)")
      ->check(CLI::Range(0, 99));
  verb->callback([&context, options] {
    context.action = [&context, options] { return Run(context, *options); };
  });
}

}  // namespace continuo::ctl
