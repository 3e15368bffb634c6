// SPDX-License-Identifier: Apache-2.0
// The supervisor's models: loading and unloading on request, and what becomes of streams
// when a model is there or is not.
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/model/variant.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/ipc/segment_layout.h"

namespace continuo::supervisor {

void Supervisor::LoadModel(const std::string& id, const std::string& version,
                           std::uint32_t sample_rate_hz, double keep_alive_s,
                           const Reply<LoadedVariant>& reply) {
  if (sample_rate_hz != 0 &&
      (sample_rate_hz < ipc::kMinSampleRateHz || sample_rate_hz > ipc::kMaxSampleRateHz)) {
    return reply(absl::InvalidArgumentError(
        base::StrCat("sample_rate_hz is ", sample_rate_hz, ", outside ", ipc::kMinSampleRateHz,
                     " to ", ipc::kMaxSampleRateHz, " (0: the variant listed first)")));
  }
  absl::StatusOr<PackagePtr> package = store_->Find(id, version);
  if (!package.ok()) return reply(package.status());
  if ((*package)->manifest.task() != v1::TASK_AUDIO_EFFECT) {
    return reply(absl::FailedPreconditionError(
        base::StrCat("model '", id, "' writes notes; it is loaded where jobs run")));
  }
  const model::Runnable run = store_->ToRun(*package);
  const int variant = ChooseVariant(run, sample_rate_hz);
  Run(reply, [this, package = run.package, variant, keep_alive_s, reply] {
    const std::string key = ModelKey(package->manifest, variant);
    Placement* const place = PlaceFor(package, variant);
    pending_loads_.Add({place, key, package->manifest.variants(variant).id(), keep_alive_s, reply});
    place->Want(key, package, variant);
    ScheduleTick();
  });
}

int Supervisor::ChooseVariant(const model::Runnable& run, std::uint32_t sample_rate_hz) const {
  const v1::ModelManifest& manifest = run.package->manifest;
  const int variant = model::ChooseVariant(manifest, sample_rate_hz, run.wish).index;
  const memory::Rank rank = placement_options_.rank;
  return options_.memory->VariantThatFits(
      PlaceName(rank, PlaceKey(manifest, variant)),
      PlaceKind(rank, model::ExecutorOf(manifest, manifest.variants(variant))), *run.package,
      variant, rank);
}

void Supervisor::UnloadModel(const std::string& id, const std::string& version,
                             const Reply<std::uint32_t>& reply) {
  // A package that is gone from the disk may still be loaded, so not finding it is no end.
  const absl::Status known = store_->Find(id, version).status();
  Run(reply, [this, id, version, known, reply] {
    absl::StatusOr<std::uint32_t> unloaded = UnloadNow(id, version);
    if (unloaded.ok() && *unloaded == 0 && !known.ok()) return reply(known);
    reply(unloaded);
  });
}

absl::StatusOr<std::uint32_t> Supervisor::UnloadNow(const std::string& id,
                                                    const std::string& version) {
  const std::string prefix =
      version.empty() ? base::StrCat(id, "/") : base::StrCat(id, "/", version, "/");
  std::vector<std::pair<Placement*, std::string>> found;
  for (const auto& [place_key, place] : places_) {
    for (const std::string& key : place->LoadedKeys()) {
      if (key.rfind(prefix, 0) == 0) found.emplace_back(place.get(), key);
    }
  }
  for (const auto& [place, key] : found) {
    if (const std::size_t users = UsersOf(*place, key); users > 0) {
      return absl::FailedPreconditionError(base::StrCat("model ", key, " is used by ", users,
                                                        users == 1 ? " stream" : " streams",
                                                        "; close them first"));
    }
  }
  for (const auto& [place, key] : found) place->Unload(key);
  return static_cast<std::uint32_t>(found.size());
}

void Supervisor::OnModelLoaded(Placement& place, const std::string& key) {
  observer_->OnModelsChanged();
  pending_loads_.Loaded(&place, key);
  std::vector<std::uint64_t> waiting;
  for (const auto& [id, stream] : streams_) {
    if (stream.place == &place && stream.model_key == key &&
        stream.phase == Phase::kWaitingForModel) {
      waiting.push_back(id);
    }
  }
  for (const std::uint64_t id : waiting) OpenOnRunner(&streams_.at(id));
}

void Supervisor::OnModelFailed(Placement& place, const std::string& key,
                               const absl::Status& status) {
  pending_loads_.Failed(place, key, status);
  std::vector<std::uint64_t> failed;
  for (const auto& [id, stream] : streams_) {
    if (stream.place == &place && stream.model_key == key && stream.client) failed.push_back(id);
  }
  for (const std::uint64_t id : failed) {
    if (absl::IsResourceExhausted(status)) {
      Refuse(id, status);
      continue;
    }
    Close(id, StreamState::kFailed, base::StrCat("model ", key, ": ", base::MessageOf(status)));
  }
}

void Supervisor::OnModelUnloaded(Placement&, const std::string&) { observer_->OnModelsChanged(); }

}  // namespace continuo::supervisor
