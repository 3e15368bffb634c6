// SPDX-License-Identifier: Apache-2.0
// continuoctl models machine, measure, compare and recommend: how models run here, and which to
// take.
#include <spdlog/fmt/fmt.h>

#include <memory>
#include <vector>

#include "continuo/v1/fit_service.grpc.pb.h"
#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/fit.h"
#include "daemon/app/ctl/model.h"
#include "daemon/app/ctl/models.h"
#include "daemon/app/ctl/progress.h"
#include "daemon/app/ctl/proto_json.h"
#include "daemon/app/ctl/text.h"
#include "daemon/base/bytes_in_words.h"

namespace continuo::ctl {
namespace {

using Stub = v1::FitService::Stub;

ExitCode RunMachine(const Context& context, bool again) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  v1::GetMachineRequest request;
  request.set_measure_again(again);
  const auto machine = WithProgress("measuring this machine", [&] {
    return Call(stub, &Stub::GetMachine, request, kFitTimeoutSeconds);
  });
  if (context.json) {
    PrintJson(ToJson(machine));
    return ExitCode::kOk;
  }
  fmt::print("{}, {} cores, {} of memory\n", machine.cpu_name(), machine.cores(),
             base::BytesInWords(machine.memory_bytes()));
  fmt::print("benchmark    {:.1f} us a block of 256 frames, {:.1f} us a cell, on one core ({})\n",
             machine.block_us(), machine.cell_us(), machine.build());
  return ExitCode::kOk;
}

ExitCode RunMeasure(const Context& context, const std::string& model, bool again) {
  const ModelName name = ParseModelName(model);
  v1::MeasureModelRequest request;
  request.set_id(name.id);
  request.set_version(name.version);
  request.set_measure_again(again);
  const v1::MeasuredModel measured = MeasureModel(context, request);
  if (context.json) {
    PrintJson(ToJson(measured));
    return ExitCode::kOk;
  }
  fmt::print("{} {}: {}\n\n", measured.id(), measured.version(), measured.assessment().reason());
  PrintVariantTable(measured);
  return ExitCode::kOk;
}

std::string Quality(const v1::ModelFacts& facts) {
  std::vector<std::string> words;
  for (const v1::ModelQuality& quality : facts.quality()) {
    words.push_back(fmt::format("{} {:.3g}", quality.measure(), quality.value()));
  }
  return words.empty() ? "not stated" : Join(words);
}

// One row a property, one column a model.
void PrintComparison(const v1::CompareModelsResponse& response) {
  std::vector<std::string> head = {""};
  for (const v1::ModelFacts& facts : response.models()) {
    head.push_back(fmt::format("{} {}", facts.id(), facts.version()));
  }
  Table table(head);
  const auto row = [&](const char* what, auto cell) {
    std::vector<std::string> cells = {what};
    for (const v1::ModelFacts& facts : response.models()) cells.push_back(cell(facts));
    table.Add(cells);
  };
  row("name", [](const v1::ModelFacts& facts) { return facts.name(); });
  row("from", [](const v1::ModelFacts& facts) {
    return facts.source().empty() ? "installed" : facts.source();
  });
  row("task", [](const v1::ModelFacts& facts) -> std::string {
    if (facts.task() != v1::TASK_NOTES) return "effect";
    return Join({facts.tasks().begin(), facts.tasks().end()});
  });
  row("executor", [](const v1::ModelFacts& facts) { return facts.executor(); });
  row("runs here", [](const v1::ModelFacts& facts) { return Short(facts.assessment()); });
  row("known from", [](const v1::ModelFacts& facts) {
    const std::string& words = facts.assessment().evidence_in_words();
    return words.empty() ? "-" : words;
  });
  row("memory", [](const v1::ModelFacts& facts) {
    return base::BytesInWords(facts.assessment().memory_bytes());
  });
  row("8 bars in", [](const v1::ModelFacts& facts) -> std::string {
    const double seconds = facts.assessment().seconds_for_8_bars();
    return seconds > 0 ? fmt::format("{:.3g} s", seconds) : "-";
  });
  row("size", [](const v1::ModelFacts& facts) { return base::BytesInWords(facts.size_bytes()); });
  row("latency", [](const v1::ModelFacts& facts) -> std::string {
    return facts.task() == v1::TASK_NOTES ? "-" : fmt::format("{:.3g} ms", facts.latency_ms());
  });
  row("rates", [](const v1::ModelFacts& facts) -> std::string {
    return facts.sample_rates_hz().empty()
               ? "-"
               : fmt::format("{}", fmt::join(facts.sample_rates_hz(), ", "));
  });
  row("parameters",
      [](const v1::ModelFacts& facts) { return std::to_string(facts.parameter_count()); });
  row("quality", Quality);
  row("licence", [](const v1::ModelFacts& facts) { return facts.license(); });
  table.Print();
  for (const v1::ModelFacts& facts : response.models()) {
    fmt::print("\n{} {}", facts.id(), facts.assessment().reason());
  }
  fmt::print("\n");
}

ExitCode RunCompare(const Context& context, const std::vector<std::string>& models) {
  v1::CompareModelsRequest request;
  for (const std::string& model : models) {
    const ModelName name = ParseModelName(model);
    v1::ModelName* const added = request.add_models();
    added->set_id(name.id);
    added->set_version(name.version);
  }
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  const auto response = WithProgress(
      "comparing", [&] { return Call(stub, &Stub::CompareModels, request, kFitTimeoutSeconds); });
  if (context.json) {
    PrintJson(ToJson(response));
  } else {
    PrintComparison(response);
  }
  return ExitCode::kOk;
}

void PrintRecommendations(const v1::RecommendModelsResponse& response) {
  int place = 0;
  for (const v1::Recommendation& one : response.models()) {
    fmt::print("{}. {} {}: {}\n", ++place, one.model().id(), one.model().version(),
               one.model().name());
    for (const std::string& reason : one.reasons()) fmt::print("     {}\n", reason);
  }
  if (response.models().empty()) fmt::print("no model fits\n");
  for (const v1::Exclusion& one : response.excluded()) {
    fmt::print("left out: {} {}: {}\n", one.id(), one.version(), one.reason());
    if (!one.open_alternatives().empty()) {
      fmt::print("     instead, under open licences: {}\n",
                 Join({one.open_alternatives().begin(), one.open_alternatives().end()}));
    }
  }
}

ExitCode RunRecommend(const Context& context, const v1::RecommendModelsRequest& request) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  const auto response = WithProgress(
      "looking", [&] { return Call(stub, &Stub::RecommendModels, request, kFitTimeoutSeconds); });
  if (context.json) {
    PrintJson(ToJson(response));
  } else {
    PrintRecommendations(response);
  }
  return ExitCode::kOk;
}

