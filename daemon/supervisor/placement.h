// SPDX-License-Identifier: Apache-2.0
// A place where models run: one runner at a time, the models it holds or is to hold, and
// its restarts. The place outlives its runners.
//
// States of a model here:
//
//   verifying ──files are right──► asking ──memory is granted──► wanted ──a runner is there──►
//   loading ──► loaded; back to wanted when the runner has ended.
//
// Memory: nothing is loaded before the budget has granted it (memory_keeper.h); what has to go
// for others goes if nothing uses it, and is reported as given back when it has been.
//
// Threads: [loop-thread]. Calls to the host come from within this object's methods; the
// host does not destroy it there.
#pragma once

#include <absl/status/status.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/base/background_worker.h"
#include "daemon/model/package.h"
#include "daemon/supervisor/event_loop.h"
#include "daemon/supervisor/memory_keeper.h"
#include "daemon/supervisor/restart_policy.h"
#include "daemon/supervisor/runner.h"

namespace continuo::supervisor {

using PackagePtr = std::shared_ptr<const model::Package>;

struct PlacementOptions {
  RunnerOptions runner;
  std::size_t restart_limit = 5;
  std::chrono::steady_clock::duration restart_window = std::chrono::seconds(60);
  std::uint64_t hang_ticks = 20;   // unanswered pings after which a runner hangs
  std::uint64_t start_ticks = 60;  // ticks that loading a model may take
  std::chrono::steady_clock::duration keep_loaded = std::chrono::seconds(300);
  MemoryKeeper* memory = nullptr;  // outlives the place
  memory::Rank rank = memory::Rank::kStream;
};

class Placement : private MemoryHolder {
 public:
  // What a place needs of its owner, and tells it.
  class Host {
   public:
    virtual ~Host() = default;
    virtual void OnRunnerStarted(Placement& place) = 0;
    // `pid` is the runner that was; runner_pid() is 0 by now.
    virtual void OnRunnerEnded(Placement& place, pid_t pid, const std::string& reason,
                               bool asked) = 0;
    virtual void OnModelLoaded(Placement& place, const std::string& key) = 0;
    // The model is no longer of this place.
    virtual void OnModelFailed(Placement& place, const std::string& key,
                               const absl::Status& status) = 0;
    virtual void OnModelUnloaded(Placement& place, const std::string& key) = 0;
    // StreamReady, StreamEnded, Pong.
    virtual void OnStreamMessage(Placement& place, const internal::FromRunner& message) = 0;
    // Streams and requests that need the model now.
    [[nodiscard]] virtual std::size_t UsersOf(const Placement& place, const std::string& key) = 0;
    // The same for people: "2 streams".
    [[nodiscard]] virtual std::string UsersInWords(const Placement& place,
                                                   const std::string& key) = 0;
    // A stream or a model has been on its way for too long already.
    [[nodiscard]] virtual bool StreamsAreOpening(const Placement& place) = 0;
  };

  // `name` is the budget's for it: PlaceName().
  Placement(EventLoop* loop, base::BackgroundWorker* worker, Host* host, PlacementOptions options,
            std::string name, std::string executor, std::string reason);
  ~Placement() override;
  Placement(const Placement&) = delete;
  Placement& operator=(const Placement&) = delete;

  // Sees to it that the model gets loaded; OnModelLoaded or OnModelFailed follows, from
  // within this call where it is loaded already. A runner that is ending is not counted on.
  void Want(const std::string& key, const PackagePtr& package, int variant);
  // Gives the model's memory back, with the runner where it was the last.
  void Unload(const std::string& key);
  [[nodiscard]] bool IsLoaded(const std::string& key) const;
  [[nodiscard]] bool Holds(const std::string& key) const { return models_.contains(key); }
  // Counts the time that it stays loaded from now, and asks the host anew for its users.
  void Touch(const std::string& key);
  // For as long as it is loaded; else what the options say.
  void SetKeepAlive(const std::string& key, EventLoop::Clock::duration keep_alive);

  void Send(const internal::ToRunner& message);
  // 0: no runner. The answer is a Pong with this number.
  std::uint64_t Ping() { return runner_ ? runner_->Ping() : 0; }
  void KillRunner(const std::string& why);
  // Every ping interval, while active().
  void Tick();
  void Shutdown();

  // Something here needs ticks.
  [[nodiscard]] bool active() const { return runner_ != nullptr || !models_.empty(); }
  [[nodiscard]] pid_t runner_pid() const { return runner_ ? runner_->pid() : 0; }
  [[nodiscard]] std::vector<std::string> LoadedKeys() const;
  [[nodiscard]] const std::string& executor() const { return executor_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] std::string scheduling() const { return runner_ ? runner_->scheduling() : ""; }
  [[nodiscard]] std::string confinement() const { return runner_ ? runner_->confinement() : ""; }
  [[nodiscard]] std::uint32_t restarts() const { return restarts_; }

 private:
  enum class ModelState : std::uint8_t { kVerifying, kAsking, kWanted, kLoading, kLoaded };
  struct Model {
    PackagePtr package;
    int variant = 0;
    ModelState state = ModelState::kVerifying;
    std::uint64_t window_bytes = 0;  // that its weights are streamed through; 0: they stay
    std::uint64_t loading_ticks = 0;
    EventLoop::Clock::time_point last_used{};
    EventLoop::Clock::duration keep_alive{};
  };

  // MemoryHolder
  void OnMemory(const memory::Action& action) override;
  void GiveBack(const std::string& key);
  void TellUsers(const std::string& key);

  void Verify(const std::string& key, const PackagePtr& package);
  void Advance();
  [[nodiscard]] bool EnsureRunner();
  void StartRunner();
  void SendLoad(const std::string& key, Model* model);
  void OnMessage(const internal::FromRunner& message);
  void OnLoaded(const internal::ModelLoaded& loaded);
  void OnEnded(const std::string& reason, bool asked);
  void Fail(const std::string& key, const absl::Status& status);
  void FailAll(const absl::Status& status);
  void UnloadUnused();
  [[nodiscard]] bool HoldsNothing() const;

  EventLoop* loop_;
  base::BackgroundWorker* worker_;
  Host* host_;
  PlacementOptions options_;
  std::string name_;
  std::string executor_;
  std::string reason_;
  RestartPolicy policy_;
  std::unique_ptr<Runner> runner_;
  std::map<std::string, Model> models_;
  std::set<std::string> leaving_;  // unloaded, and the runner has not said so yet
  EventLoop::TimerId start_timer_ = EventLoop::kNoTimer;
  std::string last_death_;
  std::uint32_t restarts_ = 0;
  bool stopping_ = false;
  // Tells what comes back from the worker whether this object still lives.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// "streams/fused", "jobs/torch:melody/1.0.0/fp32" of the budget; `key` is a place's.
[[nodiscard]] std::string PlaceName(memory::Rank rank, const std::string& key);
// Of its first word on: what costs the same without models.
[[nodiscard]] std::string PlaceKind(memory::Rank rank, const std::string& executor);

}  // namespace continuo::supervisor
