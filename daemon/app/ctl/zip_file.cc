// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/zip_file.h"

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "daemon/app/ctl/failure.h"
#include "daemon/app/ctl/output_file.h"
#include "daemon/base/unique_fd.h"
#include "daemon/model/archive_library.h"

namespace continuo::ctl {

namespace fs = std::filesystem;
using model::Archives;

struct ZipFile::State {
  std::function<bool()> cancelled;
  std::string path;   // as the user named it
  std::string place;  // links followed
  std::string draft;
  base::UniqueFd fd;
  ::archive* writer = nullptr;

  ~State() {
    if (writer != nullptr) Archives().write_free(writer);
    if (!draft.empty()) ::unlink(draft.c_str());
  }
  [[noreturn]] void Fail() const {
    const char* const text = Archives().error_string(writer);
    throw BadOutput(path, text == nullptr ? "cannot be written" : text);
  }
  void Require(bool good) const {
    if (!good) Fail();
  }
  void Begin(const std::string& name, std::uint64_t bytes) const {
    ::archive_entry* const entry = Archives().entry_new();
    Archives().entry_set_pathname(entry, name.c_str());
    Archives().entry_set_filetype(entry, AE_IFREG);
    Archives().entry_set_perm(entry, 0644);
    Archives().entry_set_size(entry, static_cast<la_int64_t>(bytes));
    Archives().entry_set_mtime(entry, std::time(nullptr), 0);
    const bool good = Archives().write_header(writer, entry) == ARCHIVE_OK;
    Archives().entry_free(entry);
    Require(good);
  }
  void Write(const char* data, std::size_t bytes) const {
    Require(Archives().write_data(writer, data, bytes) == static_cast<la_ssize_t>(bytes));
  }
};

ZipFile::ZipFile(const std::string& path, std::function<bool()> cancelled)
    : state_(std::make_unique<State>()) {
  state_->cancelled = std::move(cancelled);
  if (const absl::Status status = model::LoadArchives(); !status.ok()) {
    throw Failed(std::string(status.message()));
  }
  state_->path = path;
  state_->place = ResolvedOutput(path);
  state_->draft = fmt::format("{}/.{}.XXXXXX", DirectoryOf(state_->place),
                              fs::path(state_->place).filename().string());
  state_->fd.Reset(::mkostemp(state_->draft.data(), O_CLOEXEC));
  if (!state_->fd.valid()) {
    state_->draft.clear();
    throw BadOutput(path, std::strerror(errno));
  }
  state_->writer = Archives().write_new();
  state_->Require(Archives().write_set_format_zip(state_->writer) == ARCHIVE_OK &&
                  Archives().write_open_fd(state_->writer, state_->fd.get()) == ARCHIVE_OK);
}

ZipFile::~ZipFile() = default;

void ZipFile::Add(const std::string& name, std::string_view bytes) {
  state_->Begin(name, bytes.size());
  state_->Write(bytes.data(), bytes.size());
}

void ZipFile::AddFile(const std::string& name, const std::string& path) {
  std::error_code error;
  std::uintmax_t left = fs::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) throw BadInput(path, error ? error.message() : "cannot be read");
  state_->Begin(name, left);
  std::vector<char> buffer(std::size_t{1} << 20);
  while (left > 0) {
    if (state_->cancelled && state_->cancelled()) throw Failed("cancelled");
    const std::uintmax_t wanted = std::min<std::uintmax_t>(left, buffer.size());
    file.read(buffer.data(), static_cast<std::streamsize>(wanted));
    if (!file) throw BadInput(path, "changes while it is read");
    state_->Write(buffer.data(), wanted);
    left -= wanted;
  }
}

void ZipFile::Finish() {
  state_->Require(Archives().write_close(state_->writer) == ARCHIVE_OK);
  const SignalsBlocked blocked;
  if (::fchmod(state_->fd.get(), OutputMode(state_->place)) != 0 ||
      ::fsync(state_->fd.get()) != 0 ||
      ::rename(state_->draft.c_str(), state_->place.c_str()) != 0) {
    throw BadOutput(state_->path, std::strerror(errno));
  }
  state_->draft.clear();
}

}  // namespace continuo::ctl
