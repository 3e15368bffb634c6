// SPDX-License-Identifier: Apache-2.0
#include "daemon/job/queue.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "daemon/base/str_cat.h"

namespace continuo::job {

absl::Status Queue::CheckRoom(const std::string& client, double job_ms) const {
  std::size_t own = 0;
  for (const auto& [priority, jobs] : classes_) {
    const auto line = jobs.lines.find(client);
    if (line != jobs.lines.end()) own += line->second.jobs.size();
  }
  const bool full = size_ >= limits_.jobs;
  if (!full && own < limits_.jobs_of_client) return absl::OkStatus();
  const std::size_t waiting = full ? size_ : own;
  // A quarter of those that wait makes room for more than one.
  const double seconds = std::ceil(static_cast<double>(waiting) / 4 * job_ms / 1000);
  return absl::ResourceExhaustedError(
      base::StrCat(full ? "the queue has " : "of this client the queue has ", waiting,
                   waiting == 1 ? " job" : " jobs", ", which is its limit; try again in about ",
                   std::max(1.0, seconds), " s"));
}

Queue::Line& Queue::LineOf(const Entry& entry) {
  Class& jobs = classes_[entry.priority];
  const auto [line, added] = jobs.lines.try_emplace(entry.client);
  if (added || line->second.jobs.empty()) {
    line->second.clock = std::max(line->second.clock, jobs.clock);
  }
  ++size_;
  return line->second;
}

void Queue::Add(const Entry& entry) { LineOf(entry).jobs.push_back(entry); }

void Queue::AddAgain(const Entry& entry) { LineOf(entry).jobs.push_front(entry); }

std::optional<Queue::Entry> Queue::Take(const std::function<bool(const Entry&)>& may_start) {
  for (auto& [priority, jobs] : classes_) {
    auto best = jobs.lines.end();
    for (auto line = jobs.lines.begin(); line != jobs.lines.end(); ++line) {
      if (line->second.jobs.empty() || !may_start(line->second.jobs.front())) continue;
      if (best == jobs.lines.end() || line->second.clock < best->second.clock) best = line;
    }
    if (best == jobs.lines.end()) continue;
    Entry taken = std::move(best->second.jobs.front());
    best->second.jobs.pop_front();
    --size_;
    jobs.clock = std::max(jobs.clock, best->second.clock);
    best->second.clock += taken.weight;
    std::erase_if(jobs.lines, [&](const auto& entry) {
      return entry.second.jobs.empty() && entry.second.clock <= jobs.clock;
    });
    return taken;
  }
  return std::nullopt;
}

bool Queue::Remove(const std::string& id) {
  for (auto& [priority, jobs] : classes_) {
    for (auto line = jobs.lines.begin(); line != jobs.lines.end(); ++line) {
      std::deque<Entry>& waiting = line->second.jobs;
      const auto found = std::find_if(waiting.begin(), waiting.end(),
                                      [&](const Entry& entry) { return entry.id == id; });
      if (found == waiting.end()) continue;
      waiting.erase(found);
      --size_;
      return true;
    }
  }
  return false;
}

std::size_t Queue::PositionOf(const std::string& id) const {
  std::size_t before = 0;
  for (const auto& [priority, jobs] : classes_) {
    for (const auto& [client, line] : jobs.lines) {
      const auto found = std::find_if(line.jobs.begin(), line.jobs.end(),
                                      [&](const Entry& entry) { return entry.id == id; });
      if (found == line.jobs.end()) continue;
      const auto own = static_cast<std::size_t>(found - line.jobs.begin());
      // Of each other client about as many come before it as of its own.
      std::size_t all = before + own;
      for (const auto& [other, others] : jobs.lines) {
        if (other == client) continue;
        all += std::min(others.jobs.size(), own + (others.clock < line.clock ? 1U : 0U));
      }
      return all;
    }
    for (const auto& [client, line] : jobs.lines) before += line.jobs.size();
  }
  return 0;
}

std::vector<std::string> Queue::Ids(v1::JobPriority priority) const {
  std::vector<std::string> ids;
  const auto found = classes_.find(priority);
  if (found == classes_.end()) return ids;
  for (const auto& [client, line] : found->second.lines) {
    for (const Entry& entry : line.jobs) ids.push_back(entry.id);
  }
  return ids;
}

}  // namespace continuo::job
