// SPDX-License-Identifier: Apache-2.0
// One model: asking for it, and showing it.
#pragma once

#include <string>

#include "continuo/v1/model_service.pb.h"
#include "shared/client/connection.h"

namespace continuo::ctl {

// What a command line calls a model: "drive", or "drive@1.0.0" for one version of it.
struct ModelName {
  std::string id;
  std::string version;  // empty: the newest
};
[[nodiscard]] ModelName ParseModelName(const std::string& text);

// Throws what the daemon answers: NOT_FOUND names the models there are.
[[nodiscard]] v1::ModelInfo GetModel(const client::Connected& connected, const ModelName& name);
// The one that a stream would get: another version than the one that is named is said on standard
// error.
[[nodiscard]] v1::ModelManifest GetModelToRun(const client::Connected& connected,
                                              const ModelName& name);

// "44100, 48000", ascending, each once.
[[nodiscard]] std::string Rates(const v1::ModelManifest& manifest);

void PrintModel(const v1::ModelInfo& model);

// "commercial use allowed, no share-alike, the author is to be named".
[[nodiscard]] std::string InWords(const v1::LicenseTerms& terms);

// Of a file or directory that is there, as the daemon needs it; else throws BadInput.
[[nodiscard]] std::string AbsolutePath(const std::string& file);

}  // namespace continuo::ctl
