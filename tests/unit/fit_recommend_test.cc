// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "daemon/fit/recommend.h"
#include "tests/unit/fit_sample.h"

namespace continuo::fit {
namespace {

v1::RecommendModelsRequest For(const std::string& task) {
  v1::RecommendModelsRequest request;
  request.set_task(task);
  return request;
}

v1::RecommendModelsResponse Recommended(const v1::RecommendModelsRequest& request,
                                        const std::vector<Subject>& subjects) {
  const auto response = Recommend(request, subjects, SampleMachine());
  REQUIRE(response.ok());
  return *response;
}

std::vector<std::string> Ids(const v1::RecommendModelsResponse& response) {
  std::vector<std::string> ids;
  for (const auto& model : response.models()) ids.push_back(model.model().id());
  return ids;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("Recommend: what leaves more of the core comes first, all else being equal") {
  const auto response = Recommended(
      For("effect"), {Effect("slow", CostOf(1700, 256, 40)), Effect("late", CostOf(3000, 256, 40)),
                      Effect("quick", CostOf(50, 256, 40))});
  CHECK(Ids(response) == Names{"quick", "slow", "late"});
  CHECK_THAT(response.models(0).reasons(0), Catch::StartsWith("runs: a stream takes"));
}

TEST_CASE("Recommend: of equals the better by its maker's measure comes first, and it is said") {
  Subject good = Effect("good", CostOf(50, 256, 40));
  Subject bad = Effect("bad", CostOf(50, 256, 40));
  AddQuality(&good, "ESR", 0.001, false);
  AddQuality(&bad, "ESR", 0.1, false);
  const auto response = Recommended(For("effect"), {bad, good});
  CHECK(Ids(response) == Names{"good", "bad"});
  CHECK(response.models(0).reasons(1) == "ESR 0.001 on a test set, the best of these");
  CHECK(response.models(1).reasons(1) == "ESR 0.1 on a test set, the worst of these");
}

TEST_CASE("Recommend: a higher score is better only where its maker says so") {
  Subject high = Effect("high", CostOf(50, 256, 40));
  Subject low = Effect("low", CostOf(50, 256, 40));
  AddQuality(&high, "score", 0.9, true);
  AddQuality(&low, "score", 0.5, true);
  CHECK(Ids(Recommended(For("effect"), {low, high})) == Names{"high", "low"});
}

TEST_CASE("Recommend: a licence that forbids commercial use excludes, with open alternatives") {
  auto request = For("effect");
  request.set_for_commercial_use(true);
  const std::vector<Subject> subjects = {
      Effect("open", CostOf(50, 256, 40)), Effect("closed", CostOf(5, 256, 40), "CC-BY-NC-4.0"),
      Effect("strange", CostOf(5, 256, 40), "LicenseRef-unknown")};
  const auto response = Recommended(request, subjects);
  CHECK(Ids(response) == Names{"open"});
  REQUIRE(response.excluded_size() == 2);
  CHECK(response.excluded(0).id() == "closed");
  CHECK(response.excluded(0).reason() == "its licence CC-BY-NC-4.0 forbids commercial use");
  CHECK(response.excluded(1).reason() ==
        "its licence LicenseRef-unknown is not known to allow commercial use");
  REQUIRE(response.excluded(0).open_alternatives_size() == 1);
  CHECK(response.excluded(0).open_alternatives(0) == "open");
  // Without the wish they are only behind.
  CHECK(Ids(Recommended(For("effect"), subjects)).front() == "open");
}

TEST_CASE("Recommend: too heavy, too late and too large are named as reasons") {
  Subject late = Effect("late", CostOf(50, 256, 40));
  late.entry.set_latency_frames(4800);
  Subject large = Effect("large", CostOf(50, 256, 40));
  large.entry.mutable_variants(0)->mutable_cost()->set_memory_bytes(std::uint64_t{1} << 30);
  auto request = For("effect");
  request.set_maximum_latency_ms(20);
  request.set_maximum_memory_bytes(100 << 20);
  const auto response = Recommended(request, {late, large, Effect("heavy", CostOf(9000, 256, 40))});
  CHECK(response.models().empty());
  REQUIRE(response.excluded_size() == 3);
  CHECK(response.excluded(0).reason() == "it is 100 ms late, the most is 20 ms");
  CHECK_THAT(response.excluded(1).reason(), Catch::StartsWith("it takes 1.0 GiB of memory"));
  CHECK_THAT(response.excluded(2).reason(), Catch::StartsWith("too heavy"));
}

TEST_CASE("Recommend: of one id the installed model is looked at, not the offered one") {
  Subject offered = Effect("amp", CostOf(50, 256, 40));
  offered.source = "shop";
  offered.entry.set_version("2.0.0");
  Subject other = Effect("other", CostOf(50, 256, 40));
  other.source = "shop";
  const auto response =
      Recommended(For("effect"), {Effect("amp", CostOf(50, 256, 40)), offered, other});
  CHECK(Ids(response) == Names{"amp", "other"});
  CHECK(response.models(0).model().version() == "1.0.0");
  CHECK(response.models(1).reasons(4) == "from shop, 1000 bytes to fetch");
}

TEST_CASE(
    "Recommend: tasks are what models do, and one that none does is refused with their names") {
  const std::vector<Subject> subjects = {Effect("amp", CostOf(50, 256, 40)),
                                         Notes("tune", CostOf(50, 1, 20))};
  CHECK(Ids(Recommended(For("melody"), subjects)) == Names{"tune"});
  CHECK(Ids(Recommended(For("notes"), subjects)) == Names{"tune"});
  const auto refused = Recommend(For("polka"), subjects, SampleMachine());
  CHECK(refused.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(refused.status().message() ==
        "task is 'polka', which no model does; there are effect, melody, notes");
}

}  // namespace continuo::fit
