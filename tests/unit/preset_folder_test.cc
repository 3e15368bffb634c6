// SPDX-License-Identifier: Apache-2.0
#include "shared/preset/preset_folder.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/unit/temporary_directory.h"

namespace continuo::preset {
namespace {

namespace fs = std::filesystem;

const Preset kLead{"Warm lead", {{"drive", 6.5F}, {"tone", 0.1F}}};

std::vector<Preset> ListOf(const PresetFolder& folder) {
  std::vector<std::string> problems;
  std::vector<Preset> presets = folder.List(&problems);
  CHECK(problems.empty());
  return presets;
}

void Write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

TEST_CASE("PresetFolder: what was saved comes back to the bit, by name") {
  const TemporaryDirectory home;
  const PresetFolder folder(home.path(), "drive");
  CHECK(ListOf(folder).empty());
  REQUIRE(folder.Save(kLead).ok());
  REQUIRE(folder.Save({"A first", {{"drive", -3.14159274F}}}).ok());
  const auto presets = ListOf(PresetFolder(home.path(), "drive"));
  REQUIRE(presets.size() == 2);
  CHECK(presets[0].name == "A first");
  CHECK(presets[0].values == std::map<std::string, float>{{"drive", -3.14159274F}});
  CHECK(presets[1].values == kLead.values);
  CHECK(fs::exists(home / "continuo/presets/drive/Warm lead.json"));
  CHECK(ListOf(PresetFolder(home.path(), "tube")).empty());
}

TEST_CASE("PresetFolder: saves over one of the same name, and removes it") {
  const TemporaryDirectory home;
  const PresetFolder folder(home.path(), "drive");
  CHECK_FALSE(folder.Has(kLead.name));
  REQUIRE(folder.Save(kLead).ok());
  REQUIRE(folder.Save({kLead.name, {{"drive", 1.0F}}}).ok());
  CHECK(folder.Has(kLead.name));
  REQUIRE(ListOf(folder).size() == 1);
  CHECK(ListOf(folder)[0].values.at("drive") == 1.0F);
  REQUIRE(folder.Remove(kLead.name).ok());
  CHECK(ListOf(folder).empty());
  CHECK(absl::IsNotFound(folder.Remove(kLead.name)));
}

TEST_CASE("PresetFolder: a name is a name, whatever is in it, and two of them are two files") {
  const TemporaryDirectory home;
  const PresetFolder folder(home.path(), "drive");
  const std::vector<std::string> names = {"../up", "..",  ".hidden",   "50%",
                                          "50%25", "a/b", "tab\there", "Übersteuert ♫"};
  for (const std::string& name : names) REQUIRE(folder.Save({name, {}}).ok());
  std::vector<std::string> found;
  for (const Preset& preset : ListOf(folder)) found.push_back(preset.name);
  CHECK_THAT(found, Catch::UnorderedEquals(names));
  CHECK(std::distance(fs::directory_iterator(home / "continuo/presets"), {}) == 1);
  CHECK(absl::IsInvalidArgument(folder.Save({"", {}})));
  CHECK(absl::IsInvalidArgument(folder.Save({std::string(kMaxNameBytes + 1, 'x'), {}})));
  CHECK(absl::IsInvalidArgument(folder.Save({"\xff", {}})));
  CHECK(ListOf(folder).size() == names.size());
}

TEST_CASE("PresetFolder: the model of a hostile project leads nowhere else") {
  const TemporaryDirectory home;
  REQUIRE(PresetFolder(home.path(), "../../../loot").Save(kLead).ok());
  CHECK(std::distance(fs::directory_iterator(home / "continuo/presets"), {}) == 1);
  CHECK(std::distance(fs::directory_iterator(home.path()), {}) == 1);
}

TEST_CASE("PresetFolder: a broken file is named, and costs no other") {
  const TemporaryDirectory home;
  const PresetFolder folder(home.path(), "drive");
  REQUIRE(folder.Save(kLead).ok());
  const std::vector<std::pair<std::string, std::string>> broken = {
      {"cut", R"({"schema": 1, "name": "cut")"},
      {"list", "[]"},
      {"bare", R"({"name": "bare"})"},
      {"word", R"({"name": "word", "values": {"drive": "loud"}})"},
      {"huge", R"({"name": "huge", "values": {"drive": 1e300}})"},
      {"other", R"({"name": "Warm lead", "values": {}})"},
      {"long", std::string(kMaxFileBytes + 1, ' ')}};
  for (const auto& [name, text] : broken) Write(folder.FileOf(name), text);
  std::vector<std::string> problems;
  const auto presets = folder.List(&problems);
  REQUIRE(presets.size() == 1);
  CHECK(presets[0].values == kLead.values);
  CHECK(problems.size() == broken.size());
  for (const std::string& problem : problems) CHECK_THAT(problem, Catch::StartsWith(home.path()));
}

}  // namespace
}  // namespace continuo::preset
