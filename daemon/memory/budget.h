// SPDX-License-Identifier: Apache-2.0
// Who may hold how much memory: what is loaded, what has to go for it, and who waits.
//
// Problem: models come and go by the wishes of several clients, and together they do not fit.
// What is asked for is granted before it is taken, so the limit is never passed; what is idle
// goes first, least recently used first; what is in use stays, and whoever cannot be served
// hears who holds it.
//
//   Ask ──► waiting ──granted──► loading ──Loaded──► held ──evicted──► leaving ──Release──► gone
//              └── refused, or cancelled
//
// Places: a process that holds items. It costs something by itself, as long as it is there or
// has an item.
// Order: streams before jobs, then who came first. Nobody overtakes one who waits for memory by
// asking for less; a job that would go on using what another waits for has to yield (MustYield).
// Threads: none of its own, pure logic; time is given. What is to be done comes out of Plan(),
// to be called after any change.
#pragma once

#include <absl/status/status.h>

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace continuo::memory {

using Clock = std::chrono::steady_clock;

enum class Rank : std::uint8_t { kJob, kStream };

// Of a model.
struct Need {
  std::uint64_t bytes = 0;       // when loaded
  std::uint64_t peak_bytes = 0;  // the most that loading takes meanwhile
  std::uint64_t work_bytes = 0;  // of each stream, or of all jobs together
  bool estimated = false;        // never measured
};

// An item within a place: "drive/1.0.0/fp32" in "streams/fused".
struct Name {
  std::string place;
  std::string item;
  auto operator<=>(const Name&) const = default;
};

struct Request {
  Name name;
  Need need;
  Rank rank = Rank::kJob;
  Clock::time_point give_up{};  // waits until then for what others use; the past: not at all
};

struct Action {
  enum Kind : std::uint8_t { kGrant, kRefuse, kEvict } kind;
  Name name;
  absl::Status status;  // of a refusal: RESOURCE_EXHAUSTED
};

class Budget {
 public:
  // How long a job waits before others yield to it.
  static constexpr std::chrono::seconds kPatience{2};

  explicit Budget(std::uint64_t limit_bytes) : limit_(limit_bytes) {}

  // One request a name; what is held or loading already is granted by the next Plan.
  void Ask(const Request& request, Clock::time_point now);
  void Cancel(const Name& name);
  // It is there, and takes so much.
  void Loaded(const Name& name, std::uint64_t bytes, Clock::time_point now);
  // Its memory has been given back. Of an item that is not there nothing happens.
  void Release(const Name& name);
  // It was asked to go and is in use.
  void Busy(const Name& name, Clock::time_point now);
  // It goes by its owner's own wish.
  void Leaving(const Name& name);
  // 0: idle from now on. `words` says who: "2 streams", "job j17".
  void SetUsers(const Name& name, std::size_t users, const std::string& words,
                Clock::time_point now);

  // The process of a place has come (base: what it costs without items) or gone.
  void SetBase(const std::string& place, std::uint64_t bytes);
  void SetRunning(const std::string& place, bool running);
  // What it really takes. More than its items were granted counts until it is gone.
  void SetMeasured(const std::string& place, std::uint64_t bytes);
  // What is taken beside all places, by the daemon itself.
  void SetOwn(std::uint64_t bytes) { own_ = bytes; }

  // What is to be done now. With `pressure` all that is idle goes.
  [[nodiscard]] std::vector<Action> Plan(Clock::time_point now, bool pressure = false);
  // A job that would use what is loaded has to wait: another has waited for too long.
  [[nodiscard]] bool MustYield(Clock::time_point now) const;
  // Whether it could be granted now, if what is idle went.
  [[nodiscard]] bool Fits(const std::string& place, const Need& need) const;

  enum class State : std::uint8_t { kLoading, kHeld, kLeaving };
  struct Item {
    Name name;
    State state = State::kLoading;
    Rank rank = Rank::kJob;
    Need need;
    std::size_t users = 0;
    std::string users_in_words;
    Clock::time_point last_used{};
  };
  // What it counts for now.
  [[nodiscard]] static std::uint64_t Charge(const Item& item);
  struct Waiting {
    Request request;
    Clock::time_point since{};
    std::string reason;  // why it was not granted, in words
  };
  struct Place {
    std::uint64_t base = 0;
    std::uint64_t measured = 0;
    std::uint64_t beyond = 0;  // measured, more than was granted
    bool running = false;
  };
  [[nodiscard]] std::uint64_t limit() const { return limit_; }
  [[nodiscard]] std::uint64_t used() const;
  [[nodiscard]] std::uint64_t own() const { return own_; }
  [[nodiscard]] std::vector<Item> items() const;
  [[nodiscard]] const std::list<Waiting>& waiting() const { return waiting_; }
  [[nodiscard]] const std::map<std::string, Place>& places() const { return places_; }

  struct Counts {
    std::uint64_t granted = 0;
    std::uint64_t refused = 0;
    std::uint64_t evicted = 0;
    std::uint64_t waited = 0;  // of those granted, after the wait for another
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  [[nodiscard]] bool HasItems(const std::string& place) const;
  [[nodiscard]] std::uint64_t CostOf(const std::string& place, const Need& need) const;
  // What comes back when these leave, besides what leaves already, for `place` to be served.
  [[nodiscard]] std::uint64_t Freed(const std::vector<Name>& leaving,
                                    const std::string& place) const;
  [[nodiscard]] std::vector<const Item*> IdleByAge() const;
  void Evict(const Name& name, std::vector<Action>* actions);
  // True where it is done with, granted or refused.
  bool Serve(Waiting* waiting, Clock::time_point now, bool behind, std::vector<Action>* actions);
  void Grant(const Request& request, Clock::time_point now, std::vector<Action>* actions);
  [[nodiscard]] std::string Holders() const;

  const std::uint64_t limit_;
  std::uint64_t own_ = 0;
  std::map<std::string, Place> places_;
  std::map<Name, Item> items_;
  std::list<Waiting> waiting_;  // streams first, then as they came
  Counts counts_;
};

}  // namespace continuo::memory