void AddRecommend(CLI::App& models, Context& context) {
  struct Arguments {
    v1::RecommendModelsRequest request;
    std::vector<std::string> words;
    double latency_ms = 0;
    std::uint64_t memory = 0;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* verb = models.add_subcommand(
      "recommend", "Which model to take for a task, and why: of those here and in repositories");
  verb->add_option_function<std::string>(
          "--task", [arguments](const std::string& task) { arguments->request.set_task(task); },
          "effect, notes, or what such a model does: melody, harmony, drums, ...")
      ->required()
      ->type_name("TASK");
  verb->add_option("words", arguments->words, "All of these, in id, name or summary")
      ->type_name("WORDS");
  verb->add_flag_callback(
      "--commercial", [arguments] { arguments->request.set_for_commercial_use(true); },
      "Only what is known to allow commercial use");
  verb->add_option("--max-latency-ms", arguments->latency_ms, "Of an effect")
      ->check(CLI::NonNegativeNumber)
      ->type_name("MS");
  verb->add_option("--max-memory", arguments->memory, "Most memory: 500M, 2G")
      ->transform(CLI::AsSizeValue(true))
      ->type_name("N");
  verb->callback([&context, arguments] {
    context.action = [&context, arguments] {
      v1::RecommendModelsRequest request = arguments->request;
      request.mutable_words()->Assign(arguments->words.begin(), arguments->words.end());
      request.set_maximum_latency_ms(arguments->latency_ms);
      request.set_maximum_memory_bytes(arguments->memory);
      return RunRecommend(context, request);
    };
  });
}

}  // namespace

void AddModelsFit(CLI::App& models, Context& context) {
  auto again = std::make_shared<bool>(false);
  CLI::App* machine = models.add_subcommand("machine", "What this machine is, and how fast");
  machine->add_flag("--again", *again, "Measure also what was measured before");
  machine->callback([&context, again] {
    context.action = [&context, again] { return RunMachine(context, *again); };
  });
  auto model = std::make_shared<std::string>();
  CLI::App* measure =
      models.add_subcommand("measure", "Measure a model's variants here: cost, memory, error");
  measure->add_option("model", *model, "An installed model")->required()->type_name("ID[@VERSION]");
  measure->add_flag("--again", *again, "Measure also what was measured before");
  measure->callback([&context, model, again] {
    context.action = [&context, model, again] { return RunMeasure(context, *model, *again); };
  });
  auto names = std::make_shared<std::vector<std::string>>();
  CLI::App* compare =
      models.add_subcommand("compare", "Models side by side, installed or in repositories");
  compare->add_option("models", *names, "Two to eight")
      ->required()
      ->expected(2, 8)
      ->type_name("ID[@VERSION]");
  compare->callback([&context, names] {
    context.action = [&context, names] { return RunCompare(context, *names); };
  });
  AddRecommend(models, context);
}

}  // namespace continuo::ctl
