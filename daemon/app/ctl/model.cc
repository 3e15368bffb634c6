// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/model.h"

#include <spdlog/fmt/fmt.h>

#include <set>

#include "continuo/v1/model_service.grpc.pb.h"
#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/text.h"
#include "daemon/base/bytes_in_words.h"
#include "daemon/model/store.h"

namespace continuo::ctl {
namespace {

// "Matters where mode is 1 to 2", "Moves gain 2 to 8, level 9 to -9".
std::string Links(const v1::Parameter& parameter) {
  std::string words;
  std::vector<std::string> moves;
  for (const v1::MacroTarget& target : parameter.targets()) {
    moves.push_back(
        fmt::format("{} {} to {}", target.parameter(), Number(target.from()), Number(target.to())));
  }
  if (!moves.empty()) words += " Moves " + Join(moves) + ".";
  std::vector<std::string> conditions;
  for (const v1::Condition& condition : parameter.conditions()) {
    conditions.push_back(fmt::format("{} is {} to {}", condition.parameter(),
                                     Number(condition.minimum()), Number(condition.maximum())));
  }
  if (!conditions.empty()) words += " Matters where " + Join(conditions) + ".";
  return words;
}

void PrintParameters(const v1::ModelManifest& manifest) {
  if (manifest.parameters().empty()) return;
  Table table({"PARAMETER", "RANGE", "DEFAULT", "UNIT", "WHAT"});
  for (const v1::Parameter& parameter : manifest.parameters()) {
    table.Add({parameter.id(),
               fmt::format("{} to {}", Number(parameter.minimum()), Number(parameter.maximum())),
               Number(parameter.default_value()), parameter.unit(),
               (parameter.description().empty() ? parameter.name() : parameter.description()) +
                   Links(parameter)});
  }
  fmt::print("\n");
  table.Print();
}

void PrintPresets(const v1::ModelManifest& manifest) {
  if (manifest.presets().empty()) return;
  Table table({"PRESET", "NAME", "VALUES"});
  for (const v1::Preset& preset : manifest.presets()) {
    std::vector<std::string> values;
    for (const v1::Parameter& parameter : manifest.parameters()) {
      const auto value = preset.values().find(parameter.id());
      if (value == preset.values().end()) continue;
      values.push_back(fmt::format("{}={}", parameter.id(), Number(value->second)));
    }
    table.Add({preset.id(), preset.name(), Join(values, " ")});
  }
  fmt::print("\n");
  table.Print();
}

void PrintVariants(const v1::ModelManifest& manifest) {
  Table table({"VARIANT", "RATE", "WEIGHTS", "COST"});
  for (const v1::Variant& variant : manifest.variants()) {
    table.Add({variant.id(),
               variant.sample_rate_hz() == 0 ? "-" : fmt::format("{} Hz", variant.sample_rate_hz()),
               base::BytesInWords(variant.weights_bytes()),
               !variant.has_cost() ? "not measured"
               : manifest.has_notes()
                   ? fmt::format("{:.0f} us a cell ({})", variant.cost().microseconds_per_block(),
                                 variant.cost().measured_on())
                   : fmt::format("{:.0f} us a block of {} frames ({})",
                                 variant.cost().microseconds_per_block(),
                                 variant.cost().block_frames(), variant.cost().measured_on())});
  }
  fmt::print("\n");
  table.Print();
}

void PrintLine(const char* label, const std::string& text) {
  if (!text.empty()) fmt::print("{:<12} {}\n", label, text);
}

}  // namespace

ModelName ParseModelName(const std::string& text) {
  const std::size_t at = text.find('@');
  if (at == std::string::npos) return {text, ""};
  return {text.substr(0, at), text.substr(at + 1)};
}

v1::ModelInfo GetModel(const client::Connected& connected, const ModelName& name) {
  v1::ModelService::Stub stub(connected.channel);
  v1::GetModelRequest request;
  request.set_id(name.id);
  request.set_version(name.version);
  return Call(stub, &v1::ModelService::Stub::GetModel, request).model();
}

v1::ModelManifest GetModelToRun(const client::Connected& connected, const ModelName& name) {
  v1::ModelService::Stub stub(connected.channel);
  v1::GetModelRequest request;
  request.set_id(name.id);
  request.set_version(name.version);
  request.set_to_run(true);
  v1::ModelManifest model =
      Call(stub, &v1::ModelService::Stub::GetModel, request).model().manifest();
  const std::string instead = model::InPlaceOf(name.version, model);
  if (!instead.empty()) fmt::print(stderr, "continuoctl: {}\n", instead);
  return model;
}

std::string Rates(const v1::ModelManifest& manifest) {
  std::set<std::uint32_t> rates;
  if (manifest.has_notes()) return "-";
  for (const v1::Variant& variant : manifest.variants()) rates.insert(variant.sample_rate_hz());
  return fmt::format("{}", fmt::join(rates, ", "));
}

void PrintModel(const v1::ModelInfo& model) {
  const v1::ModelManifest& manifest = model.manifest();
  fmt::print("{} {}: {}\n", manifest.id(), manifest.version(), manifest.name());
  PrintLine("summary", manifest.summary());
  PrintLine("executor", manifest.executor());
  if (manifest.has_notes()) {
    PrintLine("tasks", fmt::format("{}", fmt::join(manifest.notes().tasks(), ", ")));
    PrintLine("voices", fmt::format("{}", fmt::join(manifest.notes().voices(), ", ")));
    PrintLine("styles", fmt::format("{}", fmt::join(manifest.notes().styles(), ", ")));
    PrintLine("signatures", fmt::format("{}", fmt::join(manifest.notes().signatures(), ", ")));
  } else {
    PrintLine("channels", fmt::format("{} in, {} out", manifest.audio().input_channels(),
                                      manifest.audio().output_channels()));
    PrintLine("latency", fmt::format("{} frames", manifest.audio().latency_frames()));
  }
  PrintLine("licence", manifest.license());
  PrintLine("terms", InWords(model.terms()));
  PrintLine("credit", manifest.attribution());
  PrintLine("provenance", manifest.provenance().description());
  for (const v1::Dependency& dependency : manifest.dependencies()) {
    PrintLine("needs",
              fmt::format("{} {} or newer", dependency.id(), dependency.minimum_version()));
  }
  PrintLine("path", model.path());
  PrintLine("used", !model.used()    ? "only where this version is named"
                    : model.pinned() ? "where no version is named (pinned)"
                                     : "where no version is named");
  PrintLine("loaded", Join({model.loaded_variants().begin(), model.loaded_variants().end()}));
  PrintLine("streams", std::to_string(model.streams()));
  PrintParameters(manifest);
  PrintPresets(manifest);
  PrintVariants(manifest);
}

}  // namespace continuo::ctl
