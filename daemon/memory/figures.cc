// SPDX-License-Identifier: Apache-2.0
#include "daemon/memory/figures.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/base/paths.h"
#include "daemon/base/read_file.h"
#include "daemon/base/str_cat.h"
#include "daemon/model/executor_bytes.h"
#include "daemon/model/variant.h"
#include "shared/files/whole_file.h"

namespace continuo::memory {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxFileBytes = std::size_t{4} << 20;
constexpr std::size_t kMaxModels = 4096;
constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
// A layer, packed, and one of its matrices in the file: little of a network of many layers.
constexpr std::uint64_t kStreamedPart = 8;

const v1::File* WeightsOf(const v1::ModelManifest& manifest, const v1::Variant& variant) {
  for (const v1::File& file : manifest.files()) {
    if (file.path() == variant.file()) return &file;
  }
  return nullptr;
}

std::string KeyOf(const v1::ModelManifest& manifest, int variant, Holding holding) {
  const v1::Variant& one = manifest.variants(variant);
  const v1::File* const weights = WeightsOf(manifest, one);
  return base::StrCat(model::ExecutorOf(manifest, one), " ", one.id(), " ",
                      weights == nullptr ? "" : weights->sha256(),
                      holding == Holding::kStreamed ? " streamed" : "");
}

}  // namespace

Need EstimatedNeed(const std::string& executor, bool notes, std::uint64_t file_bytes) {
  Need need;
  need.estimated = true;
  need.work_bytes = notes ? 8 * kMiB : kMiB;
  if (executor == "torch") {
    need.bytes = 2 * file_bytes + 16 * kMiB;
    need.peak_bytes = 3 * file_bytes + 24 * kMiB;
  } else if (executor == "fused" && notes) {
    need.bytes = 2 * file_bytes + 4 * kMiB;  // halves that become floats
    need.peak_bytes = 3 * file_bytes + 4 * kMiB;
  } else if (executor == "fused") {
    need.bytes = file_bytes + kMiB;  // numbers as text take more than as floats
    need.peak_bytes = 10 * file_bytes + kMiB;
  } else {
    need.bytes = file_bytes + kMiB;
    need.peak_bytes = need.bytes;
  }
  return need;
}

Need EstimatedNeed(const v1::ModelManifest& manifest, const v1::Variant& variant) {
  const v1::File* const weights = WeightsOf(manifest, variant);
  return EstimatedNeed(model::ExecutorOf(manifest, variant), manifest.task() == v1::TASK_NOTES,
                       weights != nullptr ? weights->size_bytes() : variant.weights_bytes());
}

// What is stored in other numbers than halves is widened as a whole when it is loaded.
bool CanStream(const v1::ModelManifest& manifest, const v1::Variant& variant) {
  return manifest.task() == v1::TASK_NOTES && model::ExecutorOf(manifest, variant) == "fused" &&
         variant.precision() == v1::PRECISION_FP16;
}

Figures::Figures(const std::string& path) : kept_(!path.empty()) {
  if (!kept_) return;
  const absl::StatusOr<std::string> text = base::ReadFile(path, kMaxFileBytes);
  if (!text.ok()) return;
  const json document = json::parse(*text, nullptr, false);
  if (!document.is_object()) return;
  const auto number = [](const json& in, const char* key) {
    return in.is_object() && in.contains(key) && in[key].is_number_unsigned()
               ? in[key].get<std::uint64_t>()
               : 0;
  };
  if (const auto models = document.find("models"); models != document.end()) {
    for (const auto& [key, value] : models->items()) {
      models_[key] = {number(value, "bytes"), number(value, "peak_bytes"),
                      number(value, "work_bytes"), false};
    }
  }
  if (const auto executors = document.find("executors"); executors != document.end()) {
    for (const auto& [key, value] : executors->items()) bases_[key] = number(value, "bytes");
  }
}

Need Figures::NeedOf(const v1::ModelManifest& manifest, int variant, Holding holding) const {
  const auto known = models_.find(KeyOf(manifest, variant, holding));
  if (known != models_.end()) return known->second;
  Need need = EstimatedNeed(manifest, manifest.variants(variant));
  if (holding == Holding::kStreamed) {
    need.bytes = need.bytes / kStreamedPart + 4 * kMiB;
    need.peak_bytes = need.bytes;
  }
  return need;
}

void Figures::Measured(const v1::ModelManifest& manifest, int variant, const Need& need,
                       Holding holding) {
  if (models_.size() >= kMaxModels) models_.clear();
  const auto [known, added] = models_.try_emplace(KeyOf(manifest, variant, holding), need);
  known->second.estimated = false;
  if (added) changed_ = true;
  Take(&known->second.bytes, need.bytes);
  Take(&known->second.peak_bytes, need.peak_bytes);
  Take(&known->second.work_bytes, need.work_bytes);
}

// What was taken once may be taken again: up at once, down by halves; what hardly differs is no
// reason to write the file.
void Figures::Take(std::uint64_t* known, std::uint64_t now) {
  const std::uint64_t next = std::max(now, (*known + now) / 2);
  const std::uint64_t difference = next > *known ? next - *known : *known - next;
  if (difference <= *known / 32) return;
  *known = next;
  changed_ = true;
}

std::uint64_t Figures::BaseOf(const std::string& kind) const {
  const auto known = bases_.find(kind);
  if (known != bases_.end()) return known->second;
  return model::ExecutorBytes(kind.substr(0, kind.find(' ')));
}

void Figures::MeasuredBase(const std::string& kind, std::uint64_t bytes) {
  const auto [known, added] = bases_.try_emplace(kind, bytes);
  if (added) changed_ = true;
  Take(&known->second, bytes);
}

std::string Figures::TakeChanged() {
  if (!kept_ || !changed_) return {};
  changed_ = false;
  json document;
  for (const auto& [key, need] : models_) {
    document["models"][key] = {
        {"bytes", need.bytes}, {"peak_bytes", need.peak_bytes}, {"work_bytes", need.work_bytes}};
  }
  for (const auto& [key, bytes] : bases_) document["executors"][key] = {{"bytes", bytes}};
  return document.dump(1) + "\n";
}

absl::Status WriteFigures(const std::string& path, const std::string& text) {
  absl::Status status = base::EnsurePrivateDir(path.substr(0, path.rfind('/')));
  if (status.ok()) status = files::ReplaceFile(path, text);
  return status;
}

}  // namespace continuo::memory
