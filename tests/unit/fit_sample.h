// SPDX-License-Identifier: Apache-2.0
// Models and a machine to judge.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/fit/subject.h"

namespace continuo::fit {

inline v1::Machine SampleMachine() {
  v1::Machine machine;
  machine.set_cpu_name("Here CPU");
  machine.set_cores(4);
  machine.set_memory_bytes(std::uint64_t{8} << 30);
  machine.set_block_us(40);
  machine.set_cell_us(20);
  machine.set_measured_unix_s(1);
  return machine;
}

inline v1::Cost CostOf(double us, std::uint32_t frames, double benchmark_us) {
  v1::Cost cost;
  cost.set_microseconds_per_block(us);
  cost.set_block_frames(frames);
  cost.set_measured_on("Reference CPU");
  cost.set_benchmark_us(benchmark_us);
  cost.set_memory_bytes(1 << 20);
  return cost;
}

inline Subject Effect(const std::string& id, const v1::Cost& cost,
                      const std::string& license = "MIT") {
  v1::RepositoryEntry entry;
  entry.set_id(id);
  entry.set_version("1.0.0");
  entry.set_name(id);
  entry.set_task(v1::TASK_AUDIO_EFFECT);
  entry.set_license(license);
  entry.set_size_bytes(1000);
  v1::RepositoryVariant* const variant = entry.add_variants();
  variant->set_id("fp32-48000");
  variant->set_sample_rate_hz(48000);
  variant->set_executor("fused");
  variant->set_weights_bytes(1000);
  if (cost.microseconds_per_block() > 0) *variant->mutable_cost() = cost;
  Subject subject = SubjectOf(entry, "shop");
  subject.source.clear();
  return subject;
}

inline Subject Notes(const std::string& id, const v1::Cost& cost) {
  Subject subject = Effect(id, cost);
  subject.entry.set_task(v1::TASK_NOTES);
  subject.entry.mutable_variants(0)->set_sample_rate_hz(0);
  v1::NotesSignature* const notes = subject.entry.mutable_notes();
  notes->add_tasks("melody");
  notes->add_voices("melody");
  notes->add_voices("chords");
  notes->set_steps_per_quarter(4);
  return subject;
}

inline void AddQuality(Subject* subject, const std::string& measure, double value, bool higher) {
  v1::ModelQuality* const quality = subject->entry.add_quality();
  quality->set_measure(measure);
  quality->set_value(value);
  quality->set_higher_is_better(higher);
  quality->set_measured_on("a test set");
}

}  // namespace continuo::fit
