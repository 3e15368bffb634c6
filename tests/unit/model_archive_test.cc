// SPDX-License-Identifier: Apache-2.0
// Archives: what is packed comes out again, byte for byte and always the same; what is hostile
// leaves nothing.
#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>
#include <utime.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "daemon/model/archive.h"
#include "daemon/model/manifest.h"
#include "daemon/model/package.h"
#include "daemon/model/sha256.h"
#include "model_sample.h"

namespace continuo::model {
namespace {

namespace fs = std::filesystem;

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// One entry of an archive in the making.
struct Item {
  std::string path;
  std::string data = "";
  int type = AE_IFREG;
  std::string link = "";  // where it leads
  bool hard = false;
};

Item Manifest(const v1::ModelManifest& manifest = SampleManifest()) {
  return {"model.json", JsonOf(manifest)};
}
Item Weights() { return {"weights/48000.bin", kSampleFile}; }

void Write(const std::string& file, const std::vector<Item>& items, bool zstd = true) {
  std::unique_ptr<::archive, decltype(&archive_write_free)> writer(archive_write_new(),
                                                                   &archive_write_free);
  REQUIRE(archive_write_set_format_pax(writer.get()) == ARCHIVE_OK);
  if (zstd) REQUIRE(archive_write_add_filter_zstd(writer.get()) == ARCHIVE_OK);
  REQUIRE(archive_write_open_filename(writer.get(), file.c_str()) == ARCHIVE_OK);
  for (const Item& item : items) {
    std::unique_ptr<::archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(),
                                                                          &archive_entry_free);
    archive_entry_set_pathname(entry.get(), item.path.c_str());
    archive_entry_set_filetype(entry.get(), static_cast<unsigned>(item.type));
    archive_entry_set_perm(entry.get(), 0777);
    if (item.hard) {
      archive_entry_set_hardlink(entry.get(), item.link.c_str());
    } else if (!item.link.empty()) {
      archive_entry_set_symlink(entry.get(), item.link.c_str());
    }
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(item.data.size()));
    REQUIRE(archive_write_header(writer.get(), entry.get()) == ARCHIVE_OK);
    REQUIRE(archive_write_data(writer.get(), item.data.data(), item.data.size()) ==
            static_cast<la_ssize_t>(item.data.size()));
  }
  REQUIRE(archive_write_close(writer.get()) == ARCHIVE_OK);
}

struct Bench {
  Bench() { fs::create_directory(out); }
  // The message of a refusal that has left nothing; "" where it was no refusal.
  std::string Refusal(const std::vector<Item>& items, const UnpackLimits& limits = {}) {
    Write(file, items);
    return Refusal(limits);
  }
  std::string Refusal(const UnpackLimits& limits = {}) {
    const auto unpacked = Unpack(file, out, limits);
    if (unpacked.ok()) return "";
    CHECK(fs::is_empty(out));
    CHECK_FALSE(fs::exists(directory / "evil"));
    return std::string(unpacked.status().message());
  }
  TemporaryDirectory directory;
  const std::string file = directory / "it.continuo";
  const std::string out = directory / "out";
};

using Catch::Contains;

