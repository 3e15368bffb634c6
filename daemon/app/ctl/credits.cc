// SPDX-License-Identifier: Apache-2.0
// continuoctl credits: whom to name for the models that were used.
#include <spdlog/fmt/fmt.h>

#include <memory>
#include <string>
#include <vector>

#include "continuo/v1/model_service.grpc.pb.h"
#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/json.h"
#include "daemon/app/ctl/model.h"
#include "daemon/app/ctl/models.h"
#include "daemon/app/ctl/proto_json.h"

namespace continuo::ctl {
namespace {

using Stub = v1::ModelService::Stub;

ExitCode Credits(const Context& context, const std::vector<std::string>& models) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  v1::GetCreditsRequest request;
  for (const std::string& model : models) request.add_models(model);
  const auto response = Call(stub, &Stub::GetCredits, request);
  if (context.json) {
    PrintJson(ToJson(response));
    return ExitCode::kOk;
  }
  for (const v1::Credit& credit : response.credits()) {
    fmt::print("{} {} ({}): {}\n", credit.name(), credit.version(), credit.license(),
               credit.attribution().empty() ? "no author is named" : credit.attribution());
    for (const std::string& data : credit.data()) fmt::print("  made with {}\n", data);
  }
  if (response.credits().empty()) fmt::print("no model is loaded; name some\n");
  return ExitCode::kOk;
}

}  // namespace

void AddCredits(CLI::App& app, Context& context) {
  auto models = std::make_shared<std::vector<std::string>>();
  CLI::App* verb = app.add_subcommand("credits", "Whom to name for models");
  verb->add_option("models", *models, "The models (default: those that are loaded)")
      ->type_name("ID[@VERSION]");
  verb->callback([&context, models] {
    context.action = [&context, models] { return Credits(context, *models); };
  });
}

}  // namespace continuo::ctl
