// SPDX-License-Identifier: Apache-2.0
// What the control thread of a Stream does with the model's parameters.
#include <algorithm>
#include <cmath>
#include <utility>

#include "shared/client/stream_impl.h"

namespace continuo::client {
namespace {

std::vector<Condition> ToConditions(const v1::Parameter& parameter) {
  std::vector<Condition> conditions;
  for (const v1::Condition& condition : parameter.conditions()) {
    conditions.push_back({condition.parameter(), condition.minimum(), condition.maximum()});
  }
  return conditions;
}

ParameterInfo ToInfo(const v1::Parameter& parameter) {
  return {parameter.id(),
          parameter.name(),
          parameter.unit(),
          parameter.description(),
          parameter.minimum(),
          parameter.maximum(),
          parameter.default_value(),
          parameter.curve() == v1::CURVE_LOGARITHMIC,
          parameter.level() == v1::LEVEL_ADVANCED,
          {parameter.former_ids().begin(), parameter.former_ids().end()},
          ToConditions(parameter)};
}

}  // namespace

void Stream::Impl::Want(const std::string& id, float value) {
  wanted_[id] = value;
  for (std::uint32_t i = 0; i < snapshot_.parameters.size(); ++i) {
    const ParameterInfo& info = snapshot_.parameters[i];
    if (info.id == id) board_.Set(i, std::clamp(value, info.minimum, info.maximum));
  }
}

// Lays the model's parameters out on the board, with the values asked for.
void Stream::Impl::AdoptModel(const v1::ModelManifest& model) {
  const std::lock_guard lock(mutex_);
  snapshot_.model_name = model.name();
  snapshot_.model_version = model.version();
  snapshot_.mono_model = model.audio().input_channels() == 1;
  snapshot_.takes_key = false;
  for (const v1::Variant& variant : model.variants()) {
    snapshot_.takes_key |= variant.options().contains("key_channels");
  }
  wants_transport_ = model.audio().wants_transport();
  snapshot_.parameters.clear();
  const int count = std::min(model.parameters_size(), static_cast<int>(ipc::kMaxParameters));
  for (int i = 0; i < count; ++i) {
    const ParameterInfo info = ToInfo(model.parameters(i));
    auto wanted = wanted_.find(info.id);
    for (const std::string& former : info.former_ids) {
      if (wanted == wanted_.end()) wanted = wanted_.find(former);
    }
    const float value = wanted == wanted_.end() || !std::isfinite(wanted->second)
                            ? info.default_value
                            : std::clamp(wanted->second, info.minimum, info.maximum);
    board_.Note(static_cast<std::uint32_t>(i), value);
    snapshot_.parameters.push_back(info);
  }
  board_.SetCount(static_cast<std::uint32_t>(count));
  std::vector<std::string> ids;
  for (const ParameterInfo& info : snapshot_.parameters) ids.push_back(info.id);
  sharing_.SetParameters(std::move(ids));
}

// Remembers by id what was set by index, for the next connection.
void Stream::Impl::HarvestParameters() {
  const std::lock_guard lock(mutex_);
  for (std::uint32_t i = 0; i < snapshot_.parameters.size(); ++i) {
    wanted_[snapshot_.parameters[i].id] = board_.Get(i);
  }
}

// Somebody else has set it, the runner has it already; where it rests, it needs a block to
// hear of it.
void Stream::Impl::NoteParameter(const v1::ParameterChanged& changed) {
  if (changed.by_link()) {
    sharing_.Take(changed);
    return TellListener();
  }
  {
    const std::lock_guard lock(mutex_);
    for (std::uint32_t i = 0; i < snapshot_.parameters.size(); ++i) {
      if (snapshot_.parameters[i].id != changed.id()) continue;
      board_.Note(i, changed.value());
      if (counters_.at_rest.load(std::memory_order_relaxed)) board_.Send(i);
    }
  }
  TellListener();
}

}  // namespace continuo::client
