// SPDX-License-Identifier: Apache-2.0
// Records to keep, and a directory to keep them in.
#pragma once

#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "continuo/v1/history_service.pb.h"

namespace continuo::history {

// In memory: no test here is about the speed of a disk.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    char name[] = "/dev/shm/continuo-history.XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string history() const { return path_ + "/history"; }

 private:
  std::string path_;
};

// Bytes that zstd makes nothing of; the same for the same seed.
inline std::string Noise(std::size_t bytes, std::uint64_t seed) {
  std::string text(bytes, '\0');
  std::uint64_t state = seed * 0x9E3779B97F4A7C15U + 1;
  for (char& c : text) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    c = static_cast<char>(state >> 32);
  }
  return text;
}

// A melody of two candidates; `seed` makes it another one.
inline v1::HistoryRecord SampleRecord(std::uint64_t seed) {
  v1::HistoryRecord record;
  v1::GenerationPlan& plan = *record.mutable_plan();
  plan.set_model("melody");
  plan.set_version("1.0.0");
  plan.set_variant("int8");
  plan.set_weights_sha256(std::string(64, 'a'));
  v1::GenerateRequest& request = *plan.mutable_request();
  request.set_task(v1::GENERATION_TASK_MELODY);
  request.set_bars(8);
  request.set_key("Dm");
  request.set_seed(seed);
  request.set_candidates(2);
  request.set_input("MThd input");
  (*request.mutable_macros())["busy"] = 0.7;
  for (std::uint32_t i = 0; i < 2; ++i) {
    v1::GenerationCandidate& candidate = *record.add_candidates();
    candidate.set_index(i);
    candidate.set_seed(seed + i);
    candidate.set_midi("MThd " + std::to_string(seed + i));
    candidate.mutable_quality()->set_score(0.25 + 0.25 * i);
  }
  record.add_ranking(1);
  record.add_ranking(0);
  record.set_elapsed_ms(41);
  record.set_attribution("who made the model");
  record.set_license("CC-BY-4.0");
  return record;
}

}  // namespace continuo::history
