// SPDX-License-Identifier: Apache-2.0
// continuoctl repo: keygen, build (both without a daemon), list, refresh.
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>

#include <cstdlib>
#include <ctime>
#include <memory>

#include "continuo/v1/repository_service.grpc.pb.h"
#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/output_file.h"
#include "daemon/app/ctl/progress.h"
#include "daemon/app/ctl/proto_json.h"
#include "daemon/app/ctl/repository.h"
#include "daemon/app/ctl/text.h"
#include "daemon/base/bytes_in_words.h"
#include "daemon/base/read_file.h"
#include "daemon/repository/index.h"
#include "daemon/repository/publish.h"
#include "daemon/repository/signature.h"
#include "shared/files/whole_file.h"

namespace continuo::ctl {
namespace {

using Stub = v1::RepositoryService::Stub;

// Every source may take its whole time limit.
constexpr double kRefreshTimeoutSeconds = 3600;
constexpr std::int64_t kDaySeconds = 86'400;

struct Arguments {
  std::string key_file;
  std::vector<std::string> names;
  repository::PublishOptions publish;
  std::int64_t expires_days = 90;
};

std::string Text(const absl::Status& status) { return std::string(status.message()); }

ExitCode Keygen(const Context& context, const Arguments& arguments) {
  CheckOutput(arguments.key_file, "", false);
  const auto pair = repository::MakeKeyPair();
  if (!pair.ok()) throw Failed(Text(pair.status()));
  constexpr mode_t kOwnerAlone = 0600;
  const absl::Status status =
      files::ReplaceFile(arguments.key_file, pair->secret_key + "\n", kOwnerAlone);
  if (!status.ok()) throw BadOutput(arguments.key_file, Text(status));
  if (context.json) {
    PrintJson({{"key_file", arguments.key_file}, {"public_key", pair->public_key}});
  } else {
    fmt::print("{} has the secret key: keep it, and give it to nobody.\n", arguments.key_file);
    fmt::print("The public key, for the configuration of who is to trust it:\n");
    fmt::print("key = \"{}\"\n", pair->public_key);
  }
  return ExitCode::kOk;
}

std::string ReadKey(const std::string& path) {
  constexpr std::size_t kMaxKeyFileBytes = 4096;
  absl::StatusOr<std::string> text = base::ReadFile(path, kMaxKeyFileBytes);
  if (!text.ok()) throw BadInput(path, Text(text.status()));
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    throw BadInput(path, "others may read this secret key; chmod 600 it, or make another");
  }
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  const auto public_key = repository::PublicKeyOf(*text);
  if (!public_key.ok()) throw BadInput(path, Text(public_key.status()));
  return *std::move(text);
}

// As other tools that want to give the same bytes each time have it.
std::int64_t CreationTime() {
  const char* const epoch = std::getenv("SOURCE_DATE_EPOCH");
  if (epoch == nullptr) return std::time(nullptr);
  char* end = nullptr;
  const long long seconds = std::strtoll(epoch, &end, 10);
  if (*epoch == '\0' || *end != '\0' || seconds <= 0) {
    throw UsageError(fmt::format("SOURCE_DATE_EPOCH is '{}'; it takes seconds since 1970", epoch));
  }
  return seconds;
}

ExitCode Build(const Context& context, const Arguments& arguments) {
  repository::PublishOptions options = arguments.publish;
  options.secret_key = ReadKey(arguments.key_file);
  options.created_unix_s = CreationTime();
  options.expires_after_s = arguments.expires_days * kDaySeconds;
  const auto index =
      WithProgress("packing " + options.folder, [&] { return repository::Publish(options); });
  if (!index.ok()) {
    throw Failure(ExitCode::kFailed, "failed",
                  fmt::format("{}: {}", options.out, Text(index.status())));
  }
  if (context.json) {
    PrintJson(ToJson(*index));
    return ExitCode::kOk;
  }
  for (const v1::RepositoryEntry& entry : index->entries()) {
    fmt::print("{}/{}  {}{}\n", options.out, entry.archive(),
               base::BytesInWords(entry.size_bytes()),
               entry.channel() == v1::CHANNEL_BETA ? "  beta" : "");
  }
  fmt::print("{}/index.json: '{}', serial {}, expires {}\n", options.out, index->name(),
             index->serial(), repository::DateText(index->expires_unix_s()));
  return ExitCode::kOk;
}

ExitCode List(const Context& context, const Arguments&) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  const auto response = Call(stub, &Stub::ListSources, v1::ListSourcesRequest());
  if (context.json) {
    PrintJson(ToJson(response));
  } else if (response.sources().empty()) {
    fmt::print("no repository is configured; see docs/repository.md\n");
  } else {
    PrintSources(response.sources());
    PrintProblems(response.sources());
  }
  return ExitCode::kOk;
}

