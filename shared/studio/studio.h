// SPDX-License-Identifier: Apache-2.0
// The daemon as a studio's window sees it: questions and answers, none of which the window
// waits for.
//
// Threads: all of it is [main-thread]. Calls run on threads of their own; answers come
// through `Post`, which is to run what it gets on the main thread, later, and may drop it.
// The destructor cancels what is on its way; nothing is posted once it has returned.
// Errors: in words, in the answer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "shared/studio/types.h"

namespace continuo::studio {

class Studio {
 public:
  using Post = std::function<void(std::function<void()>)>;
  using Call = std::uint64_t;
  template <typename Answer>
  using Then = std::function<void(const Answer&)>;

  struct Listener {
    Then<LinkState> link;
    std::function<void()> models_changed;
    Then<std::string> record_added;  // its id
  };

  // Connects, and starts the daemon where there is none.
  Studio(std::string client_name, Post post, Listener listener);
  ~Studio();
  Studio(const Studio&) = delete;
  Studio& operator=(const Studio&) = delete;

  // What a request would come to.
  Call MakePlan(const Request& request, Then<PlanAnswer> then);
  // `then` comes many times; the last one has ended().
  Call Generate(const Request& request, Then<Making> then);

  Call ListRecords(const RecordQuery& query, Then<RecordsAnswer> then);
  Call GetRecord(const std::string& id, Then<RecordAnswer> then);
  // What a project keeps of a candidate.
  Call GetRecipe(const std::string& id, int candidate, Then<RecipeAnswer> then);
  Call Mark(const std::string& id, const Marks& marks, Then<RecordAnswer> then);
  // Makes a record again, and compares every byte.
  Call Remake(const std::string& id, Then<Making> then);

  // Comes twice: with the installed models, then with those of the repositories too.
  Call ListModels(Then<ModelsAnswer> then);
  // Whether a repository has a model: that version, else its newest.
  Call FindOffer(const std::string& id, const std::string& version, Then<OfferAnswer> then);
  // From a repository, the newest where no version is named; also as an update. Many times.
  Call Install(const std::string& id, const std::string& version, Then<Installing> then);
  // All versions of it; answers with the problem, empty where there is none.
  Call Remove(const std::string& id, Then<std::string> then);

  // The call's last answer says that it was cancelled. One that has ended is no error.
  void Cancel(Call call);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// What follows from a candidate of a record: the request with the record as its parent and the
// candidate as its input. Model, key, scale and style are as they were.
[[nodiscard]] Request Derive(const Record& record, const Candidate& candidate, Task task);

}  // namespace continuo::studio
