// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "daemon/model/variant.h"

namespace continuo::model {
namespace {

v1::ModelManifest WithRates(std::initializer_list<std::uint32_t> rates) {
  v1::ModelManifest manifest;
  for (const std::uint32_t rate : rates) {
    v1::Variant* variant = manifest.add_variants();
    variant->set_id("fp32-" + std::to_string(rate));
    variant->set_sample_rate_hz(rate);
  }
  return manifest;
}

struct Choice {
  std::initializer_list<std::uint32_t> rates;
  std::uint32_t host;
  std::uint32_t expected;
  const char* reason;
};

TEST_CASE("ChooseVariant: the rate that is cleanest to reach is taken, and the reason is told") {
  const Choice choices[] = {
      {{48000, 44100}, 44100, 44100, "44100 Hz is the host's rate"},
      {{48000, 44100}, 88200, 44100, "44100 Hz is the host's 88200 Hz divided by 2"},
      {{44100, 48000}, 192000, 48000, "48000 Hz is the host's 192000 Hz divided by 4"},
      {{48000, 44100}, 22050, 44100, "44100 Hz is the host's 22050 Hz times 2"},
      {{24000, 96000}, 48000, 96000, "96000 Hz is the host's 48000 Hz times 2"},
      {{24000, 48000, 96000}, 192000, 96000, "96000 Hz is the host's 192000 Hz divided by 2"},
      {{96000, 48000, 44100}, 32000, 96000, "96000 Hz is the host's 32000 Hz times 3"},
      {{96000, 48000, 44100}, 37800, 44100, "44100 Hz is the nearest above the host's 37800 Hz"},
      {{44100, 48000}, 50000, 48000, "48000 Hz is the highest there is, below the host's 50000 Hz"},
      {{48000, 44100}, 0, 48000, "no rate was asked for: the first variant"},
  };
  for (const Choice& choice : choices) {
    const v1::ModelManifest manifest = WithRates(choice.rates);
    const VariantChoice chosen = ChooseVariant(manifest, choice.host);
    CHECK(manifest.variants(chosen.index).sample_rate_hz() == choice.expected);
    CHECK(chosen.reason == choice.reason);
  }
}

// Of two at the host's rate: torch, listed first, and fused.
v1::ModelManifest TorchAndFused(double torch_us, double fused_us) {
  v1::ModelManifest manifest = WithRates({44100, 48000, 48000});
  manifest.set_executor("torch");
  manifest.mutable_variants(1)->set_id("torch-48000");
  manifest.mutable_variants(2)->set_id("fused-48000");
  manifest.mutable_variants(2)->set_executor("fused");
  const double costs[] = {0, torch_us, fused_us};
  for (int i = 1; i < 3; ++i) {
    manifest.mutable_variants(i)->mutable_cost()->set_microseconds_per_block(costs[i]);
    manifest.mutable_variants(i)->mutable_cost()->set_block_frames(costs[i] > 0 ? 256 : 0);
  }
  return manifest;
}

TEST_CASE(
    "ChooseVariant: of several at one rate the one that was measured to cost least is taken") {
  const VariantChoice fused = ChooseVariant(TorchAndFused(240, 20), 48000);
  CHECK(fused.index == 2);
  CHECK(fused.reason ==
        "48000 Hz is the host's rate; variant fused-48000 (20 µs a block of 256) costs less than "
        "variant torch-48000 (240 µs a block of 256)");
  CHECK(ChooseVariant(TorchAndFused(10, 20), 48000).index == 1);
  // The rate goes before the cost.
  CHECK(ChooseVariant(TorchAndFused(240, 20), 44100).index == 0);
  // 80 µs for a longer block is less.
  v1::ModelManifest longer = TorchAndFused(80, 40);
  longer.mutable_variants(1)->mutable_cost()->set_block_frames(1024);
  CHECK(ChooseVariant(longer, 48000).index == 1);
}

TEST_CASE("ChooseVariant: where a cost is missing, the fused executor goes before others") {
  const VariantChoice fused = ChooseVariant(TorchAndFused(240, 0), 48000);
  CHECK(fused.index == 2);
  CHECK(fused.reason ==
        "48000 Hz is the host's rate; variant fused-48000 is for the fused executor, and not all "
        "costs are known");
  CHECK(ChooseVariant(WithRates({48000, 44100, 44100}), 44100).index == 1);
}

// Variants of a model that writes notes, with costs and errors.
v1::ModelManifest NotesVariants() {
  v1::ModelManifest manifest = WithRates({0, 0, 0});
  manifest.set_task(v1::TASK_NOTES);
  const char* const ids[] = {"fused", "int8", "torch"};
  const double costs[] = {90, 60, 500};
  const double errors[] = {0.001, 0.4, 0.001};
  for (int i = 0; i < 3; ++i) {
    manifest.mutable_variants(i)->set_id(ids[i]);
    manifest.mutable_variants(i)->mutable_cost()->set_microseconds_per_block(costs[i]);
    manifest.mutable_variants(i)->mutable_cost()->set_block_frames(1);
    manifest.mutable_variants(i)->set_error(errors[i]);
  }
  return manifest;
}

TEST_CASE("ChooseVariant: the cheapest within the stated error is taken, of notes at any rate") {
  v1::ModelManifest manifest = NotesVariants();
  CHECK(StatedErrorOf(manifest) == 0.05);
  CHECK(ChooseVariant(manifest, 0).index == 0);
  CHECK(ChooseVariant(manifest, 48000).index == 0);
  manifest.set_stated_error(0.5);
  CHECK(ChooseVariant(manifest, 0).index == 1);
  // None is: the rule cannot be kept, and the cheapest is taken.
  manifest.set_stated_error(0.0001);
  CHECK(ChooseVariant(manifest, 0).index == 1);
}

TEST_CASE("ChooseVariant: of those that cost the same the one with the least error is taken") {
  v1::ModelManifest manifest = TorchAndFused(100, 95);
  manifest.mutable_variants(1)->set_error(1e-7);
  manifest.mutable_variants(2)->set_error(1e-4);
  CHECK(ChooseVariant(manifest, 48000).index == 1);
  manifest.mutable_variants(2)->mutable_cost()->set_microseconds_per_block(80);
  CHECK(ChooseVariant(manifest, 48000).index == 2);
}

TEST_CASE("ChooseVariant: a wish is met, at another rate by what is like it, and told") {
  v1::ModelManifest manifest = TorchAndFused(240, 20);
  CHECK(ChooseVariant(manifest, 48000, "torch-48000").index == 1);
  CHECK(ChooseVariant(manifest, 48000, "torch-48000").reason ==
        "48000 Hz is the host's rate; variant torch-48000 was asked for");
  CHECK(ChooseVariant(manifest, 0, "fused-48000").index == 2);
  manifest.mutable_variants(1)->set_precision(v1::PRECISION_FP32);
  manifest.mutable_variants(0)->set_precision(v1::PRECISION_FP32);
  CHECK(ChooseVariant(manifest, 44100, "torch-48000").reason ==
        "44100 Hz is the host's rate; variant fp32-44100 is as the one asked for");
  // By its name, where that has the rate.
  v1::Variant* const made = manifest.add_variants();
  *made = manifest.variants(0);
  made->set_id("torch-44100");
  CHECK(ChooseVariant(manifest, 44100, "torch-48000").index == 3);
  // One that there is not any more is none.
  CHECK(ChooseVariant(manifest, 48000, "gone").index == 2);
}

TEST_CASE("ExecutorOf: a variant's own executor goes before the manifest's") {
  const v1::ModelManifest manifest = TorchAndFused(1, 1);
  CHECK(ExecutorOf(manifest, manifest.variants(1)) == "torch");
  CHECK(ExecutorOf(manifest, manifest.variants(2)) == "fused");
}

TEST_CASE("FindVariant: a variant is found by its id alone") {
  const v1::ModelManifest manifest = WithRates({48000, 44100});
  CHECK(FindVariant(manifest, "fp32-44100") == &manifest.variants(1));
  CHECK(FindVariant(manifest, "fp32-4410") == nullptr);
}

}  // namespace
}  // namespace continuo::model
