// SPDX-License-Identifier: Apache-2.0
// Reading archives: every entry is looked at as if it meant harm.
#include "daemon/model/archive.h"

#include <absl/strings/str_split.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "daemon/base/str_cat.h"
#include "daemon/model/archive_library.h"
#include "daemon/model/durable.h"
#include "daemon/model/manifest.h"
#include "daemon/model/room.h"
#include "daemon/model/sha256.h"
#include "daemon/model/zstd_file.h"

namespace continuo::model {
namespace {

namespace fs = std::filesystem;

using Reader = std::unique_ptr<::archive, decltype(&::archive_read_free)>;

class ArchiveReader {
 public:
  ArchiveReader(std::string file, ZstdFile zstd, const Watcher& watcher)
      : file_(std::move(file)),
        zstd_(std::move(zstd)),
        watcher_(watcher),
        reader_(Archives().read_new(), Archives().read_free) {}

  absl::Status Start() {
    // The tar format alone, and no filter: what is inside the zstd frame is no other container.
    if (Archives().read_support_format_tar(reader_.get()) != ARCHIVE_OK) return Error();
    if (Archives().read_open(reader_.get(), this, nullptr, &OnRead, nullptr) != ARCHIVE_OK) {
      return Error();
    }
    return absl::OkStatus();
  }

