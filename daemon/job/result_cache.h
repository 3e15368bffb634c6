// SPDX-License-Identifier: Apache-2.0
// What was made lately, by content: the same request on the same weights need not be made again.
//
// Bounded by bytes; what was not asked for the longest goes first.
// Threads: one at a time. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "continuo/v1/generation_service.pb.h"

namespace continuo::job {

struct Result {
  v1::GenerationPlan plan;
  std::uint32_t ticks_per_quarter = 0;
  std::vector<v1::GenerationCandidate> candidates;
  std::vector<std::uint32_t> ranking;
  std::uint32_t below_minimum = 0;
  double elapsed_ms = 0;
  bool predicted = false;  // made before anybody asked
};

// Digest of the fields that shape the result, and of the weights.
[[nodiscard]] std::string CacheKey(const v1::GenerateRequest& request,
                                   const std::string& model_digest);

class ResultCache {
 public:
  explicit ResultCache(std::size_t maximum_bytes) : maximum_bytes_(maximum_bytes) {}

  // Null where there is none. No longer counts as predicted from now on; the answer says
  // whether it did.
  [[nodiscard]] std::shared_ptr<const Result> Find(const std::string& key, bool* was_predicted);
  [[nodiscard]] bool Has(const std::string& key) const { return by_key_.contains(key); }
  // One that alone is larger than the bound is not kept.
  void Add(const std::string& key, Result result);

  [[nodiscard]] std::size_t entries() const { return by_key_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const Result> result;
    std::size_t bytes;
    bool predicted;
  };
  void Drop(std::list<Entry>::iterator entry);

  const std::size_t maximum_bytes_;
  std::size_t bytes_ = 0;
  std::list<Entry> entries_;  // the one asked for last comes first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;
};

}  // namespace continuo::job
