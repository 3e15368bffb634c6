// SPDX-License-Identifier: Apache-2.0
// Keeps a connection to the daemon: starts it where there is none, tells what changes, and
// when it is gone, comes back to the next one by itself.
//
// Threads: one of its own, from which `Tell` is called; channel() [any-thread].
#pragma once

#include <grpcpp/channel.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "shared/studio/errands.h"
#include "shared/studio/types.h"

namespace continuo::studio {

class Link {
 public:
  struct Tell {
    std::function<void(const LinkState&)> state;
    std::function<void()> models_changed;
    std::function<void(const std::string&)> record_added;
  };
  Link(std::string client_name, Tell tell);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Null where there is none, with the reason.
  [[nodiscard]] std::shared_ptr<grpc::Channel> channel(std::string* problem) const;

 private:
  void Loop();
  void Follow(const std::shared_ptr<grpc::Channel>& channel);
  void Say(LinkState state);

  const std::string client_name_;
  const Tell tell_;
  Errand errand_;
  mutable std::mutex mutex_;
  std::shared_ptr<grpc::Channel> channel_;
  std::string problem_ = "not connected to the daemon yet";
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace continuo::studio
