// SPDX-License-Identifier: Apache-2.0
// Asks the daemon which models there are, for a host that wants a list and no gRPC.
// Threads: Run on a thread that may block for seconds; Cancel [any-thread], also before.
// Errors: in words, ready to be shown.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace continuo::client {

struct ModelPreset {
  std::string id, name;
  std::map<std::string, float> values;  // by parameter id; the others take their default
};

struct ModelSummary {
  std::string id, version, name, summary;
  std::vector<ModelPreset> presets;
};

struct ModelAnswer {
  std::vector<ModelSummary> models;  // audio effects, by id
  std::string problem;               // empty where the list is good
};

class ModelQuery {
 public:
  explicit ModelQuery(std::string client_name);
  ~ModelQuery();
  // Starts the daemon where there is none. Once.
  [[nodiscard]] ModelAnswer Run();
  void Cancel();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace continuo::client
