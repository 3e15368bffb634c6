// SPDX-License-Identifier: Apache-2.0
// Jobs that wait: by priority, and within one priority in equal shares by client.
//
// Fairness: each client has a clock that a job of its moves on by the job's weight; the client
// whose clock is behind all others is next. One that comes anew begins at the clock of the one
// served last: time without asking earns nothing. One that asks job by job keeps its clock.
// Threads: one at a time. Pure.
#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "continuo/v1/generation_service.pb.h"

namespace continuo::job {

class Queue {
 public:
  struct Limits {
    std::size_t jobs = 1024;
    std::size_t jobs_of_client = 512;
  };
  struct Entry {
    std::string id;
    std::string client;
    v1::JobPriority priority = v1::JOB_PRIORITY_INTERACTIVE;
    std::uint64_t weight = 1;
  };

  explicit Queue(Limits limits) : limits_(limits) {}

  // RESOURCE_EXHAUSTED: "the queue has 1024 jobs, which is its limit; try again in about 12 s".
  // `job_ms`: what a job takes lately, with all workers at work; 0: not known.
  [[nodiscard]] absl::Status CheckRoom(const std::string& client, double job_ms) const;
  void Add(const Entry& entry);
  // Before all others of its client and priority: it was at work already.
  void AddAgain(const Entry& entry);
  // The first that `may_start` lets through; it is asked for each client's first job alone.
  [[nodiscard]] std::optional<Entry> Take(const std::function<bool(const Entry&)>& may_start);
  bool Remove(const std::string& id);
  // How many are before it, as things stand.
  [[nodiscard]] std::size_t PositionOf(const std::string& id) const;
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::vector<std::string> Ids(v1::JobPriority priority) const;

 private:
  struct Line {
    std::uint64_t clock = 0;
    std::deque<Entry> jobs;
  };
  struct Class {
    std::uint64_t clock = 0;  // of the client that was served last
    std::map<std::string, Line>
        lines;  // by client; an empty one keeps its clock while that is ahead
  };
  Line& LineOf(const Entry& entry);

  const Limits limits_;
  std::map<int, Class, std::greater<>> classes_;  // by priority
  std::size_t size_ = 0;
};

}  // namespace continuo::job
