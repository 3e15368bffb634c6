// SPDX-License-Identifier: Apache-2.0
// What the verbs about repositories share.
#pragma once

#include <google/protobuf/repeated_field.h>

#include <string>

#include "continuo/v1/repository_service.pb.h"
#include "daemon/app/ctl/context.h"

namespace continuo::ctl {

using Sources = google::protobuf::RepeatedPtrField<v1::RepositorySource>;

void PrintSources(const Sources& sources);
// Each on a line of standard error.
void PrintProblems(const Sources& sources);

struct RepositoryChoice {
  std::string model;   // ID[@VERSION]
  std::string source;  // empty: the first that has it
  bool beta = false;
  bool measure = true;  // how it runs here, once it is installed
};

// `models install` of what is no path. Ctrl-C cancels it, and nothing is left then.
ExitCode InstallFromRepository(const Context& context, const RepositoryChoice& choice);

}  // namespace continuo::ctl
