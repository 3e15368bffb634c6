// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/install_reactor.h"

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/base/str_cat.h"
#include "daemon/model/installer.h"
#include "daemon/model/license.h"
#include "daemon/model/versions.h"
#include "daemon/service/limits.h"
#include "daemon/service/model_info.h"
#include "daemon/service/queued_writer.h"
#include "daemon/service/status.h"

namespace continuo::service {
namespace {

constexpr std::size_t kSha256Digits = 64;

absl::Status Check(const v1::InstallModelRequest& request) {
  absl::Status status = CheckPath("path", request.path());
  status.Update(CheckText("expected_id", request.expected_id(), kMaxIdBytes));
  status.Update(CheckText("expected_version", request.expected_version(), kMaxIdBytes));
  status.Update(CheckText("expected_sha256", request.expected_sha256(), kSha256Digits));
  return status;
}

class InstallReactor : public QueuedWriter<v1::InstallModelResponse> {
 public:
  InstallReactor(InstallTools tools, v1::InstallModelRequest request)
      : tools_(std::move(tools)), request_(std::move(request)) {}

  void Start(const std::shared_ptr<InstallReactor>& self) {
    Hold(self);
    if (absl::Status status = Check(request_); !status.ok()) return End(ToGrpc(status));
    Tell("waiting", 0, 0);
    // The worker holds it too: the call may have ended before.
    tools_.worker->Run([self] { self->Work(); });
  }

  void OnCancel() override { cancelled_ = true; }

 private:
  // [worker]
  void Work() {
    // Of which model is known only once the manifest is.
    before_ = tools_.store->List();
    model::InstallOptions options;
    options.replace = request_.replace();
    options.expected_id = request_.expected_id();
    options.expected_version = request_.expected_version();
    options.expected_sha256 = request_.expected_sha256();
    options.watcher.cancelled = [this] { return cancelled_.load(); };
    options.watcher.progress = [this](std::uint64_t done, std::uint64_t total) {
      Tell(step_, done, total);
    };
    options.step = [this](std::string_view step) {
      if (step == "renaming" || step == "synchronising" || step == "done") return;
      step_ = std::string(step);
      Tell(step_, 0, 0);
    };
    options.give_up = [this](const std::string& id, const std::string& version) {
      return tools_.keeper->GiveUp(id, version);
    };
    options.check = [this](const v1::ModelManifest& manifest) {
      return request_.for_commercial_use() ? model::CheckCommercialUse(manifest) : absl::OkStatus();
    };
    options.provide = [this](const v1::ModelManifest& manifest) { return Provide(manifest); };
    const absl::StatusOr<model::Installed> installed =
        model::Install(tools_.store.get(), tools_.own, request_.path(), options);
    if (!installed.ok()) {
      base::Log("install").warn("{} not installed: {}", request_.path(),
                                base::MessageOf(installed.status()));
      return End(ToGrpc(installed.status()));
    }
    Finished(*installed);
  }

  // What is asked of the package's licence is asked of those that it needs, too.
  absl::Status Provide(const v1::ModelManifest& manifest) {
    const auto accept = [this](const v1::RepositoryEntry& entry) {
      if (!request_.for_commercial_use()) return absl::OkStatus();
      v1::ModelManifest needed;
      needed.set_id(entry.id());
      needed.set_version(entry.version());
      needed.set_license(entry.license());
      return model::CheckCommercialUse(needed);
    };
    const auto installed = tools_.repository->InstallDependencies(
        manifest, accept,
        [this](const v1::RepositoryProgress& progress) {
          step_ = progress.package().empty()
                      ? progress.step()
                      : base::StrCat(progress.step(), " ", progress.package());
          Tell(step_, progress.bytes(), progress.total_bytes());
        },
        [this] { return cancelled_.load(); });
    if (!installed.ok()) return installed.status();
    for (const v1::InstalledFromRepository& one : *installed) {
      dependencies_.push_back(base::StrCat(one.entry().id(), " ", one.entry().version()));
    }
    return absl::OkStatus();
  }

  void Finished(const model::Installed& installed) {
    const v1::ModelManifest& manifest = installed.package->manifest;
    const std::string before = model::VersionInUse(*before_, manifest.id());
    absl::Status status;
    if (!installed.already_there) {
      base::Log("install").info("{} installed as {} {}", request_.path(), manifest.id(),
                                manifest.version());
      status = model::NoteInstalled(tools_.store.get(), manifest.id(), before);
    }
    v1::InstallModelResponse response;
    v1::InstallResult* const result = response.mutable_result();
    *result->mutable_manifest() = manifest;
    result->set_path(installed.package->directory);
    result->set_already_there(installed.already_there);
    result->mutable_dependencies()->Assign(dependencies_.begin(), dependencies_.end());
    result->set_version_before(before);
    result->set_version_used(model::VersionInUse(*tools_.watch->Look(), manifest.id()));
    if (const auto terms = model::LicenseTermsOf(manifest.license()); terms.ok()) {
      *result->mutable_terms() = *terms;
    }
    End(ToGrpc(status), [&](Queue* queue) {
      if (!status.ok()) return queue->clear();
      queue->push_back(std::move(response));
    });
  }

  // Of what comes faster than the client reads only the last is told.
  void Tell(const std::string& step, std::uint64_t done, std::uint64_t total) {
    Change([&](Queue* queue) {
      if (!queue->empty() && queue->back().progress().step() == step) queue->pop_back();
      v1::InstallProgress* const progress = queue->emplace_back().mutable_progress();
      progress->set_step(step);
      progress->set_done_bytes(done);
      progress->set_total_bytes(total);
    });
  }

  const InstallTools tools_;
  const v1::InstallModelRequest request_;
  std::atomic<bool> cancelled_{false};
  std::string step_ = "waiting";                  // [worker]
  std::shared_ptr<const model::Listing> before_;  // [worker]
  std::vector<std::string> dependencies_;         // [worker]
};

}  // namespace

grpc::ServerWriteReactor<v1::InstallModelResponse>* MakeInstallReactor(
    const InstallTools& tools, const v1::InstallModelRequest& request) {
  const auto reactor = std::make_shared<InstallReactor>(tools, request);
  reactor->Start(reactor);
  return reactor.get();
}

}  // namespace continuo::service
