// SPDX-License-Identifier: Apache-2.0
#include "shared/project/generated.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

#include "shared/project/recipes.h"

namespace continuo::project {
namespace {

absl::Status Wrong(const char* name, const std::string& value, const char* expected) {
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is '", value.substr(0, 80), "'; ", expected, " is expected"));
}

}  // namespace

std::vector<std::pair<std::string, std::string>> ToAttributes(const GeneratedClip& clip) {
  return {
      {"track", clip.track},
      {"bar", absl::StrCat(clip.bar)},
      {"bars", absl::StrCat(clip.bars)},
      {"task", clip.task},
      {"model", clip.model},
      {"model_version", clip.version},
      {"weights", clip.weights_sha256},
      {"seed", absl::StrCat(clip.seed)},
      {"record", clip.record},
      {"candidate", absl::StrCat(clip.candidate)},
      {"parents", absl::StrJoin(clip.parents, " ")},
      {"recipe", clip.recipe},
      {"sound", clip.sound},
      {"license", clip.license},
      {"attribution", clip.attribution},
      {"score", clip.score < 0 ? "" : absl::StrFormat("%.6g", clip.score)},
  };
}

absl::StatusOr<GeneratedClip> FromAttributes(
    const std::function<std::string(const std::string& name)>& attribute) {
  GeneratedClip clip;
  absl::Status status;
  const auto number = [&](const char* name, auto* value) {
    const std::string text = attribute(name);
    if (status.ok() && !text.empty() && !absl::SimpleAtoi(text, value)) {
      status = Wrong(name, text, "a whole number from 0");
    }
  };
  const auto digest = [&](const char* name) {
    std::string text = attribute(name);
    if (status.ok() && !text.empty() && !IsDigest(text)) {
      status = Wrong(name, text, "a SHA-256 of 64 hexadecimal digits");
    }
    return text;
  };
  clip.track = attribute("track");
  number("bar", &clip.bar);
  number("bars", &clip.bars);
  clip.task = attribute("task");
  clip.model = attribute("model");
  clip.version = attribute("model_version");
  clip.weights_sha256 = digest("weights");
  number("seed", &clip.seed);
  clip.record = attribute("record");
  number("candidate", &clip.candidate);
  clip.parents = absl::StrSplit(attribute("parents"), ' ', absl::SkipEmpty());
  clip.recipe = digest("recipe");
  clip.sound = digest("sound");
  clip.license = attribute("license");
  clip.attribution = attribute("attribution");
  if (const std::string text = attribute("score"); !text.empty() && status.ok()) {
    if (!absl::SimpleAtod(text, &clip.score) || !(clip.score >= 0 && clip.score <= 1)) {
      status = Wrong("score", text, "a number from 0 to 1");
    }
  }
  if (!status.ok()) return status;
  return clip;
}

}  // namespace continuo::project
