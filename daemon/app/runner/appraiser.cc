// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/runner/appraiser.h"

#include <absl/strings/str_cat.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "daemon/app/runner/confinement.h"
#include "daemon/app/runner/load_request.h"
#include "daemon/base/allocator.h"
#include "daemon/base/process_memory.h"
#include "daemon/base/thread.h"
#include "daemon/base/unique_fd.h"
#include "daemon/executor/golden.h"
#include "daemon/executor/measure.h"
#include "daemon/executor/module.h"
#include "daemon/model/durable.h"
#include "daemon/model/package.h"
#include "daemon/model/parameters.h"
#include "daemon/model/variant.h"

namespace continuo::runner {
namespace {

constexpr std::uint64_t kLargestFile = std::uint64_t{2} << 30;
constexpr std::size_t kMaxErrorBytes = 4096;

using executor::Deviation;
using executor::Executor;

std::uint64_t ResidentBytes() {
  base::GiveBackFreePages();  // what was freed while loading is no part of the model
  return base::ReadProcessMemory(getpid()).resident_bytes;
}

std::vector<float> Defaults(const v1::ModelManifest& manifest) {
  std::vector<float> defaults;
  for (const v1::Parameter& parameter : manifest.parameters()) {
    if (!model::IsMacro(parameter)) defaults.push_back(parameter.default_value());
  }
  return defaults;
}

// The description of the variant's golden output, or of any other; empty: none.
std::string GoldenOf(const internal::MeasureVariant& request) {
  std::string any;
  for (const v1::Golden& golden : request.manifest().golden()) {
    const std::string path = model::PathIn(request.directory(), golden.file());
    if (golden.variant() == request.variant()) return path;
    if (any.empty() || golden.variant() == request.original()) any = path;
  }
  return any;
}

std::uint32_t ChunkFrames(const v1::Variant& variant) {
  const auto option = variant.options().find("chunk");
  return option == variant.options().end()
             ? 0
             : static_cast<std::uint32_t>(std::strtoul(option->second.c_str(), nullptr, 10));
}

// What an effect costs and how far it is; a network that writes notes below.
class EffectBench {
 public:
  explicit EffectBench(const internal::MeasureVariant& request)
      : request_(request), defaults_(Defaults(request.manifest())) {}

  absl::Status Load(Executor* executor, const v1::Variant& variant) {
    auto loaded = executor->Load(ToLoadRequest(request_.manifest(), request_.directory(), variant));
    if (!loaded.ok()) return loaded.status();
    model_ = *std::move(loaded);
    return absl::OkStatus();
  }
  absl::Status Cost(const v1::Variant& variant, v1::Cost* cost) {
    const auto measured = executor::MeasureBlockCost(*model_, defaults_, ChunkFrames(variant));
    if (!measured.ok()) return measured.status();
    cost->set_microseconds_per_block(measured->mean_us);
    cost->set_block_frames(executor::kMeasuredBlockFrames);
    return absl::OkStatus();
  }
  absl::StatusOr<Deviation> Golden(const std::string& path) {
    std::vector<std::string> ids;
    for (const auto& parameter : request_.manifest().parameters()) {
      if (!model::IsMacro(parameter)) ids.push_back(parameter.id());
    }
    return executor::CompareWithGolden(*model_, ids, defaults_, path, request_.variant());
  }
  absl::StatusOr<Deviation> Against(EffectBench& original) {
    return executor::CompareWith(*original.model_, *model_, defaults_);
  }

 private:
  const internal::MeasureVariant& request_;
  const std::vector<float> defaults_;
  std::unique_ptr<executor::Model> model_;
};

class NotesBench {
 public:
  explicit NotesBench(const internal::MeasureVariant& request) : request_(request) {}

  absl::Status Load(Executor* executor, const v1::Variant& variant) {
    auto loaded =
        executor->LoadDecoder(ToLoadRequest(request_.manifest(), request_.directory(), variant));
    if (!loaded.ok()) return loaded.status();
    decoder_ = *std::move(loaded);
    return absl::OkStatus();
  }
  absl::Status Cost(const v1::Variant&, v1::Cost* cost) {
    const auto us = executor::MeasureCellUs(*decoder_);
    if (!us.ok()) return us.status();
    cost->set_microseconds_per_block(*us);
    cost->set_block_frames(1);
    return absl::OkStatus();
  }
  absl::StatusOr<Deviation> Golden(const std::string& path) {
    return executor::CompareWithGolden(*decoder_, path, request_.variant());
  }
  absl::StatusOr<Deviation> Against(NotesBench& original) {
    return executor::CompareWith(*original.decoder_, *decoder_);
  }

