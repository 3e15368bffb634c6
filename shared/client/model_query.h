// SPDX-License-Identifier: Apache-2.0
// Asks the daemon which models there are, for a host that wants a list and no gRPC.
// Threads: Run, then AddFit, on a thread that may block for seconds; Cancel [any-thread], also
// before.
// Errors: in words, ready to be shown.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace continuo::client {

struct ModelPreset {
  std::string id, name;
  std::map<std::string, float> values;  // by parameter id; the others take their default
  bool operator==(const ModelPreset&) const = default;
};

struct ModelSummary {
  std::string id, version, name, summary, license, attribution;
  std::uint32_t latency_frames = 0;  // of the model itself
  std::uint32_t sample_rate_hz = 0;  // at which they are counted
  bool used = false;                 // where no version is asked for
  std::string fit;  // "runs: 4 % of a core … (measured here)"; empty: not asked, or not known
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
  // Says of each model whether it runs on this machine. Tenths of a second where the machine has
  // not been measured yet. The answer of a Run() that went well; what fails leaves it as it is.
  void AddFit(ModelAnswer* answer);
  void Cancel();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace continuo::client
