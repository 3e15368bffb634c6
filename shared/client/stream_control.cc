// SPDX-License-Identifier: Apache-2.0
// The control thread of a Stream.
#include <algorithm>
#include <chrono>
#include <utility>

#include "shared/client/autostart.h"
#include "shared/client/connection.h"
#include "shared/client/limits.h"
#include "shared/client/mode_words.h"
#include "shared/client/stream_impl.h"

namespace continuo::client {
namespace {

constexpr double kFirstPauseSeconds = 0.02;
constexpr double kLongestPauseSeconds = 1.0;
constexpr double kRefusedPauseSeconds = 2.0;
constexpr double kConnectSeconds = 10.0;
constexpr double kCallSeconds = 60.0;
// Direct mode is chosen where the model's own time leaves room for the crossing.
constexpr double kDirectCostShare = 0.7;

std::chrono::system_clock::time_point In(double seconds) {
  return std::chrono::system_clock::now() +
         std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000.0));
}

double PeriodUs(const StreamConfig& config) {
  return 1e6 * config.maximum_block_frames / config.sample_rate_hz;
}

// The mode that a stream begins in: the one asked for, else the one that the daemon has
// room for, else by the cost.
Mode FirstMode(const StreamConfig& config, const v1::SegmentOffered& offered) {
  if (config.mode != Mode::kAuto) return config.mode;
  if (offered.mode() == v1::STREAM_MODE_DIRECT) return Mode::kDirect;
  if (offered.mode() == v1::STREAM_MODE_PIPELINED) return Mode::kPipelined;
  const double limit_us = kDirectCostShare * config.deadline * PeriodUs(config);
  return offered.block_cost_us() <= limit_us ? Mode::kDirect : Mode::kPipelined;
}

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
  }
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
  return Connect(options, connected);
}

// One connection from beginning to end. The pause to make before the next, or 0
// for the usual.
double Stream::Impl::ConnectAndServe() {
  SetState(Connection::kConnecting, ToWords(Connection::kConnecting));
  Connected connected;
  grpc::Status status = ConnectDaemon(&connected);
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

  {
    const std::lock_guard lock(mutex_);
    if (Interrupted()) return 0;
  }
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
  grpc::ClientContext context;
  context.set_deadline(In(kCallSeconds));
  const grpc::Status status =
      v1::ModelService::NewStub(channel)->GetModel(&context, request, &response);
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
  grpc::ClientContext context;
  context.set_deadline(In(kCallSeconds));
  return v1::StreamService::NewStub(channel)->OpenStream(&context, request, opened);
}

