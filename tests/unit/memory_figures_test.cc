// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "daemon/memory/figures.h"
#include "daemon/model/executor_bytes.h"
#include "tests/unit/temporary_directory.h"

namespace continuo::memory {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

v1::ModelManifest Manifest(const std::string& digest = "aa") {
  v1::ModelManifest manifest;
  manifest.set_id("one");
  manifest.set_executor("fused");
  manifest.set_task(v1::TASK_NOTES);
  manifest.add_variants()->set_id("fp32");
  manifest.mutable_variants(0)->set_file("weights");
  v1::File* const file = manifest.add_files();
  file->set_path("weights");
  file->set_size_bytes(10 * kMiB);
  file->set_sha256(digest);
  return manifest;
}

TEST_CASE("Figures: what was never loaded is estimated from its file, and says so") {
  const Figures figures("");
  const Need need = figures.NeedOf(Manifest(), 0);
  CHECK(need.estimated);
  CHECK(need.bytes >= 20 * kMiB);
  CHECK(need.peak_bytes >= need.bytes);
}

TEST_CASE("Figures: what a runner takes without models is one figure for all who ask") {
  const Figures figures("");
  CHECK(figures.BaseOf("torch streams") == model::ExecutorBytes("torch"));
  CHECK(figures.BaseOf("fused jobs") == model::ExecutorBytes("fused"));
  CHECK(model::ExecutorBytes("torch") > 10 * model::ExecutorBytes("fused"));
}

TEST_CASE("Figures: streamed weights have figures of their own") {
  v1::ModelManifest manifest = Manifest();
  Figures figures("");
  const Need streamed = figures.NeedOf(manifest, 0, Holding::kStreamed);
  CHECK(streamed.estimated);
  CHECK(streamed.bytes < figures.NeedOf(manifest, 0).bytes / 2);
  figures.Measured(manifest, 0, {2 * kMiB, 3 * kMiB, kMiB, false}, Holding::kStreamed);
  CHECK(figures.NeedOf(manifest, 0, Holding::kStreamed).bytes == 2 * kMiB);
  CHECK(figures.NeedOf(manifest, 0).estimated);
}

TEST_CASE("CanStream: halves of the fused executor that write notes, nothing else") {
  v1::ModelManifest manifest = Manifest();
  CHECK_FALSE(CanStream(manifest, manifest.variants(0)));
  manifest.mutable_variants(0)->set_precision(v1::PRECISION_FP16);
  CHECK(CanStream(manifest, manifest.variants(0)));
  manifest.set_task(v1::TASK_AUDIO_EFFECT);
  CHECK_FALSE(CanStream(manifest, manifest.variants(0)));
  manifest.set_task(v1::TASK_NOTES);
  manifest.mutable_variants(0)->set_executor("torch");
  CHECK_FALSE(CanStream(manifest, manifest.variants(0)));
}

TEST_CASE("Figures: what was measured is known after a restart, for these bytes alone") {
  const TemporaryDirectory directory;
  const std::string path = directory / "state/memory.json";
  {
    Figures figures(path);
    figures.Measured(Manifest(), 0, {7 * kMiB, 9 * kMiB, kMiB, false});
    figures.MeasuredBase("fused jobs", 11 * kMiB);
    REQUIRE(WriteFigures(path, figures.TakeChanged()).ok());
    CHECK(figures.TakeChanged().empty());
  }
  const Figures figures(path);
  const Need need = figures.NeedOf(Manifest(), 0);
  CHECK_FALSE(need.estimated);
  CHECK(need.bytes == 7 * kMiB);
  CHECK(need.peak_bytes == 9 * kMiB);
  CHECK(need.work_bytes == kMiB);
  CHECK(figures.BaseOf("fused jobs") == 11 * kMiB);
  CHECK(figures.NeedOf(Manifest("bb"), 0).estimated);
}

TEST_CASE("Figures: they rise at once and fall by halves") {
  Figures figures("");
  figures.Measured(Manifest(), 0, {8 * kMiB, 8 * kMiB, 0, false});
  figures.Measured(Manifest(), 0, {4 * kMiB, 12 * kMiB, 0, false});
  const Need need = figures.NeedOf(Manifest(), 0);
  CHECK(need.bytes == 6 * kMiB);
  CHECK(need.peak_bytes == 12 * kMiB);
}

TEST_CASE("Figures: a file that is none is as if there were none") {
  const TemporaryDirectory directory;
  const std::string path = directory / "memory.json";
  for (const char* text :
       {"", "{", "[]", "{\"models\": 3, \"executors\": [1]}", "{\"models\": {\"x\": 1}}"}) {
    WriteFile(path, text);
    const Figures figures(path);
    CHECK(figures.NeedOf(Manifest(), 0).estimated);
  }
}

}  // namespace
}  // namespace continuo::memory
