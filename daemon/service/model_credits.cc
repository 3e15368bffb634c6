// SPDX-License-Identifier: Apache-2.0
// ModelService.GetCredits: whom to name.
#include <vector>

#include "daemon/base/str_cat.h"
#include "daemon/model/license.h"
#include "daemon/service/limits.h"
#include "daemon/service/model_info.h"
#include "daemon/service/model_service.h"
#include "daemon/service/status.h"

namespace continuo::service {
namespace {

constexpr int kMaxModels = 256;

v1::Credit CreditOf(const v1::ModelManifest& manifest) {
  v1::Credit credit;
  credit.set_id(manifest.id());
  credit.set_version(manifest.version());
  credit.set_name(manifest.name());
  credit.set_attribution(manifest.attribution());
  credit.set_license(manifest.license());
  *credit.mutable_data() = manifest.provenance().data();
  if (const auto terms = model::LicenseTermsOf(manifest.license()); terms.ok()) {
    *credit.mutable_terms() = *terms;
  }
  return credit;
}

}  // namespace

grpc::ServerUnaryReactor* ModelService::GetCredits(grpc::CallbackServerContext* context,
                                                   const v1::GetCreditsRequest* request,
                                                   v1::GetCreditsResponse* response) {
  auto* const reactor = context->DefaultReactor();
  absl::Status status;
  if (request->models_size() > kMaxModels) {
    status = absl::InvalidArgumentError(
        base::StrCat("models has ", request->models_size(), " entries, the limit is ", kMaxModels));
  }
  for (const std::string& name : request->models()) {
    if (!status.ok()) break;
    const std::size_t at = name.find('@');
    const std::string version = at == std::string::npos ? "" : name.substr(at + 1);
    status = CheckModel(name.substr(0, at), version);
    if (!status.ok()) break;
    const auto package = store_->Find(name.substr(0, at), version);
    status = package.status();
    if (status.ok()) *response->add_credits() = CreditOf((*package)->manifest);
  }
  if (!status.ok() || !request->models().empty()) {
    reactor->Finish(ToGrpc(status));
    return reactor;
  }
  GetSnapshot(supervisor_, desk_,
              [reactor, response, listing = store_->List()](const supervisor::Snapshot& snapshot) {
                for (const auto& package : listing->packages) {
                  const v1::ModelInfo info = ToProto(*package, *listing, snapshot);
                  if (info.loaded_variants().empty() && info.streams() == 0) continue;
                  *response->add_credits() = CreditOf(package->manifest);
                }
                reactor->Finish(grpc::Status::OK);
              });
  return reactor;
}

}  // namespace continuo::service
