// SPDX-License-Identifier: Apache-2.0
// Measuring and making variants, with a process that is scripted; the real one is that of
// tests/integration/ctl_fit_test.py.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "daemon/fit/workbench.h"
#include "daemon/model/local_variants.h"
#include "daemon/model/variant.h"
#include "tests/unit/model_sample.h"

namespace continuo::fit {
namespace {

namespace fs = std::filesystem;

// What the process would answer, by variant.
struct Bench {
  TemporaryDirectory directory;
  std::map<std::string, double> us;      // of a block
  std::map<std::string, double> errors;  // as measured
  int measured = 0, benchmarks = 0;
  absl::Status conversion;
  model::ModelStore store{{directory / "models"}, directory / "models/versions.json"};
  Figures figures{directory / "fit",
                  [this](const auto& request, const auto&) { return Answer(request); }};
  Workbench workbench{&store, &figures,
                      [this](const auto& request, const auto&) { return Answer(request); }};

  Bench() {
    v1::ModelManifest manifest = model::SampleManifest("amp");
    manifest.set_executor("fused");
    manifest.mutable_variants(0)->set_id("fused-48000");
    manifest.mutable_variants(0)->set_file("amp.json");
    manifest.mutable_golden(0)->set_variant("fused-48000");
    manifest.mutable_files(0)->set_path("amp.json");
    model::WritePackage(directory / "models/amp/1.0.0", manifest);
    store.SetRefine([this](v1::ModelManifest* known) { figures.Refine(known); });
    us["fused-48000"] = 100;
    errors["fused-48000"] = 1e-7;
  }