  // False: the end.
  absl::StatusOr<bool> Next() {
    const int code = Archives().read_next_header(reader_.get(), &entry_);
    if (code == ARCHIVE_EOF) return false;
    if (code != ARCHIVE_OK) return Error();
    const char* const name = Archives().entry_pathname(entry_);
    if (name == nullptr || *name == '\0') return Bad("an entry has no name");
    name_ = name;
    if (Archives().entry_hardlink(entry_) != nullptr ||
        Archives().entry_filetype(entry_) == AE_IFLNK) {
      return Bad(base::StrCat("'", Shown(), "' is a link"));
    }
    const auto type = Archives().entry_filetype(entry_);
    if (type != AE_IFREG && type != AE_IFDIR) {
      return Bad(base::StrCat("'", Shown(), "' is neither a file nor a directory"));
    }
    directory_ = type == AE_IFDIR;
    if (directory_ && name_.back() == '/') name_.pop_back();
    if (absl::Status status = CheckPath(); !status.ok()) return status;
    if (Archives().entry_sparse_count(entry_) > 0)
      return Bad(base::StrCat("'", name_, "' is sparse"));
    if (!directory_ && !Archives().entry_size_is_set(entry_)) {
      return Bad(base::StrCat("'", name_, "' has no size"));
    }
    return true;
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool directory() const { return directory_; }
  [[nodiscard]] std::uint64_t size() const {
    return static_cast<std::uint64_t>(std::max<la_int64_t>(Archives().entry_size(entry_), 0));
  }
  [[nodiscard]] ZstdFile& zstd() { return zstd_; }

  // Gives every piece of the entry to `take`, no more than size() bytes.
  template <typename Take>
  absl::Status Data(Take take) {
    std::uint64_t left = size();
    std::vector<char> buffer(1U << 16);
    for (;;) {
      const la_ssize_t count = Archives().read_data(reader_.get(), buffer.data(), buffer.size());
      if (count < 0) return Error();
      if (count == 0) break;
      if (static_cast<std::uint64_t>(count) > left) {
        return Bad(base::StrCat("'", name_, "' is longer than it says"));
      }
      left -= static_cast<std::uint64_t>(count);
      absl::Status status = take(buffer.data(), static_cast<std::size_t>(count));
      if (!status.ok()) return status;
    }
    return left == 0 ? absl::OkStatus() : Bad(base::StrCat("'", name_, "' is cut off"));
  }

  // What is left behind the tar's end; the frame has to be whole.
  absl::Status Drain() {
    for (;;) {
      const absl::StatusOr<std::string_view> piece = zstd_.Read();
      if (!piece.ok()) return piece.status();
      if (piece->empty()) return absl::OkStatus();
      if (std::any_of(piece->begin(), piece->end(), [](char c) { return c != 0; })) {
        return Bad("there is more after its end");
      }
    }
  }

  absl::Status Bad(std::string_view what) const {
    return absl::InvalidArgumentError(base::StrCat(file_, ": ", what));
  }

 private:
  static la_ssize_t OnRead(::archive* reader, void* self, const void** data) {
    auto* const me = static_cast<ArchiveReader*>(self);
    if (me->watcher_.cancelled && me->watcher_.cancelled()) {
      me->status_ = absl::CancelledError("cancelled");
    } else if (me->status_.ok()) {
      const absl::StatusOr<std::string_view> piece = me->zstd_.Read();
      if (piece.ok()) {
        if (me->watcher_.progress) {
          me->watcher_.progress(me->zstd_.read_bytes(), me->zstd_.size_bytes());
        }
        *data = piece->data();
        return static_cast<la_ssize_t>(piece->size());
      }
      me->status_ = piece.status();
    }
    Archives().set_error(reader, EIO, "cannot read");
    return ARCHIVE_FATAL;
  }

  // What the file itself has wrong comes before what the tar reader makes of it.
  absl::Status Error() const {
    if (!status_.ok()) return status_;
    const char* const text = Archives().error_string(reader_.get());
    return Bad(base::StrCat("no good tar: ", text == nullptr ? "unknown error" : text));
  }

  // For messages: the name is not to drive a terminal.
  std::string Shown() const {
    std::string shown = name_.substr(0, 200);
    std::replace_if(
        shown.begin(), shown.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
    return shown;
  }

  absl::Status CheckPath() const {
    if (name_.size() > kMaxTextBytes) return Bad("an entry's name is too long");
    if (Shown() != name_.substr(0, 200) || name_.find('\\') != std::string::npos) {
      return Bad(base::StrCat("'", Shown(), "' has a character that no path of a package has"));
    }
    if (name_.front() == '/') return Bad(base::StrCat("'", name_, "' is an absolute path"));
    for (const absl::string_view part : absl::StrSplit(name_, '/')) {
      if (part == ".." || part == "." || part.empty()) {
        return Bad(base::StrCat("'", name_, "' has a part '", part, "'"));
      }
    }
    return absl::OkStatus();
  }

  const std::string file_;
  ZstdFile zstd_;
  const Watcher watcher_;
  absl::Status status_;
  ::archive_entry* entry_ = nullptr;
  std::string name_;
  bool directory_ = false;
  Reader reader_;  // goes first: it calls back into this object
};

absl::StatusOr<std::string> ReadManifestText(ArchiveReader* reader) {
  const absl::StatusOr<bool> there = reader->Next();
  if (!there.ok()) return there.status();
  if (!*there || reader->directory() || reader->name() != "model.json") {
    return reader->Bad(
        "its first entry has to be model.json; make it by `continuoctl models pack`");
  }
  if (reader->size() > kMaxManifestBytes) {
    return reader->Bad(base::StrCat("model.json has ", reader->size(),
                                    " bytes, above the limit of ", kMaxManifestBytes));
  }
  std::string text;
  absl::Status status = reader->Data([&text](const char* data, std::size_t count) {
    text.append(data, count);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return text;
}

struct Written {
  std::uint64_t bytes = 0;
  std::string sha256;
};

absl::StatusOr<Written> WriteEntry(ArchiveReader* reader, const std::string& path) {
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  absl::StatusOr<base::UniqueFd> fd = CreateFile(path);
  if (!fd.ok()) return fd.status();
  Sha256 sha256;
  Written written;
  absl::Status status = reader->Data([&](const char* data, std::size_t count) {
    sha256.Update(data, count);
    written.bytes += count;
    return WriteAll(fd->get(), data, count, path);
  });
  if (status.ok()) status = SyncAndClose(*std::move(fd), path);
  if (!status.ok()) return status;
  written.sha256 = sha256.Finish();
  return written;
}

absl::Status UnpackFiles(ArchiveReader* reader, const std::string& directory,
                         const v1::ModelManifest& manifest) {
  std::map<std::string, const v1::File*> wanted;
  std::set<std::string> folders;
  for (const v1::File& file : manifest.files()) {
    wanted[file.path()] = &file;
    for (fs::path part = fs::path(file.path()).parent_path(); !part.empty();
         part = part.parent_path()) {
      folders.insert(part.string());
    }
  }
  std::set<std::string> seen{"model.json"};
  for (;;) {
    const absl::StatusOr<bool> there = reader->Next();
    if (!there.ok()) return there.status();
    if (!*there) break;
    const std::string& name = reader->name();
    if (!seen.insert(name).second) return reader->Bad(base::StrCat("'", name, "' is there twice"));
    if (reader->directory()) {
      // None is needed, so only those that files lie in: no limit on their number otherwise.
      if (folders.count(name) != 0) continue;
      return reader->Bad(base::StrCat("directory '", name, "' holds no file of model.json"));
    }
    const auto listed = wanted.find(name);
    if (listed == wanted.end() && !IsPackageText(name)) {
      return reader->Bad(base::StrCat("'", name, "' is not listed in model.json"));
    }
    const std::uint64_t limit =
        listed == wanted.end() ? kMaxPackageTextBytes : listed->second->size_bytes();
    if (reader->size() > limit || (listed != wanted.end() && reader->size() != limit)) {
      return reader->Bad(base::StrCat("'", name, "' has ", reader->size(), " bytes, ",
                                      listed == wanted.end() ? "the limit is " : "model.json says ",
                                      limit));
    }
    const absl::StatusOr<Written> written = WriteEntry(reader, base::StrCat(directory, "/", name));
    if (!written.ok()) return written.status();
    if (listed == wanted.end()) continue;
    if (written->sha256 != listed->second->sha256()) {
      return absl::DataLossError(
          reader
              ->Bad(base::StrCat("'", name, "' has SHA-256 ", written->sha256, ", expected ",
                                 listed->second->sha256(), "; get the archive again"))
              .message());
    }
    wanted.erase(listed);
  }
  if (!wanted.empty()) {
    return reader->Bad(base::StrCat("'", wanted.begin()->first, "' is missing"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Unpacked> UnpackAll(ArchiveReader* reader, const std::string& file,
                                   const std::string& directory) {
  if (absl::Status status = reader->Start(); !status.ok()) return status;
  const absl::StatusOr<std::string> text = ReadManifestText(reader);
  if (!text.ok()) return text.status();
  absl::StatusOr<v1::ModelManifest> manifest =
      ParseManifest(*text, base::StrCat(file, "/model.json"));
  if (!manifest.ok()) return manifest.status();
  absl::Status status = CheckRoom(directory, SizeOfFiles(*manifest));
  if (status.ok()) status = UnpackFiles(reader, directory, *manifest);
  if (status.ok()) status = reader->Drain();
  // Last, so that a directory without it is never taken for a package.
  if (status.ok()) status = WriteNewFile(base::StrCat(directory, "/model.json"), *text);
  if (!status.ok()) return status;
  return Unpacked{*std::move(manifest), reader->zstd().sha256(), reader->zstd().read_bytes()};
}

}  // namespace

bool IsPackageText(std::string_view path) {
  constexpr std::array<std::string_view, 6> kNames = {"LICENSE", "LICENCE", "COPYING",
                                                      "NOTICE",  "README",  "COPYRIGHT"};
  constexpr std::array<std::string_view, 3> kEndings = {"", ".md", ".txt"};
  const std::size_t dot = std::min(path.find('.'), path.size());
  return std::find(kNames.begin(), kNames.end(), path.substr(0, dot)) != kNames.end() &&
         std::find(kEndings.begin(), kEndings.end(), path.substr(dot)) != kEndings.end();
}

absl::StatusOr<Unpacked> Unpack(const std::string& file, const std::string& directory,
                                const UnpackLimits& limits, const Watcher& watcher) {
  if (absl::Status status = LoadArchives(); !status.ok()) return status;
  absl::StatusOr<ZstdFile> zstd = ZstdFile::Open(file, limits.maximum_bytes);
  if (!zstd.ok()) return zstd.status();
  ArchiveReader reader(file, *std::move(zstd), watcher);
  absl::StatusOr<Unpacked> unpacked = UnpackAll(&reader, file, directory);
  if (!unpacked.ok()) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory, ignored)) {
      std::error_code error;
      fs::remove_all(entry.path(), error);
    }
  }
  return unpacked;
}

absl::StatusOr<std::string> ReadArchiveManifest(const std::string& file) {
  if (absl::Status status = LoadArchives(); !status.ok()) return status;
  constexpr std::uint64_t kHead = 4 * kMaxManifestBytes;
  absl::StatusOr<ZstdFile> zstd = ZstdFile::Open(file, kHead);
  if (!zstd.ok()) return zstd.status();
  ArchiveReader reader(file, *std::move(zstd), {});
  if (absl::Status status = reader.Start(); !status.ok()) return status;
  return ReadManifestText(&reader);
}

}  // namespace continuo::model
