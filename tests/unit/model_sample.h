// SPDX-License-Identifier: Apache-2.0
// A small good manifest, and packages on disk made of it.
#pragma once

#include <google/protobuf/util/json_util.h>

#include <string>

#include "continuo/v1/model.pb.h"
#include "temporary_directory.h"

namespace continuo::model {

inline constexpr char kSampleFile[] = "abc";
// Of "abc": FIPS 180-4, example of SHA-256.
inline constexpr char kSampleSha256[] =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

inline v1::ModelManifest SampleManifest(const std::string& id = "sample",
                                        const std::string& version = "1.0.0") {
  v1::ModelManifest manifest;
  manifest.set_schema(1);
  manifest.set_id(id);
  manifest.set_version(version);
  manifest.set_name("Sample");
  manifest.set_task(v1::TASK_AUDIO_EFFECT);
  manifest.set_executor("fake");
  manifest.mutable_audio()->set_input_channels(1);
  manifest.mutable_audio()->set_output_channels(1);
  manifest.mutable_audio()->set_maximum_block_frames(4096);
  v1::Parameter* gain = manifest.add_parameters();
  gain->set_id("gain");
  gain->set_name("Gain");
  gain->set_maximum(10);
  gain->set_default_value(5);
  gain->set_curve(v1::CURVE_LINEAR);
  gain->set_level(v1::LEVEL_BASIC);
  v1::Parameter* cutoff = manifest.add_parameters();
  *cutoff = *gain;
  cutoff->set_id("cutoff");
  cutoff->set_minimum(20);
  cutoff->set_maximum(20000);
  cutoff->set_default_value(1000);
  cutoff->set_curve(v1::CURVE_LOGARITHMIC);
  v1::Preset* preset = manifest.add_presets();
  preset->set_id("loud");
  preset->set_name("Loud");
  (*preset->mutable_values())["gain"] = 10;
  v1::Variant* variant = manifest.add_variants();
  variant->set_id("fp32-48000");
  variant->set_sample_rate_hz(48000);
  variant->set_file("weights/48000.bin");
  variant->set_precision(v1::PRECISION_FP32);
  v1::Golden* golden = manifest.add_golden();
  golden->set_variant("fp32-48000");
  golden->set_file("golden/golden.json");
  manifest.set_license("Apache-2.0");
  manifest.set_minimum_daemon_version("0.1.0");
  v1::File* file = manifest.add_files();
  file->set_path("weights/48000.bin");
  file->set_size_bytes(sizeof kSampleFile - 1);
  file->set_sha256(kSampleSha256);
  return manifest;
}

// One that writes notes.
inline v1::ModelManifest SampleNotesManifest() {
  v1::ModelManifest manifest = SampleManifest("notes");
  manifest.set_task(v1::TASK_NOTES);
  manifest.clear_audio();
  manifest.clear_parameters();
  manifest.clear_presets();
  v1::NotesSignature* notes = manifest.mutable_notes();
  notes->add_tasks("melody");
  notes->add_tasks("continue");
  notes->set_composer("melody");
  notes->add_voices("melody");
  notes->add_voices("chords");
  notes->add_styles("folk");
  notes->add_signatures("4/4");
  notes->add_signatures("6/8");
  notes->set_steps_per_quarter(4);
  notes->set_maximum_bars(64);
  notes->set_reference("weights/48000.bin");
  manifest.mutable_variants(0)->set_id("fp32");
  manifest.mutable_variants(0)->clear_sample_rate_hz();
  manifest.mutable_golden(0)->set_variant("fp32");
  return manifest;
}

inline std::string JsonOf(const v1::ModelManifest& manifest) {
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  (void)google::protobuf::util::MessageToJsonString(manifest, &json, options);
  return json;
}

// Its files and its model.json.
inline void WritePackage(const std::string& directory, const v1::ModelManifest& manifest) {
  for (const v1::File& file : manifest.files())
    WriteFile(directory + "/" + file.path(), kSampleFile);
  WriteFile(directory + "/model.json", JsonOf(manifest));
}

}  // namespace continuo::model