  absl::StatusOr<internal::Appraised> Answer(const internal::Appraise& request) {
    internal::Appraised answer;
    if (request.benchmark()) {
      ++benchmarks;
      answer.set_block_us(40);
      answer.set_cell_us(20);
    } else if (request.has_convert()) {
      if (!conversion.ok()) return conversion;
      std::ofstream(request.convert().output_path()) << "smaller " << request.convert().precision();
      answer.set_remark("made");
    } else {
      ++measured;
      const std::string& id = request.measure().variant();
      const auto cost = us.find(id);
      if (cost == us.end()) return absl::InternalError("it crashed");
      answer.mutable_cost()->set_microseconds_per_block(cost->second);
      answer.mutable_cost()->set_block_frames(256);
      answer.set_difference(errors[id]);
    }
    return answer;
  }
  v1::OptimizedModel Optimized(const v1::OptimizeModelRequest& request) {
    auto result = workbench.Optimize(request, {});
    INFO(result.status().ToString());
    REQUIRE(result.ok());
    return *result;
  }
  const v1::ModelManifest& Manifest() {
    run = store.ToRun(*store.Find("amp", ""));
    return run.package->manifest;
  }
  model::Runnable run;
};

v1::OptimizeModelRequest Precisions(std::initializer_list<v1::Precision> precisions) {
  v1::OptimizeModelRequest request;
  request.set_id("amp");
  for (const v1::Precision precision : precisions) request.add_precisions(precision);
  return request;
}

}  // namespace

TEST_CASE("Workbench: a variant is measured once, and again only where it is asked for") {
  Bench bench;
  v1::MeasureModelRequest request;
  request.set_id("amp");
  const auto first = bench.workbench.Measure(request, {});
  REQUIRE(first.ok());
  CHECK(first->variants(0).cost().microseconds_per_block() == 100);
  CHECK(first->variants(0).cost().benchmark_us() == 40);
  CHECK(first->assessment().evidence() == v1::EVIDENCE_MEASURED_HERE);
  REQUIRE(bench.workbench.Measure(request, {}).ok());
  CHECK(bench.measured == 1);
  request.set_measure_again(true);
  REQUIRE(bench.workbench.Measure(request, {}).ok());
  CHECK(bench.measured == 2);
  CHECK(bench.benchmarks == 1);
  // Kept over the end of the process, and put in the place of the maker's figures.
  Figures again(bench.directory / "fit", [](const auto&, const auto&) {
    return absl::InternalError("nothing is to be measured");
  });
  v1::ModelManifest manifest = (*bench.store.Find("amp", ""))->manifest;
  again.Refine(&manifest);
  CHECK(manifest.variants(0).cost().microseconds_per_block() == 100);
  CHECK(again.MeasuredHere(manifest).contains("fused-48000"));
  CHECK(again.Machine(false, {})->block_us() == 40);
}

TEST_CASE("Workbench: what cannot be measured is told, and tried again the next time") {
  Bench bench;
  bench.us.clear();
  v1::MeasureModelRequest request;
  request.set_id("amp");
  const auto failed = bench.workbench.Measure(request, {});
  REQUIRE(failed.ok());
  CHECK(failed->variants(0).remark() == "it crashed");
  bench.us["fused-48000"] = 50;
  CHECK(bench.workbench.Measure(request, {})->variants(0).cost().microseconds_per_block() == 50);
}

TEST_CASE("Workbench: a variant within the stated error that is faster is kept and used") {
  Bench bench;
  bench.us["int8-48000"] = 60;
  bench.errors["int8-48000"] = 3e-4;
  const auto result = bench.Optimized(Precisions({v1::PRECISION_INT8}));
  REQUIRE(result.kept_size() == 1);
  CHECK(result.kept(0) == "int8-48000");
  CHECK(result.model().choice() ==
        "int8-48000: 9 bytes, error 0.0003 under the stated 0.001, 1.67x as fast");
  const v1::ModelManifest& manifest = bench.Manifest();
  REQUIRE(manifest.variants_size() == 2);
  CHECK(fs::exists(manifest.variants(1).file()));
  CHECK(model::ChooseVariant(manifest, 48000).index == 1);
  // The package is as its maker signed it.
  CHECK((*bench.store.Find("amp", ""))->manifest.variants_size() == 1);
  CHECK(model::VerifyFiles(**bench.store.Find("amp", "")).ok());
  // The digest of what was made is looked at as that of any file.
  CHECK(model::VerifyFiles(*bench.run.package).ok());
  std::ofstream(manifest.variants(1).file()) << "Smaller 4";
  CHECK(model::VerifyFiles(*bench.run.package).code() == absl::StatusCode::kDataLoss);
}

TEST_CASE("Workbench: above the stated error nothing is kept unless all is asked for") {
  Bench bench;
  bench.us["int8-48000"] = 60;
  bench.errors["int8-48000"] = 0.02;
  CHECK(bench.Optimized(Precisions({v1::PRECISION_INT8})).kept().empty());
  CHECK(bench.Manifest().variants_size() == 1);
  auto request = Precisions({v1::PRECISION_INT8});
  request.set_keep_all(true);
  CHECK(bench.Optimized(request).kept_size() == 1);
  // It is used only where it is asked for.
  const v1::ModelManifest& manifest = bench.Manifest();
  REQUIRE(manifest.variants_size() == 2);
  CHECK(model::ChooseVariant(manifest, 48000).index == 0);
  CHECK(model::ChooseVariant(manifest, 48000, "int8-48000").index == 1);
}

TEST_CASE("Workbench: a dry run, a failure and a cancelled call leave nothing behind") {
  Bench bench;
  bench.us["fp16-48000"] = 60;
  auto request = Precisions({v1::PRECISION_FP16});
  request.set_dry_run(true);
  CHECK(bench.Optimized(request).kept().empty());
  request.set_dry_run(false);
  bench.conversion = absl::InternalError("the disk is full");
  const auto failed = bench.Optimized(request);
  CHECK(failed.kept().empty());
  CHECK(failed.model().variants(1).remark() == "the disk is full");
  bench.conversion = absl::CancelledError("it was cancelled");
  CHECK(bench.workbench.Optimize(request, {}).status().code() == absl::StatusCode::kCancelled);
  CHECK(bench.Manifest().variants_size() == 1);
  CHECK(fs::is_empty(bench.directory / "models/.variants"));
}

TEST_CASE("Workbench: variants that were made of other weights do not count") {
  Bench bench;
  bench.us["fp16-48000"] = 60;
  REQUIRE(bench.Optimized(Precisions({v1::PRECISION_FP16})).kept_size() == 1);
  CHECK(bench.Manifest().variants_size() == 2);
  v1::ModelManifest other = (*bench.store.Find("amp", ""))->manifest;
  other.mutable_files(0)->set_sha256(std::string(64, 'a'));
  const std::string directory = model::LocalVariantsDirectory(bench.directory / "models", other);
  const auto local = model::ReadLocalVariants(directory);
  REQUIRE(local.ok());
  CHECK(local->variants_size() == 1);
  CHECK(
      model::WithLocalVariants({"/somewhere", other}, directory, *local).manifest.variants_size() ==
      1);
}

}  // namespace continuo::fit
