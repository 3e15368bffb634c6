// SPDX-License-Identifier: Apache-2.0
// What the verbs about models have in common that ask how models run here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "continuo/v1/fit_service.pb.h"
#include "daemon/app/ctl/context.h"
#include "shared/client/connection.h"

namespace continuo::ctl {

// Finding out what this machine is takes a moment the first time, and an index may be fetched.
inline constexpr double kFitTimeoutSeconds = 600;

// "runs", "runs pipelined only", "too heavy", "not known".
[[nodiscard]] const char* VerdictWord(v1::Verdict verdict);
// For a column: "runs, 3.1 % of a core", "runs, 9500 cells/s".
[[nodiscard]] std::string Short(const v1::Assessment& assessment);

// Throws what the daemon answers.
[[nodiscard]] v1::AssessModelsResponse AssessModels(const client::Connected& connected,
                                                    const v1::AssessModelsRequest& request);

// Measures it with the steps shown; Ctrl-C cancels. Throws what the daemon answers.
[[nodiscard]] v1::MeasuredModel MeasureModel(const Context& context,
                                             const v1::MeasureModelRequest& request);
// After an installation: measures what is new and says how it runs here, as "fit" of `document`
// where JSON is wanted. A failure is told, and is none of the installation's.
void MeasureInstalled(const Context& context, const std::string& id, const std::string& version,
                      Json* document);

// The variants of a model, and which is used.
void PrintVariantTable(const v1::MeasuredModel& model);

}  // namespace continuo::ctl
