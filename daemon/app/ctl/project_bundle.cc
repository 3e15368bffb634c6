// SPDX-License-Identifier: Apache-2.0
// continuoctl project bundle: a song with all that it needs of Continuo, in one zip that any system
// opens.
#include <spdlog/fmt/fmt.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <set>

#include "daemon/app/ctl/bundle_samples.h"
#include "daemon/app/ctl/interrupt.h"
#include "daemon/app/ctl/lmms_folders.h"
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
  bool no_samples = false;
  bool soundfonts = false;
  bool strict = false;
  bool dry_run = false;
  bool force = false;
};

using Cancelled = std::function<bool()>;

constexpr const char* kHowToOpen =
    "This song has sounds of its own. Unpack the whole folder into LMMS's folder of projects\n"
    "(Documents/lmms/projects, where nobody has changed it) and open the song there: LMMS\n"
    "finds the sounds nowhere else. Their licences are those of their makers.\n";

struct Content {
  std::vector<BundleMember> members;
  std::vector<std::string> missing;
  std::vector<std::string> left_out;  // there, and not taken along
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
  for (const project::SavedEffect& effect : content.effects) {
    add(effect.model, effect.version);
    if (effect.other_side) add(effect.other_side->model, effect.other_side->version);
  }
  for (const project::GeneratedClip& clip : content.generated) add(clip.model, clip.version);
  missing->assign(gone.begin(), gone.end());
  return models;
}

void AddText(const std::string& name, const std::string& text, Content* content) {
  content->members.push_back({name, "", text, text.size()});
}

// The song as it is, or with names for its samples that are right where the bundle is unpacked.
void AddSong(const Chosen& chosen, const std::string& top, SongProject* song, Content* content) {
  const std::string name = top + fs::path(chosen.path).filename().string();
  if (chosen.no_samples) {
    content->members.push_back(FileMember(name, chosen.path));
    return;
  }
  BundledSamples samples =
      BundleSamples(top + "samples/", chosen.soundfonts, LmmsSampleFolders(), &song->document);
  content->missing = std::move(samples.missing);
  content->left_out = std::move(samples.left_out);
  if (samples.members.empty()) {
    content->members.push_back(FileMember(name, chosen.path));
    return;
  }
  AddText(name, song->document.Bytes(), content);
  AddText(top + "README.txt", kHowToOpen, content);
  std::move(samples.members.begin(), samples.members.end(), std::back_inserter(content->members));
}

void AddRecipes(const Chosen& chosen, const std::string& top, const project::Project& song,
                Content* content) {
  const project::RecipeFolder folder(chosen.path);
  const std::string folder_name = fs::path(folder.path()).filename().string();
  std::set<std::string> recipes;
  for (const project::GeneratedClip& clip : song.generated) {
    if (clip.recipe.empty() || !recipes.insert(clip.recipe).second) continue;
    if (const auto recipe = folder.Get(clip.recipe); !recipe.ok()) {
      content->missing.push_back(std::string(recipe.status().message()));
      continue;
    }
    const std::string path = folder.FileOf(clip.recipe);
    content->members.push_back(FileMember(
        fmt::format("{}{}/{}", top, folder_name, fs::path(path).filename().string()), path));
  }
}

void AddModels(const project::Project& song, const InstalledModels& installed,
               const std::string& top, const Workshop& workshop, const Cancelled& cancelled,
               Content* content) {
  std::vector<std::string> not_here;
  for (const v1::ModelInfo* info : ModelsOf(song, installed, &not_here)) {
    const std::string name = model::ArchiveName(info->manifest());
    const std::string packed = workshop.path() + "/" + name;
    if (const absl::Status status = model::Pack(info->path(), packed, cancelled); !status.ok()) {
      throw Failed(std::string(status.message()));
    }
    content->members.push_back(FileMember(top + "models/" + name, packed));
  }
  for (const std::string& name : not_here) {
    content->missing.push_back("model " + name + " is not installed");
  }
}

Content Collect(const Context& context, const Chosen& chosen, const Workshop& workshop,
                const Cancelled& cancelled) {
  SongProject song = ReadSongProject(chosen.path);
  const InstalledModels installed(context);
  const std::string top = fs::path(chosen.path).stem().string() + "/";
  Content content;
  AddSong(chosen, top, &song, &content);
  AddRecipes(chosen, top, song.content, &content);
  AddText(top + "CREDITS.txt", CreditsText(CreditsOf(song.content, installed)), &content);
  if (chosen.models) AddModels(song.content, installed, top, workshop, cancelled, &content);
  return content;
}

