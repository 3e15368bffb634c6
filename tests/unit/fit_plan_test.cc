// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "daemon/fit/plan.h"
#include "tests/unit/model_sample.h"

namespace continuo::fit {
namespace {

std::vector<std::string> Ids(const std::vector<Making>& makings) {
  std::vector<std::string> ids;
  for (const Making& making : makings) ids.push_back(making.id);
  return ids;
}

using Names = std::vector<std::string>;

v1::ModelManifest Fused(const std::string& file) {
  v1::ModelManifest manifest = model::SampleManifest();
  manifest.set_executor("fused");
  manifest.mutable_variants(0)->set_id("fused-48000");
  manifest.mutable_variants(0)->set_file(file);
  return manifest;
}

}  // namespace

TEST_CASE("PlanMakings: text is stored in every precision, halves only in what is smaller") {
  v1::ModelManifest manifest = Fused("amp-48000.json");
  CHECK(Ids(PlanMakings(manifest, {})) ==
        Names{"fp32-48000", "fp16-48000", "bf16-48000", "int8-48000"});
  manifest.mutable_variants(0)->set_file("amp.safetensors");
  manifest.mutable_variants(0)->set_precision(v1::PRECISION_FP16);
  CHECK(Ids(PlanMakings(manifest, {})) == Names{"int8-48000"});
}

TEST_CASE("PlanMakings: each rate once, of the fused executor alone, and no id twice") {
  v1::ModelManifest manifest = Fused("amp-48000.json");
  v1::Variant* const torch = manifest.add_variants();
  torch->set_id("fp16-48000");
  torch->set_sample_rate_hz(44100);
  torch->set_executor("torch");
  v1::OptimizeModelRequest request;
  request.add_precisions(v1::PRECISION_FP16);
  request.add_prune(0.25);
  const auto makings = PlanMakings(manifest, request);
  CHECK(Ids(makings) == Names{"fp16-48000-made", "fp16-pruned-25-48000"});
  CHECK(makings[0].original == "fused-48000");
  CHECK(makings[1].prune == 0.25);
  manifest.set_executor("torch");
  CHECK(PlanMakings(manifest, request).empty());
}

TEST_CASE("IsWorthKeeping: within the stated error, and faster or smaller") {
  v1::VariantFigures original;
  original.set_file_bytes(1000);
  v1::VariantFigures made;
  made.mutable_cost()->set_microseconds_per_block(10);
  made.set_keeps_error(true);
  made.set_file_bytes(990);
  made.set_speed(1.01);
  CHECK_FALSE(IsWorthKeeping(made, original));
  made.set_speed(1.2);
  CHECK(IsWorthKeeping(made, original));
  made.set_speed(0.9);
  made.set_file_bytes(500);
  CHECK(IsWorthKeeping(made, original));
  made.set_keeps_error(false);
  CHECK_FALSE(IsWorthKeeping(made, original));
}

}  // namespace continuo::fit
