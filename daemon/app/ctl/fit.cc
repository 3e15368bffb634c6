// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/fit.h"

#include <spdlog/fmt/fmt.h>

#include "continuo/v1/fit_service.grpc.pb.h"
#include "daemon/app/ctl/fit_call.h"
#include "daemon/app/ctl/progress.h"
#include "daemon/app/ctl/proto_json.h"
#include "daemon/app/ctl/text.h"
#include "daemon/base/bytes_in_words.h"
#include "daemon/model/variant.h"

namespace continuo::ctl {
namespace {

using Stub = v1::FitService::Stub;

std::string Cost(const v1::VariantFigures& figures) {
  if (figures.cost().microseconds_per_block() <= 0) return "-";
  const double us = figures.cost().microseconds_per_block();
  return figures.cost().block_frames() > 1
             ? fmt::format("{:.1f} us/{}", us, figures.cost().block_frames())
             : fmt::format("{:.1f} us/cell", us);
}

}  // namespace

const char* VerdictWord(v1::Verdict verdict) {
  switch (verdict) {
    case v1::VERDICT_RUNS:
      return "runs";
    case v1::VERDICT_PIPELINED_ONLY:
      return "runs pipelined only";
    case v1::VERDICT_TOO_HEAVY:
      return "too heavy";
    default:
      return "not known";
  }
}

std::string Short(const v1::Assessment& assessment) {
  const std::string verdict = VerdictWord(assessment.verdict());
  if (assessment.load() > 0) {
    return fmt::format("{}, {:.3g} % of a core", verdict, assessment.load() * 100);
  }
  if (assessment.cells_per_second() > 0) {
    return fmt::format("{}, {:.3g} cells/s", verdict, assessment.cells_per_second());
  }
  return verdict;
}

v1::AssessModelsResponse AssessModels(const client::Connected& connected,
                                      const v1::AssessModelsRequest& request) {
  Stub stub(connected.channel);
  return WithProgress("measuring this machine",
                      [&] { return Call(stub, &Stub::AssessModels, request, kFitTimeoutSeconds); });
}

v1::MeasuredModel MeasureModel(const Context& context, const v1::MeasureModelRequest& request) {
  return CallWithSteps<v1::MeasureModelResponse, v1::MeasuredModel>(
      context, "measuring " + request.id(), [&request](Stub& stub, grpc::ClientContext* call) {
        return stub.MeasureModel(call, request);
      });
}

void MeasureInstalled(const Context& context, const std::string& id, const std::string& version,
                      Json* document) {
  v1::MeasureModelRequest request;
  request.set_id(id);
  request.set_version(version);
  try {
    const v1::MeasuredModel measured = MeasureModel(context, request);
    if (context.json) {
      (*document)["fit"] = ToJson(measured);
      return;
    }
    fmt::print("  here      {}\n", measured.assessment().reason());
    fmt::print("  variant   {}\n", measured.choice());
  } catch (const Failure& failure) {
    fmt::print(stderr, "continuoctl: it is installed, and could not be measured: {}\n",
               failure.what());
  }
}

void PrintVariantTable(const v1::MeasuredModel& model) {
  Table table({"VARIANT", "RATE", "WEIGHTS", "EXECUTOR", "ON DISK", "MEMORY", "COST", "SPEED",
               "ERROR", "NOTE"});
  for (const v1::VariantFigures& figures : model.variants()) {
    const bool measured = figures.cost().microseconds_per_block() > 0;
    std::string note = figures.chosen() ? "used" : "";
    if (measured && figures.error() >= 0 && !figures.keeps_error()) {
      note = Join({"above the stated error"});
    }
    if (!figures.remark().empty()) note += (note.empty() ? "" : "; ") + figures.remark();
    table.Add({figures.id(),
               figures.sample_rate_hz() == 0 ? "-" : fmt::format("{} Hz", figures.sample_rate_hz()),
               std::string(model::PrecisionName(figures.precision())), figures.executor(),
               figures.file_bytes() > 0 ? base::BytesInWords(figures.file_bytes()) : "-",
               measured && figures.cost().memory_bytes() > 0
                   ? base::BytesInWords(figures.cost().memory_bytes())
                   : "-",
               Cost(figures), figures.speed() > 0 ? fmt::format("{:.2f}x", figures.speed()) : "-",
               figures.error() >= 0 ? fmt::format("{:.2g}", figures.error()) : "-", note});
  }
  table.Print();
  fmt::print(
      "\nstated error {:.3g}: of an effect as a share of full scale, of a model that writes "
      "notes of a logit\n",
      model.stated_error());
  fmt::print("used is {}\n", model.choice());
}

}  // namespace continuo::ctl
