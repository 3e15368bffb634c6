// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>

#include "daemon/model/parameters.h"
#include "model_sample.h"

namespace continuo::model {
namespace {

TEST_CASE("ResolveParameters: what is given counts, the rest has its default, in their order") {
  ParameterMap values;
  values["cutoff"] = 20;
  CHECK(ResolveParameters(SampleManifest(), values).value() == std::vector<float>{5, 20});
  CHECK(ResolveParameters(SampleManifest(), {}).value() == std::vector<float>{5, 1000});
}

TEST_CASE("ResolveParameters: an unknown id is refused and the known ones are listed") {
  ParameterMap values;
  values["tone"] = 1;
  const auto resolved = ResolveParameters(SampleManifest(), values);
  CHECK(absl::IsInvalidArgument(resolved.status()));
  CHECK(resolved.status().message() == "parameter 'tone' is not known; sample has gain, cutoff");
}

TEST_CASE("ResolveParameters: a value out of range or not a number is refused with the range") {
  const float value = GENERATE(-0.001F, 10.001F, -INFINITY, INFINITY, NAN);
  ParameterMap values;
  values["gain"] = value;
  const auto resolved = ResolveParameters(SampleManifest(), values);
  CHECK(absl::IsInvalidArgument(resolved.status()));
  CHECK_THAT(std::string(resolved.status().message()),
             Catch::StartsWith("parameter 'gain' is ") && Catch::EndsWith("outside 0 to 10"));
}

}  // namespace
}  // namespace continuo::model