ExitCode Refresh(const Context& context, const Arguments& arguments) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  v1::RefreshSourcesRequest request;
  request.mutable_names()->Assign(arguments.names.begin(), arguments.names.end());
  const auto response = WithProgress("asking the repositories", [&] {
    return Call(stub, &Stub::RefreshSources, request, kRefreshTimeoutSeconds);
  });
  if (context.json) {
    PrintJson(ToJson(response));
  } else {
    PrintSources(response.sources());
    PrintProblems(response.sources());
  }
  bool failed = false;
  for (const v1::RepositorySource& source : response.sources()) failed |= !source.problem().empty();
  return failed ? ExitCode::kFailed : ExitCode::kOk;
}

using Action = ExitCode (*)(const Context&, const Arguments&);

}  // namespace

void PrintSources(const Sources& sources) {
  Table table({"NAME", "SERIAL", "MODELS", "EXPIRES", "URL"});
  for (const v1::RepositorySource& source : sources) {
    const bool known = source.serial() > 0;
    table.Add({source.name(), known ? std::to_string(source.serial()) : "-",
               known ? std::to_string(source.entries()) : "-",
               known ? repository::DateText(source.expires_unix_s()) : "-", source.url()});
  }
  if (!table.empty()) table.Print();
}

void PrintProblems(const Sources& sources) {
  for (const v1::RepositorySource& source : sources) {
    if (!source.problem().empty()) fmt::print(stderr, "continuoctl: {}\n", source.problem());
  }
}

void AddRepo(CLI::App& app, Context& context) {
  CLI::App* repo = app.add_subcommand("repo", "Repositories of models, and making one");
  repo->require_subcommand(1);
  const auto add = [&](const char* name, const char* what, Action action, auto prepare) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* verb = repo->add_subcommand(name, what);
    prepare(verb, arguments);
    verb->callback([&context, arguments, action] {
      context.action = [&context, arguments, action] { return action(context, *arguments); };
    });
  };
  add("list", "The repositories of the configuration, and what is known of them", List,
      [](CLI::App*, const auto&) {});
  add("refresh", "Fetch what they offer anew", Refresh, [](CLI::App* verb, const auto& arguments) {
    verb->add_option("name", arguments->names, "These alone")->type_name("NAME");
  });
  add("keygen", "Make a key to sign a repository with", Keygen,
      [](CLI::App* verb, const auto& arguments) {
        verb->add_option("file", arguments->key_file, "Where the secret key goes; new")
            ->required()
            ->type_name("KEYFILE");
      });
  add("build", "Pack the packages of a folder, and sign an index of them", Build,
      [](CLI::App* verb, const auto& arguments) {
        repository::PublishOptions* publish = &arguments->publish;
        verb->add_option("folder", publish->folder, "Packages: FOLDER/*/model.json or one deeper")
            ->required()
            ->type_name("FOLDER");
        verb->add_option("-o,--output", publish->out, "Directory that a web server is to offer")
            ->required()
            ->type_name("DIR");
        verb->add_option("--key", arguments->key_file, "The secret key of `repo keygen`")
            ->required()
            ->type_name("KEYFILE");
        verb->add_option("--name", publish->name, "Its name; as before, where it was there before");
        verb->add_option("--serial", publish->serial, "As before and one more, else 1")
            ->check(CLI::PositiveNumber);
        verb->add_option("--expires", arguments->expires_days, "Days that it is good (default 90)")
            ->check(CLI::Range(1, 3650))
            ->type_name("DAYS");
        verb->add_option("--mirror", publish->mirrors, "Another place of it; many times")
            ->allow_extra_args(false)
            ->type_name("URL");
        verb->add_option("--beta", publish->beta, "For the beta channel; many times")
            ->allow_extra_args(false)
            ->type_name("ID[@VERSION]");
      });
}

}  // namespace continuo::ctl
