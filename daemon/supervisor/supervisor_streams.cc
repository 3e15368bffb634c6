// SPDX-License-Identifier: Apache-2.0
// The supervisor's streams, from opening to closing.
#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/base/str_cat.h"
#include "daemon/model/parameters.h"
#include "daemon/model/variant.h"
#include "daemon/supervisor/check_format.h"
#include "daemon/supervisor/segment_names.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/ipc/segment_layout.h"

namespace continuo::supervisor {
namespace {

absl::Status CheckRequest(const v1::OpenStreamRequest& request) {
  absl::Status status =
      CheckFormat(request.sample_rate_hz(), request.channels(), request.maximum_block_frames());
  if (request.key_channels() > 0) {
    status.Update(CheckRange("key_channels", request.key_channels(), 0,
                             std::max(request.channels(), 1U) - 1));
  }
  // A later client's: what this daemon does not know it cannot do.
  if (!v1::ChannelMode_IsValid(request.channel_mode())) {
    status.Update(CheckRange("channel_mode", static_cast<std::uint32_t>(request.channel_mode()), 0,
                             v1::ChannelMode_MAX));
  }
  if (!v1::WakeMode_IsValid(request.wake())) {
    status.Update(
        CheckRange("wake", static_cast<std::uint32_t>(request.wake()), 0, v1::WakeMode_MAX));
  }
  if (!v1::StreamMode_IsValid(request.mode())) {
    status.Update(
        CheckRange("mode", static_cast<std::uint32_t>(request.mode()), 0, v1::StreamMode_MAX));
  }
  return status;
}

std::string WakeOf(v1::WakeMode asked, const std::string& configured) {
  switch (asked) {
    case v1::WAKE_MODE_AUTO:
      return "auto";
    case v1::WAKE_MODE_PREDICT:
      return "predict";
    case v1::WAKE_MODE_SLEEP:
      return "sleep";
    default:
      return configured;
  }
}

StreamModeAsked AskedOf(v1::StreamMode mode) {
  if (mode == v1::STREAM_MODE_DIRECT) return StreamModeAsked::kDirect;
  return mode == v1::STREAM_MODE_PIPELINED ? StreamModeAsked::kPipelined : StreamModeAsked::kAny;
}

}  // namespace

void Supervisor::OpenStream(const v1::OpenStreamRequest& request,
                            const Reply<v1::OpenStreamResponse>& reply) {
  if (absl::Status status = CheckRequest(request); !status.ok()) return reply(status);
  absl::StatusOr<PackagePtr> package =
      store_->FindToRun(request.model_id(), request.model_version());
  if (!package.ok()) return reply(package.status());
  const model::Runnable run = store_->ToRun(*package);
  const v1::ModelManifest& manifest = run.package->manifest;
  if (manifest.task() != v1::TASK_AUDIO_EFFECT) {
    return reply(absl::InvalidArgumentError(
        base::StrCat("model_id '", manifest.id(), "' writes notes; a stream takes an effect")));
  }
  absl::StatusOr<std::vector<float>> parameters =
      model::ResolveParameters(manifest, request.parameters());
  if (!parameters.ok()) return reply(parameters.status());

  const auto made = std::make_shared<Stream>();
  made->package = run.package;
  made->variant = ChooseVariant(run, request.sample_rate_hz());
  made->model_key = ModelKey(manifest, made->variant);
  made->parameters = *std::move(parameters);
  made->channel_mode = request.channel_mode();
  made->key_channels = request.key_channels();
  made->wake = WakeOf(request.wake(), options_.wake);
  made->info.model_id = manifest.id();
  made->info.model_version = manifest.version();
  made->substitution = model::InPlaceOf(request.model_version(), manifest);
  made->info.admission = made->substitution;
  made->info.variant = manifest.variants(made->variant).id();
  made->info.client_name = request.client_name();
  made->info.sample_rate_hz = request.sample_rate_hz();
  made->info.channels = request.channels();
  made->info.maximum_block_frames = request.maximum_block_frames();
  made->asked = AskedOf(request.mode());
  made->info.mode = request.mode() == v1::STREAM_MODE_OFFLINE ? request.mode() : made->info.mode;
  made->cost_key =
      base::StrCat(made->model_key, " ", request.sample_rate_hz(), " ", request.channels(), " ",
                   request.maximum_block_frames(), " ", static_cast<int>(request.channel_mode()),
                   " ", request.key_channels());
  for (const float value : made->parameters) base::StrAppend(&made->cost_key, " ", value);

  Run(reply, [this, made, reply] {
    if (streams_.size() >= options_.maximum_streams) {
      return reply(absl::ResourceExhaustedError(
          base::StrCat(streams_.size(), " streams are open, stream.maximum_streams is ",
                       options_.maximum_streams, "; close one or raise it")));
    }
    made->place = PlaceFor(made->package, made->variant);
    const absl::Status memory = options_.memory->CheckStream();
    if (!memory.ok()) return reply(memory);
    const std::uint64_t id = next_stream_id_++;
    made->info.id = id;
    // What the model costs is known of a stream before; else it is once it has warmed up.
    if (made->info.mode != v1::STREAM_MODE_OFFLINE && CostIsFresh(made->cost_key)) {
      if (const absl::Status room = Admit(made.get()); !room.ok()) return reply(room);
    }
    made->attach_timer = loop_->RunAfter(
        std::chrono::duration_cast<EventLoop::Clock::duration>(
            std::chrono::duration<double>(options_.attach_timeout_s)),
        [this, id] { Close(id, StreamState::kFailed, "it was not attached in time"); });
    const Stream& stream = streams_[id] = std::move(*made);
    if (!stream.substitution.empty()) {
      base::Log("supervisor").warn("stream {} gets {}", id, stream.substitution);
    }
    stream_count_ = streams_.size();
    stream.place->Touch(stream.model_key);
    observer_->OnStreamChanged(stream.info, false);
    v1::OpenStreamResponse response;
    response.set_stream_id(id);
    *response.mutable_model() = stream.package->manifest;
    response.set_variant(stream.info.variant);
    reply(std::move(response));
  });
}

absl::StatusOr<Supervisor::Stream*> Supervisor::FindStream(std::uint64_t id) {
  const auto found = streams_.find(id);
  if (found != streams_.end()) return &found->second;
  return absl::NotFoundError(base::StrCat("stream_id ", id, " is not open"));
}

void Supervisor::AttachStream(std::uint64_t id, const std::shared_ptr<StreamClient>& client,
                              const Done& done) {
  Run(done, [this, id, client, done] {
    absl::StatusOr<Stream*> found = FindStream(id);
    if (!found.ok()) return done(found.status());
    Stream& stream = **found;
    if (stream.client) {
      return done(absl::FailedPreconditionError(
          base::StrCat("stream_id ", id, " is attached already, by ", stream.info.client_name)));
    }
    loop_->Cancel(std::exchange(stream.attach_timer, EventLoop::kNoTimer));
    stream.client = client;
    stream.phase = Phase::kWaitingForModel;
    done(absl::OkStatus());
    ScheduleHeartbeat();
    ScheduleTick();
    stream.place->Want(stream.model_key, stream.package, stream.variant);
  });
}

void Supervisor::OpenOnRunner(Stream* stream) {
  const ipc::Geometry geometry{stream->info.id, ++stream->generation, stream->info.sample_rate_hz,
                               stream->info.channels, stream->info.maximum_block_frames};
  absl::StatusOr<std::string> name = CreateSegment(geometry);
  if (!name.ok()) {
    return Close(stream->info.id, StreamState::kFailed, std::string(name.status().message()));
  }
  stream->segment_name = *std::move(name);
  if (const absl::Status status = stream->meter.Follow(stream->segment_name); !status.ok()) {
    base::Log("supervisor").error("stream {}: {}", stream->info.id, base::MessageOf(status));
  }
  stream->phase = Phase::kWaitingForRunner;
  stream->opening_ticks = 0;
  stream->set_while_opening.clear();
  internal::ToRunner message;
  internal::OpenStream* open = message.mutable_open_stream();
  open->set_stream_id(geometry.stream_id);
  open->set_generation(geometry.generation);
  open->set_segment_name(stream->segment_name);
  open->set_model_key(stream->model_key);
  open->set_sample_rate_hz(geometry.sample_rate_hz);
  open->set_channels(geometry.channels);
  open->set_maximum_block_frames(geometry.maximum_block_frames);
  open->set_wake(stream->wake);
  open->set_channel_mode(stream->channel_mode);
  open->set_key_channels(stream->key_channels);
  open->mutable_parameters()->Assign(stream->parameters.begin(), stream->parameters.end());
  stream->place->Send(message);
}

void Supervisor::OnStreamMessage(Placement&, const internal::FromRunner& message) {
  if (message.has_stream_ready()) OnStreamReady(message.stream_ready());
  if (message.has_stream_ended()) OnStreamEnded(message.stream_ended());
  for (const v1::GetStatisticsResponse& known : message.pong().statistics()) {
    const auto found = streams_.find(known.stream_id());
    if (found != streams_.end()) found->second.scheduling = known.scheduling();
  }
}

void Supervisor::OnStreamReady(const internal::StreamReady& ready) {
  const auto found = streams_.find(ready.stream_id());
  if (found == streams_.end()) return;
  Stream& stream = found->second;
  if (stream.phase != Phase::kWaitingForRunner || ready.generation() != stream.generation) return;
  if (stream.info.mode != v1::STREAM_MODE_OFFLINE) {
    TakeCost(&stream, ready.block_cost_us(), ready.crowded_block_cost_us());
  }
  // Room that it had before its runner ended is still its own.
  if (stream.info.mode != v1::STREAM_MODE_OFFLINE && ledger_.Find(stream.info.id) == nullptr) {
    if (const absl::Status room = Admit(&stream); !room.ok()) {
      return Refuse(stream.info.id, room);
    }
  }
  stream.phase = Phase::kReady;
  stream.info.state = StreamState::kReady;
  stream.info.runner_pid = stream.place->runner_pid();
  for (const std::uint32_t index : stream.set_while_opening) SendParameter(stream, index);
  PlaceOnCore(&stream);
  stream.client->OnSegment({stream.segment_name, stream.generation, ready.latency_frames(),
                            ready.block_cost_us(), ready.model_rate_hz(), stream.info.runner_pid,
                            stream.info.mode, stream.info.admission});
  observer_->OnStreamChanged(stream.info, false);
}

void Supervisor::OnStreamEnded(const internal::StreamEnded& ended) {
  const auto found = streams_.find(ended.stream_id());
  if (found == streams_.end() || ended.generation() != found->second.generation) return;
  Close(ended.stream_id(), StreamState::kFailed,
        base::StrCat("model ", found->second.model_key, ": ",
                     ended.error().empty() ? "the runner ended the stream" : ended.error()));
}

void Supervisor::ConfirmSegment(std::uint64_t id, std::uint32_t generation, const Done& done) {
  Run(done, [this, id, generation, done] {
    absl::StatusOr<Stream*> stream = FindStream(id);
    if (!stream.ok()) return done(stream.status());
    // An older one may be confirmed late, when its runner has gone meanwhile.
    if (generation == 0 || generation > (*stream)->generation) {
      return done(absl::InvalidArgumentError(base::StrCat("segment_mapped is ", generation,
                                                          ", the newest generation of stream ", id,
                                                          " is ", (*stream)->generation)));
    }
    if (generation == (*stream)->generation) RemoveSegmentName(*stream);
    done(absl::OkStatus());
  });
}

void Supervisor::RemoveSegmentName(Stream* stream) {
  if (!stream->segment_name.empty()) ipc::Segment::Remove(stream->segment_name);
  stream->segment_name.clear();
}

void Supervisor::Detach(std::uint64_t id, const std::shared_ptr<StreamClient>& client) {
  loop_->Post([this, id, client] {
    const auto found = streams_.find(id);
    if (found == streams_.end() || found->second.client != client) return;
    found->second.client = nullptr;
    Close(id, found->second.info.state, "");
  });
}

void Supervisor::CloseStream(std::uint64_t id, const Done& done) {
  Run(done, [this, id, done] {
    const absl::StatusOr<Stream*> stream = FindStream(id);
    if (stream.ok()) {
      Close(id, StreamState::kFailed,
            (*stream)->client ? "it was closed by another client" : "nobody was attached to it");
    }
    done(stream.status());
  });
}

void Supervisor::Refuse(std::uint64_t id, const absl::Status& status) {
  if (const auto client = std::exchange(streams_.at(id).client, nullptr)) client->OnRefused(status);
  Close(id, StreamState::kFailed, std::string(status.message()));
}

// The one way out for every stream.
void Supervisor::Close(std::uint64_t id, StreamState state, const std::string& reason) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  Stream stream = std::move(found->second);
  streams_.erase(found);
  stream_count_ = streams_.size();
  loop_->Cancel(stream.attach_timer);
  RemoveSegmentName(&stream);
  RemoveKeyBus(&stream);
  ledger_.Release(id);
  lanes_.Leave(id);
  links_.Leave(id);
  closed_figures_.Include(stream.meter.Read());
  if (stream.phase == Phase::kWaitingForRunner || stream.phase == Phase::kReady) {
    internal::ToRunner message;
    message.mutable_close_stream()->set_stream_id(id);
    stream.place->Send(message);
  }
  stream.place->Touch(stream.model_key);
  stream.info.state = state;
  if (!reason.empty()) base::Log("supervisor").info("stream {} closed: {}", id, reason);
  if (stream.client) stream.client->OnFailed(reason);
  observer_->OnStreamChanged(stream.info, true);
  if (!stream.info.sends_key.empty()) TellKeyBuses();
}

