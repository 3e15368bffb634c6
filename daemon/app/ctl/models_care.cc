// SPDX-License-Identifier: Apache-2.0
// continuoctl models verify, repair, lint, gc: whether packages are what they should be.
#include <spdlog/fmt/fmt.h>

#include <memory>

#include "continuo/v1/model_service.grpc.pb.h"
#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/json.h"
#include "daemon/app/ctl/model.h"
#include "daemon/app/ctl/models.h"
#include "daemon/app/ctl/progress.h"
#include "daemon/app/ctl/proto_json.h"
#include "daemon/app/ctl/text.h"
#include "daemon/base/bytes_in_words.h"

namespace continuo::ctl {
namespace {

using Stub = v1::ModelService::Stub;

// Reads gigabytes; nothing that works takes as long as this.
constexpr double kTimeoutSeconds = 3600;

struct CareArguments {
  std::string model;
  std::string source;
  v1::CollectGarbageRequest garbage;
};

ExitCode Verify(const Context& context, const CareArguments& arguments) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  v1::VerifyModelsRequest request;
  const ModelName name = ParseModelName(arguments.model);
  request.set_id(name.id);
  request.set_version(name.version);
  const auto response = WithProgress(
      "verifying", [&] { return Call(stub, &Stub::VerifyModels, request, kTimeoutSeconds); });
  bool good = response.refused().empty();
  for (const v1::Verification& model : response.models()) good = good && model.problems().empty();
  if (context.json) {
    PrintJson(ToJson(response));
    return good ? ExitCode::kOk : ExitCode::kFailed;
  }
  for (const v1::Verification& model : response.models()) {
    fmt::print("{} {}: {}\n", model.id(), model.version(),
               model.problems().empty() ? fmt::format("{} files, all good", model.files())
                                        : fmt::format("DAMAGED, in {}", model.path()));
    for (const std::string& problem : model.problems()) fmt::print("  {}\n", problem);
  }
  for (const v1::RefusedPackage& refused : response.refused()) {
    fmt::print("{}: REFUSED\n  {}\n", refused.path(), refused.reason());
  }
  if (!good) fmt::print("continuoctl models repair ID@VERSION puts one right\n");
  return good ? ExitCode::kOk : ExitCode::kFailed;
}

ExitCode Repair(const Context& context, const CareArguments& arguments) {
  v1::RepairModelRequest request;
  const ModelName name = ParseModelName(arguments.model);
  request.set_id(name.id);
  request.set_version(name.version);
  if (!arguments.source.empty()) request.set_source(AbsolutePath(arguments.source));
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  const auto response = WithProgress("repairing " + arguments.model, [&] {
    return Call(stub, &Stub::RepairModel, request, kTimeoutSeconds);
  });
  if (context.json) {
    PrintJson(ToJson(response));
  } else if (response.source().empty()) {
    fmt::print("{}: nothing to repair\n", response.path());
  } else {
    fmt::print("{} is right again, from {}\n", response.path(), response.source());
  }
  return ExitCode::kOk;
}

std::string Counted(std::uint64_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

ExitCode Lint(const Context& context, const CareArguments& arguments) {
  v1::LintModelRequest request;
  request.set_path(AbsolutePath(arguments.source));
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  const auto response = WithProgress("looking at " + arguments.source, [&] {
    return Call(stub, &Stub::LintModel, request, kTimeoutSeconds);
  });
  if (context.json) {
    PrintJson(ToJson(response));
  } else {
    for (const v1::Finding& finding : response.findings()) {
      fmt::print("{}: {}{}{}\n", finding.severity() == v1::SEVERITY_ERROR ? "error" : "warning",
                 finding.field(), finding.field().empty() ? "" : " ", finding.message());
    }
    fmt::print("{}, {}\n", Counted(response.errors(), "error"),
               Counted(response.warnings(), "warning"));
  }
  return response.errors() == 0 ? ExitCode::kOk : ExitCode::kFailed;
}

ExitCode CollectGarbage(const Context& context, const CareArguments& arguments) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  const auto response = WithProgress("looking for garbage", [&] {
    return Call(stub, &Stub::CollectGarbage, arguments.garbage, kTimeoutSeconds);
  });
  if (context.json) {
    PrintJson(ToJson(response));
    return ExitCode::kOk;
  }
  for (const v1::Garbage& item : response.garbage()) {
    fmt::print("{} ({}): {}\n", item.path(), base::BytesInWords(item.bytes()), item.reason());
  }
  fmt::print("{} {}\n", base::BytesInWords(response.freed_bytes()),
             arguments.garbage.dry_run() ? "would be freed" : "freed");
  return ExitCode::kOk;
}

using Action = ExitCode (*)(const Context&, const CareArguments&);

CLI::App* AddOne(CLI::App& models, Context& context, const char* name, const char* what,
                 const std::shared_ptr<CareArguments>& arguments, Action action) {
  CLI::App* verb = models.add_subcommand(name, what);
  verb->callback([&context, arguments, action] {
    context.action = [&context, arguments, action] { return action(context, *arguments); };
  });
  return verb;
}

}  // namespace

void AddModelsCare(CLI::App& models, Context& context) {
  auto arguments = std::make_shared<CareArguments>();
  AddOne(models, context, "verify", "Read every file and compare its digest", arguments, Verify)
      ->add_option("model", arguments->model, "Only this one (default: all)")
      ->type_name("ID[@VERSION]");
  CLI::App* repair = AddOne(models, context, "repair",
                            "Put a damaged package right from another copy", arguments, Repair);
  repair->add_option("model", arguments->model, "The model")->required()->type_name("ID[@VERSION]");
  repair->add_option("--from", arguments->source, "An archive or a directory of this version");
  AddOne(models, context, "lint", "Say all that is wrong or poor in a package", arguments, Lint)
      ->add_option("path", arguments->source, "A directory, a model.json or an archive")
      ->required();
  CLI::App* garbage =
      AddOne(models, context, "gc", "Remove what nobody refers to from your model directory",
             arguments, CollectGarbage);
  garbage->add_flag_callback(
      "--dry-run", [arguments] { arguments->garbage.set_dry_run(true); },
      "Say what would go, and remove nothing");
  garbage->add_flag_callback(
      "--old-versions", [arguments] { arguments->garbage.set_old_versions(true); },
      "Also versions that are not used, nor kept for a rollback");
}

}  // namespace continuo::ctl
