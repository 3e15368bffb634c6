// SPDX-License-Identifier: Apache-2.0
// Everything that is wrong with a package, for who makes one, and what would serve people better.
// Threads: [any-thread]; waits for the disk.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "continuo/v1/model_service.pb.h"

namespace continuo::model {

// Of a directory, a model.json or an archive, which is unpacked into a hidden directory below
// `scratch` and goes again. An empty list: all is well. A path that cannot be read is a finding.
[[nodiscard]] std::vector<v1::Finding> Lint(const std::string& path, const std::string& scratch);

// Of a model.json's text alone. `manifest` gets what could be read of it; false: nothing could.
bool LintText(std::string_view json, v1::ModelManifest* manifest,
              std::vector<v1::Finding>* findings);

// Fields that the schema does not have, by path, with the nearest that it has.
void FindUnknownFields(std::string_view json, std::vector<v1::Finding>* findings);

void AddFinding(v1::Severity severity, std::string_view field, std::string_view message,
                std::vector<v1::Finding>* findings);

}  // namespace continuo::model
