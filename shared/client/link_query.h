// SPDX-License-Identifier: Apache-2.0
// Asks the daemon which link groups there are, for a host that wants a list and no gRPC.
// Threads: Run on a thread that may block for seconds; Cancel [any-thread], also before.
// Errors: none; where no daemon answers there are no groups.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace continuo::client {

class LinkQuery {
 public:
  explicit LinkQuery(std::string client_name);
  ~LinkQuery();
  // In order, each once. Starts no daemon. Once.
  [[nodiscard]] std::vector<std::string> Run();
  void Cancel();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace continuo::client
