// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/known_index.h"

#include <ctime>
#include <filesystem>
#include <utility>

#include "daemon/base/paths.h"
#include "daemon/base/read_file.h"
#include "daemon/base/str_cat.h"
#include "daemon/repository/http.h"
#include "daemon/repository/index.h"
#include "daemon/repository/signature.h"
#include "shared/files/whole_file.h"

namespace continuo::repository {
namespace {

constexpr char kIndexFile[] = "index.json";
constexpr char kSignatureFile[] = "index.json.sig";
// Of an index; an archive may take as long as it needs.
constexpr std::int64_t kTimeoutSeconds = 120;

std::int64_t Now() { return std::time(nullptr); }

absl::StatusOr<std::string> Get(const Source& source, const char* file, std::size_t maximum_bytes,
                                const std::function<bool()>& cancelled) {
  const std::string place = Beside(source.url, file);
  if (IsDirectory(source)) return base::ReadFile(place, maximum_bytes);
  HttpRequest request;
  request.url = place;
  request.ca_file = source.ca_file;
  request.maximum_bytes = maximum_bytes;
  request.timeout_s = kTimeoutSeconds;
  std::string text;
  const absl::Status status = HttpGet(request,
                                      {nullptr,
                                       [&text](std::string_view bytes) {
                                         text += bytes;
                                         return absl::OkStatus();
                                       },
                                       cancelled},
                                      nullptr);
  if (!status.ok()) return status;
  return text;
}

absl::Status WithName(const Source& source, const absl::Status& status) {
  if (status.ok()) return status;
  return {status.code(), base::StrCat("repository '", source.name, "': ", base::MessageOf(status))};
}

}  // namespace

KnownIndex::KnownIndex(Source source, std::string directory)
    : source_(std::move(source)), path_(base::StrCat(directory, "/", source_.name, ".index")) {
  const absl::StatusOr<std::string> file = base::ReadFile(path_, kMaxIndexBytes + kSignatureBytes);
  if (!file.ok() || file->size() < kSignatureBytes) return;
  const auto index = Check(file->substr(kSignatureBytes), file->substr(0, kSignatureBytes));
  if (!index.ok()) return;
  const absl::MutexLock lock(&mutex_);
  index_ = *index;
}

absl::StatusOr<KnownIndex::IndexPtr> KnownIndex::Check(const std::string& index,
                                                       const std::string& signature) const {
  // Before anything else: what nobody has signed is not even parsed.
  if (absl::Status status = VerifySignature(index, signature, source_.keys); !status.ok()) {
    return status;
  }
  absl::StatusOr<v1::RepositoryIndex> parsed = ParseIndex(index, kIndexFile);
  if (!parsed.ok()) return parsed.status();
  return std::make_shared<const v1::RepositoryIndex>(*std::move(parsed));
}

absl::Status KnownIndex::Take(const std::string& index, const std::string& signature) {
  const absl::StatusOr<IndexPtr> checked = Check(index, signature);
  if (!checked.ok()) return checked.status();
  if (absl::Status status = CheckFresh(**checked, Now()); !status.ok()) return status;
  IndexPtr known;
  {
    const absl::MutexLock lock(&mutex_);
    known = index_;
  }
  if (known) {
    if (absl::Status status = CheckSuccessor(*known, **checked); !status.ok()) return status;
  }
  const std::string directory = std::filesystem::path(path_).parent_path().string();
  if (absl::Status status = base::EnsurePrivateDir(directory); !status.ok()) return status;
  if (absl::Status status = files::ReplaceFile(path_, signature + index); !status.ok())
    return status;
  const absl::MutexLock lock(&mutex_);
  index_ = *checked;
  return absl::OkStatus();
}

absl::Status KnownIndex::Fetch(const std::function<bool()>& cancelled) {
  const absl::MutexLock one(&fetching_);
  absl::Status status;
  for (int i = 0; i < 2; ++i) {
    const absl::StatusOr<std::string> index = Get(source_, kIndexFile, kMaxIndexBytes, cancelled);
    status = index.status();
    if (!status.ok()) break;
    const auto signature = Get(source_, kSignatureFile, kSignatureBytes, cancelled);
    status = signature.ok() ? Take(*index, *signature) : signature.status();
    // A new index may have been published between the two: they fit the second time.
    if (!absl::IsPermissionDenied(status)) break;
  }
  status = WithName(source_, status);
  const absl::MutexLock lock(&mutex_);
  if (!absl::IsCancelled(status)) problem_ = status;
  return status;
}

absl::StatusOr<KnownIndex::IndexPtr> KnownIndex::Usable() const {
  const absl::MutexLock lock(&mutex_);
  if (!index_) {
    if (!problem_.ok()) return problem_;
    return absl::FailedPreconditionError(
        base::StrCat("repository '", source_.name,
                     "': its index has not been fetched yet; `continuoctl repo refresh`"));
  }
  absl::Status fresh = WithName(source_, CheckFresh(*index_, Now()));
  if (!fresh.ok()) return fresh;
  return index_;
}

v1::RepositorySource KnownIndex::Info() const {
  const absl::StatusOr<IndexPtr> usable = Usable();
  v1::RepositorySource info;
  info.set_name(source_.name);
  info.set_url(source_.url);
  const absl::MutexLock lock(&mutex_);
  if (index_) {
    info.set_serial(index_->serial());
    info.set_created_unix_s(index_->created_unix_s());
    info.set_expires_unix_s(index_->expires_unix_s());
    info.set_entries(static_cast<std::uint32_t>(index_->entries_size()));
  }
  const absl::Status& problem = problem_.ok() ? usable.status() : problem_;
  info.set_problem(std::string(base::MessageOf(problem)));
  return info;
}

}  // namespace continuo::repository
