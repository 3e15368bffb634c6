// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string_view>

#include "daemon/base/str_cat.h"
#include "daemon/job/request_check.h"
#include "shared/midi/smf_reader.h"

namespace continuo::job {
namespace {

bool Contains(const google::protobuf::RepeatedPtrField<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// What of a song says which kind of model it is for.
struct Parts {
  std::size_t pitched = 0;  // tracks with notes that are no drums
  bool drums = false;
};

Parts PartsOf(const std::string& input) {
  Parts parts;
  if (input.empty()) return parts;
  const absl::StatusOr<midi::Song> song = midi::ReadSmf(input);
  if (!song.ok()) return parts;  // the model says what is wrong with it
  for (const midi::Track& track : song->tracks) {
    std::set<int> channels;
    for (const midi::Note& note : track.notes) channels.insert(note.channel);
    parts.drums = parts.drums || channels.erase(midi::kDrumChannel) > 0;
    parts.pitched += channels.size();
  }
  return parts;
}

// Higher is better.
int Fit(const v1::NotesSignature& notes, const Parts& parts) {
  const bool writes_drums = Contains(notes.voices(), "kick");
  const bool writes_parts = Contains(notes.voices(), "bass");
  const bool drums = parts.drums && parts.pitched == 0;
  if (writes_drums || drums) return writes_drums == drums ? 2 : -2;
  return writes_parts == (parts.pitched > 2) ? 1 : 0;
}

std::string TasksOf(const v1::ModelManifest& manifest) {
  std::string tasks;
  for (const std::string& task : manifest.notes().tasks()) {
    base::StrAppend(&tasks, tasks.empty() ? "" : ", ", task);
  }
  return tasks;
}

// Of "ID@VERSION"; empty where there is none.
std::string VersionNamed(const std::string& model) {
  const std::size_t at = model.find('@');
  return at == std::string::npos ? "" : model.substr(at + 1);
}

}  // namespace

absl::StatusOr<PackagePtr> ChooseModel(const v1::GenerateRequest& request,
                                       model::ModelStore* store) {
  const std::string task = TaskName(request.task());
  if (!request.model().empty()) {
    absl::StatusOr<PackagePtr> named = store->FindToRun(
        request.model().substr(0, request.model().find('@')), VersionNamed(request.model()));
    if (!named.ok()) return named;
    const v1::ModelManifest& manifest = (*named)->manifest;
    if (Contains(manifest.notes().tasks(), task)) return named;
    return absl::InvalidArgumentError(
        base::StrCat("model is '", manifest.id(), "', which does not do task ", task, "; it does ",
                     manifest.task() == v1::TASK_NOTES ? TasksOf(manifest) : "audio alone"));
  }
  const Parts parts = PartsOf(request.input());
  PackagePtr best;
  // By id, of each the newest first; those for tests are for who names them.
  for (const PackagePtr& package : store->List()->packages) {
    const v1::ModelManifest& manifest = package->manifest;
    if (!Contains(manifest.notes().tasks(), task) || manifest.notes().composer() == "fake") {
      continue;
    }
    if (!best || Fit(manifest.notes(), parts) > Fit(best->manifest.notes(), parts)) best = package;
  }
  if (best) return best;
  return absl::NotFoundError(base::StrCat("no model that is installed does task ", task));
}

void NoteSubstitution(const JobSpec& spec, v1::GenerationPlan* plan) {
  const std::string said =
      model::InPlaceOf(VersionNamed(spec.request.model()), spec.package->manifest);
  if (!said.empty()) plan->add_notes(said);
}

std::string WeightsSha256(const v1::ModelManifest& manifest, int variant) {
  const std::string& path = manifest.variants(variant).file();
  const auto file = std::find_if(manifest.files().begin(), manifest.files().end(),
                                 [&](const v1::File& one) { return one.path() == path; });
  return file == manifest.files().end() ? "" : file->sha256();
}

std::string ModelDigest(const v1::ModelManifest& manifest, int variant) {
  std::string digest =
      base::StrCat(manifest.id(), " ", manifest.version(), " ", manifest.variants(variant).id());
  // All of them: the reference values of the score among them.
  for (const v1::File& file : manifest.files()) base::StrAppend(&digest, " ", file.sha256());
  return digest;
}

}  // namespace continuo::job
