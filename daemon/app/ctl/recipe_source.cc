// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/recipe_source.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <locale.h>

#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <optional>

#include "daemon/app/ctl/failure.h"
#include "daemon/app/ctl/project.h"
#include "daemon/model/archive_library.h"
#include "shared/project/recipes.h"

namespace continuo::ctl {
namespace {

using model::Archives;

constexpr std::size_t kReadAtOnce = std::size_t{1} << 16;
constexpr std::size_t kMaxMembers = 100'000;
// Of the recipes in a bundle, packed: those of thousands of clips.
constexpr std::size_t kMaxRecipesBytes = std::size_t{256} << 20;

struct Bundle {
  std::optional<std::string> song;
  std::map<std::string, std::string> recipes;  // packed, by digest
};

// While it lives, libarchive gives names as UTF-8, and none that the user's locale has no letters
// for is lost.
class Utf8Names {
 public:
  Utf8Names()
      : utf8_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)), before_(::uselocale(utf8_)) {}
  ~Utf8Names() {
    ::uselocale(before_);
    if (utf8_ != nullptr) ::freelocale(utf8_);
  }
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;

 private:
  const ::locale_t utf8_;
  const ::locale_t before_;
};

class BundleReader {
 public:
  explicit BundleReader(const std::string& path) : path_(path) {
    if (const absl::Status status = model::LoadArchives(); !status.ok()) {
      throw Failed(std::string(status.message()));
    }
    reader_ = {Archives().read_new(), Archives().read_free};
    if (Archives().read_support_format_zip(reader_.get()) != ARCHIVE_OK ||
        Archives().read_open_filename(reader_.get(), path.c_str(), kReadAtOnce) != ARCHIVE_OK) {
      Fail();
    }
  }

  Bundle Read() {
    const Utf8Names names;
    Bundle bundle;
    std::size_t recipes_bytes = 0;
    for (std::size_t members = 0; Next(); ++members) {
      if (members == kMaxMembers) throw BadInput(path_, "has too many members");
      if (absl::EndsWith(name_, ".mmp") || absl::EndsWith(name_, ".mmpz")) {
        if (bundle.song) throw BadInput(path_, "has more than one song");
        bundle.song = Content(project::kMaxProjectBytes);
      } else if (const std::string digest = project::RecipeOfPath(name_); !digest.empty()) {
        std::string packed = Content(project::kMaxPackedRecipeBytes);
        recipes_bytes += packed.size();
        if (recipes_bytes > kMaxRecipesBytes) throw BadInput(path_, "has too many recipes");
        bundle.recipes.insert_or_assign(digest, std::move(packed));
      }
    }
    return bundle;
  }

 private:
  [[noreturn]] void Fail() const {
    const char* const text = Archives().error_string(reader_.get());
    throw BadInput(path_, text == nullptr ? "cannot be read" : text);
  }

  // The next member that has a name and is a file; false at the end.
  bool Next() {
    for (;;) {
      ::archive_entry* entry = nullptr;
      const int code = Archives().read_next_header(reader_.get(), &entry);
      if (code == ARCHIVE_EOF) return false;
      // It warns of names that are no UTF-8.
      if (code != ARCHIVE_OK && code != ARCHIVE_WARN) Fail();
      const char* const name = Archives().entry_pathname(entry);
      if (name == nullptr || Archives().entry_filetype(entry) != AE_IFREG) continue;
      name_ = name;
      return true;
    }
  }

  // What the member says of its size is not asked.
  std::string Content(std::size_t most) {
    std::string bytes;
    std::string piece(kReadAtOnce, '\0');
    for (;;) {
      const auto got = Archives().read_data(reader_.get(), piece.data(), piece.size());
      if (got < 0) Fail();
      if (got == 0) return bytes;
      bytes.append(piece, 0, static_cast<std::size_t>(got));
      if (bytes.size() > most) {
        throw BadInput(path_, absl::StrCat(name_, " has more than ", most, " bytes"));
      }
    }
  }

  const std::string path_;
  std::unique_ptr<::archive, decltype(&::archive_read_free)> reader_{nullptr, nullptr};
  std::string name_;
};

bool IsZip(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  char magic[4] = {};
  return file.read(magic, sizeof magic) && std::string(magic, sizeof magic) == "PK\x03\x04";
}

}  // namespace

SongWithRecipes ReadSongWithRecipes(const std::string& path) {
  if (!IsZip(path)) {
    return {ReadSongProject(path).content,
            [folder = project::RecipeFolder(path)](const std::string& sha256) {
              return folder.Get(sha256);
            }};
  }
  Bundle bundle = BundleReader(path).Read();
  if (!bundle.song) throw BadInput(path, "has no song of LMMS in it");
  absl::StatusOr<project::Project> content = project::ReadProject(*bundle.song);
  if (!content.ok()) throw BadInput(path, std::string(content.status().message()));
  return {*std::move(content),
          [recipes = std::move(bundle.recipes)](
              const std::string& sha256) -> absl::StatusOr<std::string> {
            const auto found = recipes.find(sha256);
            if (found != recipes.end()) return project::UnpackRecipe(found->second, sha256);
            return absl::NotFoundError(absl::StrCat("recipe ", sha256, ": is not in the bundle"));
          }};
}

}  // namespace continuo::ctl