void Supervisor::SetParameters(const v1::SetParametersRequest& request, const Done& done) {
  Run(done, [this, request, done] {
    absl::StatusOr<Stream*> found = FindStream(request.stream_id());
    if (!found.ok()) return done(found.status());
    Stream& stream = **found;
    const v1::ModelManifest& manifest = stream.package->manifest;
    if (absl::Status status = model::CheckParameters(manifest, request.values()); !status.ok()) {
      return done(status);
    }
    for (const auto& [id, value] : request.values()) {
      const auto index = static_cast<std::uint32_t>(model::FindParameter(manifest, id));
      stream.parameters[index] = value;
      if (stream.phase == Phase::kReady) SendParameter(stream, index);
      if (stream.phase == Phase::kWaitingForRunner) stream.set_while_opening.insert(index);
      const std::string& parameter = manifest.parameters(static_cast<int>(index)).id();
      if (stream.client) stream.client->OnParameterChanged({parameter, value});
      ShareParameter(stream, parameter, value);
    }
    done(absl::OkStatus());
  });
}

void Supervisor::SendParameter(const Stream& stream, std::uint32_t index) {
  internal::ToRunner message;
  internal::SetParameter* set = message.mutable_set_parameter();
  set->set_stream_id(stream.info.id);
  set->set_index(index);
  set->set_value(stream.parameters[index]);
  stream.place->Send(message);
}

}  // namespace continuo::supervisor
