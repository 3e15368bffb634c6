// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/runner/inspector.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "daemon/app/runner/appraiser.h"
#include "daemon/app/runner/confinement.h"
#include "daemon/base/cpu_name.h"
#include "daemon/base/log.h"
#include "daemon/executor/measure.h"
#include "daemon/executor/module.h"

namespace continuo::runner {
namespace {

constexpr double kSmoothingMs = 20;
constexpr std::size_t kMaxModels = 32;
constexpr std::size_t kMaxNotes = 32;
constexpr std::size_t kMaxNoteBytes = 512;
constexpr std::size_t kMaxErrorBytes = 4096;

using executor::Inspection;

std::string Cut(const std::string& text, std::size_t bytes) { return text.substr(0, bytes); }

v1::ModelManifest ToDraft(const Inspection& found, const std::string& executor) {
  v1::ModelManifest draft;
  draft.set_executor(executor);
  draft.set_task(v1::TASK_AUDIO_EFFECT);
  draft.set_name(found.name);
  draft.set_license(found.license);
  draft.set_attribution(found.author);
  v1::AudioSignature* audio = draft.mutable_audio();
  audio->set_input_channels(found.description.input_channels);
  audio->set_output_channels(found.description.output_channels);
  audio->set_latency_frames(found.description.latency_frames);
  audio->set_maximum_block_frames(found.description.maximum_block_frames);
  audio->set_tail_ms(found.tail_ms);
  for (const executor::FoundParameter& parameter : found.parameters) {
    v1::Parameter* added = draft.add_parameters();
    added->set_id(parameter.id);
    added->set_name(parameter.name);
    added->set_minimum(parameter.minimum);
    added->set_maximum(parameter.maximum);
    added->set_default_value(parameter.default_value);
    added->set_smoothing_ms(parameter.whole ? 0 : kSmoothingMs);
  }
  v1::Variant* variant = draft.add_variants();
  variant->set_sample_rate_hz(found.description.sample_rate_hz);
  for (const auto& [key, value] : found.options) (*variant->mutable_options())[key] = value;
  return draft;
}

// What measuring has to say to people.
std::vector<std::string> Notes(const Inspection& found, const executor::Measured& measured) {
  std::vector<std::string> notes = found.notes;
  if (!found.latency_stated) {
    const double ms = measured.latency_frames * 1000.0 / found.description.sample_rate_hz;
    switch (measured.evidence) {
      case executor::LatencyEvidence::kCorrelation:
        notes.push_back(measured.latency_frames == 0
                            ? "latency found by probing: none"
                            : absl::StrFormat("latency found by probing: %u frames (%.1f ms)",
                                              measured.latency_frames, ms));
        break;
      case executor::LatencyEvidence::kOnset:
        notes.push_back(absl::StrFormat(
            "its output is too unlike its input to find the latency exactly; by its onset it is "
            "%u frames (%.1f ms)",
            measured.latency_frames, ms));
        break;
      case executor::LatencyEvidence::kNone:
        notes.push_back("its latency cannot be found: noise makes no difference to its output");
        break;
    }
  }
  if (measured.is_random)
    notes.push_back("its output is another each time: it makes noise of its own");
  if (measured.depends_on_blocks) {
    notes.push_back(
        "its output depends on how the signal is cut into blocks (it does not carry its past "
        "over): expect clicks");
  }
  if (measured.tail_ms >= executor::kEndlessTailMs) {
    notes.push_back("it does not fall silent by itself: it always takes processor time");
  }
  if (measured.peak_block_cost_us > 2 * measured.block_cost_us) {
    notes.push_back(absl::StrFormat(
        "its work comes in lumps: a block of %u frames takes up to %.0f us, %.0f us on average",
        executor::kMeasuredBlockFrames, measured.peak_block_cost_us, measured.block_cost_us));
  }
  return notes;
}

// Chunked models say so by an option of this name (daemon/executor/torch).
std::uint32_t ChunkFrames(const Inspection& found) {
  const auto option = found.options.find("chunk");
  return option == found.options.end()
             ? 0
             : static_cast<std::uint32_t>(std::strtoul(option->second.c_str(), nullptr, 10));
}

absl::StatusOr<internal::InspectedModel> MeasureOne(const internal::InspectFile& request,
                                                    executor::Executor* executor,
                                                    const std::string& executor_name,
                                                    Inspection found) {
  executor::LoadRequest load;
  load.model_id = "import";
  load.weights_path = request.path();
  load.description = found.description;
  load.options = found.options;
  std::vector<float> defaults;
  for (const executor::FoundParameter& parameter : found.parameters) {
    load.parameter_ids.push_back(parameter.id);
    defaults.push_back(parameter.default_value);
  }
  const auto model = executor->Load(load);
  if (!model.ok()) return model.status();
  const auto measured = executor::Measure(**model, defaults, ChunkFrames(found));
  if (!measured.ok()) {
    return absl::Status(measured.status().code(),
                        absl::StrCat(request.path(), ": ", measured.status().message()));
  }
  internal::InspectedModel inspected;
  if (!found.latency_stated && measured->evidence != executor::LatencyEvidence::kNone) {
    found.description.latency_frames =
        std::max(found.description.latency_frames, measured->latency_frames);
  }
  // Twice what noise took to die away: other sounds may ring longer.
  if (found.tail_ms <= 0 && measured->has_state) {
    found.tail_ms = std::min(2 * measured->tail_ms, executor::kEndlessTailMs);
  }
  *inspected.mutable_draft() = ToDraft(found, executor_name);
  v1::Cost* cost = inspected.mutable_draft()->mutable_variants(0)->mutable_cost();
  cost->set_microseconds_per_block(std::round(measured->block_cost_us * 100) / 100);
  cost->set_block_frames(executor::kMeasuredBlockFrames);
  cost->set_measured_on(base::CpuName());
  inspected.set_format(Cut(found.format, kMaxNoteBytes));
  inspected.set_architecture(Cut(found.architecture, kMaxNoteBytes));
  inspected.set_weight_count(found.weight_count);
  inspected.set_self_test_passed(found.self_test_passed);
  inspected.set_sample_rate_stated(found.sample_rate_stated);
  for (const std::string& note : Notes(found, *measured)) {
    if (inspected.notes_size() < static_cast<int>(kMaxNotes)) {
      inspected.add_notes(Cut(note, kMaxNoteBytes));
    }
  }
  return inspected;
}

absl::Status ChooseRate(const internal::InspectFile& request, Inspection* found) {
  const std::uint32_t wanted = request.sample_rate_hz();
  if (wanted == 0 || wanted == found->description.sample_rate_hz) return absl::OkStatus();
  if (found->sample_rate_stated) {
    return absl::InvalidArgumentError(absl::StrCat("sample_rate_hz is ", wanted, "; ",
                                                   request.path(), " says ",
                                                   found->description.sample_rate_hz));
  }
  found->description.sample_rate_hz = wanted;
  return absl::OkStatus();
}

class Progress {
 public:
  explicit Progress(ControlChannel* channel) : channel_(channel) {}
  void operator()(const char* step) const {
    internal::FromRunner message;
    message.set_inspection_progress(step);
    channel_->Send(message);
  }

