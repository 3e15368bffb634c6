// SPDX-License-Identifier: Apache-2.0
// continuoctl models update, and what models install does with an id: from the repositories.
#include <spdlog/fmt/fmt.h>

#include <future>
#include <memory>
#include <mutex>

#include "continuo/v1/repository_service.grpc.pb.h"
#include "daemon/app/ctl/fit.h"
#include "daemon/app/ctl/interrupt.h"
#include "daemon/app/ctl/model.h"
#include "daemon/app/ctl/progress.h"
#include "daemon/app/ctl/proto_json.h"
#include "daemon/app/ctl/repository.h"
#include "daemon/app/ctl/text.h"
#include "daemon/base/bytes_in_words.h"

namespace continuo::ctl {
namespace {

using Stub = v1::RepositoryService::Stub;

constexpr double kRefreshTimeoutSeconds = 3600;

struct Arguments {
  RepositoryChoice choice;
  bool dry_run = false;
};

// The codes of a repository that cannot be reached are not those of a daemon that cannot.
Failure ToFailure(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      return {ExitCode::kFailed, "source_unavailable", client::Describe(status)};
    case grpc::StatusCode::DATA_LOSS:
      return Refused("data_loss", status.error_message());
    default:
      return FromStatus(status);
  }
}

// The newest state of a call, from the thread that reads to the one that shows.
class LastStep {
 public:
  void Set(const v1::RepositoryProgress& step) {
    const std::lock_guard lock(mutex_);
    step_ = step;
  }
  void ShowOn(Progress* progress) {
    const std::lock_guard lock(mutex_);
    if (step_.step() == "downloading" && step_.total_bytes() > 0) {
      progress->Update(static_cast<double>(step_.bytes()) /
                       static_cast<double>(step_.total_bytes()));
    } else {
      progress->Turn(step_.package().empty() ? step_.step() : step_.step() + " " + step_.package());
    }
  }

 private:
  std::mutex mutex_;
  v1::RepositoryProgress step_;
};

// Which call a signal is to cancel; the program ends at once where there is none.
class Interruptible {
 public:
  Interruptible() {
    interrupt_.Call([this] {
      const std::lock_guard lock(mutex_);
      if (call_ != nullptr) {
        call_->TryCancel();
      } else {
        interrupt_.EndIfAsked();
      }
    });
  }
  void Begin(grpc::ClientContext* call) {
    const std::lock_guard lock(mutex_);
    call_ = call;
  }
  void End() {
    Begin(nullptr);
    interrupt_.EndIfAsked();
  }

