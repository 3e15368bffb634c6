// SPDX-License-Identifier: Apache-2.0
// continuoctl process: a sound file through a model, into another.
#include <spdlog/fmt/fmt.h>

#include <chrono>
#include <cmath>
#include <memory>

#include "continuo/v1/daemon_service.grpc.pb.h"
#include "daemon/app/ctl/audio_input.h"
#include "daemon/app/ctl/audio_output.h"
#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/json.h"
#include "daemon/app/ctl/model.h"
#include "daemon/app/ctl/open_stream.h"
#include "daemon/app/ctl/output_file.h"
#include "daemon/app/ctl/proto_json.h"
#include "daemon/app/ctl/render.h"
#include "daemon/app/ctl/settings.h"
#include "daemon/app/ctl/text.h"

namespace continuo::ctl {
namespace {

struct Options {
  std::string input, output, model, preset;
  std::vector<std::string> settings;
  RenderPlan plan;
  double tail_s = 0;
  std::string format = "float";
  std::string channel_mode = "each";
  bool force = false;
  bool replace_non_finite = false;
};

// What is told at the end.
struct Report {
  RenderResult result;
  std::string variant;
  std::uint64_t clipped = 0;
  double elapsed_s = 0;
};

void CheckFinite(AudioInput& input, const Options& options) {
  if (options.replace_non_finite) return;
  if (const auto found = input.FindNonFinite()) {
    throw BadInput(input.path(),
                   fmt::format("frame {}, channel {} is not a finite number; repair the file, or "
                               "give --replace-non-finite to have silence there",
                               found->frame, found->channel + 1));
  }
}

int Encoding(const std::string& format) {
  if (format == "pcm16") return SF_FORMAT_PCM_16;
  return format == "pcm24" ? SF_FORMAT_PCM_24 : SF_FORMAT_FLOAT;
}

// The variant that the daemon chose for the stream; empty where it does not tell.
std::string VariantOf(const client::Connected& connected, std::uint64_t stream_id) {
  v1::DaemonService::Stub stub(connected.channel);
  const auto status = Call(stub, &v1::DaemonService::Stub::GetStatus, v1::GetStatusRequest());
  for (const v1::StreamStatus& stream : status.streams()) {
    if (stream.stream_id() == stream_id) return stream.variant();
  }
  return "";
}

Report RenderOnce(AudioInput& input, const client::Connected& connected,
                  const client::StreamConfig& config, const Options& options,
                  const RenderPlan& plan) {
  const auto stream = OpenStream(config);
  AudioOutput output(options.output, {input.rate_hz(), input.channels(),
                                      input.frames() + plan.tail_frames, Encoding(options.format)});
  Report report;
  report.variant = VariantOf(connected, stream->snapshot().stream_id);
  const auto start = std::chrono::steady_clock::now();
  report.result = Render(input, *stream, output, plan);
  report.elapsed_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report.clipped = output.clipped();
  if (!report.result.restarted || plan.allow_dry) output.Commit();
  return report;
}

// Again from the start where the runner ended in the middle: a render is exact or
// it is not there.
Report RenderWhole(AudioInput& input, const client::Connected& connected,
                   const client::StreamConfig& config, const Options& options,
                   const RenderPlan& plan) {
  constexpr int kMoreAttempts = 2;
  Report report = RenderOnce(input, connected, config, options, plan);
  std::string why;
  for (int i = 0; report.result.restarted && !plan.allow_dry && i < kMoreAttempts; ++i) {
    try {
      report = RenderOnce(input, connected, config, options, plan);
    } catch (const Failure& failure) {
      why = failure.what();
      break;
    }
  }
  if (!report.result.restarted || plan.allow_dry) return report;
  throw Failed(
      fmt::format("the model's runner ended in the middle, and again; nothing was written{}{}",
                  why.empty() ? "" : ": ", why));
}

Json ToJson(const Report& report, const AudioInput& input, const Options& options,
            const v1::ModelManifest& model, const Settings& settings) {
  const double seconds = static_cast<double>(report.result.frames) / input.rate_hz();
  Json values = Json::object();
  for (const v1::Parameter& parameter : model.parameters()) {
    values[parameter.id()] = Shortest(parameter.default_value());
  }
  for (const auto& [id, value] : settings) values[id] = Shortest(value);
  return {{"input", options.input},
          {"output", options.output},
          {"frames", report.result.frames},
          {"channels", input.channels()},
          {"sample_rate_hz", input.rate_hz()},
          {"seconds", seconds},
          {"elapsed_s", report.elapsed_s},
          {"real_time_factor", seconds / report.elapsed_s},
          {"latency_frames", report.result.latency_frames},
          {"model", {{"id", model.id()}, {"version", model.version()}}},
          {"variant", report.variant},
          {"parameters", values},
          {"wet", Shortest(options.plan.wet)},
          {"missed_blocks", report.result.missed_blocks},
          {"replaced_samples", report.result.replaced_samples},
          {"clipped_samples", report.clipped}};
}

void PrintReport(const Report& report, const AudioInput& input, const Options& options,
                 const v1::ModelManifest& model) {
  const double seconds = static_cast<double>(report.result.frames) / input.rate_hz();
  fmt::print("{}: {} of {} {} in {} ({:.1f} times real time), latency {} frames compensated\n",
             options.output, Duration(seconds), model.id(), report.variant,
             Duration(report.elapsed_s), seconds / report.elapsed_s, report.result.latency_frames);
  const auto note = [](std::uint64_t count, const char* what) {
    if (count > 0) fmt::print(stderr, "continuoctl: note: {} {}\n", count, what);
  };
  note(report.result.missed_blocks, "blocks are dry: the model gave no result");
  note(report.result.replaced_samples, "samples were not finite and are silence now");
  note(report.clipped, "samples are beyond full scale and were clipped; --format float keeps them");
}

ExitCode Run(const Context& context, const Options& options) {
  const Settings wanted = ParseSettings(options.settings);
  AudioInput input(options.input);
  CheckOutput(options.output, options.input, options.force);
  CheckFinite(input, options);

  const client::Connected connected = context.Connect();
  const ModelName name = ParseModelName(options.model);
  const v1::ModelManifest model = GetModelToRun(connected, name);
  if (model.task() != v1::TASK_AUDIO_EFFECT) {
    throw Refused("invalid_argument",
                  fmt::format("the model '{}' is not an audio effect", model.id()));
  }
  client::StreamConfig config;
  config.model_id = model.id();
  config.model_version = model.version();
  config.sample_rate_hz = input.rate_hz();
  config.channels = input.channels();
  config.maximum_block_frames = options.plan.block_frames;
  config.mode = client::Mode::kDirect;
  config.channel_mode = ChannelModeOf(options.channel_mode);
  config.renders = true;
  config.parameters = CheckedSettings(model, options.preset, wanted);
  config.client_name = kClientName;
  config.socket_path = context.SocketPath();
  config.autostart = !context.no_autostart;

  RenderPlan plan = options.plan;
  plan.tail_frames = static_cast<std::uint64_t>(std::llround(options.tail_s * input.rate_hz()));
  const Report report = RenderWhole(input, connected, config, options, plan);
  if (context.json) {
    PrintJson(ToJson(report, input, options, model, config.parameters));
  } else {
    PrintReport(report, input, options, model);
  }
  return ExitCode::kOk;
}

}  // namespace

void AddProcess(CLI::App& app, Context& context) {
  CLI::App* verb = app.add_subcommand("process", "Run a sound file through a model");
  auto options = std::make_shared<Options>();
  verb->add_option("input", options->input, "WAV, FLAC, AIFF, Ogg... of 1 to 8 channels")
      ->required()
      ->type_name("IN");
  verb->add_option("output", options->output, "WAV to write: same rate, channels and length")
      ->required()
      ->type_name("OUT");
  verb->add_option("--model", options->model, "The model, as `models list` shows it")
      ->required()
      ->type_name("ID[@VERSION]");
  verb->add_option("--set", options->settings, "Set a parameter; may be given many times")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  verb->add_option("--preset", options->preset, "Start from a preset of the model")
      ->type_name("ID");
  verb->add_option("--wet", options->plan.wet, "Share of the model's sound, the rest is dry")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  verb->add_option("--block", options->plan.block_frames, "Frames a block")
      ->check(CLI::Range(1U, ipc::kMaxBlockFrames))
      ->capture_default_str();
  verb->add_option("--channel-mode", options->channel_mode, kChannelModeHelp)
      ->check(CLI::IsMember({"each", "mid"}).description(""))
      ->capture_default_str();
  verb->add_option("--tail", options->tail_s, "Seconds to go on after the input has ended")
      ->check(CLI::Range(0.0, 600.0))
      ->capture_default_str();
  verb->add_option("--format", options->format, "float, pcm16 or pcm24")
      ->check(CLI::IsMember({"float", "pcm16", "pcm24"}).description(""))
      ->capture_default_str();
  verb->add_flag("--force", options->force, "Replace an output file that is there already");
  verb->add_flag("--replace-non-finite", options->replace_non_finite,
                 "Take NaN and infinite samples of the input as silence");
  verb->add_flag("--allow-dry", options->plan.allow_dry,
                 "Keep the dry sound where the model gives no result");
  verb->callback([&context, options] {
    context.action = [&context, options] { return Run(context, *options); };
  });
}

}  // namespace continuo::ctl