TEST_CASE("an archive holds the package again") {
  Bench bench;
  const std::string package = bench.directory / "package";
  WritePackage(package, SampleManifest());
  WriteFile(package + "/LICENSE", "as you like");
  WriteFile(package + "/README.md", "a sample");
  WriteFile(package + "/train.py", "not a part of it");
  fs::create_symlink("/etc/passwd", package + "/NOTICE");
  REQUIRE(Pack(package, bench.file).ok());
  const auto unpacked = Unpack(bench.file, bench.out);
  REQUIRE(unpacked.status().ToString() == "OK");
  CHECK(unpacked->manifest.id() == "sample");
  CHECK(unpacked->archive_bytes == fs::file_size(bench.file));
  Sha256 sha256;
  const std::string bytes = Contents(bench.file);
  sha256.Update(bytes.data(), bytes.size());
  CHECK(unpacked->archive_sha256 == sha256.Finish());
  CHECK(Contents(bench.out + "/model.json") == Contents(package + "/model.json"));
  CHECK(Contents(bench.out + "/weights/48000.bin") == kSampleFile);
  CHECK(Contents(bench.out + "/LICENSE") == "as you like");
  CHECK(Contents(bench.out + "/README.md") == "a sample");
  CHECK_FALSE(fs::exists(bench.out + "/train.py"));
  CHECK_FALSE(fs::exists(bench.out + "/NOTICE"));
  CHECK(LoadPackage(bench.out).ok());
  CHECK(*ReadArchiveManifest(bench.file) == Contents(package + "/model.json"));
  CHECK(ArchiveName(unpacked->manifest) == "sample-1.0.0.continuo");
}

TEST_CASE("a package gives the same archive at any time, in any order, of anybody") {
  Bench bench;
  for (const std::string name : {"first", "second"}) {
    const std::string package = bench.directory / name;
    if (name == "second") WriteFile(package + "/NOTICE", "n");
    WriteFile(package + "/LICENSE", "l");
    WriteFile(package + "/NOTICE", "n");
    WritePackage(package, SampleManifest());
    if (name == "second") {
      const utimbuf times{1, 1};
      ::utime((package + "/LICENSE").c_str(), &times);
      ::chmod((package + "/LICENSE").c_str(), 0600);
    }
    REQUIRE(Pack(package, bench.directory / (name + ".continuo")).ok());
  }
  CHECK(Contents(bench.directory / "first.continuo") ==
        Contents(bench.directory / "second.continuo"));
}

TEST_CASE("a damaged package is not packed, and the archive before it stays") {
  Bench bench;
  const std::string package = bench.directory / "package";
  WritePackage(package, SampleManifest());
  WriteFile(package + "/weights/48000.bin", "abd");
  WriteFile(bench.file, "before");
  CHECK(absl::IsDataLoss(Pack(package, bench.file)));
  CHECK(Contents(bench.file) == "before");
  CHECK(std::distance(fs::directory_iterator(bench.directory.path()), {}) == 3);
}

TEST_CASE("packing that is cancelled leaves nothing, and the archive before it stays") {
  Bench bench;
  const std::string package = bench.directory / "package";
  WritePackage(package, SampleManifest());
  WriteFile(bench.file, "before");
  int asked = 0;
  CHECK(absl::IsCancelled(Pack(package, bench.file, [&asked] { return ++asked == 2; })));
  CHECK(asked == 2);  // in the second of its files
  CHECK(Contents(bench.file) == "before");
  CHECK(std::distance(fs::directory_iterator(bench.directory.path()), {}) == 3);
}

TEST_CASE("what would be written elsewhere is refused") {
  Bench bench;
  CHECK_THAT(bench.Refusal({Manifest(), Weights(), {"../evil", "x"}}), Contains("'..'"));
  CHECK_THAT(bench.Refusal({Manifest(), Weights(), {"weights/../../evil", "x"}}), Contains("'..'"));
  const std::string evil = bench.directory / "evil";
  CHECK_THAT(bench.Refusal({Manifest(), Weights(), {evil, "x"}}), Contains("absolute"));
  CHECK_THAT(bench.Refusal({Manifest(), Weights(), {"./LICENSE", "x"}}), Contains("'.'"));
  CHECK_THAT(bench.Refusal({Manifest(), Weights(), {"a\\b", "x"}}), Contains("character"));
  CHECK_THAT(bench.Refusal({Manifest(), Weights(), {"a\x1b[2J", "x"}}), Contains("'a?[2J'"));
}