 private:
  std::mutex mutex_;
  grpc::ClientContext* call_ = nullptr;
  Interrupt interrupt_;  // the last: its thread ends before the rest goes
};

v1::InstalledFromRepository InstallOne(Stub& stub, Interruptible* interruptible,
                                       const v1::InstallFromRepositoryRequest& request) {
  Progress progress("installing " + request.id());
  grpc::ClientContext call;
  interruptible->Begin(&call);
  LastStep last;
  v1::InstalledFromRepository result;
  auto status = std::async(std::launch::async, [&] {
    const auto reader = stub.InstallFromRepository(&call, request);
    v1::InstallFromRepositoryResponse response;
    while (reader->Read(&response)) {
      if (response.has_result()) {
        result = response.result();
      } else {
        last.Set(response.progress());
      }
    }
    return reader->Finish();
  });
  while (status.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready) {
    last.ShowOn(&progress);
  }
  const grpc::Status ended = status.get();
  interruptible->End();
  if (!ended.ok()) throw ToFailure(ended);
  return result;
}

void Print(const v1::InstalledFromRepository& result) {
  for (const std::string& remark : result.remarks()) {
    fmt::print(stderr, "continuoctl: passed over: {}\n", remark);
  }
  for (const v1::InstalledFromRepository& dependency : result.dependencies()) Print(dependency);
  fmt::print("{} {}: {} {}\n", result.entry().id(), result.entry().version(),
             result.already_installed() ? "is installed already, in" : "installed in",
             result.path());
}

v1::InstallFromRepositoryRequest ToRequest(const RepositoryChoice& choice) {
  v1::InstallFromRepositoryRequest request;
  const ModelName name = ParseModelName(choice.model);
  request.set_id(name.id);
  request.set_version(name.version);
  request.set_source(choice.source);
  request.set_channel(choice.beta ? v1::CHANNEL_BETA : v1::CHANNEL_STABLE);
  return request;
}

ExitCode Update(const Context& context, const Arguments& arguments) {
  Interruptible interruptible;
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  v1::ListUpdatesRequest request;
  request.set_id(arguments.choice.model);
  request.set_channel(arguments.choice.beta ? v1::CHANNEL_BETA : v1::CHANNEL_STABLE);
  const auto refreshed = WithProgress("asking the repositories", [&] {
    return Call(stub, &Stub::RefreshSources, v1::RefreshSourcesRequest(), kRefreshTimeoutSeconds);
  });
  const auto updates = WithProgress("looking for updates", [&] {
    return Call(stub, &Stub::ListUpdates, request, kRefreshTimeoutSeconds);
  });
  PrintProblems(refreshed.sources());
  Json installed = Json::array();
  if (!context.json && updates.updates().empty()) fmt::print("everything is as new as it can be\n");
  for (const v1::ModelUpdate& update : updates.updates()) {
    if (!context.json) {
      fmt::print("{} {} -> {}  {}  of '{}'\n", update.id(), update.installed_version(),
                 update.entry().version(), base::BytesInWords(update.entry().size_bytes()),
                 update.source());
    }
    if (arguments.dry_run) continue;
    v1::InstallFromRepositoryRequest install;
    install.set_id(update.id());
    install.set_version(update.entry().version());
    install.set_source(update.source());
    const auto result = InstallOne(stub, &interruptible, install);
    installed.push_back(ToJson(result));
    if (!context.json) Print(result);
  }
  if (context.json) {
    Json document = ToJson(updates);
    document["installed"] = installed;
    PrintJson(document);
  }
  return ExitCode::kOk;
}

void AddChannel(CLI::App* verb, const std::shared_ptr<Arguments>& arguments) {
  verb->add_option_function<std::string>(
          "--channel",
          [arguments](const std::string& channel) { arguments->choice.beta = channel == "beta"; },
          "beta: beta versions too")
      ->check(CLI::IsMember({"stable", "beta"}))
      ->type_name("stable|beta");
}

}  // namespace

ExitCode InstallFromRepository(const Context& context, const RepositoryChoice& choice) {
  const auto result = [&] {
    Interruptible interruptible;
    const client::Connected connected = context.Connect();
    Stub stub(connected.channel);
    return InstallOne(stub, &interruptible, ToRequest(choice));
  }();
  if (!context.json) Print(result);
  Json document = ToJson(result);
  if (choice.measure) {
    for (int i = 0; i < result.dependencies_size(); ++i) {
      const v1::RepositoryEntry& needed = result.dependencies(i).entry();
      MeasureInstalled(context, needed.id(), needed.version(), &document["dependencies"][i]);
    }
    MeasureInstalled(context, result.entry().id(), result.entry().version(), &document);
  }
  if (context.json) PrintJson(document);
  return ExitCode::kOk;
}

void AddModelsUpdate(CLI::App& models, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* verb = models.add_subcommand("update", "Install newer versions of installed models");
  verb->add_option("model", arguments->choice.model, "This one alone")->type_name("ID");
  verb->add_flag("--dry-run", arguments->dry_run, "Say what would be installed");
  AddChannel(verb, arguments);
  verb->callback([&context, arguments] {
    context.action = [&context, arguments] { return Update(context, *arguments); };
  });
}

}  // namespace continuo::ctl
