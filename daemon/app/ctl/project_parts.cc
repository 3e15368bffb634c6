// SPDX-License-Identifier: Apache-2.0
#include <spdlog/fmt/fmt.h>

#include <filesystem>
#include <map>

#include "continuo/v1/model_service.grpc.pb.h"
#include "daemon/app/ctl/project.h"
#include "daemon/base/read_file.h"
#include "shared/project/recipes.h"

namespace continuo::ctl {

namespace fs = std::filesystem;

SongProject ReadSongProject(const std::string& path) {
  const absl::StatusOr<std::string> bytes = base::ReadFile(path, project::kMaxProjectBytes);
  if (!bytes.ok()) throw BadInput(path, std::string(bytes.status().message()));
  absl::StatusOr<project::Document> document = project::Document::Parse(*bytes);
  if (!document.ok()) throw BadInput(path, std::string(document.status().message()));
  absl::StatusOr<project::Project> content = project::ReadProject(&*document);
  if (!content.ok()) throw BadInput(path, std::string(content.status().message()));
  return {*std::move(document), *std::move(content)};
}

std::string ModelName(const std::string& model, const std::string& version) {
  if (model.empty()) return "-";
  return version.empty() ? model : model + "@" + version;
}

InstalledModels::InstalledModels(const Context& context) {
  try {
    const client::Connected connected = context.Connect();
    v1::ModelService::Stub stub(connected.channel);
    answer_ = Call(stub, &v1::ModelService::Stub::ListModels, v1::ListModelsRequest());
  } catch (const Failure& failure) {
    if (failure.exit_code() != ExitCode::kUnreachable) throw;
  }
}

const v1::ModelInfo* InstalledModels::Find(const std::string& id,
                                           const std::string& version) const {
  const std::vector<const v1::ModelInfo*> versions = Versions(id);
  for (const v1::ModelInfo* one : versions) {
    if (version.empty() ? one->used() : one->manifest().version() == version) return one;
  }
  return version.empty() && !versions.empty() ? versions.front() : nullptr;
}

std::vector<const v1::ModelInfo*> InstalledModels::Versions(const std::string& id) const {
  std::vector<const v1::ModelInfo*> found;
  if (!answer_) return found;
  for (const v1::ModelInfo& model : answer_->models()) {
    if (model.manifest().id() == id) found.push_back(&model);
  }
  return found;
}

std::vector<ProjectCredit> CreditsOf(const project::Project& project,
                                     const InstalledModels& installed) {
  std::map<std::string, ProjectCredit> credits;  // by name, in its order
  const auto add = [&](const std::string& model, const std::string& version) -> ProjectCredit& {
    ProjectCredit& credit = credits[ModelName(model, version)];
    credit.model = ModelName(model, version);
    const v1::ModelInfo* const info = installed.Find(model, version);
    if (info == nullptr) return credit;
    const v1::ModelManifest& manifest = info->manifest();
    credit = {credit.model,       manifest.name(),        manifest.version(),
              manifest.license(), manifest.attribution(), true};
    return credit;
  };
  for (const project::SavedEffect& effect : project.effects) {
    if (!effect.model.empty()) add(effect.model, effect.version);
    const auto& other = effect.other_side;
    if (other && !other->model.empty()) add(other->model, other->version);
  }
  // The project itself knows whose these are, whatever is installed.
  for (const project::GeneratedClip& clip : project.generated) {
    if (clip.model.empty()) continue;
    ProjectCredit& credit = add(clip.model, clip.version);
    if (credit.known || clip.license.empty()) continue;
    credit = {credit.model, clip.model, clip.version, clip.license, clip.attribution, true};
  }
  std::vector<ProjectCredit> list;
  for (auto& [name, credit] : credits) list.push_back(std::move(credit));
  return list;
}

std::string CreditLine(const ProjectCredit& credit) {
  if (!credit.known) {
    return credit.model + ": not installed, so its author and licence are not known here";
  }
  return fmt::format("{} {} ({}): {}", credit.name, credit.version, credit.license,
                     credit.attribution.empty() ? "no author is named" : credit.attribution);
}

void CarryRecipes(const project::Project& content, const std::string& from, const std::string& to) {
  const project::RecipeFolder before(from);
  const project::RecipeFolder folder(to);
  if (before.path() == folder.path()) return;
  for (const project::GeneratedClip& clip : content.generated) {
    if (clip.recipe.empty() || folder.Has(clip.recipe)) continue;
    const absl::StatusOr<std::string> recipe = before.Get(clip.recipe);
    if (!recipe.ok()) continue;
    const absl::StatusOr<std::string> kept = folder.Put(*recipe);
    if (!kept.ok()) throw BadOutput(folder.path(), std::string(kept.status().message()));
  }
}

std::string KeepBackup(const std::string& path) {
  std::error_code error;
  for (int number = 1;; ++number) {
    const std::string copy = number == 1 ? path + ".bak" : fmt::format("{}.bak-{}", path, number);
    if (fs::copy_file(path, copy, error)) return copy;
    if (error != std::errc::file_exists) {
      throw BadOutput(copy, error ? error.message() : "cannot be made");
    }
  }
}

}  // namespace continuo::ctl
