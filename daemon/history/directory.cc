// SPDX-License-Identifier: Apache-2.0
#include "daemon/history/directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <filesystem>

#include "daemon/base/str_cat.h"
#include "daemon/base/unique_fd.h"
#include "shared/files/whole_file.h"

namespace continuo::history {
namespace {

namespace fs = std::filesystem;

constexpr char kDatabase[] = "history.db";
constexpr char kBlobs[] = "blobs";
constexpr char kMark[] = "damaged";

std::string Now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &parts);
  return text;
}

std::string Mark(const std::string& directory) { return base::StrCat(directory, "/", kMark); }

}  // namespace

std::string DatabasePath(const std::string& directory) {
  return base::StrCat(directory, "/", kDatabase);
}

std::string BlobDirectory(const std::string& directory) {
  return base::StrCat(directory, "/", kBlobs);
}

absl::StatusOr<std::string> SetAside(const std::string& directory) {
  std::string aside;
  for (int attempt = 0; aside.empty(); ++attempt) {
    const std::string name =
        base::StrCat(directory, "/damaged-", Now(), attempt > 0 ? base::StrCat("-", attempt) : "");
    if (::mkdir(name.c_str(), 0700) == 0) {
      aside = name;
    } else if (errno != EEXIST) {
      return absl::ErrnoToStatus(errno, base::StrCat("cannot make directory ", name));
    }
  }
  // The mark last: until then whoever is killed here is made to begin again.
  const std::string database = kDatabase;
  for (const std::string& name :
       {std::string(kBlobs), database + "-shm", database + "-wal", database, std::string(kMark)}) {
    const std::string from = base::StrCat(directory, "/", name);
    if (::rename(from.c_str(), base::StrCat(aside, "/", name).c_str()) != 0 && errno != ENOENT) {
      return absl::ErrnoToStatus(errno, base::StrCat("cannot set ", from, " aside"));
    }
  }
  if (absl::Status status = files::SyncDirectory(aside); !status.ok()) return status;
  if (absl::Status status = files::SyncDirectory(directory); !status.ok()) return status;
  return aside;
}

void MarkDamaged(const std::string& directory, const std::string& reason) {
  const base::UniqueFd fd(
      ::open(Mark(directory).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (fd.valid() && ::write(fd.get(), reason.data(), reason.size()) >= 0) (void)::fsync(fd.get());
}

bool IsMarkedDamaged(const std::string& directory) {
  return ::access(Mark(directory).c_str(), F_OK) == 0;
}

}  // namespace continuo::history
