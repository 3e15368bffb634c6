// SPDX-License-Identifier: Apache-2.0
// Asks the daemon which link groups and key buses there are, for a host that wants a list and no
// gRPC. Threads: Run on a thread that may block for seconds; Cancel [any-thread], also before.
// Errors: none; where no daemon answers there is nothing.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace continuo::client {

struct LinkAnswer {  // names in order, each once
  std::vector<std::string> groups;
  std::vector<std::string> buses;
};

class LinkQuery {
 public:
  explicit LinkQuery(std::string client_name);
  ~LinkQuery();
  // Starts no daemon. Once.
  [[nodiscard]] LinkAnswer Run();
  void Cancel();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace continuo::client