 private:
  ControlChannel* channel_;
};

absl::Status Inspect(const internal::InspectFile& request, const std::string& module_directory,
                     const Progress& progress, internal::Inspected* answer) {
  std::vector<std::pair<std::string, std::unique_ptr<executor::Executor>>> executors;
  for (const std::string& name : request.executors()) {
    auto opened = executor::OpenExecutor(module_directory, name);
    if (!opened.ok()) return opened.status();
    executors.emplace_back(name, *std::move(opened));
  }
  // From here on the file's content has a say.
  if (absl::Status status = Confine(request.memory_limit_bytes()); !status.ok()) return status;
  progress("inspecting");
  absl::StatusOr<std::vector<Inspection>> found = absl::UnimplementedError("no executor was named");
  auto executor = executors.begin();
  for (; executor != executors.end(); ++executor) {
    found = executor->second->Inspect(request.path());
    if (!absl::IsUnimplemented(found.status())) break;
  }
  if (!found.ok()) return found.status();
  if (found->empty()) {
    return absl::InvalidArgumentError(absl::StrCat(request.path(), ": there is no model in it"));
  }
  progress("measuring");
  found->resize(std::min(found->size(), kMaxModels));
  for (Inspection& one : *found) {
    if (absl::Status status = ChooseRate(request, &one); !status.ok()) return status;
    auto inspected = MeasureOne(request, executor->second.get(), executor->first, one);
    if (!inspected.ok()) return inspected.status();
    *answer->add_models() = *std::move(inspected);
  }
  return absl::OkStatus();
}

// What a model prints belongs on nobody's terminal.
void SilenceStandardOutput() {
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (null >= 0) dup2(null, STDOUT_FILENO);
}

}  // namespace

int RunInspector(ControlChannel* channel, const std::string& module_directory) {
  internal::ToRunner message;
  for (;;) {
    const auto received = channel->Receive(-1, &message);
    if (received == ControlChannel::Received::kEnd) return EXIT_FAILURE;
    if (received != ControlChannel::Received::kMessage) continue;
    if (message.has_inspect_file() || message.has_appraise()) break;
  }
  SilenceStandardOutput();
  if (message.has_appraise()) {
    return RunAppraisal(channel, message.appraise(), module_directory);
  }
  internal::FromRunner answer;
  absl::Status status;
  try {
    status = Inspect(message.inspect_file(), module_directory, Progress(channel),
                     answer.mutable_inspected());
  } catch (const std::bad_alloc&) {
    status = absl::InvalidArgumentError(
        absl::StrCat(message.inspect_file().path(), ": reading it takes more memory than ",
                     message.inspect_file().memory_limit_bytes(), " bytes"));
  }
  if (!status.ok()) {
    answer.mutable_inspected()->clear_models();
    answer.mutable_inspected()->set_code(static_cast<int>(status.code()));
    answer.mutable_inspected()->set_error(Cut(std::string(status.message()), kMaxErrorBytes));
  }
  channel->Send(answer);
  return EXIT_SUCCESS;
}

}  // namespace continuo::runner
