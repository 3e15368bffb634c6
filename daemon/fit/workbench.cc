// SPDX-License-Identifier: Apache-2.0
#include "daemon/fit/workbench.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "daemon/base/bytes_in_words.h"
#include "daemon/base/cpu_name.h"
#include "daemon/base/paths.h"
#include "daemon/base/read_file.h"
#include "daemon/base/str_cat.h"
#include "daemon/fit/assess.h"
#include "daemon/fit/making.h"
#include "daemon/fit/plan.h"
#include "daemon/model/local_variants.h"
#include "daemon/model/variant.h"

namespace continuo::fit {
namespace {

absl::Status Named(const model::Package& package, const absl::Status& status) {
  return absl::Status(status.code(), base::StrCat("model '", package.manifest.id(),
                                                  "': ", base::MessageOf(status)));
}

std::uint64_t FileBytes(const v1::ModelManifest& manifest, const v1::Variant& variant) {
  for (const v1::File& file : manifest.files()) {
    if (file.path() == variant.file()) return file.size_bytes();
  }
  return variant.weights_bytes();
}

void Tell(const Watcher& watcher, const char* step, const std::string& variant, std::uint32_t done,
          std::uint32_t total) {
  if (!watcher.progress) return;
  v1::FitProgress progress;
  progress.set_step(step);
  progress.set_variant(variant);
  progress.set_done(done);
  progress.set_total(total);
  watcher.progress(progress);
}

v1::VariantFigures FiguresOf(const v1::ModelManifest& manifest, const v1::Variant& variant,
                             const internal::FigureRecord& record, double stated_error) {
  v1::VariantFigures figures;
  figures.set_id(variant.id());
  figures.set_sample_rate_hz(variant.sample_rate_hz());
  figures.set_precision(variant.precision());
  figures.set_executor(model::ExecutorOf(manifest, variant));
  figures.set_file_bytes(FileBytes(manifest, variant));
  figures.set_made_here(!variant.file().empty() && variant.file().front() == '/');
  figures.set_remark(record.problem());
  figures.set_error(record.problem().empty() ? record.error() : -1);
  if (!record.problem().empty()) return figures;
  *figures.mutable_cost() = record.cost();
  // One that nothing can be compared with is the original.
  figures.set_keeps_error(record.error() <= stated_error);
  return figures;
}

// What is told after it was chosen: "int8: 1.4 MB, error 0.02 under the stated 0.05, 1.6x as fast".
std::string ChoiceText(const v1::VariantFigures& figures, double stated_error, bool original) {
  std::string text = base::StrCat(figures.id(), ": ", base::BytesInWords(figures.file_bytes()));
  if (figures.error() >= 0) {
    base::StrAppend(&text, ", error ", FigureText(figures.error()),
                    figures.keeps_error() ? " under the stated " : " above the stated ",
                    FigureText(stated_error));
  }
  if (figures.speed() > 0 && !original) {
    base::StrAppend(&text, ", ", FigureText(figures.speed()), "x as fast");
  }
  return text;
}

}  // namespace

Workbench::Workbench(model::ModelStore* store, Figures* figures, Appraise appraise,
                     const Limits& limits)
    : store_(store), figures_(figures), appraise_(std::move(appraise)), limits_(limits) {}

absl::StatusOr<internal::FigureRecord> Workbench::FigureOf(const model::Package& package,
                                                           const v1::Variant& variant, bool again,
                                                           const Cancelled& cancelled) {
  const v1::ModelManifest& manifest = package.manifest;
  const std::string key = Figures::KeyOf(manifest, variant);
  if (!again) {
    // What could not be measured is tried again: what was missing may be there now.
    if (auto known = figures_->Find(key); known && known->problem().empty()) {
      return *std::move(known);
    }
  }
  const auto machine = figures_->Machine(false, cancelled);
  if (!machine.ok()) return machine.status();
  internal::Appraise request;
  internal::MeasureVariant* const measure = request.mutable_measure();
  *measure->mutable_manifest() = manifest;
  measure->set_directory(package.directory);
  measure->set_variant(variant.id());
  measure->set_original(OriginalFor(manifest, variant).id());
  const auto answer = appraise_(request, cancelled);
  if (absl::IsCancelled(answer.status())) return answer.status();
  internal::FigureRecord record;
  record.set_key(key);
  record.set_error(-1);
  if (!answer.ok()) {
    record.set_problem(std::string(base::MessageOf(answer.status())));
    return record;
  }
  *record.mutable_cost() = answer->cost();
  record.mutable_cost()->set_measured_on(base::CpuName());
  record.mutable_cost()->set_benchmark_us(manifest.task() == v1::TASK_NOTES ? machine->cell_us()
                                                                            : machine->block_us());
  record.set_error(answer->difference());
  record.set_tolerance(answer->tolerance());
  return record;
}

absl::StatusOr<v1::MeasuredModel> Workbench::Table(const model::Package& package,
                                                   const std::string& wish, bool again,
                                                   const Watcher& watcher) {
  const v1::ModelManifest& manifest = package.manifest;
  const double stated = model::StatedErrorOf(manifest);
  v1::MeasuredModel table;
  table.set_id(manifest.id());
  table.set_version(manifest.version());
  table.set_stated_error(stated);
  v1::ModelManifest known = manifest;
  const auto total = static_cast<std::uint32_t>(manifest.variants_size());
  for (int i = 0; i < manifest.variants_size(); ++i) {
    const v1::Variant& variant = manifest.variants(i);
    Tell(watcher, "measuring", variant.id(), static_cast<std::uint32_t>(i), total);
    const auto record = FigureOf(package, variant, again, watcher.cancelled);
    if (!record.ok()) return Named(package, record.status());
    v1::VariantFigures figures = FiguresOf(manifest, variant, *record, stated);
    v1::Variant* const to = known.mutable_variants(i);
    if (!record->problem().empty()) {
      to->mutable_cost()->set_microseconds_per_block(1e9);
      to->mutable_cost()->set_block_frames(1);
    } else {
      *to->mutable_cost() = record->cost();
      if (record->error() >= 0) to->set_error(record->error());
    }
    *table.add_variants() = std::move(figures);
  }
  for (v1::VariantFigures& figures : *table.mutable_variants()) {
    const auto original = std::find_if(
        table.variants().begin(), table.variants().end(),
        [&](const auto& one) { return one.sample_rate_hz() == figures.sample_rate_hz(); });
    if (figures.cost().microseconds_per_block() > 0) {
      figures.set_speed(original->cost().microseconds_per_block() /
                        figures.cost().microseconds_per_block());
    }
    const model::VariantChoice chosen = model::ChooseVariant(known, figures.sample_rate_hz(), wish);
    figures.set_chosen(known.variants(chosen.index).id() == figures.id());
  }
  std::set<std::string> here;
  for (const v1::VariantFigures& figures : table.variants()) {
    if (figures.remark().empty()) here.insert(figures.id());
  }
  const auto run = std::make_shared<const model::Package>(model::Package{package.directory, known});
  const Subject subject = SubjectOf({run, wish}, here);
  const auto machine = figures_->Machine(false, watcher.cancelled);
  if (!machine.ok()) return machine.status();
  *table.mutable_assessment() = Assess(subject, *machine, limits_);
  const v1::VariantFigures& used = table.variants(subject.variant);
  table.set_choice(ChoiceText(
      used, stated, OriginalFor(known, known.variants(subject.variant)).id() == used.id()));
  return table;
}

absl::StatusOr<v1::MeasuredModel> Workbench::Measure(const v1::MeasureModelRequest& request,
                                                     const Watcher& watcher) {
  const auto found = store_->Find(request.id(), request.version());
  if (!found.ok()) return found.status();
  const model::Runnable run = store_->ToRun(*found);
  auto table = Table(*run.package, run.wish, request.measure_again(), watcher);
  if (!table.ok()) return table.status();
  // Kept when all is known, so that a rate is known as a whole or not at all.
  for (int i = 0; i < run.package->manifest.variants_size(); ++i) {
    const v1::VariantFigures& figures = table->variants(i);
    internal::FigureRecord record;
    record.set_key(Figures::KeyOf(run.package->manifest, run.package->manifest.variants(i)));
    *record.mutable_cost() = figures.cost();
    record.set_error(figures.error());
    record.set_problem(figures.remark());
    if (absl::Status status = figures_->Add(record); !status.ok()) return status;
  }
  return table;
}

absl::StatusOr<v1::OptimizedModel> Workbench::Optimize(const v1::OptimizeModelRequest& request,
                                                       const Watcher& watcher) {
  const auto found = store_->Find(request.id(), request.version());
  if (!found.ok()) return found.status();
  const model::Package& package = **found;
  const std::vector<Making> plan = PlanMakings(package.manifest, request);
  if (plan.empty()) {
    return absl::FailedPreconditionError(base::StrCat(
        "model '", request.id(),
        "' has no weights that could be smaller: the fused executor's alone can be converted"));
  }
  const std::string own = store_->own_directory();
  if (own.empty()) {
    return absl::FailedPreconditionError("there is no directory of the user's own models");
  }
  auto making = MakingDirectory::Make(own + "/.variants");
  if (!making.ok()) return making.status();
  internal::LocalVariants made;
  std::vector<v1::VariantFigures> failed;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    Tell(watcher, "converting", plan[i].id, static_cast<std::uint32_t>(i),
         static_cast<std::uint32_t>(plan.size()));
    auto local = making->Convert(package, plan[i], appraise_, watcher.cancelled);
    if (absl::IsCancelled(local.status())) return local.status();
    if (local.ok()) {
      *made.add_variants() = *std::move(local);
      continue;
    }
    v1::VariantFigures figures;
    figures.set_id(plan[i].id);
    figures.set_precision(plan[i].precision);
    figures.set_error(-1);
    figures.set_remark(std::string(base::MessageOf(local.status())));
    failed.push_back(std::move(figures));
  }
  const std::string directory = model::LocalVariantsDirectory(own, package.manifest);
  // Those that were made before count as well, but for those that are made anew.
  auto before = model::ReadLocalVariants(directory);
  if (!before.ok()) before = internal::LocalVariants();
  const internal::LocalVariants others = Without(*before, made);
  const model::Package merged = model::WithLocalVariants(
      model::WithLocalVariants(package, directory, others), making->path(), made);
  const std::string wish = store_->ToRun(*found).wish;
  auto table = Table(merged, wish, /*again=*/false, watcher);
  if (!table.ok()) return table.status();
  v1::OptimizedModel result;
  internal::LocalVariants kept;
  for (internal::LocalVariant& local : *made.mutable_variants()) {
    const auto find = [&](const std::string& id) -> v1::VariantFigures& {
      return *std::find_if(table->mutable_variants()->begin(), table->mutable_variants()->end(),
                           [&](const auto& one) { return one.id() == id; });
    };
    v1::VariantFigures& figures = find(local.variant().id());
    if (figures.remark().empty()) figures.set_remark(local.remark());
    const bool works = figures.cost().microseconds_per_block() > 0;
    if (!works || !(request.keep_all() || IsWorthKeeping(figures, find(local.made_from())))) {
      continue;
    }
    *local.mutable_variant()->mutable_cost() = figures.cost();
    local.mutable_variant()->set_error(std::max(0.0, figures.error()));
    *kept.add_variants() = local;
  }
  if (!request.dry_run() && kept.variants_size() > 0) {
    Tell(watcher, "installing", "", static_cast<std::uint32_t>(plan.size()),
         static_cast<std::uint32_t>(plan.size()));
    if (watcher.cancelled && watcher.cancelled()) return absl::CancelledError("it was cancelled");
    // What was made again and is not kept leaves the one of before.
    if (absl::Status status = making->Keep(directory, Without(*before, kept), kept); !status.ok()) {
      return status;
    }
    for (const internal::LocalVariant& local : kept.variants()) {
      result.add_kept(local.variant().id());
    }
    result.set_directory(directory);
    v1::MeasureModelRequest again;
    again.set_id(request.id());
    again.set_version(package.manifest.version());
    // What was measured a moment ago is remembered under the kept files' digests.
    for (int i = 0; i < merged.manifest.variants_size(); ++i) {
      const v1::VariantFigures& figures = table->variants(i);
      if (figures.cost().microseconds_per_block() <= 0) continue;
      internal::FigureRecord record;
      record.set_key(Figures::KeyOf(merged.manifest, merged.manifest.variants(i)));
      *record.mutable_cost() = figures.cost();
      record.set_error(figures.error());
      if (absl::Status status = figures_->Add(record); !status.ok()) return status;
    }
    const auto final = Measure(again, {});
    if (!final.ok()) return final.status();
    table->set_choice(final->choice());
    *table->mutable_assessment() = final->assessment();
    for (v1::VariantFigures& figures : *table->mutable_variants()) {
      const auto same = std::find_if(final->variants().begin(), final->variants().end(),
                                     [&](const auto& one) { return one.id() == figures.id(); });
      figures.set_chosen(same != final->variants().end() && same->chosen());
    }
  }
  for (v1::VariantFigures& figures : failed) *table->add_variants() = std::move(figures);
  *result.mutable_model() = *std::move(table);
  return result;
}

}  // namespace continuo::fit
