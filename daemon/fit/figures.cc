// SPDX-License-Identifier: Apache-2.0
#include "daemon/fit/figures.h"

#include <google/protobuf/util/json_util.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <ctime>
#include <utility>

#include "daemon/base/cpu_name.h"
#include "daemon/base/log.h"
#include "daemon/base/paths.h"
#include "daemon/base/processors.h"
#include "daemon/base/read_file.h"
#include "daemon/base/str_cat.h"
#include "daemon/base/version.h"
#include "daemon/model/durable.h"
#include "daemon/model/local_variants.h"
#include "daemon/model/sha256.h"
#include "daemon/model/variant.h"

namespace continuo::fit {
namespace {

namespace json = google::protobuf::util;

constexpr std::size_t kMaxFileBytes = std::size_t{16} << 20;

std::string Digest(const std::string& text) {
  model::Sha256 sha256;
  sha256.Update(text.data(), text.size());
  return sha256.Finish();
}

std::string FileOf(const std::string& directory, const v1::Machine& machine) {
  const std::string key =
      base::StrCat(machine.cpu_name(), "\n", machine.cores(), "\n", machine.build());
  return base::StrCat(directory, "/", Digest(key).substr(0, 16), ".json");
}

}  // namespace

Figures::Figures(std::string directory, Appraise appraise)
    : directory_(std::move(directory)), appraise_(std::move(appraise)) {}

v1::Machine Figures::ThisMachine() {
  v1::Machine machine;
  machine.set_cpu_name(base::CpuName());
  machine.set_cores(static_cast<std::uint32_t>(base::AllowedProcessors().size()));
  machine.set_memory_bytes(static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                           static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
  utsname system{};
  uname(&system);
  machine.set_build(base::StrCat("continuo ", base::kVersion, ", ", system.machine));
  return machine;
}

void Figures::Load() {
  if (std::exchange(loaded_, true)) return;
  machine_ = ThisMachine();
  const std::string path = FileOf(directory_, machine_);
  const auto text = base::ReadFile(path, kMaxFileBytes);
  if (absl::IsNotFound(text.status())) return;
  internal::FitRecord record;
  json::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  if (!text.ok() || !json::JsonStringToMessage(*text, &record, options).ok()) {
    base::Log("fit").warn("{} cannot be read; what it had is measured anew", path);
    return;
  }
  machine_.set_block_us(record.machine().block_us());
  machine_.set_cell_us(record.machine().cell_us());
  machine_.set_measured_unix_s(record.machine().measured_unix_s());
  for (const internal::FigureRecord& figure : record.figures()) records_[figure.key()] = figure;
}

absl::Status Figures::Save() {
  internal::FitRecord record;
  *record.mutable_machine() = machine_;
  for (const auto& [key, figure] : records_) *record.add_figures() = figure;
  json::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.add_whitespace = true;
  std::string text;
  const auto printed = json::MessageToJsonString(record, &text, options);
  if (!printed.ok()) return absl::InternalError(std::string(base::MessageOf(printed)));
  if (absl::Status status = base::EnsurePrivateDir(directory_); !status.ok()) return status;
  return model::ReplaceFile(FileOf(directory_, machine_), text);
}

v1::Machine Figures::KnownMachine() {
  const absl::MutexLock lock(&mutex_);
  Load();
  return machine_;
}

absl::StatusOr<v1::Machine> Figures::Machine(bool again, const Cancelled& cancelled) {
  // One measures, others wait for what comes of it.
  const absl::MutexLock turn(&measuring_);
  {
    const absl::MutexLock lock(&mutex_);
    Load();
    if (machine_.measured_unix_s() > 0 && !again) return machine_;
  }
  internal::Appraise request;
  request.set_benchmark(true);
  const auto answer = appraise_(request, cancelled);
  if (!answer.ok()) return answer.status();
  const absl::MutexLock lock(&mutex_);
  machine_.set_block_us(answer->block_us());
  machine_.set_cell_us(answer->cell_us());
  machine_.set_measured_unix_s(std::time(nullptr));
  if (const absl::Status saved = Save(); !saved.ok()) {
    // It is good for as long as the daemon runs.
    base::Log("fit").warn("what was measured is not kept: {}", base::MessageOf(saved));
  }
  return machine_;
}

std::string Figures::KeyOf(const v1::ModelManifest& manifest, const v1::Variant& variant) {
  const std::string digest = model::DigestOf(manifest, variant);
  if (digest.empty()) return "";
  std::string key = base::StrCat(digest, " ", model::ExecutorOf(manifest, variant), " ",
                                 variant.sample_rate_hz());
  const std::map<std::string, std::string> options(variant.options().begin(),
                                                   variant.options().end());
  for (const auto& [name, value] : options) base::StrAppend(&key, " ", name, "=", value);
  return key;
}

std::optional<internal::FigureRecord> Figures::Find(const std::string& key) {
  const absl::MutexLock lock(&mutex_);
  Load();
  const auto found = records_.find(key);
  if (key.empty() || found == records_.end()) return std::nullopt;
  return found->second;
}

absl::Status Figures::Add(const internal::FigureRecord& record) {
  if (record.key().empty()) return absl::OkStatus();
  const absl::MutexLock lock(&mutex_);
  Load();
  records_[record.key()] = record;
  return Save();
}

// Those of a rate of which every variant that can be run here was measured.
std::set<std::string> Figures::Known(const v1::ModelManifest& manifest) {
  std::map<std::uint32_t, std::set<std::string>> by_rate;
  std::set<std::uint32_t> incomplete;
  for (const v1::Variant& variant : manifest.variants()) {
    const auto found = records_.find(KeyOf(manifest, variant));
    if (found == records_.end()) {
      incomplete.insert(variant.sample_rate_hz());
    } else {
      by_rate[variant.sample_rate_hz()].insert(variant.id());
    }
  }
  std::set<std::string> known;
  for (const auto& [rate, ids] : by_rate) {
    if (!incomplete.contains(rate)) known.insert(ids.begin(), ids.end());
  }
  return known;
}

std::set<std::string> Figures::MeasuredHere(const v1::ModelManifest& manifest) {
  const absl::MutexLock lock(&mutex_);
  Load();
  return Known(manifest);
}

void Figures::Refine(v1::ModelManifest* manifest) {
  const absl::MutexLock lock(&mutex_);
  Load();
  const std::set<std::string> known = Known(*manifest);
  for (v1::Variant& variant : *manifest->mutable_variants()) {
    if (!known.contains(variant.id())) continue;
    const internal::FigureRecord& record = records_.at(KeyOf(*manifest, variant));
    // One that cannot be run here is not the cheapest.
    *variant.mutable_cost() = record.cost();
    if (!record.problem().empty()) variant.mutable_cost()->set_microseconds_per_block(1e9);
    if (record.error() >= 0 && record.problem().empty()) variant.set_error(record.error());
  }
}

}  // namespace continuo::fit
