// SPDX-License-Identifier: Apache-2.0
// continuoctl top: what streams, cores and runners do, once a second.
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "continuo/v1/metrics_service.grpc.pb.h"
#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/json.h"
#include "daemon/app/ctl/proto_json.h"
#include "daemon/app/ctl/top_terminal.h"
#include "daemon/app/ctl/top_view.h"

namespace continuo::ctl {
namespace {

using Stub = v1::MetricsService::Stub;

struct Options {
  bool once = false;
  double interval_s = 1;
  TopScreen screen;
};

v1::GetMetricsResponse Ask(Stub& stub) {
  return Call(stub, &Stub::GetMetrics, v1::GetMetricsRequest());
}

ExitCode Watch(Stub& stub, const Options& options) {
  using Clock = std::chrono::steady_clock;
  const auto terminal = TopTerminal::Open();
  if (!terminal) throw Failed("this terminal is not known here; top --once does without");
  TopScreen screen = options.screen;
  bool paused = false;
  v1::GetMetricsResponse metrics = Ask(stub);
  auto asked = Clock::now();
  const auto since_s = [&] { return std::chrono::duration<double>(Clock::now() - asked).count(); };
  for (;;) {
    screen.rows = std::max<std::size_t>(2, terminal->rows()) - 1;
    screen.columns = terminal->columns();
    terminal->Draw(RenderTop(metrics, screen), HeadingOf(metrics),
                   fmt::format("q quit  s sort by {}  p {}", ToWords(NextOrder(screen.order)),
                               paused ? "go on (paused)" : "pause"));
    const int key = terminal->Key(std::max(0.02, options.interval_s - since_s()));
    if (key == 'q') return ExitCode::kOk;
    if (key == 's') screen.order = NextOrder(screen.order);
    if (key == 'p') paused = !paused;
    if (since_s() < options.interval_s) continue;
    asked = Clock::now();
    if (!paused) metrics = Ask(stub);
  }
}

ExitCode Run(const Context& context, const Options& options) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  const bool terminal = ::isatty(STDOUT_FILENO) != 0 && ::isatty(STDIN_FILENO) != 0;
  if (terminal && !options.once && !context.json) return Watch(stub, options);
  const auto print = [&](const v1::GetMetricsResponse& metrics) {
    if (context.json) {
      fmt::print("{}\n", ToJson(metrics).dump(options.once ? 2 : -1));
    } else {
      for (const std::string& line : RenderTop(metrics, options.screen)) fmt::print("{}\n", line);
    }
    std::fflush(stdout);
  };
  // Loads are differences: the first answer would tell of a window that nobody asked for.
  static_cast<void>(Ask(stub));
  do {
    std::this_thread::sleep_for(std::chrono::duration<double>(options.interval_s));
    print(Ask(stub));
    if (!options.once && !context.json) fmt::print("\n");
  } while (!options.once && std::ferror(stdout) == 0);
  return ExitCode::kOk;
}

}  // namespace

void AddTop(CLI::App& app, Context& context) {
  CLI::App* verb =
      app.add_subcommand("top", "Watch streams, cores and runners (keys: q quit, s sort, p pause)");
  auto options = std::make_shared<Options>();
  verb->add_flag("--once", options->once, "Print it once, as text, and end");
  verb->add_option("--interval", options->interval_s, "Seconds between two looks")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  verb->add_option("--columns", options->screen.columns,
                   "As wide as this, where it is not drawn on a terminal; from 93 with every stage")
      ->check(CLI::Range(80, 1000))
      ->capture_default_str();
  verb->callback([&context, options] {
    context.action = [&context, options] { return Run(context, *options); };
  });
}

}  // namespace continuo::ctl
