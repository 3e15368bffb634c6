// SPDX-License-Identifier: Apache-2.0
// The control thread of a Stream.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "shared/client/autostart.h"
#include "shared/client/connection.h"
#include "shared/client/stream_impl.h"

namespace continuo::client {
namespace {

constexpr double kFirstPauseSeconds = 0.02;
constexpr double kLongestPauseSeconds = 1.0;
constexpr double kRefusedPauseSeconds = 2.0;
constexpr double kConnectSeconds = 10.0;
constexpr std::chrono::milliseconds kCallTime{60'000};
// The destructor may wait for it.
constexpr std::chrono::milliseconds kCloseTime{250};

v1::StreamMode ToProto(Mode mode) {
  switch (mode) {
    case Mode::kDirect:
      return v1::STREAM_MODE_DIRECT;
    case Mode::kPipelined:
      return v1::STREAM_MODE_PIPELINED;
    case Mode::kAuto:
      break;
  }
  return v1::STREAM_MODE_UNSPECIFIED;
}

v1::ChannelMode ToProto(ChannelMode mode) {
  return mode == ChannelMode::kMid ? v1::CHANNEL_MODE_MID : v1::CHANNEL_MODE_EACH;
}

v1::WakeMode ToWakeMode(const std::string& word) {
  if (word == "auto") return v1::WAKE_MODE_AUTO;
  if (word == "predict") return v1::WAKE_MODE_PREDICT;
  return word == "sleep" ? v1::WAKE_MODE_SLEEP : v1::WAKE_MODE_UNSPECIFIED;
}

}  // namespace

void Stream::Impl::Run() {
  double pause_s = kFirstPauseSeconds;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (stopping_) return;
    }
    if (AdoptConfiguration()) pause_s = kFirstPauseSeconds;
    paths_.Collect();
    const bool dry = config_.model_id.empty();
    if (dry && config_.send_key.empty()) {
      SetState(Connection::kIdle, ToWords(Connection::kIdle));
      Pause(kLongestPauseSeconds);
      continue;
    }
    double asked_pause_s = 0;
    if (dry) {
      SendKeyAlone();
    } else {
      asked_pause_s = ConnectAndServe();
    }
    HarvestParameters();
    Pause(asked_pause_s > 0 ? asked_pause_s : pause_s);
    pause_s = asked_pause_s > 0 ? kFirstPauseSeconds : std::min(2 * pause_s, kLongestPauseSeconds);
  }
}

// Builds the audio path for a configuration that was asked for; false if none was.
bool Stream::Impl::AdoptConfiguration() {
  std::unique_ptr<StreamConfig> next;
  {
    const std::lock_guard lock(mutex_);
    if (!pending_) return false;
    next = std::move(pending_);
    const bool same_model = next->model_id == config_.model_id;
    const bool same_version = same_model && next->model_version == config_.model_version;
    config_ = *next;
    if (!same_model) {
      wanted_.clear();
      board_.SetCount(0);
      sharing_.SetParameters({});  // what was agreed upon is of the model before
      snapshot_ = Snapshot{};
      for (const auto& [id, value] : config_.parameters) wanted_[id] = value;
    }
    if (!same_version) snapshot_.model_missing = false;
    snapshot_.latency_frames = 0;  // until there is a link
    snapshot_.connection = config_.model_id.empty() ? Connection::kIdle : Connection::kConnecting;
    snapshot_.words = ToWords(snapshot_.connection);
    connection_.store(snapshot_.connection, std::memory_order_release);
    if (!stopping_) errand_.Renew();
  }
  changed_.notify_all();
  LoseLink();
  link_ = nullptr;
  auto path = std::make_unique<AudioPath>(config_, &board_, &counters_, &connection_);
  newest_path_ = path.get();
  buses_ = {};
  // Else the audio thread could not take it at once, and an export would begin with
  // the path before.
  paths_.Collect();
  paths_.Offer(std::move(path));
  const std::lock_guard lock(mutex_);
  reconfiguring_.store(pending_ != nullptr, std::memory_order_release);
  return true;
}

grpc::Status Stream::Impl::ConnectDaemon(Connected* connected) {
  ConnectOptions options;
  options.socket_path = config_.socket_path;
  options.autostart = config_.autostart;
  options.client_name = config_.client_name;
  options.timeout_s = kConnectSeconds;
  options.errand = &errand_;
  return Connect(options, connected);
}

// One connection from beginning to end. The pause to make before the next, or 0
// for the usual.
double Stream::Impl::ConnectAndServe() {
  SetState(Connection::kConnecting, ToWords(Connection::kConnecting));
  Connected connected;
  grpc::Status status = ConnectDaemon(&connected);
  if (errand_.cancelled()) return 0;
  if (!status.ok()) {
    // Where nothing answers there may soon be something; a refusal, or no daemon to
    // start, needs a change.
    const bool may_come = status.error_code() == grpc::StatusCode::UNAVAILABLE &&
                          !(config_.autostart && FindDaemon().empty());
    SetState(may_come ? Connection::kConnecting : Connection::kUnavailable, Describe(status));
    return may_come ? 0 : kRefusedPauseSeconds;
  }

  SetState(Connection::kOpening, "loading the model '" + config_.model_id + "'");
  v1::ModelManifest model;
  v1::OpenStreamResponse opened;
  status = FetchModel(connected.channel, &model);
  if (status.ok()) {
    HarvestParameters();  // what was turned since there was no daemon
    AdoptModel(model);
    status = Open(connected.channel, &opened);
  }
  std::string failed;
  if (status.ok()) status = Attach(connected.channel, opened.stream_id(), &failed);
  LoseLink();

  if (errand_.cancelled()) return 0;
  if (!failed.empty() || (!status.ok() && status.error_code() != grpc::StatusCode::UNAVAILABLE)) {
    SetState(Connection::kUnavailable, failed.empty() ? Describe(status) : failed);
    return kRefusedPauseSeconds;
  }
  SetState(Connection::kConnecting, "the daemon has ended; connecting again");
  return 0;
}

