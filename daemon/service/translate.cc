// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/translate.h"

#include "daemon/base/process_memory.h"

namespace continuo::service {
namespace {

const char* ToWords(supervisor::StreamState state) {
  switch (state) {
    case supervisor::StreamState::kOpening:
      return "opening";
    case supervisor::StreamState::kReady:
      return "ready";
    case supervisor::StreamState::kRestarting:
      return "restarting";
    case supervisor::StreamState::kFailed:
      return "failed";
  }
  return "";
}

}  // namespace

v1::StreamStatus ToProto(const supervisor::StreamInfo& stream) {
  v1::StreamStatus status;
  status.set_stream_id(stream.id);
  status.set_model_id(stream.model_id);
  status.set_model_version(stream.model_version);
  status.set_variant(stream.variant);
  status.set_client_name(stream.client_name);
  status.set_sample_rate_hz(stream.sample_rate_hz);
  status.set_channels(stream.channels);
  status.set_maximum_block_frames(stream.maximum_block_frames);
  status.set_state(ToWords(stream.state));
  status.set_runner_pid(stream.runner_pid);
  status.set_mode(stream.mode);
  status.set_share(stream.share);
  status.set_core(stream.core);
  status.set_admission(stream.admission);
  status.set_link_group(stream.link_group);
  status.set_sends_key(stream.sends_key);
  status.set_takes_key(stream.takes_key);
  return status;
}

v1::RunnerStatus ToProto(const supervisor::RunnerInfo& runner) {
  v1::RunnerStatus status;
  status.set_pid(runner.pid);
  status.set_executor(runner.executor);
  for (const std::string& model : runner.models) status.add_models(model);
  status.set_streams(runner.streams);
  const base::ProcessMemory memory = base::ReadProcessMemory(runner.pid);
  status.set_resident_bytes(memory.resident_bytes);
  status.set_proportional_bytes(memory.proportional_bytes);
  status.set_restarts(runner.restarts);
  status.set_placement_reason(runner.placement_reason);
  status.set_scheduling(runner.scheduling);
  status.set_confinement(runner.confinement);
  return status;
}

}  // namespace continuo::service
