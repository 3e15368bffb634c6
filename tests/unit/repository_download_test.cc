// SPDX-License-Identifier: Apache-2.0
// Of directories; what the network does is in tests/integration/ctl_repository_test.py.
#include <catch2/catch.hpp>
#include <filesystem>
#include <vector>

#include "daemon/base/read_file.h"
#include "daemon/base/str_cat.h"
#include "daemon/repository/download.h"
#include "repository_sample.h"

namespace continuo::repository {
namespace {

namespace fs = std::filesystem;

struct Place {
  TemporaryDirectory directory;
  Download download{
      {"test", directory / "repository", {}, ""}, {}, SampleEntry(), directory / "state"};
  std::vector<std::string> remarks;
  bool cancelled = false;

  Place() { fs::create_directories(directory / "repository"); }

  absl::StatusOr<PartFile> Run() {
    return DownloadArchive(download, {[](std::uint64_t, const std::string&) {},
                                      [this](const std::string& what) { remarks.push_back(what); },
                                      [this] { return cancelled; }});
  }
  void Offer(const std::string& bytes) {
    WriteFile(directory / ("repository/" + download.entry.archive()), bytes);
  }
  [[nodiscard]] std::string Part() const {
    return download.directory + "/" + download.entry.sha256() + ".part";
  }
};

TEST_CASE("Download: an archive of a directory is checked, and goes with its object") {
  Place place;
  place.Offer("abc");
  {
    const auto part = place.Run();
    REQUIRE(part.status() == absl::OkStatus());
    CHECK(base::ReadFile(part->path(), 100).value() == "abc");
    // Nobody else at the same time.
    CHECK(absl::IsUnavailable(place.Run().status()));
  }
  CHECK_FALSE(fs::exists(place.Part()));
}

TEST_CASE("Download: another digest or length is refused, and nothing is left") {
  Place place;
  for (const char* bytes : {"abd", "ab", "abcd", ""}) {
    CAPTURE(bytes);
    place.Offer(bytes);
    place.remarks.clear();
    const absl::Status status = place.Run().status();
    CHECK(absl::IsDataLoss(status));
    CHECK_THAT(std::string(status.message()),
               Catch::StartsWith("amp 1.0.0 is not to be had: " + place.directory.path()));
    CHECK(place.remarks.size() == 1);
    CHECK_FALSE(fs::exists(place.Part()));
  }
  fs::remove_all(place.directory / "repository");
  CHECK(absl::IsNotFound(place.Run().status()));
  CHECK_FALSE(fs::exists(place.Part()));
}

TEST_CASE("Download: a part that is there is no reason to believe it") {
  Place place;
  place.Offer("abc");
  for (const char* bytes : {"xx", "xxx", "xxxx", "ab", "abc"}) {
    CAPTURE(bytes);
    fs::create_directories(place.download.directory);
    WriteFile(place.Part(), bytes);
    const auto part = place.Run();
    REQUIRE(part.status() == absl::OkStatus());
    CHECK(base::ReadFile(part->path(), 100).value() == "abc");
  }
}

TEST_CASE("Download: cancelled, it leaves nothing") {
  Place place;
  place.Offer("abc");
  place.cancelled = true;
  CHECK(absl::IsCancelled(place.Run().status()));
  CHECK_FALSE(fs::exists(place.Part()));
}

TEST_CASE("Download: parts of a week ago are swept, younger and other files are not") {
  const TemporaryDirectory directory;
  for (const char* name : {"old.part", "young.part", "old.index"}) {
    WriteFile(directory / name, "x");
  }
  const auto old = fs::file_time_type::clock::now() - std::chrono::hours(8 * 24);
  fs::last_write_time(directory / "old.part", old);
  fs::last_write_time(directory / "old.index", old);
  CHECK(SweepParts(directory.path()) == 1);
  CHECK_FALSE(fs::exists(directory / "old.part"));
  CHECK(fs::exists(directory / "young.part"));
  CHECK(fs::exists(directory / "old.index"));
  CHECK(SweepParts(directory / "missing") == 0);
}

}  // namespace
}  // namespace continuo::repository
