// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/runner/runner_host.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <utility>

#include "daemon/app/runner/load_request.h"
#include "daemon/app/runner/parameter_specs.h"
#include "daemon/base/allocator.h"
#include "daemon/base/log.h"
#include "daemon/base/thread.h"
#include "daemon/executor/module.h"
#include "daemon/model/variant.h"
#include "shared/ipc/segment.h"

namespace continuo::runner {
namespace {

constexpr std::chrono::seconds kStopPatience{1};

spdlog::logger& Log() { return base::Log("runner"); }

const v1::Variant* FindVariant(const v1::ModelManifest& manifest, const std::string& id) {
  for (const v1::Variant& variant : manifest.variants()) {
    if (variant.id() == id) return &variant;
  }
  return nullptr;
}

// Loading and warming up take a second of processor time: on a thread of their own
// that gives way, for the audio threads to come must not inherit its priority.
template <typename Work>
void InBackground(Work work) {
  std::thread([&work] {
    base::NameThread("loading");
    base::LowerPriority();
    work();
  }).join();
}

}  // namespace

RunnerHost::RunnerHost(const RunnerOptions& options, ControlChannel* channel)
    : options_(options),
      channel_(channel),
      notes_(options.job_threads > 0 ? std::make_unique<NotesHost>(options.job_threads, channel)
                                     : nullptr),
      lanes_(options.realtime_priority, options.priority_broker) {}

void RunnerHost::Handle(const internal::ToRunner& message) {
  switch (message.what_case()) {
    case internal::ToRunner::kLoadModel:
      work_.Run([this, request = message.load_model()] { Load(request); });
      break;
    case internal::ToRunner::kUnloadModel:
      work_.Run([this, key = message.unload_model().key()] { Unload(key); });
      break;
    case internal::ToRunner::kOpenStream:
      work_.Run([this, request = message.open_stream()] { Open(request); });
      break;
    case internal::ToRunner::kCloseStream:
      work_.Run([this, id = message.close_stream().stream_id()] { Close(id); });
      break;
    case internal::ToRunner::kPlaceStream:
      lane_work_.Run([this, request = message.place_stream()] { Place(request); });
      break;
    case internal::ToRunner::kSetParameter:
      SetParameter(message.set_parameter());
      break;
    case internal::ToRunner::kRunJob:
      RunJob(message.run_job());
      break;
    case internal::ToRunner::kCancelJob:
      if (notes_) notes_->Cancel(message.cancel_job().job_id());
      break;
    case internal::ToRunner::kPing:
      AnswerPing(message.ping());
      break;
    default:
      break;
  }
}

absl::StatusOr<executor::Executor*> RunnerHost::FindExecutor(const std::string& name) {
  auto& slot = executors_[name];
  if (slot == nullptr) {
    auto opened = executor::OpenExecutor(options_.module_directory, name);
    if (!opened.ok()) return opened.status();
    slot = *std::move(opened);
    Log().info("executor '{}' opened", name);
  }
  return slot.get();
}

absl::Status RunnerHost::LoadNow(const internal::LoadModel& request, base::MemoryGrowth* growth) {
  const v1::Variant* variant = FindVariant(request.manifest(), request.variant());
  if (variant == nullptr) {
    return absl::NotFoundError(absl::StrCat("no variant '", request.variant(), "'"));
  }
  auto executor = FindExecutor(model::ExecutorOf(request.manifest(), *variant));
  if (!executor.ok()) return executor.status();
  executor::LoadRequest load = ToLoadRequest(request.manifest(), request.directory(), *variant);
  load.weight_window_bytes = request.weight_window_bytes();
  growth->Begin(options_.own_memory);  // an executor stays when the model goes
  if (request.manifest().task() == v1::TASK_NOTES) {
    if (!notes_) return absl::FailedPreconditionError("this runner is not for jobs");
    return notes_->Load(request, *executor, load);
  }
  auto model = (*executor)->Load(load);
  if (!model.ok()) return model.status();
  models_[request.key()] = {*std::move(model), request.manifest(), KeyChannels(*variant)};
  return absl::OkStatus();
}

void RunnerHost::Load(const internal::LoadModel& request) {
  internal::FromRunner answer;
  answer.mutable_model_loaded()->set_key(request.key());
  if (!models_.contains(request.key()) && !(notes_ && notes_->Has(request.key()))) {
    absl::Status loaded;
    base::MemoryGrowth growth;
    InBackground([&] { loaded = LoadNow(request, &growth); });
    // What was read and parsed for it is needed no more.
    base::GiveBackFreePages();
    answer.mutable_model_loaded()->set_resident_bytes(growth.resident_bytes());
    answer.mutable_model_loaded()->set_peak_bytes(growth.peak_bytes());
    if (!loaded.ok()) {
      Log().error("model {} not loaded: {}", request.key(), loaded.ToString());
      answer.mutable_model_loaded()->set_error(std::string(loaded.message()));
    } else {
      Log().info("model {} loaded", request.key());
    }
  }
  channel_->Send(answer);
}

void RunnerHost::RunJob(const internal::RunJob& request) {
  if (notes_) notes_->Run(request);
}

void RunnerHost::Unload(const std::string& key) {
  std::vector<std::uint64_t> users;
  {
    const std::lock_guard lock(streams_mutex_);
    for (const auto& [id, stream] : streams_) {
      if (stream.model_key == key) users.push_back(id);
    }
  }
  for (const std::uint64_t id : users) Close(id);
  models_.erase(key);
  if (notes_) notes_->Unload(key);
  base::GiveBackFreePages();
  internal::FromRunner answer;
  answer.mutable_model_unloaded()->set_key(key);
  channel_->Send(answer);
}

absl::StatusOr<std::unique_ptr<stream::SignalPath>> RunnerHost::MakePath(
    const internal::OpenStream& request) {
  const auto found = models_.find(request.model_key());
  if (found == models_.end()) {
    return absl::NotFoundError(absl::StrCat("model ", request.model_key(), " is not loaded"));
  }
  const v1::ModelManifest& manifest = found->second.manifest;
  stream::SignalPathConfig config;
  config.sample_rate_hz = request.sample_rate_hz();
  config.channels = request.channels();
  config.maximum_block_frames = request.maximum_block_frames();
  config.key_channels = request.key_channels();
  config.model_key_channels = found->second.key_channels;
  config.mid = request.channel_mode() == v1::CHANNEL_MODE_MID;
  config.wants_transport = manifest.audio().wants_transport();
  config.wants_midi = manifest.audio().wants_midi();
  config.tail_ms = manifest.audio().tail_ms();
  config.parameters = ToParameterSpecs(manifest);
  const int given = std::min(request.parameters_size(), manifest.parameters_size());
  for (int i = 0; i < given; ++i) {
    config.parameters[static_cast<std::size_t>(i)].value = request.parameters(i);
  }
  return stream::SignalPath::Make(*found->second.model, config);
}

void RunnerHost::Open(const internal::OpenStream& request) {
  Close(request.stream_id());  // an earlier generation of the same stream
  const auto fail = [&](const std::string& reason) {
    Log().error("stream {}: {}", request.stream_id(), reason);
    ReportEnded(request.stream_id(), request.generation(), reason);
  };
  absl::StatusOr<std::unique_ptr<stream::SignalPath>> path;
  absl::StatusOr<stream::BlockCost> cost;
  InBackground([&] {
    path = MakePath(request);
    if (path.ok()) cost = (*path)->WarmUp();
  });
  if (!path.ok()) return fail(std::string(path.status().message()));
  if (!cost.ok()) return fail(std::string(cost.status().message()));
  std::unique_ptr<ipc::Segment> segment;
  if (const auto error = ipc::Segment::Open(request.segment_name(), &segment);
      error != ipc::SegmentError::kNone) {
    return fail(ipc::ToWords(error));
  }
  const ipc::Geometry& geometry = segment->geometry();
  if (geometry.channels != request.channels() ||
      geometry.maximum_block_frames != request.maximum_block_frames()) {
    return fail("the segment is not the one of this stream");
  }

  internal::FromRunner answer;
  auto* ready = answer.mutable_stream_ready();
  ready->set_stream_id(request.stream_id());
  ready->set_generation(request.generation());
  ready->set_latency_frames((*path)->latency_frames());
  ready->set_block_cost_us(cost->alone_us);
  ready->set_crowded_block_cost_us(cost->crowded_us);
  ready->set_model_rate_hz(models_.at(request.model_key()).model->description().sample_rate_hz);
  Stream stream;
  stream.generation = request.generation();
  stream.model_key = request.model_key();
  stream.wake = stream::ParseWakeMode(request.wake());
  stream.worker = std::make_unique<stream::StreamWorker>(
      std::move(segment), *std::move(path),
      static_cast<std::uint32_t>(models_.at(request.model_key()).manifest.parameters_size()),
      options_.realtime_priority, options_.priority_broker);
  stream.worker->StartOn(request.core(), options_.realtime_priority);
  {
    const std::lock_guard lock(streams_mutex_);
    streams_[request.stream_id()] = std::move(stream);
  }
  channel_->Send(answer);
}

void RunnerHost::Close(std::uint64_t stream_id) {
  stream::StreamWorker* worker = nullptr;
  {
    const std::lock_guard lock(streams_mutex_);
    const auto found = streams_.find(stream_id);
    if (found == streams_.end()) return;
    worker = found->second.worker.get();
  }
  Stream closing;
  std::promise<void> released;
  lane_work_.Run([&] {
    lanes_.Release(worker);
    {
      // Not before: until now it is watched, as one that hangs is waited for here.
      const std::lock_guard lock(streams_mutex_);
      const auto found = streams_.find(stream_id);
      closing = std::move(found->second);
      streams_.erase(found);
    }
    released.set_value();
  });
  released.get_future().wait();
}

void RunnerHost::Place(const internal::PlaceStream& request) {
  stream::StreamWorker* worker = nullptr;
  {
    const std::lock_guard lock(streams_mutex_);
    const auto found = streams_.find(request.stream_id());
    if (found == streams_.end()) return;
    worker = found->second.worker.get();
    found->second.in_lane = request.lane() > 0;
  }
  // Who closes it waits for this thread, so it is there still.
  lanes_.Place(worker, request.core(), request.lane());
}

void RunnerHost::SetParameter(const internal::SetParameter& request) {
  const std::lock_guard lock(streams_mutex_);
  const auto found = streams_.find(request.stream_id());
  if (found != streams_.end()) found->second.worker->SetParameter(request.index(), request.value());
}

void RunnerHost::ReportEnded(std::uint64_t stream_id, std::uint32_t generation,
                             const std::string& error) {
  internal::FromRunner message;
  message.mutable_stream_ended()->set_stream_id(stream_id);
  message.mutable_stream_ended()->set_generation(generation);
  message.mutable_stream_ended()->set_error(error);
  channel_->Send(message);
}

void RunnerHost::AnswerPing(std::uint64_t number) {
  internal::FromRunner message;
  message.mutable_pong()->set_number(number);
  {
    const std::lock_guard lock(streams_mutex_);
    for (const auto& [id, stream] : streams_) {
      v1::GetStatisticsResponse* statistics = message.mutable_pong()->add_statistics();
      statistics->set_stream_id(id);
      const std::string words = stream.worker->scheduling();
      statistics->set_scheduling(words);
      // What is behind it is of that stream alone.
      message.mutable_pong()->set_scheduling(words.substr(0, words.find(';')));
    }
  }
  channel_->Send(message);
}

std::string RunnerHost::Housekeep() {
  if (notes_ && options_.hang_timeout_ns > 0 && notes_->busy_ns() > options_.hang_timeout_ns) {
    return "a model that writes notes hangs";
  }
  const std::lock_guard lock(streams_mutex_);
  std::vector<WakeGovernor::Governed> governed;
  bool lanes = false;
  for (auto& [id, stream] : streams_) {
    stream.worker->Housekeep();
    // A lane waits for all of its streams at once, and sees to its priority by itself.
    if (!stream.in_lane) governed.push_back({id, stream.worker.get(), stream.wake});
    if (stream.in_lane && stream.worker->offline()) {
      // An export would keep the others of its lane waiting.
      stream.in_lane = false;
      internal::PlaceStream alone;
      alone.set_stream_id(id);
      lane_work_.Run([this, alone] { Place(alone); });
    }
    lanes = lanes || stream.in_lane;
    if (options_.hang_timeout_ns > 0 && stream.worker->busy_ns() > options_.hang_timeout_ns) {
      return absl::StrCat("model ", stream.model_key, " hangs in stream ", id);
    }
    const std::string reason = stream.worker->ended_reason();
    if (!reason.empty() && !std::exchange(stream.end_reported, true)) {
      Log().warn("stream {}: {}", id, reason);
      ReportEnded(id, stream.generation, reason);
    }
  }
  wake_governor_.Look(governed);
  if (lanes && !keeping_lanes_.exchange(true)) {
    lane_work_.Run([this] {
      lanes_.Housekeep();
      keeping_lanes_.store(false);
    });
  }
  return {};
}

void RunnerHost::Stop() {
  const auto stopped = std::make_shared<std::promise<void>>();
  work_.Run([this, stopped] {
    std::vector<std::uint64_t> open;
    {
      const std::lock_guard lock(streams_mutex_);
      for (const auto& [id, stream] : streams_) open.push_back(id);
    }
    for (const std::uint64_t id : open) Close(id);
    stopped->set_value();
  });
  // One that hangs is not waited for: the process ends in any case.
  static_cast<void>(stopped->get_future().wait_for(kStopPatience));
}

}  // namespace continuo::runner
