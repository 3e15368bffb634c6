// SPDX-License-Identifier: Apache-2.0
#include "daemon/job/result_cache.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <iterator>
#include <utility>

#include "daemon/model/sha256.h"

namespace continuo::job {
namespace {

// The same bytes for equal messages: a map's entries come in no order of their own.
std::string Deterministic(const v1::GenerateRequest& request) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  request.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

std::size_t BytesOf(const Result& result) {
  std::size_t bytes = sizeof result + result.plan.ByteSizeLong();
  for (const auto& candidate : result.candidates) bytes += candidate.ByteSizeLong();
  return bytes;
}

}  // namespace

std::string CacheKey(const v1::GenerateRequest& request, const std::string& model_digest) {
  v1::GenerateRequest content = request;
  content.clear_model();  // the digest says which
  content.clear_priority();
  content.clear_detached();
  content.clear_parent_record();
  content.clear_fresh();
  const std::string bytes = Deterministic(content);
  model::Sha256 sha256;
  sha256.Update(model_digest.data(), model_digest.size());
  sha256.Update(bytes.data(), bytes.size());
  return sha256.Finish();
}

std::shared_ptr<const Result> ResultCache::Find(const std::string& key, bool* was_predicted) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  *was_predicted = std::exchange(found->second->predicted, false);
  return found->second->result;
}

void ResultCache::Add(const std::string& key, Result result) {
  if (const auto found = by_key_.find(key); found != by_key_.end()) Drop(found->second);
  const std::size_t bytes = BytesOf(result);
  if (key.empty() || bytes > maximum_bytes_) return;
  while (bytes_ + bytes > maximum_bytes_) Drop(std::prev(entries_.end()));
  const bool predicted = result.predicted;
  entries_.push_front({key, std::make_shared<const Result>(std::move(result)), bytes, predicted});
  by_key_[key] = entries_.begin();
  bytes_ += bytes;
}

void ResultCache::Drop(std::list<Entry>::iterator entry) {
  bytes_ -= entry->bytes;
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

}  // namespace continuo::job
