// SPDX-License-Identifier: Apache-2.0
#include "daemon/memory/budget.h"

#include <algorithm>

#include "daemon/base/bytes_in_words.h"
#include "daemon/base/str_cat.h"

namespace continuo::memory {

void Budget::Ask(const Request& request, Clock::time_point now) {
  const bool known = std::any_of(waiting_.begin(), waiting_.end(), [&](const Waiting& one) {
    return one.request.name == request.name;
  });
  if (known) return;
  const auto after = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& one) {
    return one.request.rank < request.rank;
  });
  waiting_.insert(after, {request, now, ""});
}

void Budget::Cancel(const Name& name) {
  std::erase_if(waiting_, [&](const Waiting& one) { return one.request.name == name; });
}

void Budget::Loaded(const Name& name, std::uint64_t bytes, Clock::time_point now) {
  const auto found = items_.find(name);
  if (found == items_.end()) return;
  Item& item = found->second;
  if (item.state == State::kLoading) item.state = State::kHeld;
  // What was measured beyond the grant is granted now, if it was this item's.
  Place& place = places_[name.place];
  const std::uint64_t more = bytes > item.need.bytes ? bytes - item.need.bytes : 0;
  place.beyond -= std::min(place.beyond, more);
  item.need.bytes = bytes;
  item.last_used = now;
}

void Budget::Release(const Name& name) {
  const auto found = items_.find(name);
  if (found == items_.end()) return;
  // What it took beyond its grant went with it: the next measurement says otherwise if not.
  Place& place = places_[name.place];
  items_.erase(found);
  if (!HasItems(name.place)) place.beyond = 0;
}

void Budget::Busy(const Name& name, Clock::time_point now) {
  const auto found = items_.find(name);
  if (found == items_.end() || found->second.state != State::kLeaving) return;
  found->second.state = State::kHeld;
  found->second.users = std::max<std::size_t>(1, found->second.users);
  found->second.last_used = now;
}

void Budget::Leaving(const Name& name) {
  const auto found = items_.find(name);
  if (found != items_.end()) found->second.state = State::kLeaving;
}

void Budget::SetUsers(const Name& name, std::size_t users, const std::string& words,
                      Clock::time_point now) {
  const auto found = items_.find(name);
  if (found == items_.end()) return;
  Item& item = found->second;
  if (users > 0 || item.users > 0) item.last_used = now;
  item.users = users;
  item.users_in_words = words;
}

void Budget::SetBase(const std::string& place, std::uint64_t bytes) { places_[place].base = bytes; }

void Budget::SetRunning(const std::string& name, bool running) {
  Place& place = places_[name];
  place.running = running;
  place.measured = 0;
  place.beyond = 0;
}

void Budget::SetMeasured(const std::string& name, std::uint64_t bytes) {
  Place& place = places_[name];
  place.measured = bytes;
  std::uint64_t granted = place.base;
  for (const auto& [key, item] : items_) {
    if (key.place == name) granted += Charge(item);
  }
  place.beyond = bytes > granted ? bytes - granted : 0;
}

bool Budget::HasItems(const std::string& place) const {
  const auto first = items_.lower_bound(Name{place, ""});
  return first != items_.end() && first->first.place == place;
}

std::uint64_t Budget::Charge(const Item& item) {
  const std::size_t shares = item.rank == Rank::kStream ? item.users : 1;
  const std::uint64_t present = item.need.bytes + shares * item.need.work_bytes;
  return item.state == State::kLoading ? std::max(present, item.need.peak_bytes) : present;
}

std::uint64_t Budget::used() const {
  std::uint64_t sum = own_;
  for (const auto& [name, place] : places_) {
    if (place.running || HasItems(name)) sum += place.base + place.beyond;
  }
  for (const auto& [name, item] : items_) sum += Charge(item);
  return sum;
}

std::vector<Budget::Item> Budget::items() const {
  std::vector<Item> all;
  for (const auto& [name, item] : items_) all.push_back(item);
  return all;
}

std::uint64_t Budget::CostOf(const std::string& name, const Need& need) const {
  std::uint64_t cost = std::max(need.bytes + need.work_bytes, need.peak_bytes);
  const auto place = places_.find(name);
  if (place != places_.end() && !place->second.running && !HasItems(name)) {
    cost += place->second.base;
  }
  return cost;
}

std::uint64_t Budget::Freed(const std::vector<Name>& leaving, const std::string& asking) const {
  std::map<std::string, std::size_t> staying;
  std::uint64_t freed = 0;
  for (const auto& [name, item] : items_) {
    const bool goes = item.state == State::kLeaving ||
                      std::find(leaving.begin(), leaving.end(), name) != leaving.end();
    if (goes) {
      freed += Charge(item);
    } else {
      ++staying[name.place];
    }
  }
  // Where nothing stays the process ends, and gives its own back too; the asking place's next
  // process takes that again.
  for (const auto& [name, place] : places_) {
    if ((place.running || HasItems(name)) && !staying.contains(name)) {
      freed += place.beyond + (name == asking ? 0 : place.base);
    }
  }
  return freed;
}

