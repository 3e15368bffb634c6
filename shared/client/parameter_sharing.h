// SPDX-License-Identifier: Apache-2.0
// A stream's part in a link group: tells the daemon what is turned here, takes what is turned
// by others.
//
// Problem: knobs are turned by audio threads, which tell nobody; and two that turn one knob at
// the same time must end with one value, without an echo going round.
//
// `agreed` is what this stream and the group last had in common. What the board has beyond that
// was turned here: a thread of this object looks every 20 ms and tells. What comes is not taken
// while something told is on its way (the daemon says how much of it had come), or is not told
// yet: the daemon gets it later, so it is the later one for all.
// What was turned while the daemon was away is told to the next one: `agreed` outlives a call.
//
// An export leaves the group and comes back: it has to be the same each time.
//
// Threads: as marked. SetExporting is the audio thread's and takes no lock; the board is its own
// meeting place. Nothing is sent with the lock held.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "continuo/v1/stream_service.pb.h"
#include "shared/client/parameter_board.h"

namespace continuo::client {

class ParameterSharing {
 public:
  using Send = std::function<void(const v1::AttachStreamRequest&)>;

  explicit ParameterSharing(ParameterBoard* board);  // outlives this object
  ~ParameterSharing();
  ParameterSharing(const ParameterSharing&) = delete;
  ParameterSharing& operator=(const ParameterSharing&) = delete;

  // Empty: none.
  void SetGroup(const std::string& group);  // [any-thread] but audio
  [[nodiscard]] std::string group() const;  // [any-thread] but audio

  // The parameters that are on the board, in its order.
  void SetParameters(std::vector<std::string> ids);  // [control-thread]
  // A call to the daemon stands, until End. `send` is called on this object's thread, and not
  // after End has returned; by then the call must have ended, else a send may not return.
  void Begin(Send send);  // [control-thread]
  void End();             // [control-thread]

  // A value that the group has.
  void Take(const v1::ParameterChanged& changed);  // [control-thread]
  // This value stays on the board, and the group hears nothing of it.
  void Keep(std::uint32_t index, float value);  // [any-thread] but audio

  void SetExporting(bool exporting) noexcept {  // [audio-thread]
    exporting_.store(exporting, std::memory_order_relaxed);
  }

 private:
  void Run();
  [[nodiscard]] std::vector<v1::AttachStreamRequest> TakeMessages();  // with mutex_ held

  ParameterBoard* const board_;
  std::atomic<bool> exporting_{false};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool sending_ = false;
  Send send_;                     // empty: no call
  std::string group_;             // that it should be in
  std::string joined_;            // that the daemon has been told of in this call
  std::string agreed_group_;      // that `agreed_` is of
  std::vector<std::string> ids_;  // of the board
  std::array<float, ipc::kMaxParameters> agreed_{};
  std::array<std::uint32_t, ipc::kMaxParameters> told_{};  // in this call
  std::thread thread_;                                     // from the first group on
};

}  // namespace continuo::client