 private:
  const internal::MeasureVariant& request_;
  std::unique_ptr<executor::Decoder> decoder_;
};

absl::StatusOr<Executor*> Opened(std::map<std::string, std::unique_ptr<Executor>>* opened,
                                 const std::string& name, const std::string& modules) {
  auto& slot = (*opened)[name];
  if (slot == nullptr) {
    auto executor = executor::OpenExecutor(modules, name);
    if (!executor.ok()) return executor.status();
    slot = *std::move(executor);
  }
  return slot.get();
}

template <typename Bench>
absl::Status MeasureOn(const internal::MeasureVariant& request, Executor* executor,
                       Executor* of_original, const v1::Variant& variant,
                       const v1::Variant* original, internal::Appraised* answer) {
  const std::uint64_t before = ResidentBytes();
  Bench bench(request);
  if (absl::Status status = bench.Load(executor, variant); !status.ok()) return status;
  v1::Cost* const cost = answer->mutable_cost();
  if (absl::Status status = bench.Cost(variant, cost); !status.ok()) return status;
  const std::uint64_t after = ResidentBytes();
  // At least its weights: pages that were there before may have been taken again.
  cost->set_memory_bytes(std::max(after > before ? after - before : 0, variant.weights_bytes()));
  absl::StatusOr<Deviation> deviation = absl::NotFoundError("no golden output");
  if (const std::string golden = GoldenOf(request); !golden.empty()) {
    deviation = bench.Golden(golden);
    if (!deviation.ok() && !absl::IsNotFound(deviation.status())) return deviation.status();
  }
  if (!deviation.ok() && original != nullptr && original->id() != variant.id()) {
    Bench other(request);
    if (absl::Status status = other.Load(of_original, *original); !status.ok()) return status;
    deviation = bench.Against(other);
    if (!deviation.ok()) return deviation.status();
  }
  answer->set_difference(deviation.ok() ? deviation->difference : -1);
  if (deviation.ok()) answer->set_tolerance(deviation->tolerance);
  return absl::OkStatus();
}

absl::Status MeasureVariant(const internal::Appraise& request, const std::string& modules,
                            internal::Appraised* answer) {
  const internal::MeasureVariant& measure = request.measure();
  const v1::ModelManifest& manifest = measure.manifest();
  const v1::Variant* const variant = model::FindVariant(manifest, measure.variant());
  const v1::Variant* const original = model::FindVariant(manifest, measure.original());
  if (variant == nullptr) {
    return absl::NotFoundError(absl::StrCat("no variant '", measure.variant(), "'"));
  }
  std::map<std::string, std::unique_ptr<Executor>> executors;
  const auto executor = Opened(&executors, model::ExecutorOf(manifest, *variant), modules);
  if (!executor.ok()) return executor.status();
  absl::StatusOr<Executor*> of_original = *executor;
  if (original != nullptr) {
    of_original = Opened(&executors, model::ExecutorOf(manifest, *original), modules);
    if (!of_original.ok()) return of_original.status();
  }
  // From here on the files' content has a say.
  if (auto status = Confine(request.memory_limit_bytes()); !status.ok()) return status;
  base::FlushDenormals();
  return manifest.task() == v1::TASK_NOTES
             ? MeasureOn<NotesBench>(measure, *executor, *of_original, *variant, original, answer)
             : MeasureOn<EffectBench>(measure, *executor, *of_original, *variant, original, answer);
}

absl::Status Write(int fd, const std::string& bytes, const std::string& path) {
  absl::Status status = model::WriteAll(fd, bytes.data(), bytes.size(), path);
  if (status.ok() && fsync(fd) != 0) {
    status = model::SystemError(absl::StrCat("cannot write ", path));
  }
  return status;
}

absl::Status Convert(const internal::Appraise& request, const std::string& modules,
                     internal::Appraised* answer) {
  const internal::ConvertWeights& convert = request.convert();
  auto executor = executor::OpenExecutor(modules, convert.executor());
  if (!executor.ok()) return executor.status();
  const base::UniqueFd file(open(convert.output_path().c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.valid()) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot make ", convert.output_path()));
  }
  if (auto status = Confine(request.memory_limit_bytes(), kLargestFile); !status.ok()) {
    return status;
  }
  executor::Conversion conversion;
  conversion.weights_path = convert.path();
  conversion.precision = std::string(model::PrecisionName(convert.precision()));
  conversion.prune = convert.prune();
  conversion.sparse = convert.sparse();
  const auto converted = (*executor)->Convert(conversion);
  if (!converted.ok()) return converted.status();
  answer->set_remark(converted->remark);
  for (const auto& [name, value] : converted->options) (*answer->mutable_options())[name] = value;
  return Write(file.get(), converted->file, convert.output_path());
}

absl::Status RunBenchmark(const internal::Appraise& request, const std::string& modules,
                          internal::Appraised* answer) {
  auto executor = executor::OpenExecutor(modules, "fused");
  if (!executor.ok()) return executor.status();
  if (auto status = Confine(request.memory_limit_bytes()); !status.ok()) return status;
  base::FlushDenormals();
  const auto figures = (*executor)->RunBenchmark();
  if (!figures.ok()) return figures.status();
  answer->set_block_us(figures->block_us);
  answer->set_cell_us(figures->cell_us);
  return absl::OkStatus();
}

}  // namespace

int RunAppraisal(ControlChannel* channel, const internal::Appraise& request,
                 const std::string& module_directory) {
  internal::FromRunner message;
  internal::Appraised* const answer = message.mutable_appraised();
  absl::Status status = absl::InvalidArgumentError("nothing was asked for");
  try {
    if (request.has_measure()) status = MeasureVariant(request, module_directory, answer);
    if (request.has_convert()) status = Convert(request, module_directory, answer);
    if (request.benchmark()) status = RunBenchmark(request, module_directory, answer);
  } catch (const std::bad_alloc&) {
    status = absl::ResourceExhaustedError(absl::StrCat(
        "it takes more memory than ", request.memory_limit_bytes(), " bytes, which it may"));
  }
  if (!status.ok()) {
    answer->Clear();
    answer->set_code(static_cast<int>(status.code()));
    answer->set_error(std::string(status.message()).substr(0, kMaxErrorBytes));
  }
  channel->Send(message);
  return EXIT_SUCCESS;
}

}  // namespace continuo::runner
