// SPDX-License-Identifier: Apache-2.0
// From an inspector's draft to a manifest: names, licences, hostile drafts.
#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "daemon/model/import_manifest.h"
#include "daemon/model/manifest.h"

namespace continuo::model {
namespace {

InspectedModel SampleInspected() {
  InspectedModel inspected;
  inspected.format = "Fake 1";
  inspected.architecture = "Gain";
  inspected.weight_count = 3;
  inspected.sample_rate_stated = true;
  v1::ModelManifest& draft = inspected.draft;
  draft.set_executor("fake");
  draft.mutable_audio()->set_input_channels(1);
  draft.mutable_audio()->set_output_channels(1);
  draft.mutable_audio()->set_maximum_block_frames(4096);
  v1::Parameter* gain = draft.add_parameters();
  gain->set_id("gain");
  gain->set_name("Gain");
  gain->set_maximum(1);
  v1::Variant* variant = draft.add_variants();
  variant->set_sample_rate_hz(44100);
  (*variant->mutable_options())["method"] = "forward";
  return inspected;
}

const ImportedFile kFile{"/music/My Amp.nam", 3,
                         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                         "2026-01-31"};
const ImportWishes kWishes{"my-amp", "", "MIT", "", {}};

TEST_CASE("IdFromFileName: letters and digits stay, all else joins them") {
  CHECK(IdFromFileName("/music/My Amp (high).nam").value() == "my-amp-high");
  CHECK(IdFromFileName("JCM800.v2.json").value() == "jcm800-v2");
  CHECK(IdFromFileName("5150").value() == "5150");
  CHECK(IdFromFileName("/a/" + std::string(300, 'x') + ".nam").value() == std::string(64, 'x'));
  for (const char* nothing : {"/music/---.nam", "/music/\xC3\xA4\xC3\xB6.nam", "/music/"}) {
    const auto id = IdFromFileName(nothing);
    CAPTURE(nothing);
    REQUIRE(absl::IsInvalidArgument(id.status()));
    CHECK_THAT(std::string(id.status().message()), Catch::Contains("--id"));
  }
}

TEST_CASE("PackagedFileName: no name takes the place of the package's own files") {
  CHECK(PackagedFileName("/music/My Amp.nam") == "My Amp.nam");
  CHECK(PackagedFileName("/music/model.json") == "original-model.json");
  CHECK(PackagedFileName("/music/NOTICE") == "original-NOTICE");
  CHECK(PackagedFileName("/music/a\nb\\c") == "a b_c");
}

TEST_CASE("MakeImportedManifest: a draft becomes a manifest that passes every check") {
  std::vector<std::string> notes;
  const auto manifest = MakeImportedManifest(SampleInspected(), kWishes, kFile, &notes);
  REQUIRE(manifest.ok());
  CHECK(ValidateManifest(*manifest).ok());
  CHECK(manifest->version() == "1.0.0");
  CHECK(manifest->name() == "My Amp");
  CHECK(manifest->license() == "MIT");
  CHECK(manifest->variants(0).id() == "fp32-44100");
  CHECK(manifest->variants(0).file() == "My Amp.nam");
  CHECK(manifest->variants(0).options().at("method") == "forward");
  CHECK(manifest->files(0).sha256() == kFile.sha256);
  CHECK(manifest->provenance().description() ==
        "Imported from My Amp.nam on 2026-01-31, SHA-256 " + kFile.sha256 + ".");
  CHECK(notes == std::vector<std::string>{"no author is known"});
}

TEST_CASE("MakeImportedManifest: the importer's wishes go before what the file says") {
  InspectedModel inspected = SampleInspected();
  inspected.draft.set_name("Own name");
  inspected.draft.set_license("CC0-1.0");
  inspected.draft.set_attribution("Own author");
  std::vector<std::string> notes;
  ImportWishes wishes{"my-amp", "", "", "", {{"gain", "dB"}}};
  const auto own = MakeImportedManifest(inspected, wishes, kFile, &notes).value();
  CHECK(own.name() == "Own name");
  CHECK(own.license() == "CC0-1.0");
  CHECK(own.attribution() == "Own author");
  CHECK(own.parameters(0).unit() == "dB");
  wishes = {"my-amp", "Wished", "MIT", "Wished author", {}};
  const auto wished = MakeImportedManifest(inspected, wishes, kFile, &notes).value();
  CHECK(wished.name() == "Wished");
  CHECK(wished.license() == "MIT");
  CHECK(wished.attribution() == "Wished author");
}

TEST_CASE("MakeImportedManifest: without a licence that is one, it is asked for") {
  std::vector<std::string> notes;
  InspectedModel inspected = SampleInspected();
  const ImportWishes none{"my-amp", "", "", "", {}};
  const auto ask = [&] {
    const auto manifest = MakeImportedManifest(inspected, none, kFile, &notes);
    REQUIRE(absl::IsFailedPrecondition(manifest.status()));
    CHECK_THAT(std::string(manifest.status().message()),
               Catch::StartsWith(kNoLicense) && Catch::Contains("LicenseRef-unknown"));
    return std::string(manifest.status().message());
  };
  ask();
  inspected.draft.set_license("free for\x1B[2J all");
  CHECK_THAT(ask(), Catch::Contains("says 'free for [2J all', which is no SPDX expression"));
  const ImportWishes wrong{"my-amp", "", "free for all", "", {}};
  CHECK(absl::IsInvalidArgument(MakeImportedManifest(inspected, wrong, kFile, &notes).status()));
}

TEST_CASE("MakeImportedManifest: a hostile draft is refused by field, or made harmless") {
  std::vector<std::string> notes;
  const auto message = [&](const InspectedModel& inspected) {
    const auto manifest = MakeImportedManifest(inspected, kWishes, kFile, &notes);
    REQUIRE_FALSE(manifest.ok());
    return std::string(manifest.status().message());
  };
  InspectedModel inspected = SampleInspected();
  inspected.draft.mutable_audio()->set_input_channels(99);
  CHECK_THAT(message(inspected), Catch::Contains("audio.input_channels is 99, above maximum 8"));
  inspected = SampleInspected();
  inspected.draft.set_executor("../../evil");
  CHECK_THAT(message(inspected), Catch::Contains("executor is not a valid name"));
  inspected = SampleInspected();
  inspected.draft.mutable_parameters(0)->set_maximum(std::numeric_limits<float>::quiet_NaN());
  CHECK_THAT(message(inspected), Catch::Contains("parameters[0].maximum is not a finite number"));
  inspected = SampleInspected();
  inspected.draft.clear_variants();
  CHECK_THAT(message(inspected), Catch::Contains("0 variants"));
  inspected = SampleInspected();
  inspected.draft.set_name("a\x1B[2Jb" + std::string(500, '\xC3'));
  inspected.notes = {"bell\a"};
  const auto manifest = MakeImportedManifest(inspected, kWishes, kFile, &notes).value();
  CHECK(manifest.name().size() <= kMaxNameBytes);
  CHECK(manifest.name().find('\x1B') == std::string::npos);
  CHECK(notes.back() == "bell ");
}

TEST_CASE("MakeImportedManifest: a unit for a parameter that is not there is refused") {
  std::vector<std::string> notes;
  const ImportWishes wishes{"my-amp", "", "MIT", "", {{"volume", "dB"}}};
  const auto manifest = MakeImportedManifest(SampleInspected(), wishes, kFile, &notes);
  REQUIRE(absl::IsInvalidArgument(manifest.status()));
  CHECK(std::string(manifest.status().message()) ==
        "parameter_units names 'volume'; the file has gain");
}

}  // namespace
}  // namespace continuo::model
