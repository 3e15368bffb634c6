// SPDX-License-Identifier: Apache-2.0
// continuoctl models install and pack: packages in and out.
#include <spdlog/fmt/fmt.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <utility>

#include "continuo/v1/model_service.grpc.pb.h"
#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/fit.h"
#include "daemon/app/ctl/interrupt.h"
#include "daemon/app/ctl/json.h"
#include "daemon/app/ctl/model.h"
#include "daemon/app/ctl/models.h"
#include "daemon/app/ctl/progress.h"
#include "daemon/app/ctl/proto_json.h"
#include "daemon/app/ctl/repository.h"
#include "daemon/app/ctl/text.h"
#include "daemon/base/bytes_in_words.h"
#include "daemon/base/str_cat.h"
#include "daemon/model/archive.h"
#include "daemon/model/package.h"

namespace continuo::ctl {
namespace {

namespace fs = std::filesystem;

struct InstallArguments {
  std::string source;       // a path, or an id
  RepositoryChoice choice;  // of an id
  std::string purpose;
  v1::InstallModelRequest request;
};

struct Answer {
  grpc::Status status;
  v1::InstallResult result;
};

std::string StepInWords(const v1::InstallProgress& progress) {
  if (progress.total_bytes() == 0) return progress.step();
  return fmt::format("{} {} of {}", progress.step(), base::BytesInWords(progress.done_bytes()),
                     base::BytesInWords(progress.total_bytes()));
}

// One call, with the daemon's steps beside the name of the file; Ctrl-C cancels it.
Answer Install(v1::ModelService::Stub& stub, const v1::InstallModelRequest& request,
               Interrupt* interrupt) {
  Progress progress("installing " + fs::path(request.path()).filename().string());
  std::mutex mutex;
  std::string step;
  const auto context = std::make_shared<grpc::ClientContext>();
  interrupt->Call([context] { context->TryCancel(); });
  auto answer = std::async(std::launch::async, [&] {
    const auto reader = stub.InstallModel(context.get(), request);
    Answer got;
    v1::InstallModelResponse response;
    while (reader->Read(&response)) {
      if (response.has_result()) got.result = response.result();
      const std::lock_guard lock(mutex);
      step = StepInWords(response.progress());
    }
    got.status = reader->Finish();
    return got;
  });
  while (answer.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready) {
    const std::lock_guard lock(mutex);
    progress.Turn(step);
  }
  return answer.get();
}

void Print(const v1::InstallResult& result) {
  const std::string name = result.manifest().id() + " " + result.manifest().version();
  if (result.already_there()) {
    fmt::print("{} is installed already, in {}\n", name, result.path());
  } else {
    fmt::print("{} is installed in {}\n", name, result.path());
  }
  for (const std::string& needed : result.dependencies()) {
    fmt::print("  needs     {}, installed from a repository\n", needed);
  }
  fmt::print("  licence   {}: {}\n", result.manifest().license(), InWords(result.terms()));
  if (result.version_used() != result.manifest().version()) {
    fmt::print("  used is   {} (continuoctl models pin {}@{} changes that)\n",
               result.version_used(), result.manifest().id(), result.manifest().version());
  } else if (!result.version_before().empty() && result.version_before() != result.version_used()) {
    fmt::print("  before    {} (continuoctl models rollback {} goes back)\n",
               result.version_before(), result.manifest().id());
  }
}

// "drive@1.1.0" is no path unless there is such a thing here.
bool IsPath(const std::string& source) {
  std::error_code error;
  return source.find('/') != std::string::npos || fs::exists(source, error);
}

ExitCode InstallById(const Context& context, const InstallArguments& arguments) {
  const v1::InstallModelRequest& request = arguments.request;
  if (request.replace() || !request.expected_sha256().empty() || !arguments.purpose.empty()) {
    throw UsageError(arguments.source +
                     ": is no path; --replace, --sha256 and --for are for a package that is one");
  }
  RepositoryChoice choice = arguments.choice;
  choice.model = arguments.source;
  return InstallFromRepository(context, choice);
}

ExitCode RunInstall(const Context& context, const InstallArguments& arguments) {
  if (!IsPath(arguments.source)) return InstallById(context, arguments);
  if (!arguments.choice.source.empty() || arguments.choice.beta) {
    throw UsageError(arguments.source + ": is a path; --source and --channel are for an id");
  }
  v1::InstallModelRequest request = arguments.request;
  if (!arguments.purpose.empty() && arguments.purpose != "commercial") {
    throw UsageError("--for takes commercial");
  }
  request.set_for_commercial_use(arguments.purpose == "commercial");
  request.set_path(AbsolutePath(arguments.source));
  const v1::InstallResult result = [&] {
    Interrupt interrupt;
    const client::Connected connected = context.Connect();
    v1::ModelService::Stub stub(connected.channel);
    Answer answer = Install(stub, request, &interrupt);
    interrupt.EndIfAsked();
    if (!answer.status.ok()) throw FromStatus(answer.status);
    return std::move(answer.result);
  }();
  if (!context.json) Print(result);
  Json document = ToJson(result);
  if (arguments.choice.measure) {
    MeasureInstalled(context, result.manifest().id(), result.manifest().version(), &document);
  }
  if (context.json) PrintJson(document);
  return ExitCode::kOk;
}

struct PackArguments {
  std::string directory;
  std::string output;
};

// Needs no daemon: it reads and writes files of who calls it.
ExitCode RunPack(const Context& context, const PackArguments& arguments) {
  const absl::StatusOr<model::Package> package = model::LoadPackage(arguments.directory);
  if (!package.ok()) {
    throw BadInput(arguments.directory, std::string(base::MessageOf(package.status())));
  }
  const std::string output =
      arguments.output.empty() ? model::ArchiveName(package->manifest) : arguments.output;
  std::error_code error;
  if (fs::exists(output, error)) throw BadOutput(output, "exists already; choose another (-o)");
  const absl::Status packed = model::Pack(arguments.directory, output);
  if (absl::IsDataLoss(packed)) {
    throw BadInput(arguments.directory, std::string(base::MessageOf(packed)));
  }
  if (!packed.ok()) throw BadOutput(output, std::string(base::MessageOf(packed)));
  const std::uint64_t bytes = fs::file_size(output, error);
  if (context.json) {
    PrintJson({{"path", fs::absolute(output).string()},
               {"id", package->manifest.id()},
               {"version", package->manifest.version()},
               {"bytes", bytes}});
  } else {
    fmt::print("{} ({})\n", output, base::BytesInWords(bytes));
  }
  return ExitCode::kOk;
}

}  // namespace

std::string AbsolutePath(const std::string& file) {
  std::error_code error;
  const fs::path path = fs::weakly_canonical(fs::absolute(file), error);
  if (error || !fs::exists(path, error)) throw BadInput(file, "no such file");
  return path.string();
}

std::string InWords(const v1::LicenseTerms& terms) {
  const auto word = [](v1::Permission permission, const char* yes, const char* no,
                       const char* unknown) {
    return permission == v1::PERMISSION_YES ? yes : permission == v1::PERMISSION_NO ? no : unknown;
  };
  return Join({word(terms.commercial_use(), "commercial use allowed", "no commercial use",
                    "commercial use not known"),
               word(terms.share_alike(), "changed models under the same licence", "no share-alike",
                    "share-alike not known"),
               word(terms.attribution(), "the author is to be named", "nobody need be named",
                    "attribution not known")});
}

void AddModelsInstall(CLI::App& models, Context& context) {
  auto arguments = std::make_shared<InstallArguments>();
  CLI::App* verb =
      models.add_subcommand("install", "Install a model of a repository, or a package of your own");
  verb->add_option("source", arguments->source,
                   "Its id, as `models search` shows it; or a directory or .continuo file")
      ->required()
      ->type_name("ID[@VERSION]|PATH");
  verb->add_option("--source", arguments->choice.source,
                   "Of this repository (default: the first that has it)")
      ->type_name("NAME");
  verb->add_option_function<std::string>(
          "--channel",
          [arguments](const std::string& channel) { arguments->choice.beta = channel == "beta"; },
          "beta: beta versions too")
      ->check(CLI::IsMember({"stable", "beta"}))
      ->type_name("stable|beta");
  verb->add_flag_callback(
      "--replace", [arguments] { arguments->request.set_replace(true); },
      "Take the place of the same version with another content");
  verb->add_option_function<std::string>(
      "--sha256",
      [arguments](const std::string& text) { arguments->request.set_expected_sha256(text); },
      "What the archive's SHA-256 has to be");
  verb->add_flag_callback(
      "--no-measure", [arguments] { arguments->choice.measure = false; },
      "Do not measure how it runs here");
  verb->add_option("--for", arguments->purpose,
                   "commercial: only if the licence is known to allow that")
      ->type_name("PURPOSE");
  verb->callback([&context, arguments] {
    context.action = [&context, arguments] { return RunInstall(context, *arguments); };
  });
  auto pack = std::make_shared<PackArguments>();
  CLI::App* packing = models.add_subcommand("pack", "Make an archive of a package's directory");
  packing->add_option("directory", pack->directory, "A directory with a model.json")->required();
  packing->add_option("-o,--output", pack->output, "The archive (default: ID-VERSION.continuo)");
  packing->callback(
      [&context, pack] { context.action = [&context, pack] { return RunPack(context, *pack); }; });
}

}  // namespace continuo::ctl
