// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/runner/notes_host.h"

#include <memory>
#include <utility>

#include "daemon/base/read_file.h"
#include "daemon/base/str_cat.h"
#include "daemon/generate/likelihood.h"
#include "daemon/generate/quality.h"

namespace continuo::runner {
namespace {

constexpr std::size_t kMaxReferenceBytes = std::size_t{4} << 20;

// What kernels choose by, and people know.
std::string DeviceInWords() {
#if defined(__x86_64__)
  const char* const set = __builtin_cpu_supports("avx512f") ? "AVX-512"
                          : __builtin_cpu_supports("avx2")  ? "AVX2"
                                                            : "SSE2";
  return base::StrCat("cpu (", set, ")");
#else
  return "cpu";
#endif
}

// By the reference set that came with the model; without one by the model's own likelihood.
absl::StatusOr<generate::Judge> JudgeOf(const internal::LoadModel& request) {
  const std::string& name = request.manifest().notes().reference();
  if (name.empty()) return generate::Judge();
  const absl::StatusOr<std::string> json =
      base::ReadFile(base::StrCat(request.directory(), "/", name), kMaxReferenceBytes);
  if (!json.ok()) return json.status();
  absl::StatusOr<generate::Reference> parsed = generate::Reference::Parse(*json);
  if (!parsed.ok()) return parsed.status();
  const auto reference = std::make_shared<const generate::Reference>(*std::move(parsed));
  return generate::Judge(
      [reference](const midi::Song& song, const v1::GenerateRequest& asked, double likelihood) {
        return generate::Assess(song, reference.get(),
                                generate::SongLikelihood{generate::SituationOf(asked), likelihood});
      });
}

internal::FromRunner About(const std::string& job_id) {
  internal::FromRunner message;
  message.mutable_job_update()->set_job_id(job_id);
  return message;
}

}  // namespace

NotesHost::NotesHost(int threads, ControlChannel* channel)
    : channel_(channel), workshop_(threads, DeviceInWords(), this) {}

absl::Status NotesHost::Load(const internal::LoadModel& request, executor::Executor* executor,
                             const executor::LoadRequest& load) {
  auto decoder = executor->LoadDecoder(load);
  if (!decoder.ok()) return decoder.status();
  auto composer = generate::CreateComposer(request.manifest(), **decoder);
  if (!composer.ok()) return composer.status();
  auto judge = JudgeOf(request);
  if (!judge.ok()) return judge.status();
  return workshop_.AddModel(request.key(), *std::move(decoder), *std::move(composer),
                            *std::move(judge));
}

void NotesHost::Run(const internal::RunJob& request) {
  workshop_.Run({request.job_id(), request.model_key(), request.client(), request.request(),
                 request.plan_only()});
}

void NotesHost::OnPlanned(const std::string& id, const v1::GenerationPlan& plan,
                          std::uint32_t ticks_per_quarter) {
  internal::FromRunner message = About(id);
  *message.mutable_job_update()->mutable_planned()->mutable_plan() = plan;
  message.mutable_job_update()->mutable_planned()->set_ticks_per_quarter(ticks_per_quarter);
  channel_->Send(message);
}

void NotesHost::OnProgress(const std::string& id, const v1::GenerateEvent::Progress& progress) {
  internal::FromRunner message = About(id);
  *message.mutable_job_update()->mutable_progress() = progress;
  channel_->Send(message);
}

void NotesHost::OnPartial(const std::string& id, const v1::GenerateEvent::Partial& partial) {
  internal::FromRunner message = About(id);
  *message.mutable_job_update()->mutable_partial() = partial;
  channel_->Send(message);
}

void NotesHost::OnCandidate(const std::string& id, const v1::GenerationCandidate& candidate) {
  internal::FromRunner message = About(id);
  *message.mutable_job_update()->mutable_candidate() = candidate;
  channel_->Send(message);
}

void NotesHost::OnEnded(const std::string& id, const absl::Status& status,
                        const std::vector<std::uint32_t>& ranking, std::uint32_t below_minimum) {
  internal::FromRunner message = About(id);
  internal::JobEnded* const ended = message.mutable_job_update()->mutable_ended();
  ended->set_code(static_cast<std::int32_t>(status.code()));
  ended->set_error(std::string(status.message()));
  for (const std::uint32_t index : ranking) ended->add_ranking(index);
  ended->set_below_minimum(below_minimum);
  channel_->Send(message);
}

}  // namespace continuo::runner