TEST_CASE("what is no file is refused") {
  Bench bench;
  CHECK_THAT(bench.Refusal({Manifest(), {"weights/48000.bin", "", AE_IFLNK, "/etc/passwd"}}),
             Contains("is a link"));
  CHECK_THAT(bench.Refusal({Manifest(), {"weights", "", AE_IFLNK, ".."}, Weights()}),
             Contains("is a link"));
  CHECK_THAT(
      bench.Refusal({Manifest(), Weights(), {"LICENSE", "", AE_IFREG, "weights/48000.bin", true}}),
      Contains("is a link"));
  CHECK_THAT(bench.Refusal({Manifest(), Weights(), {"LICENSE", "", AE_IFIFO}}),
             Contains("neither a file nor a directory"));
  CHECK_THAT(bench.Refusal({Manifest(), Weights(), {"LICENSE", "", AE_IFCHR}}),
             Contains("neither a file nor a directory"));
  CHECK_THAT(bench.Refusal({Manifest(), Weights(), {"more/", "", AE_IFDIR}}),
             Contains("'more' holds no file"));
  CHECK(bench.Refusal({Manifest(), {"weights/", "", AE_IFDIR}, Weights()}) == "");
}

TEST_CASE("what the manifest does not list, or lists otherwise, is refused") {
  Bench bench;
  CHECK_THAT(bench.Refusal({Weights(), Manifest()}), Contains("first entry has to be model.json"));
  CHECK_THAT(bench.Refusal(std::vector<Item>()), Contains("first entry has to be model.json"));
  CHECK_THAT(bench.Refusal({{"model.json", "{}"}}), Contains("schema"));
  CHECK_THAT(bench.Refusal({{"model.json", std::string((1U << 20) + 1, ' ')}}), Contains("limit"));
  CHECK_THAT(bench.Refusal({Manifest()}), Contains("'weights/48000.bin' is missing"));
  CHECK_THAT(bench.Refusal({Manifest(), Weights(), {"setup.sh", "x"}}),
             Contains("'setup.sh' is not listed"));
  CHECK_THAT(bench.Refusal({Manifest(), Weights(), Weights()}), Contains("there twice"));
  CHECK_THAT(bench.Refusal({Manifest(), Weights(), Manifest()}), Contains("there twice"));
  CHECK_THAT(bench.Refusal({Manifest(), {"weights/48000.bin", "abcd"}}),
             Contains("has 4 bytes, model.json says 3"));
  CHECK_THAT(bench.Refusal({Manifest(), {"weights/48000.bin", "abd"}}), Contains("SHA-256"));
  CHECK_THAT(bench.Refusal({Manifest(), Weights(), {"LICENSE", std::string(2 << 20, 'x')}}),
             Contains("limit"));
}

TEST_CASE("a file that is longer than the limit ends there") {
  Bench bench;
  // Of 64 MiB of zeros little is left when they are packed.
  v1::ModelManifest manifest = SampleManifest();
  manifest.mutable_files(0)->set_size_bytes(64U << 20);
  Write(bench.file, {Manifest(manifest), {"weights/48000.bin", std::string(64U << 20, '\0')}});
  REQUIRE(fs::file_size(bench.file) < 1U << 20);
  UnpackLimits limits;
  limits.maximum_bytes = 1U << 20;
  CHECK_THAT(bench.Refusal(limits), Contains("unpacks to more than 1048576 bytes"));
  // What the manifest does not list does not count on the limit.
  Write(bench.file, {Manifest(), {"weights/48000.bin", std::string(64U << 20, '\0')}});
  CHECK_THAT(bench.Refusal(), Contains("model.json says 3"));
}

TEST_CASE("an archive that is cut off anywhere is refused") {
  Bench bench;
  const std::string package = bench.directory / "package";
  WritePackage(package, SampleManifest());
  WriteFile(package + "/LICENSE", "as you like");
  REQUIRE(Pack(package, bench.file).ok());
  const std::string whole = Contents(bench.file);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    WriteFile(bench.file, whole.substr(0, size));
    INFO(size << " of " << whole.size());
    REQUIRE(bench.Refusal() != "");
  }
  WriteFile(bench.file, whole + "x");
  CHECK_THAT(bench.Refusal(), Contains("goes on after its end"));
  WriteFile(bench.file, whole + whole);
  CHECK_THAT(bench.Refusal(), Contains("goes on after its end"));
}

