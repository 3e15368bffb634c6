// SPDX-License-Identifier: Apache-2.0
// A small good index, and repositories on disk made of it.
#pragma once

#include <ctime>
#include <string>

#include "continuo/v1/repository.pb.h"
#include "daemon/repository/index.h"
#include "daemon/repository/signature.h"
#include "temporary_directory.h"

namespace continuo::repository {

inline v1::RepositoryEntry SampleEntry(const std::string& id = "amp",
                                       const std::string& version = "1.0.0") {
  v1::RepositoryEntry entry;
  entry.set_id(id);
  entry.set_version(version);
  entry.set_channel(v1::CHANNEL_STABLE);
  entry.set_name("Amp");
  entry.set_summary("A warm amplifier");
  entry.set_task(v1::TASK_AUDIO_EFFECT);
  entry.set_license("CC-BY-4.0");
  entry.set_attribution("Somebody");
  entry.set_archive(id + "-" + version + ".continuo");
  entry.set_size_bytes(3);
  // Of "abc": FIPS 180-4, example of SHA-256.
  entry.set_sha256("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  entry.set_installed_bytes(1000);
  entry.set_minimum_daemon_version("0.1.0");
  v1::RepositoryVariant* variant = entry.add_variants();
  variant->set_id("fp32-48000");
  variant->set_sample_rate_hz(48000);
  return entry;
}

inline v1::RepositoryIndex SampleIndex(std::uint64_t serial = 1) {
  v1::RepositoryIndex index;
  index.set_schema(1);
  index.set_name("test");
  index.set_created_unix_s(std::time(nullptr) - 100);
  index.set_expires_unix_s(std::time(nullptr) + 86400);
  index.set_serial(serial);
  *index.add_entries() = SampleEntry();
  return index;
}

inline void WriteIndex(const std::string& directory, const v1::RepositoryIndex& index,
                       const std::string& secret_key) {
  const std::string text = FormatIndex(index).value();
  WriteFile(directory + "/index.json", text);
  WriteFile(directory + "/index.json.sig", Sign(text, secret_key).value());
}

}  // namespace continuo::repository
