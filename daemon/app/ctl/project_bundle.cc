// SPDX-License-Identifier: Apache-2.0
// continuoctl project bundle: a song with all that it needs of Continuo, in one zip that any system
// opens.
#include <spdlog/fmt/fmt.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <set>

#include "daemon/app/ctl/midi_file.h"
#include "daemon/app/ctl/output_file.h"
#include "daemon/app/ctl/project.h"
#include "daemon/app/ctl/text.h"
#include "daemon/app/ctl/zip_file.h"
#include "daemon/base/bytes_in_words.h"
#include "daemon/model/archive.h"
#include "shared/project/recipes.h"

namespace continuo::ctl {
namespace {

namespace fs = std::filesystem;

struct Chosen {
  std::string path;
  std::string output;
  bool models = false;
  bool dry_run = false;
  bool force = false;
};

struct Member {
  std::string name;  // in the archive
  std::string path;  // empty: `text` is its content
  std::string text;
  std::uint64_t bytes = 0;
};

// A directory for what is packed on the way.
class Workshop {
 public:
  Workshop() : path_((fs::temp_directory_path() / "continuo-bundle-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) throw Failed("cannot make a directory like " + path_);
  }
  ~Workshop() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Member FileMember(const std::string& name, const std::string& path) {
  std::error_code error;
  const std::uintmax_t bytes = fs::file_size(path, error);
  if (error) throw BadInput(path, error.message());
  return {name, path, "", bytes};
}

std::string CreditsText(const std::vector<ProjectCredit>& credits) {
  std::string text;
  for (const ProjectCredit& credit : credits) text += Printable(CreditLine(credit)) + "\n";
  return text.empty() ? "No model is used.\n" : text;
}

// The models by id and version, once each.
std::set<const v1::ModelInfo*> ModelsOf(const project::Project& content,
                                        const InstalledModels& installed,
                                        std::vector<std::string>* missing) {
  std::set<const v1::ModelInfo*> models;
  std::set<std::string> gone;
  const auto add = [&](const std::string& id, const std::string& version) {
    if (id.empty()) return;
    const v1::ModelInfo* const info = installed.Find(id, version);
    if (info != nullptr) {
      models.insert(info);
    } else {
      gone.insert(ModelName(id, version));
    }
  };
  for (const project::SavedEffect& effect : content.effects) add(effect.model, effect.version);
  for (const project::GeneratedClip& clip : content.generated) add(clip.model, clip.version);
  missing->assign(gone.begin(), gone.end());
  return models;
}

std::vector<Member> Collect(const Context& context, const Chosen& chosen, const Workshop& workshop,
                            std::vector<std::string>* missing) {
  const SongProject song = ReadSongProject(chosen.path);
  const InstalledModels installed(context);
  const fs::path file(chosen.path);
  const std::string top = file.stem().string() + "/";
  std::vector<Member> members{FileMember(top + file.filename().string(), chosen.path)};

  const project::RecipeFolder folder(chosen.path);
  const std::string folder_name = fs::path(folder.path()).filename().string();
  std::set<std::string> recipes;
  for (const project::GeneratedClip& clip : song.content.generated) {
    if (clip.recipe.empty() || !recipes.insert(clip.recipe).second) continue;
    if (const auto recipe = folder.Get(clip.recipe); !recipe.ok()) {
      missing->push_back(std::string(recipe.status().message()));
      continue;
    }
    const std::string path = folder.FileOf(clip.recipe);
    members.push_back(FileMember(
        fmt::format("{}{}/{}", top, folder_name, fs::path(path).filename().string()), path));
  }
  const std::string credits = CreditsText(CreditsOf(song.content, installed));
  members.push_back({top + "CREDITS.txt", "", credits, credits.size()});
  if (!chosen.models) return members;

  std::vector<std::string> not_here;
  for (const v1::ModelInfo* info : ModelsOf(song.content, installed, &not_here)) {
    const std::string name = model::ArchiveName(info->manifest());
    const std::string packed = workshop.path() + "/" + name;
    if (const absl::Status status = model::Pack(info->path(), packed); !status.ok()) {
      throw Failed(std::string(status.message()));
    }
    members.push_back(FileMember(top + "models/" + name, packed));
  }
  for (const std::string& name : not_here)
    missing->push_back("model " + name + " is not installed");
  return members;
}

ExitCode Bundle(const Context& context, const Chosen& asked) {
  Chosen chosen = asked;
  if (chosen.output.empty()) chosen.output = fs::path(chosen.path).stem().string() + ".zip";
  if (!chosen.dry_run) CheckOutput(chosen.output, chosen.path, chosen.force);
  const Workshop workshop;
  std::vector<std::string> missing;
  const std::vector<Member> members = Collect(context, chosen, workshop, &missing);
  if (!chosen.dry_run) {
    ZipFile zip(chosen.output);
    for (const Member& member : members) {
      if (member.path.empty()) {
        zip.Add(member.name, member.text);
      } else {
        zip.AddFile(member.name, member.path);
      }
    }
    zip.Finish();
  }
  if (context.json) {
    Json list = Json::array();
    for (const Member& member : members) {
      list.push_back({{"name", Printable(member.name)}, {"bytes", member.bytes}});
    }
    PrintJson({{"file", chosen.path},
               {"bundle", chosen.dry_run ? Json() : Json(chosen.output)},
               {"members", list},
               {"missing", missing}});
    return missing.empty() ? ExitCode::kOk : ExitCode::kFailed;
  }
  Table table({"MEMBER", "SIZE"});
  for (const Member& member : members)
    table.Add({Printable(member.name), base::BytesInWords(member.bytes)});
  table.Print();
  for (const std::string& one : missing) fmt::print("missing: {}\n", Printable(one));
  if (chosen.dry_run) {
    fmt::print("nothing is written\n");
  } else {
    fmt::print("{}: written{}\n", chosen.output,
               missing.empty() ? "" : ", without what is missing");
  }
  return missing.empty() ? ExitCode::kOk : ExitCode::kFailed;
}

}  // namespace

void AddProjectBundle(CLI::App& project, Context& context) {
  const auto chosen = std::make_shared<Chosen>();
  CLI::App* verb = project.add_subcommand(
      "bundle", "The song, its recipes and its credits in one zip, to hand on or to keep");
  verb->add_option("file", chosen->path, ".mmp or .mmpz")->required()->type_name("FILE");
  verb->add_option("-o,--output", chosen->output, "The zip (default: the song's name, here)")
      ->type_name("FILE");
  verb->add_flag("--models", chosen->models,
                 "Its models too, as packages that `continuoctl models install` takes");
  verb->add_flag("--dry-run", chosen->dry_run, "Only say what would be in it");
  verb->add_flag("--force", chosen->force, "Replace the output where it is there");
  verb->callback([&context, chosen] {
    context.action = [&context, chosen] { return Bundle(context, *chosen); };
  });
}

}  // namespace continuo::ctl
