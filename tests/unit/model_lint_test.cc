// SPDX-License-Identifier: Apache-2.0
// Every finding has its field; a good package has none that is an error.
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "daemon/model/license.h"
#include "daemon/model/lint.h"
#include "model_sample.h"

namespace continuo::model {
namespace {

namespace fs = std::filesystem;

std::string Of(const std::vector<v1::Finding>& findings) {
  std::string text;
  for (const v1::Finding& finding : findings) {
    text += finding.severity() == v1::SEVERITY_ERROR ? "E " : "W ";
    text += finding.field() + "|" + finding.message() + "\n";
  }
  return text;
}

std::string OfText(const std::string& json) {
  std::vector<v1::Finding> findings;
  v1::ModelManifest manifest;
  (void)LintText(json, &manifest, &findings);
  return Of(findings);
}

using Catch::Contains;

TEST_CASE("lint: a good manifest has no errors, a poor one has warnings") {
  const std::string text = OfText(JsonOf(SampleManifest()));
  CHECK_THAT(text, !Contains("E "));
  for (const char* warning :
       {"W summary|", "W attribution|", "W provenance.description|", "W parameters[0].description|",
        "W parameters[1].unit|", "W variants[0].cost|", "W golden[0].file|"}) {
    CHECK_THAT(text, Contains(warning));
  }
  CHECK_THAT(text, !Contains("parameters[0].unit"));  // 0 to 10
}

TEST_CASE("lint: all errors are found at once") {
  v1::ModelManifest manifest = SampleManifest();
  manifest.set_id("Not Good");
  manifest.mutable_parameters(1)->set_default_value(1);
  manifest.mutable_variants(0)->set_file("gone.bin");
  manifest.set_license("as you like");
  manifest.mutable_files(0)->set_path("../x");
  const std::string text = OfText(JsonOf(manifest));
  for (const char* error : {"E id|is not a valid name", "E parameters[1].default_value|is 1, below",
                            "E variants[0].file|'gone.bin'", "E license|", "E files[0].path|"}) {
    CHECK_THAT(text, Contains(error));
  }
}

TEST_CASE("lint: unknown fields are named, with what is meant") {
  const std::string json = JsonOf(SampleManifest());
  const std::string text =
      OfText("{\"sumary\":\"x\",\"zzzzzzzz\":1," + json.substr(1, json.size() - 2) + "}");
  CHECK_THAT(text, Contains("E sumary|is not a field of the schema; 'summary' is meant?"));
  CHECK_THAT(text, Contains("E zzzzzzzz|is not a field of the schema\n"));
  const std::string nested = OfText(R"({"parameters":[{},{"units":"dB"}],"audio":{"tail":1}})");
  CHECK_THAT(nested, Contains("E parameters[1].units|") && Contains("'unit' is meant"));
  CHECK_THAT(nested, Contains("E audio.tail|"));
  CHECK_THAT(OfText("{"), Contains("E |"));
  CHECK_THAT(OfText("[]"), Contains("E |"));
}

TEST_CASE("lint: files on the disk") {
  TemporaryDirectory directory;
  const std::string package = directory / "package";
  WritePackage(package, SampleManifest());
  CHECK_THAT(Of(Lint(package, directory.path())), Contains("W |has no text of its licence"));
  WriteFile(package + "/LICENSE", "x");
  CHECK_THAT(Of(Lint(package + "/model.json", directory.path())),
             !Contains("no text of its licence"));
  WriteFile(package + "/weights/48000.bin", "abd");
  CHECK_THAT(Of(Lint(package, directory.path())), Contains("E files[0]|"));
  fs::remove(package + "/weights/48000.bin");
  CHECK_THAT(Of(Lint(package, directory.path())), Contains("E files[0]|"));
  CHECK_THAT(Of(Lint(directory / "gone", directory.path())), Contains("E |"));
}

TEST_CASE("licences: what one may do") {
  const auto terms = [](const char* text) {
    const auto found = LicenseTermsOf(text);
    if (!found.ok()) return std::string("?");
    const auto letter = [](v1::Permission permission) {
      return permission == v1::PERMISSION_YES ? 'y' : permission == v1::PERMISSION_NO ? 'n' : '-';
    };
    return std::string{letter(found->commercial_use()), letter(found->share_alike()),
                       letter(found->attribution())};
  };
  CHECK(terms("MIT") == "yny");
  CHECK(terms("CC0-1.0") == "ynn");
  CHECK(terms("CC-BY-4.0") == "yny");
  CHECK(terms("CC-BY-SA-4.0") == "yyy");
  CHECK(terms("CC-BY-NC-4.0") == "nny");
  CHECK(terms("CC-BY-NC-SA-4.0") == "nyy");
  CHECK(terms("GPL-2.0+ WITH Classpath-exception-2.0") == "yyy");
  CHECK(terms("LicenseRef-unknown") == "---");
  CHECK(terms("MITX") == "---");
  CHECK(terms("MIT OR CC-BY-NC-4.0") == "yny");
  CHECK(terms("CC-BY-NC-4.0 OR LicenseRef-x") == "---");
  CHECK(terms("MIT AND CC-BY-NC-4.0") == "nny");
  CHECK(terms("MIT AND LicenseRef-x") == "--y");
  // AND binds more strongly than OR.
  CHECK(terms("MIT OR GPL-3.0-only AND CC-BY-NC-4.0") == "yny");
  CHECK(terms("CC-BY-NC-4.0 AND GPL-3.0-only OR MIT") == "yny");
  CHECK(terms("(MIT OR GPL-3.0-only) AND CC-BY-NC-4.0") == "nny");
  CHECK(terms("MIT OR") == "?");
  v1::ModelManifest manifest = SampleManifest();
  CHECK(CheckCommercialUse(manifest).ok());
  for (const char* text : {"CC-BY-NC-4.0", "LicenseRef-unknown"}) {
    manifest.set_license(text);
    CHECK(absl::IsFailedPrecondition(CheckCommercialUse(manifest)));
  }
}

}  // namespace
}  // namespace continuo::model
