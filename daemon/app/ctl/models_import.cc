// SPDX-License-Identifier: Apache-2.0
// continuoctl models import: a model file of another program becomes a package.
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <future>
#include <iostream>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "continuo/v1/model_service.grpc.pb.h"
#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/json.h"
#include "daemon/app/ctl/model.h"
#include "daemon/app/ctl/progress.h"
#include "daemon/app/ctl/proto_json.h"
#include "daemon/app/ctl/text.h"

namespace continuo::ctl {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string file;
  v1::ImportModelRequest request;
  std::vector<std::string> units;
  std::vector<std::string> methods;
};

struct Answer {
  grpc::Status status;
  v1::ImportResult result;
  bool license_missing = false;
};

// What the daemon would refuse anyway, said before it is asked.
std::string CheckFile(const std::string& file) {
  std::error_code error;
  const fs::path path = fs::weakly_canonical(fs::absolute(file), error);
  if (error || !fs::exists(path, error)) throw BadInput(file, "no such file");
  if (fs::is_directory(path, error)) throw BadInput(file, "is a directory");
  if (!fs::is_regular_file(path, error)) throw BadInput(file, "is not a regular file");
  if (::access(path.c_str(), R_OK) != 0) throw BadInput(file, "may not be read");
  return path.string();
}

v1::ImportModelRequest ToRequest(const Arguments& arguments) {
  v1::ImportModelRequest request = arguments.request;
  request.set_path(CheckFile(arguments.file));
  for (const std::string& unit : arguments.units) {
    const std::size_t equals = unit.find('=');
    if (equals == 0 || equals == std::string::npos) {
      throw UsageError(fmt::format("--unit {}: takes PARAMETER=UNIT, such as gain=dB", unit));
    }
    (*request.mutable_parameter_units())[unit.substr(0, equals)] = unit.substr(equals + 1);
  }
  for (const std::string& method : arguments.methods) request.add_methods(method);
  return request;
}

// One call, with the daemon's steps beside the name of the file.
Answer Import(v1::ModelService::Stub& stub, const v1::ImportModelRequest& request) {
  Progress progress("importing " + fs::path(request.path()).filename().string());
  std::mutex mutex;
  std::string step;
  auto answer = std::async(std::launch::async, [&] {
    grpc::ClientContext context;
    const auto reader = stub.ImportModel(&context, request);
    Answer got;
    v1::ImportModelResponse response;
    while (reader->Read(&response)) {
      if (response.has_result()) got.result = response.result();
      const std::lock_guard lock(mutex);
      step = response.progress();
    }
    got.status = reader->Finish();
    const auto& trailing = context.GetServerTrailingMetadata();
    const auto missing = trailing.find("continuo-missing");
    got.license_missing = missing != trailing.end() && missing->second == "license";
    return got;
  });
  while (answer.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready) {
    const std::lock_guard lock(mutex);
    progress.Turn(step);
  }
  return answer.get();
}

std::string Ask(const char* question) {
  fmt::print(stderr, "{} ", question);
  std::fflush(stderr);
  std::string line;
  std::getline(std::cin, line);
  return line;
}

// Whether a person sits at a terminal.
bool MayAsk(const Context& context) {
  return !context.json && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
}

constexpr const char* kAskAuthor = "Author (Enter if you do not know):";

void AskForLicense(v1::ImportModelRequest* request) {
  fmt::print(stderr, "{} does not say under which licence it is.\n", request->path());
  std::string license = Ask("Licence (an SPDX expression, CC-BY-4.0; Enter if you do not know):");
  request->set_license(license.empty() ? "LicenseRef-unknown" : license);
  if (request->attribution().empty()) request->set_attribution(Ask(kAskAuthor));
}

// Of what is installed already: false where all have one, or the answer is none.
bool AskForAuthor(const v1::ImportResult& result, v1::ImportModelRequest* request) {
  const auto& all = result.manifests();
  if (std::none_of(all.begin(), all.end(),
                   [](const v1::ModelManifest& one) { return one.attribution().empty(); })) {
    return false;
  }
  fmt::print(stderr, "{} does not say who made it.\n", request->path());
  request->set_attribution(Ask(kAskAuthor));
  return !request->attribution().empty();
}

Failure ToFailure(const grpc::Status& status) {
  // The daemon's own deadline for the file, not one of this call.
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return Refused("deadline_exceeded", status.error_message());
  }
  return FromStatus(status);
}

std::string Channels(const v1::AudioSignature& audio) {
  return fmt::format("{} in, {} out{}", audio.input_channels(), audio.output_channels(),
                     audio.input_channels() == 1 ? " (in stereo it runs twice)" : "");
}

std::string Load(const v1::Variant& variant) {
  const double block_us = variant.cost().block_frames() * 1e6 / variant.sample_rate_hz();
  return fmt::format("{:.1f} % of a core at {} frames ({})",
                     100 * variant.cost().microseconds_per_block() / block_us,
                     variant.cost().block_frames(), variant.cost().measured_on());
}

