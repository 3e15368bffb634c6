// SPDX-License-Identifier: Apache-2.0
// What the verbs of `project` share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "continuo/v1/model_service.pb.h"
#include "daemon/app/ctl/context.h"
#include "shared/project/effects.h"

namespace continuo::ctl {

// A song that has been read. Throws BadInput.
struct SongProject {
  project::Document document;
  project::Project content;
};
[[nodiscard]] SongProject ReadSongProject(const std::string& path);

// "drive@1.0.0"; "-" for none.
[[nodiscard]] std::string ModelName(const std::string& model, const std::string& version);

// The models that the daemon has; nothing where none can be had.
class InstalledModels {
 public:
  explicit InstalledModels(const Context& context);

  [[nodiscard]] bool known() const { return answer_.has_value(); }
  // As the daemon chooses: an empty version is the one that is used, or the newest. Null: there is
  // none.
  [[nodiscard]] const v1::ModelInfo* Find(const std::string& id, const std::string& version) const;
  // The newest first.
  [[nodiscard]] std::vector<const v1::ModelInfo*> Versions(const std::string& id) const;

 private:
  std::optional<v1::ListModelsResponse> answer_;
};

// Whose work a song is made with: of the models of its effects and of what was generated for it.
struct ProjectCredit {
  std::string model;  // "drive", "melody@1.0.0"
  std::string name, version, license, attribution;
  bool known = false;  // the rest of it is
};
[[nodiscard]] std::vector<ProjectCredit> CreditsOf(const project::Project& project,
                                                   const InstalledModels& installed);
[[nodiscard]] std::string CreditLine(const ProjectCredit& credit);

// The recipes that `content` names, beside `to` as well. One that is lost already stays lost.
// Throws BadOutput.
void CarryRecipes(const project::Project& content, const std::string& from, const std::string& to);

// A copy of the file beside it that no earlier copy is lost for: "song.mmp.bak", "song.mmp.bak-2".
// Its path. Throws BadOutput.
std::string KeepBackup(const std::string& path);

// The verb `check`.
[[nodiscard]] ExitCode CheckProject(const Context& context, const std::string& path);

void AddProjectAdopt(CLI::App& project, Context& context);
void AddProjectBundle(CLI::App& project, Context& context);
void AddProjectPlace(CLI::App& project, Context& context);
void AddProjectUpgrade(CLI::App& project, Context& context);

}  // namespace continuo::ctl
