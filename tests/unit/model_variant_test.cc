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

TEST_CASE("ChooseVariant: of two with the same rate the first is taken") {
  CHECK(ChooseVariant(WithRates({48000, 44100, 44100}), 44100).index == 1);
}

TEST_CASE("FindVariant: a variant is found by its id alone") {
  const v1::ModelManifest manifest = WithRates({48000, 44100});
  CHECK(FindVariant(manifest, "fp32-44100") == &manifest.variants(1));
  CHECK(FindVariant(manifest, "fp32-4410") == nullptr);
}

}  // namespace
}  // namespace continuo::model
