// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/download.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/model/room.h"
#include "daemon/repository/http.h"

namespace continuo::repository {
namespace {

namespace fs = std::filesystem;

// Of one place, as long as each attempt brings something.
constexpr int kAttempts = 8;
constexpr std::chrono::milliseconds kPause{500};

absl::Status Cancelled() { return absl::CancelledError("the download was cancelled"); }

// One place's way into the part.
class Attempt {
 public:
  Attempt(const Download& download, const DownloadWatch& watch, std::string place, PartFile* part)
      : download_(download), watch_(watch), place_(std::move(place)), part_(part) {}

  absl::Status Run() {
    // What others have left may be wrong; then this place is to be asked for all of it.
    const bool inherited = part_->size() > 0;
    absl::Status status = Fill();
    if (status.ok()) status = CheckDigest();
    if (!absl::IsDataLoss(status) || !inherited || whole_) return status;
    if (absl::Status emptied = part_->Truncate(); !emptied.ok()) return emptied;
    etag_.clear();
    status = Fill();
    return status.ok() ? CheckDigest() : status;
  }

 private:
  absl::Status Fill() {
    if (part_->size() > download_.entry.size_bytes()) {
      if (absl::Status status = part_->Truncate(); !status.ok()) return status;
    }
    absl::Status status;
    for (int i = 0; i < kAttempts; ++i) {
      if (watch_.cancelled()) return Cancelled();
      if (part_->size() == download_.entry.size_bytes()) return absl::OkStatus();
      if (i > 0) std::this_thread::sleep_for(kPause);
      const std::uint64_t before = part_->size();
      status = IsDirectory(download_.source) && place_.front() == '/' ? Copy() : Get();
      if (absl::IsCancelled(status)) return Cancelled();
      if (!absl::IsUnavailable(status) || part_->size() <= before) return status;
    }
    return status;
  }

  absl::Status Get() {
    HttpRequest request;
    request.url = place_;
    request.ca_file = download_.source.ca_file;
    request.size = download_.entry.size_bytes();
    request.maximum_bytes = *request.size;
    request.from = part_->size();
    request.if_range = etag_;
    return HttpGet(request,
                   {[this](std::uint64_t from) {
                      if (from > 0) return absl::OkStatus();
                      whole_ = true;
                      return part_->Truncate();
                    },
                    [this](std::string_view bytes) { return Append(bytes); }, watch_.cancelled},
                   &etag_);
  }

  absl::Status Copy() {
    whole_ = true;
    if (absl::Status status = part_->Truncate(); !status.ok()) return status;
    std::error_code error;
    if (!fs::is_regular_file(place_, error)) {
      return absl::NotFoundError(base::StrCat(place_, " is not there"));
    }
    std::ifstream file(place_, std::ios::binary);
    std::vector<char> buffer(1U << 20);
    while (file) {
      if (watch_.cancelled()) return Cancelled();
      file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
      const auto count = static_cast<std::size_t>(file.gcount());
      if (part_->size() + count > download_.entry.size_bytes()) return WrongSize("more than the");
      if (absl::Status status = Append({buffer.data(), count}); !status.ok()) return status;
    }
    if (!file.eof()) return absl::NotFoundError(base::StrCat("cannot read ", place_));
    return part_->size() == download_.entry.size_bytes() ? absl::OkStatus()
                                                         : WrongSize("less than the");
  }

  absl::Status WrongSize(const char* than) const {
    return absl::DataLossError(base::StrCat(
        place_, " has ", than, " ", download_.entry.size_bytes(), " bytes that it should have"));
  }

  absl::Status Append(std::string_view bytes) {
    absl::Status status = part_->Append(bytes);
    if (status.ok()) watch_.progress(part_->size(), place_);
    return status;
  }

  absl::Status CheckDigest() const {
    const absl::StatusOr<std::string> digest = part_->Digest();
    if (!digest.ok()) return digest.status();
    if (*digest == download_.entry.sha256()) return absl::OkStatus();
    return absl::DataLossError(base::StrCat(place_, " has SHA-256 ", *digest,
                                            ", and the signed index says ",
                                            download_.entry.sha256()));
  }

  const Download& download_;
  const DownloadWatch& watch_;
  const std::string place_;
  PartFile* const part_;
  std::string etag_;
  bool whole_ = false;  // every byte of the part is this place's
};

// What is told of several failures: what is worst.
int Weight(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kDataLoss:
      return 3;
    case absl::StatusCode::kPermissionDenied:
      return 2;
    case absl::StatusCode::kNotFound:
      return 1;
    default:
      return 0;
  }
}

// Whether another place may do better.
bool IsOfPlace(const absl::Status& status) {
  return Weight(status) > 0 || absl::IsUnavailable(status);
}

}  // namespace

absl::StatusOr<PartFile> DownloadArchive(const Download& download, const DownloadWatch& watch) {
  const v1::RepositoryEntry& entry = download.entry;
  absl::StatusOr<PartFile> part = PartFile::Open(download.directory, entry.sha256());
  if (!part.ok()) return part.status();
  if (part->size() < entry.size_bytes()) {
    absl::Status room = model::CheckRoom(download.directory, entry.size_bytes() - part->size());
    if (!room.ok()) return room;
  }
  std::vector<std::string> places = {Beside(download.source.url, entry.archive())};
  for (const std::string& mirror : download.mirrors) {
    places.push_back(Beside(mirror, entry.archive()));
  }
  std::string tried;
  absl::Status worst;
  for (const std::string& place : places) {
    const absl::Status status = Attempt(download, watch, place, &*part).Run();
    if (status.ok()) return part;
    if (!IsOfPlace(status)) return status;
    watch.remark(std::string(base::MessageOf(status)));
    base::StrAppend(&tried, tried.empty() ? "" : "; ", base::MessageOf(status));
    if (worst.ok() || Weight(status) > Weight(worst)) worst = status;
    if (Weight(status) > 0 && !absl::IsNotFound(status)) {
      if (absl::Status emptied = part->Truncate(); !emptied.ok()) return emptied;
    }
  }
  if (absl::IsUnavailable(worst) && part->size() > 0) part->Keep();
  return absl::Status(worst.code(),
                      base::StrCat(entry.id(), " ", entry.version(), " is not to be had: ", tried));
}

}  // namespace continuo::repository
