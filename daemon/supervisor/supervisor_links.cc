// SPDX-License-Identifier: Apache-2.0
// The supervisor's link groups: who joins, and what a member hears of the others.
#include <algorithm>
#include <cmath>

#include "daemon/base/log.h"
#include "daemon/base/str_cat.h"
#include "daemon/model/parameters.h"
#include "daemon/supervisor/supervisor.h"

namespace continuo::supervisor {
namespace {

// What its own client says of a parameter: the nearest value that the model takes.
absl::StatusOr<float> TakeClientValue(const v1::ModelManifest& manifest, const std::string& id,
                                      float value) {
  const int index = model::FindParameter(manifest, id);
  if (index < 0) {
    return absl::InvalidArgumentError(
        base::StrCat("parameter '", id, "' is not one of model ", manifest.id()));
  }
  if (!std::isfinite(value)) {
    return absl::InvalidArgumentError(base::StrCat("parameter '", id, "' is not finite"));
  }
  const v1::Parameter& parameter = manifest.parameters(index);
  return std::clamp(value, parameter.minimum(), parameter.maximum());
}

}  // namespace

void Supervisor::JoinLink(std::uint64_t id, const v1::JoinLink& join, const Done& done) {
  Run(done, [this, id, join, done] {
    absl::StatusOr<Stream*> found = FindStream(id);
    if (!found.ok()) return done(found.status());
    Stream& stream = **found;
    const v1::ModelManifest& manifest = stream.package->manifest;
    for (const auto& [parameter, told] : join.parameters()) {
      const absl::StatusOr<float> value = TakeClientValue(manifest, parameter, told);
      if (!value.ok()) return done(value.status());
      const int index = model::FindParameter(manifest, parameter);
      stream.parameters[static_cast<std::size_t>(index)] = *value;
    }
    links_.Leave(id);
    stream.info.link_group = join.group();
    if (!join.group().empty()) TakeGroupValues(&stream);
    base::Log("supervisor").info("stream {}: link group '{}'", id, join.group());
    observer_->OnStreamChanged(stream.info, false);
    done(absl::OkStatus());
  });
}

void Supervisor::TakeGroupValues(Stream* stream) {
  const v1::ModelManifest& manifest = stream->package->manifest;
  LinkGroups::Values own;
  for (int i = 0; i < manifest.parameters_size(); ++i) {
    own[manifest.parameters(i).id()] = stream->parameters[static_cast<std::size_t>(i)];
  }
  const LinkGroups::Values& shared =
      links_.Join(stream->info.id, stream->info.link_group, manifest.id(), own);
  for (const auto& [id, value] : own) {
    if (shared.at(id) != value) SetByLink(stream, id, shared.at(id));
  }
}

void Supervisor::TurnParameter(std::uint64_t id, const v1::ParameterTurned& turned,
                               const Done& done) {
  Run(done, [this, id, turned, done] {
    absl::StatusOr<Stream*> found = FindStream(id);
    if (!found.ok()) return done(found.status());
    Stream& stream = **found;
    const v1::ModelManifest& manifest = stream.package->manifest;
    const absl::StatusOr<float> value = TakeClientValue(manifest, turned.id(), turned.value());
    if (!value.ok()) return done(value.status());
    const int index = model::FindParameter(manifest, turned.id());
    stream.parameters[static_cast<std::size_t>(index)] = *value;
    const std::string& parameter = manifest.parameters(index).id();
    ++stream.turned[parameter];
    ShareParameter(stream, parameter, *value);
    done(absl::OkStatus());
  });
}

void Supervisor::ShareParameter(const Stream& stream, const std::string& parameter_id,
                                float value) {
  for (const std::uint64_t other : links_.Share(stream.info.id, parameter_id, value)) {
    SetByLink(&streams_.at(other), parameter_id, value);
  }
}

// Its version of the model may lack the parameter, or have another range.
void Supervisor::SetByLink(Stream* stream, const std::string& parameter_id, float value) {
  const v1::ModelManifest& manifest = stream->package->manifest;
  const int index = model::FindParameter(manifest, parameter_id);
  if (index < 0) return;
  const v1::Parameter& parameter = manifest.parameters(index);
  const float taken = std::clamp(value, parameter.minimum(), parameter.maximum());
  stream->parameters[static_cast<std::size_t>(index)] = taken;
  if (!stream->client) return;
  stream->client->OnParameterChanged({parameter.id(), taken, true, stream->turned[parameter.id()]});
}

void Supervisor::SetLink(const v1::SetLinkRequest& request, const Done& done) {
  Run(done, [this, request, done] {
    absl::StatusOr<Stream*> found = FindStream(request.stream_id());
    if (!found.ok()) return done(found.status());
    const auto& client = (*found)->client;
    if (!client) {
      return done(absl::FailedPreconditionError(
          base::StrCat("stream_id ", request.stream_id(), " is not attached yet")));
    }
    client->OnLinkAsked(request.group());
    done(absl::OkStatus());
  });
}

}  // namespace continuo::supervisor