grpc::Status Stream::Impl::FetchModel(const std::shared_ptr<grpc::Channel>& channel,
                                      v1::ModelManifest* model) {
  v1::GetModelRequest request;
  request.set_id(config_.model_id);
  request.set_version(config_.model_version);
  request.set_to_run(true);
  v1::GetModelResponse response;
  const grpc::Status status = errand_.Run(kCallTime, [&](grpc::ClientContext& context) {
    return v1::ModelService::NewStub(channel)->GetModel(&context, request, &response);
  });
  *model = response.model().manifest();
  const std::lock_guard lock(mutex_);
  snapshot_.model_missing = status.error_code() == grpc::StatusCode::NOT_FOUND;
  return status;
}

grpc::Status Stream::Impl::Open(const std::shared_ptr<grpc::Channel>& channel,
                                v1::OpenStreamResponse* opened) {
  v1::OpenStreamRequest request;
  request.set_model_id(config_.model_id);
  request.set_model_version(config_.model_version);
  request.set_sample_rate_hz(config_.sample_rate_hz);
  request.set_channels(TotalChannels(config_));
  request.set_key_channels(config_.key_channels);
  request.set_maximum_block_frames(config_.maximum_block_frames);
  request.set_client_name(config_.client_name);
  request.set_mode(config_.renders ? v1::STREAM_MODE_OFFLINE : ToProto(config_.mode));
  request.set_channel_mode(ToProto(config_.channel_mode));
  request.set_wake(ToWakeMode(config_.wake));
  {
    const std::lock_guard lock(mutex_);
    for (std::uint32_t i = 0; i < snapshot_.parameters.size(); ++i) {
      (*request.mutable_parameters())[snapshot_.parameters[i].id] = board_.Get(i);
    }
  }
  return errand_.Run(kCallTime, [&](grpc::ClientContext& context) {
    return v1::StreamService::NewStub(channel)->OpenStream(&context, request, opened);
  });
}

// Serves the stream's events until either side ends it.
grpc::Status Stream::Impl::Attach(const std::shared_ptr<grpc::Channel>& channel,
                                  std::uint64_t stream_id, std::string* failed) {
  {
    const std::lock_guard lock(mutex_);
    snapshot_.stream_id = stream_id;
  }
  const auto stub = v1::StreamService::NewStub(channel);
  bool attached = false;  // as the daemon has said, by its first event
  const grpc::Status status = errand_.Run(kNoDeadline, [&](grpc::ClientContext& context) {
    const auto call = stub->AttachStream(&context);
    v1::AttachStreamRequest request;
    request.set_stream_id(stream_id);
    v1::StreamEvent event;
    if (call->Write(request) && TellKeys(call.get())) {
      sharing_.Begin(
          [this, &call](const v1::AttachStreamRequest& told) { Write(call.get(), told); });
      while (failed->empty() && call->Read(&event)) {
        attached = true;
        HandleEvent(event, call.get(), failed);
        TellModeChange();
        if (newest_path_ != nullptr) {
          newest_path_->links().Collect();
          newest_path_->keys().Collect();
        }
        paths_.Collect();
      }
    }
    if (!failed->empty()) context.TryCancel();
    sharing_.End();
    return call->Finish();
  });
  if (!attached && errand_.cancelled()) CloseUnattached(stub.get(), stream_id);
  return status;
}

// A stream ends with the call that it is attached by. Until there is one it would take a place, and
// a share of a core, for as long as the daemon waits for it to be attached.
void Stream::Impl::CloseUnattached(v1::StreamService::Stub* stub, std::uint64_t stream_id) {
  v1::CloseStreamRequest request;
  request.set_stream_id(stream_id);
  v1::CloseStreamResponse response;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kCloseTime);
  // Where that fails the daemon comes to it by itself.
  static_cast<void>(stub->CloseStream(&context, request, &response));
}

void Stream::Impl::HandleEvent(const v1::StreamEvent& event, AttachCall* call,
                               std::string* failed) {
  switch (event.what_case()) {
    case v1::StreamEvent::kSegment:
      *failed = HandleSegment(event.segment(), call);
      break;
    case v1::StreamEvent::kRunnerLost:
      LoseLink();
      HarvestParameters();
      SetState(Connection::kRestarting, event.runner_lost().reason());
      break;
    case v1::StreamEvent::kParameterChanged:
      NoteParameter(event.parameter_changed());
      break;
    case v1::StreamEvent::kLinkAsked:
      sharing_.SetGroup(event.link_asked().group());
      TellListener();
      break;
    case v1::StreamEvent::kKeyBuses:
      TakeBuses(event.key_buses());
      break;
    case v1::StreamEvent::kFailed:
      *failed = event.failed().reason();
      break;
    default:
      break;
  }
}

bool Stream::Impl::Write(AttachCall* call, const v1::AttachStreamRequest& request) {
  const std::lock_guard lock(write_mutex_);
  return call->Write(request);
}

void Stream::Impl::Pause(double seconds) {
  static_cast<void>(errand_.Pause(std::chrono::milliseconds(std::llround(1e3 * seconds))));
}

}  // namespace continuo::client
