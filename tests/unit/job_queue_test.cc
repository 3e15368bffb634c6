// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "daemon/job/queue.h"

namespace continuo::job {
namespace {

const auto kAny = [](const Queue::Entry&) { return true; };

Queue::Entry Job(const std::string& id, const std::string& client,
                 v1::JobPriority priority = v1::JOB_PRIORITY_INTERACTIVE,
                 std::uint64_t weight = 1) {
  return {id, client, priority, weight};
}

std::string TakeAll(Queue* queue) {
  std::string order;
  while (const auto entry = queue->Take(kAny)) order += entry->id;
  return order;
}

TEST_CASE("Queue: higher priorities come first, each in the order of coming") {
  Queue queue({});
  queue.Add(Job("s", "a", v1::JOB_PRIORITY_SPECULATIVE));
  queue.Add(Job("b", "a", v1::JOB_PRIORITY_BATCH));
  queue.Add(Job("1", "a"));
  queue.Add(Job("2", "a"));
  CHECK(queue.PositionOf("2") == 1);
  CHECK(queue.PositionOf("s") == 3);
  CHECK(TakeAll(&queue) == "12bs");
  CHECK(queue.size() == 0);
}

TEST_CASE("Queue: clients of one priority take turns, however many jobs each has") {
  Queue queue({});
  for (const char* id : {"1", "2", "3", "4", "5"}) queue.Add(Job(id, "many"));
  queue.Add(Job("x", "few"));
  queue.Add(Job("y", "few"));
  const std::string order = TakeAll(&queue);
  CHECK(order.find('x') <= 1);
  CHECK(order.find('y') <= 3);
  CHECK(order.size() == 7);
}

TEST_CASE("Queue: who asks job by job gets no more than who asks for all at once") {
  Queue queue({});
  for (int i = 0; i < 100; ++i) queue.Add(Job(std::to_string(i), "many"));
  int many = 0;
  int one = 0;
  bool waiting = false;
  for (int i = 0; i < 40; ++i) {
    if (!waiting) queue.Add(Job("one", "single"));
    const auto entry = queue.Take(kAny);
    REQUIRE(entry.has_value());
    waiting = entry->id != "one";
    ++(waiting ? many : one);
  }
  CHECK(many >= 19);
  CHECK(one >= 19);
}

TEST_CASE("Queue: shares are of work, not of jobs") {
  Queue queue({});
  for (int i = 0; i < 30; ++i) {
    queue.Add(Job("l", "long", v1::JOB_PRIORITY_BATCH, 8));
    queue.Add(Job("s", "short", v1::JOB_PRIORITY_BATCH, 2));
  }
  std::map<std::string, int> served;
  for (int i = 0; i < 25; ++i) ++served[queue.Take(kAny)->id];
  CHECK(served["s"] == 20);
  CHECK(served["l"] == 5);
}

TEST_CASE("Queue: a full queue refuses with its length and when to try again") {
  Queue queue({4, 3});
  for (const char* id : {"1", "2", "3"}) queue.Add(Job(id, "a"));
  const absl::Status own = queue.CheckRoom("a", 8000);
  CHECK(own.code() == absl::StatusCode::kResourceExhausted);
  CHECK(own.message() ==
        "of this client the queue has 3 jobs, which is its limit; try again in about 6 s");
  CHECK(queue.CheckRoom("b", 8000).ok());
  queue.Add(Job("4", "b"));
  CHECK(queue.CheckRoom("c", 0).message() ==
        "the queue has 4 jobs, which is its limit; try again in about 1 s");
}

TEST_CASE("Queue: what may not start yet keeps its place, and no other client waiting") {
  Queue queue({});
  queue.Add(Job("x", "a"));
  queue.Add(Job("y", "b"));
  const auto not_x = [](const Queue::Entry& entry) { return entry.id != "x"; };
  CHECK(queue.Take(not_x)->id == "y");
  CHECK_FALSE(queue.Take(not_x).has_value());
  CHECK(queue.Take(kAny)->id == "x");
}

TEST_CASE("Queue: what is removed is gone, and again is before its client's others") {
  Queue queue({});
  queue.Add(Job("1", "a"));
  queue.Add(Job("2", "a"));
  CHECK(queue.Remove("1"));
  CHECK_FALSE(queue.Remove("1"));
  queue.AddAgain(Job("0", "a"));
  CHECK(TakeAll(&queue) == "02");
}

}  // namespace
}  // namespace continuo::job
