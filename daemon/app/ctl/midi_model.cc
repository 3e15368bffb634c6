// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/midi_model.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "daemon/app/ctl/failure.h"
#include "daemon/base/paths.h"
#include "daemon/base/read_file.h"
#include "daemon/base/str_cat.h"
#include "daemon/executor/module.h"
#include "daemon/model/store.h"
#include "daemon/model/variant.h"

namespace continuo::ctl {
namespace {

constexpr const char* kExecutor = "fused";
constexpr std::size_t kMaxReferenceBytes = std::size_t{4} << 20;

model::Package PackageOf(const std::string& folder_or_id) {
  std::error_code error;
  if (std::filesystem::is_directory(folder_or_id, error)) {
    absl::StatusOr<model::Package> package = model::LoadPackage(folder_or_id);
    if (!package.ok()) throw BadInput(folder_or_id, std::string(base::MessageOf(package.status())));
    return *std::move(package);
  }
  const auto found = model::ModelStore(base::ModelPath()).Find(folder_or_id, "");
  if (!found.ok()) {
    throw BadInput(folder_or_id,
                   fmt::format("no folder of a model, and {}", base::MessageOf(found.status())));
  }
  return **found;
}

}  // namespace

generate::Reference ReadReferenceFile(const std::string& path) {
  const absl::StatusOr<std::string> json = base::ReadFile(path, kMaxReferenceBytes);
  if (!json.ok()) throw BadInput(path, std::string(base::MessageOf(json.status())));
  absl::StatusOr<generate::Reference> reference = generate::Reference::Parse(*json);
  if (!reference.ok()) throw BadInput(path, std::string(base::MessageOf(reference.status())));
  return *std::move(reference);
}

NotesModel::NotesModel(const std::string& folder_or_id) {
  const model::Package package = PackageOf(folder_or_id);
  directory_ = package.directory;
  manifest_ = package.manifest;
  const auto& variants = manifest_.variants();
  const auto variant = std::find_if(
      variants.begin(), variants.end(),
      [this](const v1::Variant& one) { return model::ExecutorOf(manifest_, one) == kExecutor; });
  if (manifest_.task() != v1::TASK_NOTES || variant == variants.end()) {
    throw BadInput(folder_or_id, "is no model that writes notes with the fused executor");
  }
  const auto or_fail = [&](auto value) {
    if (!value.ok()) throw BadInput(folder_or_id, std::string(base::MessageOf(value.status())));
    return *std::move(value);
  };
  executor_ = or_fail(executor::OpenExecutor(base::ModuleDir(), kExecutor));
  executor::LoadRequest load;
  load.model_id = manifest_.id();
  load.weights_path = base::StrCat(directory_, "/", variant->file());
  load.options.insert(variant->options().begin(), variant->options().end());
  decoder_ = or_fail(executor_->LoadDecoder(load));
  composer_ = or_fail(generate::CreateComposer(manifest_, *decoder_));
}

std::optional<generate::Reference> NotesModel::ReadReference() const {
  if (manifest_.notes().reference().empty()) return std::nullopt;
  return ReadReferenceFile(base::StrCat(directory_, "/", manifest_.notes().reference()));
}

std::vector<std::string> NotesModel::situations() const {
  return generate::SituationsOf(manifest_.notes());
}

generate::SongLikelihoods NotesModel::Likelihoods(absl::Span<const midi::Song> songs,
                                                  std::uint32_t bars,
                                                  const std::string& situation) const {
  absl::StatusOr<generate::SongLikelihoods> likelihoods =
      generate::LikelihoodsOf(songs, bars, situation, *composer_, *decoder_);
  if (!likelihoods.ok()) throw Failed(std::string(base::MessageOf(likelihoods.status())));
  return *std::move(likelihoods);
}

}  // namespace continuo::ctl
