// SPDX-License-Identifier: Apache-2.0
// The models of this machine: every package under a list of directories.
//
// Problem: models come and go while the daemon runs, and one bad package must not
// take the others with it.
// Packages lie at <directory>/*/model.json or <directory>/*/*/model.json; names that
// begin with a dot are passed over (an installer renames when it is done). Where two
// have the same id and version, the one of the earlier directory counts and the
// other is among the refused.
// Threads: [any-thread]; a lock is held while directories are read.
// Ownership: what List and Find return stays good whatever happens on disk.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/choices.h"
#include "daemon/model/package.h"

namespace continuo::model {

struct RefusedPackage {
  std::string path;
  std::string reason;
};

struct Listing {
  // By id; of one id the pinned one first, then the newest.
  std::vector<std::shared_ptr<const Package>> packages;
  std::vector<RefusedPackage> refused;
  Choices choices;
  // Rises by one whenever the rest is another than before.
  std::uint64_t generation = 0;
};

// What is to be run, and the variant that the user wants by name (empty: any).
struct Runnable {
  std::shared_ptr<const Package> package;
  std::string wish;
};

// "drive 1.1.0 in place of 1.0.0, which is not installed"; empty where `manifest` is what was asked
// for (an empty version: any).
[[nodiscard]] std::string InPlaceOf(std::string_view version_asked,
                                    const v1::ModelManifest& manifest);

class ModelStore {
 public:
  // `choices_file`: see choices.h; empty: nothing can be pinned. One that is damaged counts as
  // empty and is among the refused.
  explicit ModelStore(std::vector<std::string> directories, std::string choices_file = "");

  // Looks for changes first (two stat calls a package), so that a model is there as
  // soon as its directory is. What was refused is looked at again each time: it may
  // have been half-way through a copy. Nothing changed: the same object as before.
  [[nodiscard]] std::shared_ptr<const Listing> List();

  // An empty version is the pinned one, else the newest. NOT_FOUND names the models, or the
  // versions of the model, that there are, and why a package of that id was refused.
  [[nodiscard]] absl::StatusOr<std::shared_ptr<const Package>> Find(std::string_view id,
                                                                    std::string_view version);

  // The same, to be run: where that version is missing and SetSubstitutes(true) was called, the
  // newest of its major version that is not older, which InPlaceOf() tells of.
  [[nodiscard]] absl::StatusOr<std::shared_ptr<const Package>> FindToRun(std::string_view id,
                                                                         std::string_view version);
  // Before anybody else has the store.
  void SetSubstitutes(bool substitutes) { substitutes_ = substitutes; }

  // The package with the variants that were made here and with what is known of all of them, to be
  // run: a new object, or the same where there is nothing to add. What cannot be read is left out.
  [[nodiscard]] Runnable ToRun(const std::shared_ptr<const Package>& package);
  // Changes what a manifest says of its variants' costs to what was measured here. Called by ToRun,
  // on its thread; set before anybody else has the store.
  void SetRefine(std::function<void(v1::ModelManifest*)> refine) { refine_ = std::move(refine); }
  // Where the user's own models are; empty: nowhere.
  [[nodiscard]] std::string own_directory() const;

  // Writes what `change` makes of them; its error is the answer, and then nothing is written.
  // FAILED_PRECONDITION where there is no file for them.
  [[nodiscard]] absl::Status ChangeChoices(const std::function<absl::Status(Choices*)>& change);

  [[nodiscard]] const std::vector<std::string>& directories() const { return directories_; }

 private:
  struct Known {
    std::string stamp;  // of model.json and its directory
    std::shared_ptr<const Package> package;
  };

  const std::vector<std::string> directories_;
  const std::string choices_file_;
  std::function<void(v1::ModelManifest*)> refine_;
  bool substitutes_ = false;
  absl::Mutex choices_mutex_;  // of who changes them
  absl::Mutex mutex_;
  std::map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);  // by directory
  std::shared_ptr<const Listing> listing_ ABSL_GUARDED_BY(mutex_) = std::make_shared<Listing>();
};

}  // namespace continuo::model