// Serves the stream's events until either side ends it.
grpc::Status Stream::Impl::Attach(const std::shared_ptr<grpc::Channel>& channel,
                                  std::uint64_t stream_id, std::string* failed) {
  grpc::ClientContext context;
  {
    const std::lock_guard lock(mutex_);
    if (Interrupted()) return grpc::Status::CANCELLED;
    call_context_ = &context;
    snapshot_.stream_id = stream_id;
  }
  const auto stub = v1::StreamService::NewStub(channel);
  const auto call = stub->AttachStream(&context);
  v1::AttachStreamRequest request;
  request.set_stream_id(stream_id);
  v1::StreamEvent event;
  if (call->Write(request) && TellKeys(call.get())) {
    sharing_.Begin([this, &call](const v1::AttachStreamRequest& told) { Write(call.get(), told); });
    while (failed->empty() && call->Read(&event)) {
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
  grpc::Status status = call->Finish();
  const std::lock_guard lock(mutex_);
  call_context_ = nullptr;
  return status;
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

// Maps the segment and hands it to the audio thread. Empty, or why it cannot be used.
std::string Stream::Impl::HandleSegment(const v1::SegmentOffered& offered, AttachCall* call) {
  std::unique_ptr<ipc::Segment> segment;
  const ipc::SegmentError error = ipc::Segment::Open(offered.name(), &segment);
  if (error != ipc::SegmentError::kNone) {
    return "shared memory '" + offered.name() + "': " + ipc::ToWords(error);
  }
  const ipc::Geometry& geometry = segment->geometry();
  if (geometry.channels != TotalChannels(config_) ||
      geometry.maximum_block_frames != config_.maximum_block_frames) {
    return "the daemon offered a segment for another number of channels or frames";
  }
  if (offered.latency_frames() > kMaxModelLatencyFrames) {
    return "the model's delay of " + std::to_string(offered.latency_frames()) +
           " frames is above the limit of " + std::to_string(kMaxModelLatencyFrames);
  }
  v1::AttachStreamRequest request;
  request.set_segment_mapped(offered.generation());
  if (!Write(call, request)) return {};

  LoseLink();  // if the daemon did not say that the last one is gone
  auto link = std::make_unique<Link>(std::move(segment));
  const Mode mode = FirstMode(config_, offered);
  const std::uint32_t pipelined_frames = config_.pipelined_blocks * config_.maximum_block_frames;
  link->model_latency_frames = offered.latency_frames();
  link->pipelined_frames = mode == Mode::kDirect ? 0 : pipelined_frames;
  link->adaptive_frames = config_.mode == Mode::kAuto ? pipelined_frames : 0;
  link->wants_transport = wants_transport_;
  link->offline_adds_latency = config_.mode == Mode::kPipelined;
  link->runner_pid = offered.runner_pid();
  link->segment->client().state.store(static_cast<std::uint32_t>(ipc::ClientState::kRunning));
  {
    const std::lock_guard lock(mutex_);
    link->number = ++newest_link_;
    snapshot_.mode = mode;
    snapshot_.latency_frames = link->model_latency_frames + link->pipelined_frames;
    admitted_ = offered.admission().empty()
                    ? DescribeCost(mode, offered.block_cost_us(), PeriodUs(config_))
                    : DescribeAdmission(mode, offered.admission());
    snapshot_.runner_pid = offered.runner_pid();
    snapshot_.model_rate_hz = offered.model_rate_hz();
    snapshot_.block_cost_us = offered.block_cost_us();
  }
  link_ = link.get();
  newest_path_->links().Offer(std::move(link));
  SetState(Connection::kConnected, ToWords(Connection::kConnected));
  return {};
}

// The link stays where it is until the audio thread has another; it is not used.
void Stream::Impl::LoseLink() {
  if (link_ == nullptr) return;
  link_->lost.store(true, std::memory_order_release);
  link_->segment->client().state.store(static_cast<std::uint32_t>(ipc::ClientState::kClosed));
  link_ = nullptr;
}

// The audio thread cannot tell that it has changed the mode; this is called each second.
void Stream::Impl::TellModeChange() {
  const std::uint32_t latency = counters_.latency_frames.load(std::memory_order_relaxed);
  if (std::exchange(told_latency_frames_, latency) != latency) TellListener();
}

bool Stream::Impl::Write(AttachCall* call, const v1::AttachStreamRequest& request) {
  const std::lock_guard lock(write_mutex_);
  return call->Write(request);
}

void Stream::Impl::TellListener() {
  std::function<void()> on_change;
  {
    const std::lock_guard lock(mutex_);
    on_change = on_change_;
  }
  if (on_change) on_change();
}

void Stream::Impl::SetState(Connection connection, std::string words) {
  std::function<void()> on_change;
  {
    const std::lock_guard lock(mutex_);
    if (snapshot_.connection == connection && snapshot_.words == words) return;
    snapshot_.connection = connection;
    snapshot_.words = std::move(words);
    connection_.store(connection, std::memory_order_release);
    on_change = on_change_;
  }
  changed_.notify_all();
  if (on_change) on_change();
}

void Stream::Impl::Pause(double seconds) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::duration<double>(seconds), [this] { return Interrupted(); });
}

bool Stream::Impl::Interrupted() const { return stopping_ || pending_ != nullptr; }

}  // namespace continuo::client