// Nothing is left of it where it does not come to its end.
Content Write(const Context& context, const Chosen& chosen, const Cancelled& cancelled) {
  const Workshop workshop;
  Content content = Collect(context, chosen, workshop, cancelled);
  if (chosen.strict && !content.missing.empty()) {
    throw Failed(fmt::format("{}: nothing is written, as with --strict nothing may be missing: {}",
                             chosen.path, Printable(Join(content.missing, "; "))));
  }
  if (chosen.dry_run) return content;
  ZipFile zip(chosen.output, cancelled);
  for (const BundleMember& member : content.members) {
    if (member.path.empty()) {
      zip.Add(member.name, member.text);
    } else {
      zip.AddFile(member.name, member.path);
    }
  }
  zip.Finish();
  return content;
}

ExitCode Report(const Context& context, const Chosen& chosen, const Content& content) {
  const ExitCode code = content.missing.empty() ? ExitCode::kOk : ExitCode::kFailed;
  if (context.json) {
    Json members = Json::array();
    for (const BundleMember& member : content.members) {
      members.push_back({{"name", Printable(member.name)}, {"bytes", member.bytes}});
    }
    Json missing = Json::array();
    for (const std::string& one : content.missing) missing.push_back(Printable(one));
    Json left_out = Json::array();
    for (const std::string& one : content.left_out) left_out.push_back(Printable(one));
    PrintJson({{"file", chosen.path},
               {"bundle", chosen.dry_run ? Json() : Json(chosen.output)},
               {"members", members},
               {"missing", missing},
               {"left_out", left_out}});
    return code;
  }
  Table table({"MEMBER", "SIZE"});
  for (const BundleMember& member : content.members) {
    table.Add({Printable(member.name), base::BytesInWords(member.bytes)});
  }
  table.Print();
  for (const std::string& one : content.left_out) fmt::print("left out: {}\n", Printable(one));
  for (const std::string& one : content.missing) fmt::print("missing: {}\n", Printable(one));
  if (chosen.dry_run) {
    fmt::print("nothing is written\n");
  } else {
    fmt::print("{}: written{}\n", chosen.output,
               content.missing.empty() ? "" : ", without what is missing");
  }
  return code;
}

ExitCode Bundle(const Context& context, const Chosen& asked) {
  Chosen chosen = asked;
  if (chosen.output.empty()) chosen.output = fs::path(chosen.path).stem().string() + ".zip";
  if (!chosen.dry_run) CheckOutput(chosen.output, chosen.path, chosen.force);
  std::atomic<bool> cancelled = false;
  Interrupt interrupt;
  interrupt.Call([&cancelled] { cancelled = true; });
  try {
    const Content content = Write(context, chosen, [&cancelled] { return cancelled.load(); });
    interrupt.EndIfAsked();
    return Report(context, chosen, content);
  } catch (const Failure&) {
    interrupt.EndIfAsked();
    throw;
  }
}

}  // namespace

void AddProjectBundle(CLI::App& project, Context& context) {
  const auto chosen = std::make_shared<Chosen>();
  CLI::App* verb = project.add_subcommand(
      "bundle", "The song, its samples, recipes and credits in one zip, to hand on or to keep");
  verb->add_option("file", chosen->path, ".mmp or .mmpz")->required()->type_name("FILE");
  verb->add_option("-o,--output", chosen->output, "The zip (default: the song's name, here)")
      ->type_name("FILE");
  verb->add_flag("--models", chosen->models,
                 "Its models too, as packages that `continuoctl models install` takes");
  CLI::Option* no_samples =
      verb->add_flag("--no-samples", chosen->no_samples, "Without the samples that it uses");
  verb->add_flag("--soundfonts", chosen->soundfonts, "Its SoundFonts too, which may be large")
      ->excludes(no_samples);
  verb->add_flag("--strict", chosen->strict, "Write nothing where something is missing");
  verb->add_flag("--dry-run", chosen->dry_run, "Only say what would be in it");
  verb->add_flag("--force", chosen->force, "Replace the output where it is there");
  verb->callback([&context, chosen] {
    context.action = [&context, chosen] { return Bundle(context, *chosen); };
  });
}

}  // namespace continuo::ctl
