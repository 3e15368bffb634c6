// SPDX-License-Identifier: Apache-2.0
// What was measured on this machine, and what this machine is.
//
// Problem: a figure of another machine, of other weights or of another build must not pass for one
// of here. So figures are kept in one file a machine (processor, cores, build), and each belongs to
// what makes it: the digest of the weights, the executor, its options and the rate. The same
// weights in another version, or under another id, need not be measured again. Layout:
// <directory>/<machine>.json, internal/fit.proto, FitRecord. Threads: [any-thread]. Machine() may
// take some tenths of a second, the first time. Errors: a file that cannot be read counts as none;
// what cannot be written is an error.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "continuo/internal/fit.pb.h"
#include "continuo/internal/runner.pb.h"

namespace continuo::fit {

using Cancelled = std::function<bool()>;
// A piece of work in a process of its own.
using Appraise =
    std::function<absl::StatusOr<internal::Appraised>(const internal::Appraise&, const Cancelled&)>;

class Figures {
 public:
  Figures(std::string directory, Appraise appraise);

  // Nothing is measured: figures of 0 where nothing was before.
  [[nodiscard]] v1::Machine KnownMachine();
  // Measured the first time, and where `again`.
  [[nodiscard]] absl::StatusOr<v1::Machine> Machine(bool again, const Cancelled& cancelled);

  // By what makes it; empty where the manifest has no digest of its weights.
  [[nodiscard]] static std::string KeyOf(const v1::ModelManifest& manifest,
                                         const v1::Variant& variant);
  [[nodiscard]] std::optional<internal::FigureRecord> Find(const std::string& key);
  [[nodiscard]] absl::Status Add(const internal::FigureRecord& record);

  // Puts costs and errors that were measured here in the place of the maker's, of the variants for
  // one rate all or none: what was measured elsewhere is not to be compared with them.
  void Refine(v1::ModelManifest* manifest);
  // Ids of the variants that Refine knows.
  [[nodiscard]] std::set<std::string> MeasuredHere(const v1::ModelManifest& manifest);

 private:
  [[nodiscard]] static v1::Machine ThisMachine();
  void Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  [[nodiscard]] absl::Status Save() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  [[nodiscard]] std::set<std::string> Known(const v1::ModelManifest& manifest)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string directory_;
  const Appraise appraise_;
  absl::Mutex measuring_;
  absl::Mutex mutex_;
  bool loaded_ ABSL_GUARDED_BY(mutex_) = false;
  v1::Machine machine_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, internal::FigureRecord> records_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace continuo::fit