void PrintOne(const v1::ModelManifest& manifest, const std::string& path) {
  const v1::Variant& variant = manifest.variants(0);
  const std::uint32_t latency = manifest.audio().latency_frames();
  fmt::print("{} ({} {}): {}\n", manifest.name(), manifest.id(), manifest.version(),
             path.empty() ? "would be installed" : "installed in " + path);
  fmt::print("  what      {}\n", manifest.summary());
  fmt::print("  rate      {} Hz\n", variant.sample_rate_hz());
  fmt::print("  channels  {}\n", Channels(manifest.audio()));
  fmt::print("  load      {}\n", Load(variant));
  fmt::print("  latency   {}\n", latency == 0
                                     ? "none"
                                     : fmt::format("{} frames ({:.1f} ms)", latency,
                                                   latency * 1e3 / variant.sample_rate_hz()));
  for (const v1::Parameter& parameter : manifest.parameters()) {
    fmt::print("  knob      {}: {} to {} {}(at first {})\n", parameter.id(),
               Number(parameter.minimum()), Number(parameter.maximum()),
               parameter.unit().empty() ? "" : parameter.unit() + " ",
               Number(parameter.default_value()));
  }
  fmt::print("  licence   {}{}\n", manifest.license(),
             manifest.attribution().empty() ? "" : ", by " + manifest.attribution());
}

void Print(const v1::ImportResult& result) {
  for (int i = 0; i < result.manifests_size(); ++i) {
    PrintOne(result.manifests(i), i < result.paths_size() ? result.paths(i) : "");
  }
  for (const std::string& note : result.notes()) fmt::print("  note      {}\n", note);
}

ExitCode Run(const Context& context, const Arguments& arguments) {
  v1::ImportModelRequest request = ToRequest(arguments);
  const client::Connected connected = context.Connect();
  v1::ModelService::Stub stub(connected.channel);
  Answer answer = Import(stub, request);
  const bool license_missing = answer.license_missing && MayAsk(context);
  if (license_missing) {
    AskForLicense(&request);
    answer = Import(stub, request);
  }
  if (!answer.status.ok()) throw ToFailure(answer.status);
  if (!license_missing && !request.dry_run() && MayAsk(context) &&
      AskForAuthor(answer.result, &request)) {
    request.set_replace(true);
    answer = Import(stub, request);
    if (!answer.status.ok()) throw ToFailure(answer.status);
  }
  if (context.json) {
    PrintJson(ToJson(answer.result));
  } else {
    Print(answer.result);
  }
  return ExitCode::kOk;
}

// Options that are fields of the request.
void AddText(CLI::App& verb, const std::shared_ptr<Arguments>& arguments, const char* option,
             const char* what, void (*set)(v1::ImportModelRequest*, const std::string&)) {
  verb.add_option_function<std::string>(
      option, [arguments, set](const std::string& text) { set(&arguments->request, text); }, what);
}

}  // namespace

void AddModelsImport(CLI::App& models, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* verb = models.add_subcommand(
      "import", "Install a model file of another program: NAM, GuitarML, AIDA-X, TorchScript, nn~");
  verb->add_option("file", arguments->file, "The file; it stays as it is")->required();
  AddText(*verb, arguments, "--id", "The model's id (default: made of the file's name)",
          [](v1::ImportModelRequest* r, const std::string& text) { r->set_id(text); });
  AddText(*verb, arguments, "--version", "Its version (default: 1.0.0)",
          [](v1::ImportModelRequest* r, const std::string& text) { r->set_version(text); });
  AddText(*verb, arguments, "--name", "The name that is shown",
          [](v1::ImportModelRequest* r, const std::string& text) { r->set_name(text); });
  AddText(*verb, arguments, "--license", "Its licence, an SPDX expression (LicenseRef-unknown)",
          [](v1::ImportModelRequest* r, const std::string& text) { r->set_license(text); });
  AddText(*verb, arguments, "--author", "Whom to name as its author",
          [](v1::ImportModelRequest* r, const std::string& text) { r->set_attribution(text); });
  verb->add_option("--unit", arguments->units, "Unit of a parameter, such as gain=dB; many times")
      ->type_name("PARAMETER=UNIT")
      ->allow_extra_args(false);
  verb->add_option("--method", arguments->methods, "Only this method of an nn~ file; many times")
      ->allow_extra_args(false);
  verb->add_option_function<std::uint32_t>(
          "--rate",
          [arguments](std::uint32_t rate) { arguments->request.set_sample_rate_hz(rate); },
          "Its sample rate, where the file does not say")
      ->type_name("HZ");
  verb->add_flag_callback(
      "--replace", [arguments] { arguments->request.set_replace(true); },
      "Take the place of the model of this id: of --version, else of the newest");
  verb->add_flag_callback(
      "--dry-run", [arguments] { arguments->request.set_dry_run(true); },
      "Say what would be installed, and install nothing");
  verb->callback([&context, arguments] {
    context.action = [&context, arguments] { return Run(context, *arguments); };
  });
}

}  // namespace continuo::ctl