TEST_CASE("an archive with any byte changed is refused or gives the same") {
  Bench bench;
  const std::string package = bench.directory / "package";
  WritePackage(package, SampleManifest());
  REQUIRE(Pack(package, bench.file).ok());
  const std::string whole = Contents(bench.file);
  for (std::size_t place = 0; place < whole.size(); ++place) {
    std::string damaged = whole;
    damaged[place] = static_cast<char>(damaged[place] ^ 0x10);
    WriteFile(bench.file, damaged);
    INFO("byte " << place);
    if (bench.Refusal() != "") continue;
    REQUIRE(Contents(bench.out + "/weights/48000.bin") == kSampleFile);
    fs::remove_all(bench.out);
    fs::create_directory(bench.out);
  }
}

TEST_CASE("other containers are refused") {
  Bench bench;
  Write(bench.file, {Manifest(), Weights()}, /*zstd=*/false);
  CHECK_THAT(bench.Refusal(), Contains("no zstd archive"));
  WriteFile(bench.file, "");
  CHECK_THAT(bench.Refusal(), Contains("cut off after 0 bytes"));
  fs::remove(bench.file);
  REQUIRE(::mkfifo(bench.file.c_str(), 0600) == 0);
  CHECK_THAT(bench.Refusal(), Contains("not a regular file"));
  fs::remove(bench.file);
  CHECK(absl::IsNotFound(Unpack(bench.file, bench.out).status()));
}

TEST_CASE("unpacking tells how far it is and can be cancelled") {
  Bench bench;
  Write(bench.file, {Manifest(), Weights()});
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  Watcher watcher;
  watcher.progress = [&](std::uint64_t so_far, std::uint64_t all) {
    done = so_far;
    total = all;
  };
  REQUIRE(Unpack(bench.file, bench.out, {}, watcher).ok());
  CHECK(done == fs::file_size(bench.file));
  CHECK(total == done);
  fs::remove_all(bench.out);
  fs::create_directory(bench.out);
  watcher.cancelled = [] { return true; };
  CHECK(absl::IsCancelled(Unpack(bench.file, bench.out, {}, watcher).status()));
  CHECK(fs::is_empty(bench.out));
}

TEST_CASE("texts that belong to a package") {
  for (const char* name :
       {"LICENSE", "LICENSE.txt", "LICENCE.md", "COPYING", "NOTICE", "README.md"}) {
    CHECK(IsPackageText(name));
  }
  for (const char* name : {"", "license", "LICENSE.sh", "LICENSES", "docs/LICENSE", "README.md.exe",
                           "model.json", ".LICENSE"}) {
    CHECK_FALSE(IsPackageText(name));
  }
}

TEST_CASE("archive: what the disk has no room for is not unpacked") {
  const TemporaryDirectory directory;
  v1::ModelManifest manifest = SampleManifest();
  const std::uint64_t available = fs::space(directory.path()).available;
  for (std::uint64_t total = 0; total <= available; total += kMaxFileBytes) {
    v1::File* const file = manifest.add_files();
    file->set_path("part" + std::to_string(manifest.files_size()));
    file->set_size_bytes(kMaxFileBytes);
    file->set_sha256(kSampleSha256);
  }
  Write(directory / "a.continuo", {Manifest(manifest), Weights()});
  fs::create_directory(directory / "out");
  const absl::Status status = Unpack(directory / "a.continuo", directory / "out").status();
  CHECK(absl::IsResourceExhausted(status));
  CHECK(fs::is_empty(directory / "out"));
}

}  // namespace
}  // namespace continuo::model
