// SPDX-License-Identifier: Apache-2.0
// What can be judged of a model, whether it is installed or only offered: the same facts of both.
// Threads: [any-thread]; pure functions.
#pragma once

#include <set>
#include <string>

#include "continuo/v1/fit_service.pb.h"
#include "continuo/v1/repository.pb.h"
#include "daemon/model/store.h"

namespace continuo::fit {

struct Subject {
  // As a repository describes it; of an installed one too, with the variants that were made here.
  v1::RepositoryEntry entry;
  std::string source;  // repository; empty: installed
  int variant = 0;     // that would be used at 48 kHz
  std::string choice;  // why, in words
  // Ids of variants whose cost was measured on this machine.
  std::set<std::string> measured_here;
};

// Of an installed package, made ready to be run.
[[nodiscard]] Subject SubjectOf(const model::Runnable& run, std::set<std::string> measured_here);
[[nodiscard]] Subject SubjectOf(const v1::RepositoryEntry& entry, const std::string& source);

// What goes into a table, but for the assessment.
[[nodiscard]] v1::ModelFacts FactsOf(const Subject& subject);

}  // namespace continuo::fit
