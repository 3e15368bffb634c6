// SPDX-License-Identifier: Apache-2.0
#include "shared/preset/preset_folder.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "shared/files/whole_file.h"

namespace continuo::preset {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kSuffix = ".json";

// Two names are two files: '%' is escaped too. A dot in front would hide the file, or leave the
// folder.
std::string Escaped(std::string_view name) {
  std::string file;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        byte >= 0x20 && byte != 0x7f && c != '/' && c != '%' && !(c == '.' && file.empty());
    if (plain) {
      file += c;
    } else {
      absl::StrAppendFormat(&file, "%%%02X", static_cast<unsigned>(byte));
    }
  }
  return file;
}

}  // namespace

PresetFolder::PresetFolder(const std::string& data_home, std::string model)
    : model_(std::move(model)),
      folder_(absl::StrCat(data_home, "/continuo/presets/", Escaped(model_))) {}

std::string PresetFolder::FileOf(std::string_view name) const {
  return absl::StrCat(folder_, "/", Escaped(name), kSuffix);
}

bool PresetFolder::Has(std::string_view name) const {
  std::error_code ignored;
  return fs::exists(FileOf(name), ignored);
}

std::vector<Preset> PresetFolder::List(std::vector<std::string>* problems) const {
  std::vector<Preset> presets;
  std::error_code none;
  for (fs::directory_iterator at(folder_, none), end; at != end && presets.size() < kMaxPresets;
       at.increment(none)) {
    const std::string file = at->path().filename().string();
    if (at->path().extension() != kSuffix || file.front() == '.') continue;
    if (absl::StatusOr<Preset> preset = Read(at->path().string()); preset.ok()) {
      presets.push_back(*std::move(preset));
    } else {
      problems->emplace_back(preset.status().message());
    }
  }
  std::sort(presets.begin(), presets.end(),
            [](const Preset& a, const Preset& b) { return a.name < b.name; });
  return presets;
}

absl::Status PresetFolder::Save(const Preset& preset) const {
  if (preset.name.empty() || preset.name.size() > kMaxNameBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the name of a preset has 1 to ", kMaxNameBytes, " bytes"));
  }
  const Json json{
      {"schema", kSchema}, {"model", model_}, {"name", preset.name}, {"values", preset.values}};
  std::string text;
  try {
    text = json.dump(1) + "\n";
  } catch (const Json::exception&) {  // the name is no UTF-8
    return absl::InvalidArgumentError("the name of the preset is not UTF-8");
  }
  if (absl::Status status = files::MakeDirectories(folder_); !status.ok()) return status;
  return files::ReplaceFile(FileOf(preset.name), text, 0644);
}

absl::Status PresetFolder::Remove(std::string_view name) const {
  const std::string path = FileOf(name);
  if (::unlink(path.c_str()) != 0) {
    return files::SystemError(absl::StrCat("cannot remove ", path));
  }
  return files::SyncDirectory(folder_);
}

absl::StatusOr<Preset> PresetFolder::Read(const std::string& path) const {
  const auto wrong = [&path](const auto&... what) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", what...));
  };
  std::error_code error;
  const auto bytes = fs::file_size(path, error);
  if (error) return wrong(error.message());
  if (bytes > kMaxFileBytes) return wrong("more than ", kMaxFileBytes, " bytes");
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return wrong("no JSON object");
  const auto member = [&json](const char* key, Json::value_t type) -> const Json* {
    const auto found = json.find(key);
    return found != json.end() && found->type() == type ? &*found : nullptr;
  };
  const Json* const name = member("name", Json::value_t::string);
  const Json* const values = member("values", Json::value_t::object);
  if (name == nullptr || values == nullptr) return wrong("'name' or 'values' is missing");
  Preset preset;
  preset.name = name->get<std::string>();
  if (FileOf(preset.name) != path) return wrong("its name is '", preset.name, "'");
  for (const auto& [id, value] : values->items()) {
    const float number = value.is_number() ? value.get<float>() : NAN;
    if (!std::isfinite(number)) return wrong("the value of '", id, "' is no number");
    preset.values.emplace(id, number);
  }
  return preset;
}

}  // namespace continuo::preset
