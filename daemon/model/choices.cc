// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/choices.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "daemon/base/paths.h"
#include "daemon/base/read_file.h"
#include "daemon/base/str_cat.h"
#include "daemon/base/version.h"
#include "daemon/model/durable.h"
#include "daemon/model/manifest.h"

namespace continuo::model {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxBytes = 1U << 20;
constexpr int kSchema = 1;

// Empty where it is missing; false where it is something else than a version.
bool TakeVersion(const Json& choice, const char* name, std::string* version) {
  const auto found = choice.find(name);
  if (found == choice.end()) return true;
  if (!found->is_string() || !base::ParseSemanticVersion(found->get<std::string>())) return false;
  *version = found->get<std::string>();
  return true;
}

// Empty where it is missing; false where it can be no variant's id.
bool TakeVariant(const Json& choice, std::string* variant) {
  const auto found = choice.find("variant");
  if (found == choice.end()) return true;
  if (!found->is_string() || !CheckModelId(found->get<std::string>()).ok()) return false;
  *variant = found->get<std::string>();
  return true;
}

}  // namespace

absl::StatusOr<Choices> ReadChoices(const std::string& path) {
  const absl::StatusOr<std::string> text = base::ReadFile(path, kMaxBytes);
  if (absl::IsNotFound(text.status())) return Choices();
  if (!text.ok()) return text.status();
  const auto bad = [&path](std::string_view what) {
    return absl::InvalidArgumentError(base::StrCat(
        path, ": ", what, "; the newest versions are used until it is put right or ", "removed"));
  };
  const Json json = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return bad("is no JSON object");
  if (json.value("schema", Json()) != kSchema) return bad("its schema is not 1");
  const Json models = json.value("models", Json());
  if (!models.is_object()) return bad("has no models");
  Choices choices;
  for (const auto& [id, choice] : models.items()) {
    Choice read;
    if (!CheckModelId(id).ok() || !choice.is_object() ||
        !TakeVersion(choice, "pinned", &read.pinned) ||
        !TakeVersion(choice, "previous", &read.previous) || !TakeVariant(choice, &read.variant)) {
      return bad("one of its models is not good");
    }
    choices[id] = read;
  }
  return choices;
}

absl::Status WriteChoices(const std::string& path, const Choices& choices) {
  Json models = Json::object();
  for (const auto& [id, choice] : choices) {
    if (choice == Choice()) continue;
    Json& written = models[id] = Json::object();
    if (!choice.pinned.empty()) written["pinned"] = choice.pinned;
    if (!choice.previous.empty()) written["previous"] = choice.previous;
    if (!choice.variant.empty()) written["variant"] = choice.variant;
  }
  const std::string directory = std::filesystem::path(path).parent_path().string();
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error)) {
    if (absl::Status status = base::EnsurePrivateDir(directory); !status.ok()) return status;
  }
  return ReplaceFile(path, Json{{"schema", kSchema}, {"models", models}}.dump(1) + "\n");
}

}  // namespace continuo::model
