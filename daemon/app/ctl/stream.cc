// SPDX-License-Identifier: Apache-2.0
// continuoctl stream: list, keys, set, show, link, unlink, close (bench.cc adds `bench`).
#include <spdlog/fmt/fmt.h>

#include <memory>

#include "continuo/v1/daemon_service.grpc.pb.h"
#include "continuo/v1/key_service.grpc.pb.h"
#include "continuo/v1/stream_service.grpc.pb.h"
#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/json.h"
#include "daemon/app/ctl/proto_json.h"
#include "daemon/app/ctl/settings.h"
#include "daemon/app/ctl/stream_table.h"
#include "daemon/app/ctl/text.h"

namespace continuo::ctl {
namespace {

using Stub = v1::StreamService::Stub;

struct Options {
  std::uint64_t stream_id = 0;
  std::vector<std::string> settings;
  std::string group;
};

ExitCode List(const Context& context) {
  const client::Connected connected = context.Connect();
  v1::DaemonService::Stub stub(connected.channel);
  const auto status = Call(stub, &v1::DaemonService::Stub::GetStatus, v1::GetStatusRequest());
  if (context.json) {
    PrintJson({{"streams", ToJson(status).at("streams")}});
  } else {
    PrintStreams(status);
  }
  return ExitCode::kOk;
}

ExitCode Keys(const Context& context) {
  const client::Connected connected = context.Connect();
  v1::KeyService::Stub stub(connected.channel);
  const auto keys = Call(stub, &v1::KeyService::Stub::ListKeys, v1::ListKeysRequest());
  if (context.json) {
    PrintJson(ToJson(keys));
    return ExitCode::kOk;
  }
  if (keys.senders().empty()) {
    fmt::print("no key is sent\n");
    return ExitCode::kOk;
  }
  Table table({"KEY", "STREAM", "HEARD", "CLIENT"});
  for (const v1::KeySender& sender : keys.senders()) {
    table.Add({sender.name(), sender.stream_id() == 0 ? "-" : std::to_string(sender.stream_id()),
               sender.heard() ? "yes" : "no", sender.client_name()});
  }
  table.Print();
  return ExitCode::kOk;
}

ExitCode Set(const Context& context, const Options& options) {
  v1::SetParametersRequest request;
  request.set_stream_id(options.stream_id);
  for (const auto& [id, value] : ParseSettings(options.settings)) {
    (*request.mutable_values())[id] = value;
  }
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  (void)Call(stub, &Stub::SetParameters, request);
  if (context.json) PrintJson(ToJson(request));
  return ExitCode::kOk;
}

ExitCode Show(const Context& context, const Options& options) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  v1::GetStatisticsRequest request;
  request.set_stream_id(options.stream_id);
  const auto figures = Call(stub, &Stub::GetStatistics, request);
  if (context.json) {
    PrintJson(ToJson(figures));
    return ExitCode::kOk;
  }
  fmt::print("stream {}: {} blocks, {} frames\n", figures.stream_id(), figures.blocks(),
             figures.frames());
  fmt::print("model time   {:.1f} us mean, {:.1f} us max, {:.1f} % of one core\n",
             figures.process_mean_us(), figures.process_max_us(), figures.load() * 100);
  fmt::print("missed       {} of {} blocks had no result in time, {} of these were late\n",
             figures.missed_blocks(), figures.client_blocks(), figures.late_blocks());
  fmt::print("refused      {} blocks that were not valid, {} samples that were not finite\n",
             figures.violations(), figures.non_finite_samples());
  fmt::print("dropped      {} results\n", figures.dropped_results());
  if (!figures.scheduling().empty()) fmt::print("thread       {}\n", figures.scheduling());
  Table stages({"us", "p50", "p99", "max", "count"});
  const auto add = [&stages](const char* name, const v1::StageTime& stage) {
    if (stage.count() == 0) return;
    stages.Add({name, fmt::format("{:.1f}", stage.p50_us()), fmt::format("{:.1f}", stage.p99_us()),
                fmt::format("{:.1f}", stage.maximum_us()), std::to_string(stage.count())});
  };
  add("wake", figures.wake());
  add("process", figures.process());
  add("back", figures.back());
  add("wait", figures.wait());
  if (!stages.empty()) stages.Print();
  return ExitCode::kOk;
}

ExitCode Link(const Context& context, const Options& options) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  v1::SetLinkRequest request;
  request.set_stream_id(options.stream_id);
  request.set_group(options.group);
  (void)Call(stub, &Stub::SetLink, request);
  if (context.json) PrintJson(ToJson(request));
  return ExitCode::kOk;
}

ExitCode Close(const Context& context, const Options& options) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  v1::CloseStreamRequest request;
  request.set_stream_id(options.stream_id);
  (void)Call(stub, &Stub::CloseStream, request);
  if (context.json) PrintJson(ToJson(request));
  return ExitCode::kOk;
}

using Action = ExitCode (*)(const Context&, const Options&);

CLI::App* AddOne(CLI::App& stream, Context& context, const char* name, const char* what,
                 const std::shared_ptr<Options>& options, Action action) {
  CLI::App* verb = stream.add_subcommand(name, what);
  verb->add_option("id", options->stream_id, "The stream's number, as `stream list` shows it")
      ->required()
      ->type_name("ID");
  verb->callback([&context, options, action] {
    context.action = [&context, options, action] { return action(context, *options); };
  });
  return verb;
}

}  // namespace

void AddStream(CLI::App& app, Context& context) {
  CLI::App* stream = app.add_subcommand("stream", "Open streams, and measuring them");
  stream->require_subcommand(1);
  CLI::App* list = stream->add_subcommand("list", "List the open streams");
  list->callback([&context] { context.action = [&context] { return List(context); }; });
  CLI::App* keys = stream->add_subcommand("keys", "List the keys that are sent, and by whom");
  keys->callback([&context] { context.action = [&context] { return Keys(context); }; });
  auto options = std::make_shared<Options>();
  AddOne(*stream, context, "show", "Show the figures of one stream", options, Show);
  AddOne(*stream, context, "set", "Set parameters of one stream", options, Set)
      ->add_option("values", options->settings, "name=value, all or none are set")
      ->required()
      ->type_name("NAME=VALUE");
  AddOne(*stream, context, "link", "Have one stream share its parameters with a group", options,
         Link)
      ->add_option("group", options->group, "The group's name")
      ->required()
      ->type_name("GROUP");
  AddOne(*stream, context, "unlink", "Have one stream leave its link group", options, Link);
  AddOne(*stream, context, "close", "Close one stream, whoever opened it", options, Close);
  AddStreamBench(*stream, context);
}

}  // namespace continuo::ctl
