// SPDX-License-Identifier: Apache-2.0
// continuoctl models search: what the repositories have.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "continuo/v1/repository_service.grpc.pb.h"
#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/fit.h"
#include "daemon/app/ctl/progress.h"
#include "daemon/app/ctl/proto_json.h"
#include "daemon/app/ctl/repository.h"
#include "daemon/app/ctl/text.h"
#include "daemon/base/bytes_in_words.h"

namespace continuo::ctl {
namespace {

using Stub = v1::RepositoryService::Stub;

// An index may have to be fetched.
constexpr double kTimeoutSeconds = 600;

struct Arguments {
  std::vector<std::string> words;
  v1::SearchModelsRequest request;
  std::uint64_t maximum_bytes = 0;
  bool runs_here = false;
};

constexpr int kAtOnce = 256;  // models that one question is about

// In the order of what was found.
std::vector<v1::Assessment> Assess(const client::Connected& connected,
                                   const v1::SearchModelsResponse& found) {
  std::vector<v1::Assessment> assessments;
  for (int begin = 0; begin < found.models_size(); begin += kAtOnce) {
    v1::AssessModelsRequest request;
    for (int i = begin; i < std::min(found.models_size(), begin + kAtOnce); ++i) {
      v1::ModelName* const name = request.add_models();
      name->set_id(found.models(i).entry().id());
      name->set_version(found.models(i).entry().version());
      name->set_source(found.models(i).source());
    }
    const auto response = AssessModels(connected, request);
    for (const v1::AssessedModel& model : response.models()) {
      assessments.push_back(model.assessment());
    }
  }
  return assessments;
}

// What is known to run, pipelined too.
bool Runs(const v1::Assessment& assessment) {
  return assessment.verdict() == v1::VERDICT_RUNS ||
         assessment.verdict() == v1::VERDICT_PIPELINED_ONLY;
}

const char* TaskName(v1::Task task) {
  return task == v1::TASK_NOTES ? "notes" : task == v1::TASK_AUDIO_EFFECT ? "effect" : "-";
}

// Whether nobody could be asked: then "no model fits" would say what is not known.
bool AllFailed(Stub& stub, const v1::SearchModelsResponse& response) {
  if (response.failed().empty()) return false;
  const auto all = Call(stub, &Stub::ListSources, v1::ListSourcesRequest());
  return response.failed_size() >= all.sources_size();
}

ExitCode Search(const Context& context, const Arguments& arguments) {
  v1::SearchModelsRequest request = arguments.request;
  request.mutable_words()->Assign(arguments.words.begin(), arguments.words.end());
  request.set_maximum_bytes(arguments.maximum_bytes);
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  const auto response = WithProgress(
      "searching", [&] { return Call(stub, &Stub::SearchModels, request, kTimeoutSeconds); });
  std::vector<v1::Assessment> assessments(static_cast<std::size_t>(response.models_size()));
  try {
    assessments = Assess(connected, response);
  } catch (const Failure& failure) {
    if (arguments.runs_here) throw;
    fmt::print(stderr, "continuoctl: whether they run here is not known: {}\n", failure.what());
  }
  const bool all_failed = AllFailed(stub, response);
  const ExitCode code = all_failed ? ExitCode::kFailed : ExitCode::kOk;
  if (context.json) {
    Json document = ToJson(response);
    Json models = Json::array();
    for (int i = 0; i < response.models_size(); ++i) {
      if (arguments.runs_here && !Runs(assessments[i])) continue;
      models.push_back(document["models"][i]);
      models.back()["assessment"] = ToJson(assessments[i]);
    }
    document["models"] = models;
    PrintJson(document);
    return code;
  }
  Table table(
      {"ID", "VERSION", "INSTALLED", "TASK", "SIZE", "RUNS HERE", "LICENCE", "REPOSITORY", "NAME"});
  int left_out = 0;
  for (int i = 0; i < response.models_size(); ++i) {
    const v1::FoundModel& found = response.models(i);
    const v1::RepositoryEntry& entry = found.entry();
    if (arguments.runs_here && !Runs(assessments[i])) {
      ++left_out;
      continue;
    }
    table.Add({entry.id(), entry.version() + (entry.channel() == v1::CHANNEL_BETA ? " (beta)" : ""),
               found.installed_version().empty() ? "-" : found.installed_version(),
               TaskName(entry.task()), base::BytesInWords(entry.size_bytes()),
               Short(assessments[i]), entry.license(), found.source(), entry.name()});
  }
  if (!table.empty()) {
    table.Print();
  } else if (!all_failed) {
    fmt::print("no model fits\n");
  }
  if (left_out > 0) {
    fmt::print(stderr, "continuoctl: {} left out that {} not known to run here\n", left_out,
               left_out == 1 ? "is" : "are");
  }
  if (response.more()) fmt::print(stderr, "continuoctl: there are more; ask for less\n");
  PrintProblems(response.failed());
  return code;
}

}  // namespace

void AddModelsSearch(CLI::App& models, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* verb = models.add_subcommand("search", "Search the repositories");
  verb->add_option("words", arguments->words, "All of these, in id, name, summary or author")
      ->type_name("WORDS");
  verb->add_option_function<std::string>(
          "--task",
          [arguments](const std::string& task) {
            arguments->request.set_task(task == "notes" ? v1::TASK_NOTES : v1::TASK_AUDIO_EFFECT);
          },
          "What it is for")
      ->check(CLI::IsMember({"effect", "notes"}))
      ->type_name("effect|notes");
  verb->add_option_function<std::string>(
          "--license",
          [arguments](const std::string& license) { arguments->request.set_license(license); },
          "An SPDX identifier that its licence names")
      ->type_name("SPDX");
  verb->add_option("--max-size", arguments->maximum_bytes, "Greatest archive: 500K, 20MB")
      ->transform(CLI::AsSizeValue(true))
      ->type_name("N");
  verb->add_flag("--runs-here", arguments->runs_here, "Only what is known to run on this machine");
  verb->add_option_function<std::string>(
          "--channel",
          [arguments](const std::string& channel) {
            arguments->request.set_channel(channel == "beta" ? v1::CHANNEL_BETA
                                                             : v1::CHANNEL_STABLE);
          },
          "beta: beta versions too")
      ->check(CLI::IsMember({"stable", "beta"}))
      ->type_name("stable|beta");
  verb->add_flag_callback(
      "--all-versions", [arguments] { arguments->request.set_all_versions(true); },
      "Every version, not the newest alone");
  verb->callback([&context, arguments] {
    context.action = [&context, arguments] { return Search(context, *arguments); };
  });
}

}  // namespace continuo::ctl
