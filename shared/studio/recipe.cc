// SPDX-License-Identifier: Apache-2.0
#include "shared/studio/recipe.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/json_util.h>

#include "shared/project/recipes.h"
#include "shared/studio/wire.h"

namespace continuo::studio {

Recipe RecipeOf(const v1::HistoryRecord& record, const v1::GenerationCandidate& candidate) {
  Recipe recipe;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  if (!google::protobuf::util::MessageToJsonString(record, &recipe.json, options).ok()) {
    recipe.json.clear();
  }
  const v1::GenerationPlan& plan = record.plan();
  project::GeneratedClip& clip = recipe.clip;
  clip.bars = plan.request().bars();
  clip.task = ToWords(FromProto(plan.request().task()));
  clip.model = plan.model();
  clip.version = plan.version();
  clip.weights_sha256 = plan.weights_sha256();
  clip.seed = candidate.seed();
  clip.record = record.id();
  clip.candidate = candidate.index();
  clip.score = candidate.quality().score();
  clip.parents = {record.parents().begin(), record.parents().end()};
  clip.license = record.license();
  clip.attribution = record.attribution();
  if (!recipe.json.empty()) clip.recipe = project::Sha256Hex(recipe.json);
  return recipe;
}

absl::StatusOr<v1::HistoryRecord> RecordOf(const std::string& json) {
  v1::HistoryRecord record;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &record);
  if (status.ok()) return record;
  const std::string reason(status.message());
  return absl::InvalidArgumentError(
      absl::StrCat("is no record as this version knows them: ", reason.substr(0, 200)));
}

}  // namespace continuo::studio
