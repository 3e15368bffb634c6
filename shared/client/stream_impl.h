// SPDX-License-Identifier: Apache-2.0
// Inside of Stream: what its threads share, and the control thread's work.
//
//   main-thread ── Reconfigure, SetParameter(id) ──► mutex ──► control thread
//   main-thread ── Reconfigure, destructor ──► Errand ends what the control thread waits for
//   control thread ── AudioPath, Link (Handover) ──► audio thread ── AudioCounters ──► all
//
// The control thread makes and deletes every AudioPath and Link; only it holds
// plain pointers to them besides the audio thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "continuo/v1/model_service.grpc.pb.h"
#include "continuo/v1/stream_service.grpc.pb.h"
#include "shared/client/audio_path.h"
#include "shared/client/connection.h"
#include "shared/client/errand.h"
#include "shared/client/parameter_sharing.h"
#include "shared/client/stream.h"

namespace continuo::client {

class Stream::Impl {
 public:
  explicit Impl(StreamConfig config);
  ~Impl();

  // [audio-thread]
  void Process(const float* const* in, float* const* out, std::uint32_t frames,
               const BlockContext& context) noexcept;
  void Reset() noexcept { reset_pending_ = true; }

  void SetParameter(const std::string& id, float value);
  void Reconfigure(StreamConfig config);
  [[nodiscard]] Snapshot snapshot() const;
  void SetListener(std::function<void()> on_change);
  [[nodiscard]] bool WaitUntilSettled(double seconds);

  [[nodiscard]] ParameterBoard& board() noexcept { return board_; }
  [[nodiscard]] const ParameterBoard& board() const noexcept { return board_; }
  [[nodiscard]] ParameterSharing& sharing() noexcept { return sharing_; }
  [[nodiscard]] const AudioCounters& counters() const noexcept { return counters_; }

 private:
  using AttachCall = grpc::ClientReaderWriter<v1::AttachStreamRequest, v1::StreamEvent>;

  // All [control-thread].
  void Run();
  bool AdoptConfiguration();
  grpc::Status ConnectDaemon(Connected* connected);
  double ConnectAndServe();
  void SendKeyAlone();
  grpc::Status FetchModel(const std::shared_ptr<grpc::Channel>& channel, v1::ModelManifest* model);
  grpc::Status Open(const std::shared_ptr<grpc::Channel>& channel, v1::OpenStreamResponse* opened);
  static void CloseUnattached(v1::StreamService::Stub* stub, std::uint64_t stream_id);
  grpc::Status Attach(const std::shared_ptr<grpc::Channel>& channel, std::uint64_t stream_id,
                      std::string* failed);
  std::string HandleSegment(const v1::SegmentOffered& offered, AttachCall* call);
  void HandleEvent(const v1::StreamEvent& event, AttachCall* call, std::string* failed);
  void NoteParameter(const v1::ParameterChanged& changed);
  void Want(const std::string& id, float value);  // with mutex_ held
  void AdoptModel(const v1::ModelManifest& model);
  void HarvestParameters();
  bool TellKeys(AttachCall* call);
  void TakeBuses(const v1::KeyBuses& buses);
  void LoseLink();
  bool Write(AttachCall* call, const v1::AttachStreamRequest& request);  // and sharing_'s thread
  void TellModeChange();
  void TellListener();
  void SetState(Connection connection, std::string words);
  void Pause(double seconds);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  StreamConfig config_;                    // in force
  std::unique_ptr<StreamConfig> pending_;  // asked for
  std::map<std::string, float> wanted_;    // parameters by id, known or not
  Snapshot snapshot_;                      // without the counters
  std::function<void()> on_change_;
  bool stopping_ = false;
  std::uint32_t newest_link_ = 0;          // Link::number of the one made last
  std::string admitted_;                   // why the stream began in its mode
  std::uint32_t told_latency_frames_ = 0;  // [control-thread]
  bool wants_transport_ = false;           // [control-thread]
  v1::KeyBuses buses_;                     // [control-thread] of newest_path_

  // All that the control thread waits for. Cancelled while there is something to adopt, and from
  // the destructor on; both under mutex_.
  Errand errand_;

  std::mutex write_mutex_;  // of writing to the call

  ParameterBoard board_;
  ParameterSharing sharing_{&board_};
  AudioCounters counters_;
  std::atomic<Connection> connection_{Connection::kConnecting};
  std::atomic<bool> reconfiguring_{false};
  bool reset_pending_ = false;  // [audio-thread]
  Handover<AudioPath> paths_;
  AudioPath* newest_path_ = nullptr;  // [control-thread]
  Link* link_ = nullptr;              // [control-thread]
  std::thread thread_;
};

}  // namespace continuo::client
