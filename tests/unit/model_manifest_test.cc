// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <limits>

#include "daemon/model/manifest.h"
#include "model_sample.h"

namespace continuo::model {
namespace {

using M = v1::ModelManifest;

std::string Refusal(std::string_view json) {
  const auto manifest = ParseManifest(json, "dir/model.json");
  if (manifest.ok()) return "accepted";
  CHECK(manifest.status().code() == absl::StatusCode::kInvalidArgument);
  return std::string(manifest.status().message());
}

TEST_CASE("ParseManifest: a good manifest comes through unchanged") {
  const auto manifest = ParseManifest(JsonOf(SampleManifest()), "model.json");
  REQUIRE(manifest.ok());
  CHECK(JsonOf(*manifest) == JsonOf(SampleManifest()));
}

TEST_CASE("ParseManifest: the file's own faults are named with its path") {
  CHECK_THAT(Refusal(""), Catch::StartsWith("dir/model.json: "));
  CHECK_THAT(Refusal("{"), Catch::StartsWith("dir/model.json: "));
  CHECK_THAT(Refusal("[]"), Catch::StartsWith("dir/model.json: "));
  CHECK_THAT(Refusal(R"({"schema": 1, "colour": "red"})"), Catch::Contains("colour"));
  CHECK_THAT(Refusal(R"({"parameters": [{"id": "a", "maximun": 1}]})"),
             Catch::Contains("parameters[0]") && Catch::Contains("maximun"));
  CHECK_THAT(Refusal(R"({"schema": "one"})"), Catch::Contains("schema"));
  CHECK_THAT(Refusal(R"({"task": "TASK_COOKING"})"), Catch::Contains("TASK_COOKING"));
}

TEST_CASE("ParseManifest: a text that is too long or too deep is refused") {
  CHECK_THAT(Refusal(std::string(kMaxManifestBytes + 1, ' ')), Catch::Contains("1048576"));
  CHECK_THAT(Refusal(std::string(kMaxManifestBytes, '[')), Catch::StartsWith("dir/model.json: "));
}

struct Fault {
  void (*make)(M&);
  const char* message;
};

// Every rule once: the fault, and what is said of it.
const Fault kFaults[] = {
    {[](M& m) { m.set_schema(0); }, "schema is 0; this daemon knows 1"},
    {[](M& m) { m.set_schema(2); }, "schema is 2; this daemon knows 1"},
    {[](M& m) { m.clear_id(); }, "id is missing"},
    {[](M& m) { m.set_id("Drive"); }, "id is not a valid name; it takes [a-z0-9][a-z0-9-]{0,63}"},
    {[](M& m) { m.set_id("-drive"); }, "id is not a valid name"},
    {[](M& m) { m.set_id("../drive"); }, "id is not a valid name"},
    {[](M& m) { m.set_id(std::string(65, 'a')); }, "id is not a valid name"},
    {[](M& m) { m.set_version("1.0"); }, "version is not valid; it takes MAJOR.MINOR.PATCH"},
    {[](M& m) { m.clear_name(); }, "name is missing"},
    {[](M& m) { m.set_name("\x1b[31mred"); }, "name contains a control character"},
    {[](M& m) { m.set_name(std::string(129, 'a')); },
     "name's length in bytes is 129, above maximum 128"},
    {[](M& m) { m.set_summary(std::string(4097, 'a')); }, "summary's length in bytes is 4097"},
    {[](M& m) { m.clear_task(); }, "task is missing; it is one of TASK_AUDIO_EFFECT"},
    {[](M& m) { m.set_task(static_cast<v1::Task>(99)); }, "task is 99; it is one of"},
    {[](M& m) { m.set_executor("../torch"); }, "executor is not a valid name"},
    {[](M& m) { m.clear_executor(); }, "executor is missing"},
    {[](M& m) { m.mutable_variants(0)->set_executor("../torch"); },
     "variants[0].executor is not a valid name"},
    {[](M& m) {
       for (int i = 0; i < 17; ++i) {
         m.mutable_variants(0)->mutable_options()->insert({std::to_string(i), {}});
       }
     },
     "variants[0].options' number is 17, above maximum 16"},
    {[](M& m) { (*m.mutable_variants(0)->mutable_options())["method"] = "\x1b[31m"; },
     "variants[0].options.method contains a control character"},
    {[](M& m) { m.clear_audio(); }, "audio.input_channels is 0, below minimum 1"},
    {[](M& m) { m.mutable_audio()->set_output_channels(9); },
     "audio.output_channels is 9, above maximum 8"},
    {[](M& m) { m.mutable_audio()->set_latency_frames(1U << 31); }, "audio.latency_frames is 2147"},
    {[](M& m) { m.mutable_audio()->set_tail_ms(-1); }, "audio.tail_ms is -1, below minimum 0"},
    {[](M& m) { m.mutable_audio()->set_tail_ms(std::numeric_limits<double>::quiet_NaN()); },
     "audio.tail_ms is not a finite number"},
    {[](M& m) { m.mutable_audio()->set_maximum_block_frames(0); },
     "audio.maximum_block_frames is 0, below minimum 1"},
    {[](M& m) { m.mutable_audio()->set_maximum_block_frames(4097); },
     "audio.maximum_block_frames is 4097, above maximum 4096"},
    {[](M& m) { m.mutable_parameters(1)->set_id("2nd"); }, "parameters[1].id is not a valid name"},
    {[](M& m) { m.mutable_parameters(1)->set_id("gain"); },
     "parameters[1].id 'gain' is there twice"},
    {[](M& m) { m.mutable_parameters(0)->clear_name(); }, "parameters[0].name is missing"},
    {[](M& m) { m.mutable_parameters(0)->set_default_value(12); },
     "parameters[0].default_value is 12, above maximum 10"},
    {[](M& m) { m.mutable_parameters(0)->set_default_value(-1); },
     "parameters[0].default_value is -1, below minimum 0"},
    {[](M& m) { m.mutable_parameters(0)->set_default_value(std::nanf("")); },
     "parameters[0].default_value is not a finite number"},
    {[](M& m) { m.mutable_parameters(0)->set_maximum(std::numeric_limits<float>::infinity()); },
     "parameters[0].maximum is not a finite number"},
    {[](M& m) { m.mutable_parameters(0)->set_minimum(10); },
     "parameters[0].minimum is 10, not below maximum 10"},
    {[](M& m) { m.mutable_parameters(1)->set_minimum(0); },
     "parameters[1].minimum is 0; a logarithmic curve needs one above 0"},
    {[](M& m) { m.mutable_parameters(0)->clear_curve(); }, "parameters[0].curve is missing"},
    {[](M& m) { m.mutable_parameters(0)->clear_level(); }, "parameters[0].level is missing"},
    {[](M& m) { m.mutable_parameters(0)->set_smoothing_ms(1e9); },
     "parameters[0].smoothing_ms is 1e+09, above maximum 10000"},
    {[](M& m) {
       while (m.parameters_size() < 65) m.add_parameters();
     },
     "the number of parameters is 65, above maximum 64"},
    {[](M& m) { m.mutable_presets(0)->set_id(""); }, "presets[0].id is missing"},
    {[](M& m) { *m.add_presets() = m.presets(0); }, "presets[1].id 'loud' is there twice"},
    {[](M& m) { (*m.mutable_presets(0)->mutable_values())["tone"] = 1; },
     "presets[0].values: parameter 'tone' is not known; sample has gain, cutoff"},
    {[](M& m) { (*m.mutable_presets(0)->mutable_values())["gain"] = 11; },
     "presets[0].values: parameter 'gain' is 11, outside 0 to 10"},
    {[](M& m) { m.clear_variants(); }, "the number of variants is 0, below minimum 1"},
    {[](M& m) { m.mutable_variants(0)->set_sample_rate_hz(7999); },
     "variants[0].sample_rate_hz is 7999, below minimum 8000"},
    {[](M& m) { m.mutable_variants(0)->set_sample_rate_hz(384001); },
     "variants[0].sample_rate_hz is 384001, above maximum 384000"},
    {[](M& m) { m.mutable_variants(0)->set_file("other.bin"); },
     "variants[0].file 'other.bin' is not listed in files"},
    {[](M& m) { m.mutable_variants(0)->clear_precision(); }, "variants[0].precision is missing"},
    {[](M& m) { *m.add_variants() = m.variants(0); }, "variants[1].id 'fp32-48000' is there twice"},
    {[](M& m) { m.mutable_variants(0)->mutable_cost()->set_microseconds_per_block(-1); },
     "variants[0].cost.microseconds_per_block is -1"},
    {[](M& m) { m.mutable_golden(0)->set_variant("fp16"); },
     "golden[0].variant 'fp16' is not a variant"},
    {[](M& m) { m.mutable_golden(0)->set_file("/etc/passwd"); }, "golden[0].file is absolute"},
    {[](M& m) { m.clear_license(); }, "license is missing"},
    {[](M& m) { m.mutable_provenance()->add_data(std::string("\x07")); },
     "provenance.data[0] contains a control character"},
    {[](M& m) { m.clear_minimum_daemon_version(); }, "minimum_daemon_version is missing"},
    {[](M& m) { m.set_minimum_daemon_version("999.0.0"); },
     "minimum_daemon_version is 999.0.0, this daemon is "},
    {[](M& m) { m.mutable_files(0)->set_path("/etc/passwd"); }, "files[0].path is absolute"},
    {[](M& m) { m.mutable_files(0)->set_path("a/../../b"); },
     "files[0].path 'a/../../b' has a part '..'"},
    {[](M& m) { m.mutable_files(0)->set_path("./a"); }, "files[0].path './a' has a part '.'"},
    {[](M& m) { m.mutable_files(0)->set_path("a//b"); }, "files[0].path 'a//b' has a part ''"},
    {[](M& m) { m.mutable_files(0)->set_path("a\\b"); }, "files[0].path contains a backslash"},
    {[](M& m) { m.mutable_files(0)->set_path("model.json"); }, "files[0].path is model.json"},
    {[](M& m) { m.mutable_files(0)->set_sha256("ABC"); },
     "files[0].sha256 is not 64 lower-case hexadecimal digits"},
    {[](M& m) { m.mutable_files(0)->set_size_bytes(std::uint64_t{1} << 40); },
     "files[0].size_bytes is 1099511627776, above maximum"},
    {[](M& m) { *m.add_files() = m.files(0); }, "files[1].path 'weights/48000.bin' is there twice"},
};

TEST_CASE("ParseManifest: each rule refuses its fault and names the field") {
  const auto& fault = GENERATE(from_range(std::begin(kFaults), std::end(kFaults)));
  M manifest = SampleManifest();
  fault.make(manifest);
  CAPTURE(fault.message);
  CHECK_THAT(Refusal(JsonOf(manifest)),
             Catch::StartsWith(std::string("dir/model.json: ") + fault.message));
}

const Fault kNotesFaults[] = {
    {[](M& m) { m.clear_notes(); }, "notes is missing"},
    {[](M& m) { m.mutable_audio()->set_input_channels(1); },
     "audio is there; a model that writes notes has none"},
    {[](M& m) { *m.add_parameters() = SampleManifest().parameters(0); }, "parameters are there"},
    {[](M& m) {
       m.add_presets()->set_id("calm");
       m.mutable_presets(0)->set_name("Calm");
     },
     "presets are there"},
    {[](M& m) { m.mutable_notes()->clear_tasks(); }, "the number of notes.tasks is 0, below"},
    {[](M& m) { m.mutable_notes()->set_tasks(1, "cook"); },
     "notes.tasks[1] 'cook' is not one of melody, harmony, drums"},
    {[](M& m) { m.mutable_notes()->set_tasks(1, "melody"); },
     "notes.tasks[1] 'melody' is there twice"},
    {[](M& m) { m.mutable_notes()->clear_composer(); }, "notes.composer is missing"},
    {[](M& m) { m.mutable_notes()->set_composer("../melody"); },
     "notes.composer is not a valid name"},
    {[](M& m) { m.mutable_notes()->set_voices(0, "\x1b[31m"); },
     "notes.voices[0] contains a control character"},
    {[](M& m) { m.mutable_notes()->add_styles("folk"); }, "notes.styles[1] 'folk' is there twice"},
    {[](M& m) { m.mutable_notes()->clear_signatures(); }, "the number of notes.signatures is 0"},
    {[](M& m) { m.mutable_notes()->set_signatures(1, "4/5"); },
     "notes.signatures[1] '4/5' is no signature"},
    {[](M& m) { m.mutable_notes()->set_signatures(1, "4"); },
     "notes.signatures[1] '4' is no signature"},
    {[](M& m) { m.mutable_notes()->set_signatures(1, "0/4"); },
     "notes.signatures[1] '0/4' is no signature"},
    {[](M& m) { m.mutable_notes()->set_signatures(1, "4/4x"); },
     "notes.signatures[1] '4/4x' is no signature"},
    {[](M& m) { m.mutable_notes()->set_steps_per_quarter(0); },
     "notes.steps_per_quarter is 0, below minimum 1"},
    {[](M& m) { m.mutable_notes()->set_maximum_bars(0); }, "notes.maximum_bars is 0, below"},
    {[](M& m) { m.mutable_notes()->set_maximum_bars(1025); }, "notes.maximum_bars is 1025, above"},
    {[](M& m) { m.mutable_notes()->set_reference("reference.json"); },
     "notes.reference 'reference.json' is not listed in files"},
    {[](M& m) { m.mutable_variants(0)->set_sample_rate_hz(48000); },
     "variants[0].sample_rate_hz is 48000, above maximum 0"},
};

TEST_CASE("ParseManifest: a model that writes notes comes through unchanged") {
  const auto manifest = ParseManifest(JsonOf(SampleNotesManifest()), "model.json");
  REQUIRE(manifest.status() == absl::OkStatus());
  CHECK(JsonOf(*manifest) == JsonOf(SampleNotesManifest()));
}

TEST_CASE("ParseManifest: each rule for notes refuses its fault and names the field") {
  const auto& fault = GENERATE(from_range(std::begin(kNotesFaults), std::end(kNotesFaults)));
  M manifest = SampleNotesManifest();
  fault.make(manifest);
  CAPTURE(fault.message);
  CHECK_THAT(Refusal(JsonOf(manifest)),
             Catch::StartsWith(std::string("dir/model.json: ") + fault.message));
}

TEST_CASE("ParseManifest: an audio effect has no notes") {
  M manifest = SampleManifest();
  *manifest.mutable_notes() = SampleNotesManifest().notes();
  CHECK_THAT(Refusal(JsonOf(manifest)), Catch::Contains("notes is there"));
}

TEST_CASE("ParseManifest: values at their limits are accepted") {
  std::string id(64, '-');
  id[0] = 'a';
  M manifest = SampleManifest(id, "0.0.999999999");
  manifest.set_name(std::string(128, 'n'));
  manifest.mutable_audio()->set_input_channels(8);
  manifest.mutable_variants(0)->set_sample_rate_hz(384000);
  manifest.mutable_parameters(0)->set_default_value(10);
  for (int i = manifest.parameters_size(); i < kMaxParameters; ++i) {
    *manifest.add_parameters() = manifest.parameters(0);
    manifest.mutable_parameters(i)->set_id(std::string(static_cast<std::size_t>(i), 'p'));
  }
  CHECK(ParseManifest(JsonOf(manifest), "model.json").status() == absl::OkStatus());
}

}  // namespace
}  // namespace continuo::model
