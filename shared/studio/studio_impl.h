// SPDX-License-Identifier: Apache-2.0
// What the files of the studio share: where calls run, and how answers come back.
#pragma once

#include <grpcpp/channel.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "shared/client/connection.h"
#include "shared/studio/errands.h"
#include "shared/studio/link.h"
#include "shared/studio/studio.h"

namespace continuo::studio {

// For answers that take no work.
inline constexpr std::chrono::milliseconds kAnswerTime{10'000};

class Studio::Impl {
 public:
  Impl(std::string client_name, Post given, Listener listener);

  // `work(channel, errand)` gives the answer; without a daemon it is one with its problem.
  template <typename Answer, typename Work>
  Call Ask(Work work, Then<Answer> then) {
    return errands.Start([this, work = std::move(work), then = std::move(then)](Errand& errand) {
      std::string problem;
      const auto channel = link.channel(&problem);
      Answer answer;
      if (channel != nullptr) {
        answer = work(channel, errand);
      } else if constexpr (std::is_same_v<Answer, std::string>) {
        answer = problem;
      } else {
        answer.problem = problem;
      }
      post([then, answer = std::move(answer)] { then(answer); });
    });
  }
  // `work(channel, errand, tell)` tells many times; what it returns is told as the last.
  template <typename Answer, typename Work>
  Call Follow(Answer failed, Work work, Then<Answer> then) {
    return errands.Start(
        [this, failed, work = std::move(work), then = std::move(then)](Errand& errand) {
          const auto tell = [this, &then](Answer answer) {
            post([then, answer = std::move(answer)] { then(answer); });
          };
          Answer last = failed;
          if (const auto channel = link.channel(&last.problem); channel != nullptr) {
            last = work(channel, errand, tell);
          }
          tell(std::move(last));
        });
  }

  const Post post;
  Link link;
  Errands errands;  // last: what runs uses the others
};

}  // namespace continuo::studio