std::vector<const Budget::Item*> Budget::IdleByAge() const {
  std::vector<const Item*> idle;
  for (const auto& [name, item] : items_) {
    if (item.state == State::kHeld && item.users == 0) idle.push_back(&item);
  }
  std::stable_sort(idle.begin(), idle.end(),
                   [](const Item* a, const Item* b) { return a->last_used < b->last_used; });
  return idle;
}

void Budget::Evict(const Name& name, std::vector<Action>* actions) {
  items_.at(name).state = State::kLeaving;
  ++counts_.evicted;
  actions->push_back({Action::kEvict, name, {}});
}

void Budget::Grant(const Request& request, Clock::time_point now, std::vector<Action>* actions) {
  const auto [entry, added] = items_.try_emplace(request.name);
  Item& item = entry->second;
  if (added) {
    item.name = request.name;
    item.rank = request.rank;
    item.need = request.need;
    ++counts_.granted;
  }
  item.users = std::max<std::size_t>(1, item.users);  // who has asked
  item.last_used = now;
  actions->push_back({Action::kGrant, request.name, {}});
}

// "A (2 streams), B (job j17)".
std::string Budget::Holders() const {
  std::string words;
  for (const auto& [name, item] : items_) {
    if (item.users == 0 || item.state == State::kLeaving) continue;
    base::StrAppend(&words, words.empty() ? "" : ", ", name.item, " (",
                    base::BytesInWords(Charge(item)), item.users_in_words.empty() ? "" : ", ",
                    item.users_in_words, ")");
  }
  return words;
}

bool Budget::Fits(const std::string& place, const Need& need) const {
  std::vector<Name> idle;
  for (const Item* item : IdleByAge()) idle.push_back(item->name);
  const std::uint64_t freed = Freed(idle, place);
  const std::uint64_t taken = used();
  return (taken > freed ? taken - freed : 0) + CostOf(place, need) <= limit_;
}

bool Budget::Serve(Waiting* waiting, Clock::time_point now, bool behind,
                   std::vector<Action>* actions) {
  const Request& request = waiting->request;
  const std::string& place = request.name.place;
  const auto there = items_.find(request.name);
  if (there != items_.end()) {
    if (there->second.state == State::kLeaving) return false;  // until it is gone
    Grant(request, now, actions);
    return true;
  }
  if (behind) return false;
  const std::uint64_t cost = CostOf(place, request.need);
  const std::uint64_t taken = used();
  const auto fits = [&](const std::vector<Name>& leaving) {
    const std::uint64_t freed = Freed(leaving, place);
    return (taken > freed ? taken - freed : 0) + cost <= limit_;
  };
  if (taken + cost <= limit_) {
    if (!waiting->reason.empty()) ++counts_.waited;
    Grant(request, now, actions);
    return true;
  }
  std::vector<Name> leaving;
  if (fits(leaving)) return false;  // as soon as those have gone that are going
  for (const Item* item : IdleByAge()) {
    leaving.push_back(item->name);
    if (fits(leaving)) break;
  }
  const bool enough = fits(leaving);
  // An estimate may be wrong: alone, it is tried.
  const bool alone = leaving.size() == items_.size() ||
                     std::all_of(items_.begin(), items_.end(),
                                 [](const auto& entry) { return entry.second.users == 0; });
  const bool tried =
      !enough && request.need.estimated && alone && own_ + request.need.bytes / 2 <= limit_;
  if (enough || tried) {
    for (const Name& name : leaving) Evict(name, actions);
    if (tried && items_.empty()) {
      Grant(request, now, actions);
      return true;
    }
    return false;
  }
  const std::string holders = Holders();
  waiting->reason = base::StrCat(
      "needs ", base::BytesInWords(cost), ", the budget of ", base::BytesInWords(limit_),
      holders.empty()
          ? base::StrCat(" has ", base::BytesInWords(limit_ > own_ ? limit_ - own_ : 0),
                         " for models: raise memory.budget")
          : base::StrCat(" is held by ", holders, ": close one or raise memory.budget"));
  // What does not fit with nobody there is not waited for.
  const bool hopeless = !request.need.estimated && own_ + cost > limit_;
  if (now < request.give_up && !hopeless) return false;
  ++counts_.refused;
  actions->push_back(
      {Action::kRefuse, request.name, absl::ResourceExhaustedError(waiting->reason)});
  return true;
}

std::vector<Action> Budget::Plan(Clock::time_point now, bool pressure) {
  std::vector<Action> actions;
  bool behind = false;  // somebody before it waits
  for (auto one = waiting_.begin(); one != waiting_.end();) {
    if (Serve(&*one, now, behind, &actions)) {
      one = waiting_.erase(one);
    } else {
      behind = true;
      ++one;
    }
  }
  // More is taken than may be: what was measured is more than what was granted.
  std::vector<Name> leaving;
  for (const Item* item : IdleByAge()) {
    const std::uint64_t taken = used();
    if (!pressure && taken <= limit_ + Freed(leaving, "")) break;
    leaving.push_back(item->name);
  }
  for (const Name& name : leaving) Evict(name, &actions);
  return actions;
}

bool Budget::MustYield(Clock::time_point now) const {
  return std::any_of(waiting_.begin(), waiting_.end(), [&](const Waiting& one) {
    return one.request.rank == Rank::kJob && !one.reason.empty() && now - one.since >= kPatience;
  });
}

}  // namespace continuo::memory
