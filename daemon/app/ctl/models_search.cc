// SPDX-License-Identifier: Apache-2.0
// continuoctl models search: what the repositories have.
#include <spdlog/fmt/fmt.h>

#include <memory>
#include <vector>

#include "continuo/v1/repository_service.grpc.pb.h"
#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/progress.h"
#include "daemon/app/ctl/proto_json.h"
#include "daemon/app/ctl/repository.h"
#include "daemon/app/ctl/text.h"

namespace continuo::ctl {
namespace {

using Stub = v1::RepositoryService::Stub;

// An index may have to be fetched.
constexpr double kTimeoutSeconds = 600;

struct Arguments {
  std::vector<std::string> words;
  v1::SearchModelsRequest request;
  std::uint64_t maximum_bytes = 0;
};

const char* TaskName(v1::Task task) {
  return task == v1::TASK_NOTES ? "notes" : task == v1::TASK_AUDIO_EFFECT ? "effect" : "-";
}

ExitCode Search(const Context& context, const Arguments& arguments) {
  v1::SearchModelsRequest request = arguments.request;
  request.mutable_words()->Assign(arguments.words.begin(), arguments.words.end());
  request.set_maximum_bytes(arguments.maximum_bytes);
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  const auto response = WithProgress(
      "searching", [&] { return Call(stub, &Stub::SearchModels, request, kTimeoutSeconds); });
  if (context.json) {
    PrintJson(ToJson(response));
    return ExitCode::kOk;
  }
  Table table({"ID", "VERSION", "INSTALLED", "TASK", "SIZE", "LICENCE", "REPOSITORY", "NAME"});
  for (const v1::FoundModel& found : response.models()) {
    const v1::RepositoryEntry& entry = found.entry();
    table.Add({entry.id(), entry.version() + (entry.channel() == v1::CHANNEL_BETA ? " (beta)" : ""),
               found.installed_version().empty() ? "-" : found.installed_version(),
               TaskName(entry.task()), Bytes(entry.size_bytes()), entry.license(), found.source(),
               entry.name()});
  }
  if (table.empty()) {
    fmt::print("no model fits\n");
  } else {
    table.Print();
  }
  if (response.more()) fmt::print(stderr, "continuoctl: there are more; ask for less\n");
  PrintProblems(response.failed());
  return ExitCode::kOk;
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
