// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/memory_service.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "daemon/base/process_memory.h"
#include "daemon/base/str_cat.h"
#include "daemon/memory/amounts.h"
#include "daemon/service/load_model.h"
#include "daemon/service/model_info.h"
#include "daemon/service/status.h"

namespace continuo::service {
namespace {

using memory::Budget;

v1::ModelMemoryState ToMemoryProto(Budget::State state) {
  switch (state) {
    case Budget::State::kLoading:
      return v1::MODEL_MEMORY_STATE_LOADING;
    case Budget::State::kHeld:
      return v1::MODEL_MEMORY_STATE_LOADED;
    case Budget::State::kLeaving:
      return v1::MODEL_MEMORY_STATE_LEAVING;
  }
  return v1::MODEL_MEMORY_STATE_UNSPECIFIED;
}

v1::ModelMemory ToMemoryProto(const supervisor::MemoryReport::Item& held) {
  v1::ModelMemory model;
  model.set_model(held.item.name.item);
  model.set_place(held.item.name.place);
  model.set_state(ToMemoryProto(held.item.state));
  model.set_bytes(Budget::Charge(held.item));
  model.set_weights_bytes(held.item.need.bytes);
  model.set_used_by(held.item.users_in_words);
  model.set_idle_s(held.idle_s);
  const bool stays = held.item.users > 0 || held.keep_alive_s >= memory::kLongestKeepAlive;
  model.set_unloads_in_s(stays ? -1 : std::max(0.0, held.keep_alive_s - held.idle_s));
  model.set_streamed(held.streamed);
  model.set_estimated(held.item.state == Budget::State::kLoading && held.item.need.estimated);
  return model;
}

v1::MemoryPressure ToMemoryProto(const memory::Pressure& pressure) {
  v1::MemoryPressure message;
  message.set_short_of_memory(pressure.short_of);
  message.set_reason(pressure.reason);
  message.set_stall_information(pressure.psi);
  message.set_stalled(pressure.stalled);
  message.set_available_bytes(pressure.available_bytes);
  message.set_group_limit_bytes(pressure.group_limit_bytes);
  message.set_group_used_bytes(pressure.group_used_bytes);
  return message;
}

}  // namespace

MemoryService::MemoryService(supervisor::MemoryKeeper* keeper, supervisor::Supervisor* supervisor,
                             supervisor::JobDesk* desk, std::shared_ptr<model::ModelStore> store)
    : keeper_(keeper), supervisor_(supervisor), desk_(desk), store_(std::move(store)) {}

grpc::ServerUnaryReactor* MemoryService::GetMemory(grpc::CallbackServerContext* context,
                                                   const v1::GetMemoryRequest*,
                                                   v1::GetMemoryResponse* response) {
  auto* const reactor = context->DefaultReactor();
  const supervisor::MemoryReport report = keeper_->Report();
  const base::ProcessMemory own = base::ReadProcessMemory(::getpid());
  response->set_budget_bytes(report.budget_bytes);
  response->set_budget_reason(report.budget_reason);
  response->set_used_bytes(report.used_bytes);
  response->set_daemon_bytes(own.proportional_bytes);
  response->set_daemon_counted_bytes(report.own_bytes);
  std::uint64_t measured = own.proportional_bytes;
  *response->mutable_pressure() = ToMemoryProto(report.pressure);
  for (const supervisor::MemoryReport::Place& place : report.places) {
    const base::ProcessMemory memory = base::ReadProcessMemory(place.pid);
    measured += memory.proportional_bytes;
    v1::RunnerMemory* const runner = response->add_runners();
    runner->set_pid(place.pid);
    runner->set_place(place.name);
    runner->set_resident_bytes(memory.resident_bytes);
    runner->set_proportional_bytes(memory.proportional_bytes);
    runner->set_base_bytes(place.base_bytes);
    runner->set_beyond_bytes(place.beyond_bytes);
  }
  response->set_measured_bytes(measured);
  for (const auto& item : report.items) *response->add_models() = ToMemoryProto(item);
  const auto now = memory::Clock::now();
  for (const Budget::Waiting& one : report.waiting) {
    v1::MemoryWait* const wait = response->add_waiting();
    wait->set_model(one.request.name.item);
    wait->set_place(one.request.name.place);
    wait->set_waits_s(std::chrono::duration<double>(now - one.since).count());
    wait->set_needs_bytes(one.request.need.bytes + one.request.need.work_bytes);
    wait->set_reason(one.reason);
  }
  for (const std::string& note : report.notes) response->add_notes(note);
  response->set_evicted(report.counts.evicted);
  response->set_refused(report.counts.refused);
  response->set_waited(report.counts.waited);
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* MemoryService::KeepModel(grpc::CallbackServerContext* context,
                                                   const v1::KeepModelRequest* request,
                                                   v1::KeepModelResponse* response) {
  auto* const reactor = context->DefaultReactor();
  absl::Status status = CheckModel(request->id(), request->version());
  double keep_alive_s = kKeepAsConfigured;
  if (request->keep_alive_case() == v1::KeepModelRequest::kForever && request->forever()) {
    keep_alive_s = memory::kForever;
  } else if (request->keep_alive_case() == v1::KeepModelRequest::kKeepAliveS) {
    keep_alive_s = request->keep_alive_s();
    if (!(keep_alive_s >= 0 && keep_alive_s <= memory::kLongestKeepAlive)) {
      status.Update(absl::InvalidArgumentError(base::StrCat(
          "keep_alive_s is ", keep_alive_s, ", outside 0 to ", memory::kLongestKeepAlive)));
    }
  }
  if (!status.ok()) {
    reactor->Finish(ToGrpc(status));
    return reactor;
  }
  v1::LoadModelRequest load;
  load.set_id(request->id());
  load.set_version(request->version());
  load.set_sample_rate_hz(request->sample_rate_hz());
  LoadAnyModel(supervisor_, desk_, store_.get(), load, keep_alive_s,
               [reactor, response](const absl::StatusOr<supervisor::LoadedVariant>& loaded) {
                 if (loaded.ok()) {
                   response->set_variant(loaded->variant);
                   response->set_runner_pid(loaded->runner_pid);
                 }
                 reactor->Finish(ToGrpc(loaded.status()));
               });
  return reactor;
}

}  // namespace continuo::service
