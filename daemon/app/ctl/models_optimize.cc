// SPDX-License-Identifier: Apache-2.0
// continuoctl models optimize and variant: smaller numbers for weights, and which of them are used.
#include <spdlog/fmt/fmt.h>

#include <map>
#include <memory>
#include <vector>

#include "continuo/v1/fit_service.grpc.pb.h"
#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/fit.h"
#include "daemon/app/ctl/fit_call.h"
#include "daemon/app/ctl/model.h"
#include "daemon/app/ctl/models.h"
#include "daemon/app/ctl/proto_json.h"
#include "daemon/app/ctl/text.h"

namespace continuo::ctl {
namespace {

using Stub = v1::FitService::Stub;

const std::map<std::string, v1::Precision> kPrecisions = {{"fp32", v1::PRECISION_FP32},
                                                          {"fp16", v1::PRECISION_FP16},
                                                          {"bf16", v1::PRECISION_BF16},
                                                          {"int8", v1::PRECISION_INT8}};

struct Arguments {
  std::string model;
  std::vector<std::string> precisions;
  v1::OptimizeModelRequest request;
};

ExitCode RunOptimize(const Context& context, const Arguments& arguments) {
  const ModelName name = ParseModelName(arguments.model);
  v1::OptimizeModelRequest request = arguments.request;
  request.set_id(name.id);
  request.set_version(name.version);
  for (const std::string& precision : arguments.precisions) {
    request.add_precisions(kPrecisions.at(precision));
  }
  const auto result = CallWithSteps<v1::OptimizeModelResponse, v1::OptimizedModel>(
      context, "optimizing " + name.id, [&request](Stub& stub, grpc::ClientContext* call) {
        return stub.OptimizeModel(call, request);
      });
  if (context.json) {
    PrintJson(ToJson(result));
    return ExitCode::kOk;
  }
  fmt::print("{} {}: {}\n\n", result.model().id(), result.model().version(),
             result.model().assessment().reason());
  PrintVariantTable(result.model());
  if (request.dry_run()) {
    fmt::print("nothing is kept: a dry run\n");
  } else if (result.kept().empty()) {
    fmt::print("nothing is kept: no variant is within the stated error, and faster or smaller\n");
  } else {
    fmt::print("kept: {}, in {}\n", Join({result.kept().begin(), result.kept().end()}),
               result.directory());
  }
  return ExitCode::kOk;
}

ExitCode RunVariant(const Context& context, const std::string& model, const std::string& variant) {
  const ModelName name = ParseModelName(model);
  v1::ChooseVariantRequest request;
  request.set_id(name.id);
  request.set_version(name.version);
  if (variant != "auto") request.set_variant(variant);
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  const auto response = Call(stub, &Stub::ChooseVariant, request);
  if (context.json) {
    PrintJson(ToJson(response));
    return ExitCode::kOk;
  }
  fmt::print("{}: {} ({}); before {}. Streams that are open keep what they have.\n", name.id,
             response.variant(), response.reason(), response.variant_before());
  return ExitCode::kOk;
}

}  // namespace

void AddModelsOptimize(CLI::App& models, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* verb = models.add_subcommand(
      "optimize", "Make variants in smaller numbers, measure them here, keep those that are good");
  verb->add_option("model", arguments->model, "An installed model")
      ->required()
      ->type_name("ID[@VERSION]");
  verb->add_option("--precision", arguments->precisions,
                   "fp32, fp16, bf16, int8; many times (default: those that are smaller)")
      ->check(CLI::IsMember({"fp32", "fp16", "bf16", "int8"}))
      ->type_name("P");
  verb->add_option_function<std::vector<double>>(
          "--prune",
          [arguments](const std::vector<double>& shares) {
            for (const double share : shares) arguments->request.add_prune(share);
          },
          "Also without this share of a transformer's hidden units: 0.25; many times")
      ->check(CLI::Range(0.01, 0.9))
      ->type_name("SHARE");
  verb->add_flag_callback(
      "--dry-run", [arguments] { arguments->request.set_dry_run(true); },
      "Measure all, keep nothing");
  verb->add_flag_callback(
      "--keep-all", [arguments] { arguments->request.set_keep_all(true); },
      "Keep also what is above the stated error; it is used only where you choose it");
  verb->callback([&context, arguments] {
    context.action = [&context, arguments] { return RunOptimize(context, *arguments); };
  });
  auto model = std::make_shared<std::string>();
  auto variant = std::make_shared<std::string>();
  CLI::App* choose = models.add_subcommand("variant", "Choose the variant of a model that is used");
  choose->add_option("model", *model, "An installed model")->required()->type_name("ID[@VERSION]");
  choose
      ->add_option("variant", *variant,
                   "As `models measure` shows it; auto: the best by what is known")
      ->required()
      ->type_name("NAME|auto");
  choose->callback([&context, model, variant] {
    context.action = [&context, model, variant] { return RunVariant(context, *model, *variant); };
  });
}

}  // namespace continuo::ctl
