// SPDX-License-Identifier: Apache-2.0
#include <google/protobuf/util/message_differencer.h>

#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "shared/project/recipes.h"
#include "shared/studio/recipe.h"

namespace continuo::studio {
namespace {

v1::HistoryRecord Record() {
  v1::HistoryRecord record;
  record.set_id("r0123456789abcdef");
  record.set_created_unix_ms(1'700'000'000'123);
  v1::GenerationPlan& plan = *record.mutable_plan();
  plan.set_model("melody");
  plan.set_version("1.0.0");
  plan.set_weights_sha256(std::string(64, 'a'));
  plan.add_notes("key D minor, \xC3\xA9");
  v1::GenerateRequest& request = *plan.mutable_request();
  request.set_task(v1::GENERATION_TASK_MELODY);
  request.set_seed(std::numeric_limits<std::uint64_t>::max());
  request.set_density(0);
  request.set_temperature(1.0 / 3);
  (*request.mutable_macros())["busy"] = 0.7;
  request.set_input(std::string("MThd\0\xFF", 6));
  v1::GenerationCandidate& candidate = *record.add_candidates();
  candidate.set_index(2);
  candidate.set_seed(5);
  candidate.set_midi(std::string("\0\x80\n", 3));
  candidate.mutable_quality()->set_score(0.1);
  record.add_ranking(2);
  return record;
}

TEST_CASE("Recipe: a record comes back from its JSON as it was, to the last digit") {
  const v1::HistoryRecord record = Record();
  const Recipe recipe = RecipeOf(record, record.candidates(0));
  CHECK(recipe.clip.recipe == project::Sha256Hex(recipe.json));
  const auto back = RecordOf(recipe.json);
  REQUIRE(back.ok());
  CHECK(google::protobuf::util::MessageDifferencer::Equals(*back, record));
}

TEST_CASE("Recipe: what is no record, or one of a later version, is refused") {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  for (const std::string& json :
       {std::string(), std::string("{"), std::string("[]"), std::string("{\"id\": 7}"),
        std::string("{\"id\": \"r1\", \"mood\": 1}"),
        std::string("{\"plan\": {\"request\": {\"task\": \"GENERATION_TASK_SYMPHONY\"}}}"),
        std::string("{\"candidates\": [{\"midi\": \"%%\"}]}"), "{\"plan\": " + deep + "}"}) {
    INFO(json.substr(0, 60));
    CHECK(absl::IsInvalidArgument(RecordOf(json).status()));
  }
}

}  // namespace
}  // namespace continuo::studio
