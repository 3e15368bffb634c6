// SPDX-License-Identifier: Apache-2.0
// The models: those that are here, those that can be had, and what is done with them.
#include <algorithm>
#include <map>

#include "continuo/v1/fit_service.grpc.pb.h"
#include "continuo/v1/memory_service.grpc.pb.h"
#include "continuo/v1/model_service.grpc.pb.h"
#include "continuo/v1/repository_service.grpc.pb.h"
#include "shared/studio/studio_impl.h"

namespace continuo::studio {
namespace {

// A repository may be on the other side of a slow line.
constexpr std::chrono::milliseconds kRepositoryTime{30'000};

const char* Kind(v1::Task task) { return task == v1::TASK_NOTES ? "notes" : "audio effect"; }

std::string Terms(const v1::LicenseTerms& terms) {
  std::string words;
  const auto add = [&words](const std::string& more) {
    words += (words.empty() ? "" : "; ") + more;
  };
  if (terms.commercial_use() == v1::PERMISSION_YES) add("commercial use allowed");
  if (terms.commercial_use() == v1::PERMISSION_NO) add("no commercial use");
  if (terms.commercial_use() == v1::PERMISSION_UNSPECIFIED) add("commercial use: not known");
  if (terms.attribution() == v1::PERMISSION_YES) add("name the authors");
  if (terms.share_alike() == v1::PERMISSION_YES) add("changed copies under the same licence");
  return words;
}

ModelRow Installed(const v1::ModelInfo& info) {
  const v1::ModelManifest& manifest = info.manifest();
  ModelRow row;
  row.id = manifest.id();
  row.name = manifest.name();
  row.summary = manifest.summary();
  row.kind = Kind(manifest.task());
  row.note_tasks = {manifest.notes().tasks().begin(), manifest.notes().tasks().end()};
  row.styles = {manifest.notes().styles().begin(), manifest.notes().styles().end()};
  row.license = manifest.license();
  row.terms = Terms(info.terms());
  row.attribution = manifest.attribution();
  row.provenance = manifest.provenance().description();
  row.path = info.path();
  row.installed = manifest.version();
  for (const v1::Variant& variant : manifest.variants())
    row.weights_bytes += variant.weights_bytes();
  row.loaded = info.loaded_variants_size() > 0;
  row.streams = static_cast<int>(info.streams());
  return row;
}

using Rows = std::map<std::string, ModelRow>;

void AddOffered(const v1::FoundModel& found, ModelRow* row) {
  if (row->id.empty()) {
    row->id = found.entry().id();
    row->name = found.entry().name();
    row->summary = found.entry().summary();
    row->kind = Kind(found.entry().task());
    row->license = found.entry().license();
    row->attribution = found.entry().attribution();
  }
  row->offered = found.entry().version();
  row->source = found.source();
  row->download_bytes = found.entry().size_bytes();
}

// "id/version/variant" is how models are named here.
void AddMemory(const v1::GetMemoryResponse& memory, Rows* rows) {
  for (const v1::ModelMemory& model : memory.models()) {
    const auto row = rows->find(model.model().substr(0, model.model().find('/')));
    if (row != rows->end()) row->second.memory_bytes += model.bytes();
  }
}

const char* InWords(v1::Verdict verdict) {
  switch (verdict) {
    case v1::VERDICT_RUNS:
      return "runs";
    case v1::VERDICT_PIPELINED_ONLY:
      return "pipelined only";
    case v1::VERDICT_TOO_HEAVY:
      return "too heavy";
    default:
      return "";
  }
}

// Of an installed version before one that is only offered.
void AddVerdicts(const v1::AssessModelsResponse& assessed, Rows* rows) {
  for (const v1::AssessedModel& model : assessed.models()) {
    const auto row = rows->find(model.id());
    if (row == rows->end()) continue;
    if (!model.source().empty() && !row->second.installed.empty()) continue;
    row->second.verdict = InWords(model.assessment().verdict());
    row->second.verdict_reason = model.assessment().reason();
  }
}

ModelsAnswer Sorted(const Rows& rows) {
  ModelsAnswer answer;
  for (const auto& [id, row] : rows) answer.models.push_back(row);
  std::sort(answer.models.begin(), answer.models.end(),
            [](const ModelRow& left, const ModelRow& right) { return left.name < right.name; });
  return answer;
}

// The problem; empty where there is none.
std::string ListInstalled(const std::shared_ptr<grpc::Channel>& channel, Errand& errand,
                          Rows* rows) {
  v1::ListModelsResponse installed;
  const auto models = v1::ModelService::NewStub(channel);
  grpc::Status status = errand.Run(kAnswerTime, [&](grpc::ClientContext& context) {
    return models->ListModels(&context, v1::ListModelsRequest(), &installed);
  });
  if (!status.ok()) return client::Describe(status);
  for (const v1::ModelInfo& info : installed.models()) {
    if (info.used()) (*rows)[info.manifest().id()] = Installed(info);
  }
  v1::GetMemoryResponse memory;
  const auto keeper = v1::MemoryService::NewStub(channel);
  status = errand.Run(kAnswerTime, [&](grpc::ClientContext& context) {
    return keeper->GetMemory(&context, v1::GetMemoryRequest(), &memory);
  });
  if (status.ok()) AddMemory(memory, rows);
  return {};
}

// The sources that could not be asked, with why.
std::string Failures(const v1::SearchModelsResponse& offered) {
  std::string words;
  for (const v1::RepositorySource& source : offered.failed()) {
    words += (words.empty() ? "" : "; ") + source.name() + ": " + source.problem();
  }
  return words;
}

// The remark on what could not be asked.
std::string ListOffered(const std::shared_ptr<grpc::Channel>& channel, Errand& errand, Rows* rows) {
  const auto repository = v1::RepositoryService::NewStub(channel);
  v1::SearchModelsResponse offered;
  grpc::Status status = errand.Run(kRepositoryTime, [&](grpc::ClientContext& context) {
    return repository->SearchModels(&context, v1::SearchModelsRequest(), &offered);
  });
  std::string remark;
  if (!status.ok()) remark = client::Describe(status);
  for (const v1::FoundModel& found : offered.models()) {
    AddOffered(found, &(*rows)[found.entry().id()]);
  }
  if (status.ok()) remark = Failures(offered);
  v1::ListUpdatesResponse updates;
  status = errand.Run(kRepositoryTime, [&](grpc::ClientContext& context) {
    return repository->ListUpdates(&context, v1::ListUpdatesRequest(), &updates);
  });
  for (const v1::ModelUpdate& update : updates.updates()) {
    if (const auto row = rows->find(update.id()); row != rows->end()) row->second.update = true;
  }
  return remark;
}

// The first time the machine is measured, which takes some tenths of a second.
void Assess(const std::shared_ptr<grpc::Channel>& channel, Errand& errand, Rows* rows) {
  const auto fit = v1::FitService::NewStub(channel);
  v1::AssessModelsRequest request;
  request.set_offered(true);
  v1::AssessModelsResponse assessed;
  const grpc::Status status = errand.Run(kRepositoryTime, [&](grpc::ClientContext& context) {
    return fit->AssessModels(&context, request, &assessed);
  });
  if (status.ok()) AddVerdicts(assessed, rows);
}

}  // namespace

Studio::Call Studio::ListModels(Then<ModelsAnswer> then) {
  return impl_->Follow<ModelsAnswer>(
      {},
      [](const auto& channel, Errand& errand, const auto& tell) {
        Rows rows;
        if (std::string problem = ListInstalled(channel, errand, &rows); !problem.empty()) {
          ModelsAnswer failed;
          failed.problem = std::move(problem);
          return failed;
        }
        tell(Sorted(rows));
        std::string remark = ListOffered(channel, errand, &rows);
        Assess(channel, errand, &rows);
        ModelsAnswer answer = Sorted(rows);
        answer.complete = true;
        answer.remark = std::move(remark);
        return answer;
      },
      std::move(then));
}

Studio::Call Studio::FindOffer(const std::string& id, const std::string& version,
                               Then<OfferAnswer> then) {
  return impl_->Ask<OfferAnswer>(
      [id, version](const auto& channel, Errand& errand) {
        const auto stub = v1::RepositoryService::NewStub(channel);
        v1::SearchModelsRequest request;
        request.add_words(id);
        request.set_all_versions(true);
        v1::SearchModelsResponse response;
        const grpc::Status status = errand.Run(kRepositoryTime, [&](grpc::ClientContext& context) {
          return stub->SearchModels(&context, request, &response);
        });
        OfferAnswer answer;
        if (!status.ok()) answer.problem = client::Describe(status);
        answer.remark = Failures(response);
        // The first source that has the id is the one that it is taken from, newest first.
        for (const v1::FoundModel& found : response.models()) {
          if (found.entry().id() != id) continue;
          const bool first = answer.model.offered.empty();
          if (!first && found.source() != answer.model.source) break;
          if (first || found.entry().version() == version) AddOffered(found, &answer.model);
        }
        return answer;
      },
      std::move(then));
}

Studio::Call Studio::Install(const std::string& id, const std::string& version,
                             Then<Installing> then) {
  Installing no_daemon;
  no_daemon.ended = true;
  return impl_->Follow<Installing>(
      no_daemon,
      [id, version](const auto& channel, Errand& errand, const auto& tell) {
        const auto stub = v1::RepositoryService::NewStub(channel);
        v1::InstallFromRepositoryRequest request;
        request.set_id(id);
        request.set_version(version);
        Installing last;
        last.ended = true;
        const grpc::Status status = errand.Run(kNoDeadline, [&](grpc::ClientContext& context) {
          const auto stream = stub->InstallFromRepository(&context, request);
          v1::InstallFromRepositoryResponse response;
          while (stream->Read(&response)) {
            if (response.has_progress()) {
              Installing now;
              now.step = response.progress().step();
              now.bytes = response.progress().bytes();
              now.total_bytes = response.progress().total_bytes();
              tell(now);
            } else if (response.has_result()) {
              last.done = response.result().entry().name() + " " +
                          response.result().entry().version() + ", from " +
                          response.result().source();
            }
          }
          return stream->Finish();
        });
        last.cancelled = errand.cancelled();
        if (!status.ok()) last.problem = last.cancelled ? "cancelled" : client::Describe(status);
        return last;
      },
      std::move(then));
}

Studio::Call Studio::Remove(const std::string& id, Then<std::string> then) {
  return impl_->Ask<std::string>(
      [id](const auto& channel, Errand& errand) -> std::string {
        const auto stub = v1::ModelService::NewStub(channel);
        v1::RemoveModelRequest request;
        request.set_id(id);
        v1::RemoveModelResponse response;
        const grpc::Status status = errand.Run(kAnswerTime, [&](grpc::ClientContext& context) {
          return stub->RemoveModel(&context, request, &response);
        });
        return status.ok() ? std::string() : client::Describe(status);
      },
      std::move(then));
}

}  // namespace continuo::studio
