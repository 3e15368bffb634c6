// SPDX-License-Identifier: Apache-2.0
#include "daemon/fit/assess.h"

#include <absl/strings/str_format.h>

#include <algorithm>

#include "daemon/base/bytes_in_words.h"
#include "daemon/base/str_cat.h"
#include "daemon/model/executor_bytes.h"

namespace continuo::fit {
namespace {

std::string Percent(double share) { return base::StrCat(FigureText(share * 100), " %"); }

// Where it was not measured: the weights and what is made of them.
std::uint64_t ModelBytes(const v1::RepositoryVariant& variant) {
  return variant.cost().memory_bytes() > 0 ? variant.cost().memory_bytes()
                                           : 2 * variant.weights_bytes();
}

// Too much memory is too heavy whatever else.
bool FitsMemory(const v1::Machine& machine, const Limits& limits, v1::Assessment* result) {
  const double most = limits.memory * static_cast<double>(machine.memory_bytes());
  const bool fits_machine =
      machine.memory_bytes() == 0 || static_cast<double>(result->memory_bytes()) <= most;
  if (fits_machine && result->memory_bytes() <= limits.budget_bytes) return true;
  result->set_verdict(v1::VERDICT_TOO_HEAVY);
  if (fits_machine) {
    result->set_reason(
        base::StrCat("too heavy: it takes ", base::BytesInWords(result->memory_bytes()),
                     " of memory, memory.budget allows ", base::BytesInWords(limits.budget_bytes)));
    return false;
  }
  result->set_reason(
      base::StrCat("too heavy: it takes ", base::BytesInWords(result->memory_bytes()),
                   " of memory, this machine has ", base::BytesInWords(machine.memory_bytes())));
  return false;
}

void AssessEffect(const v1::RepositoryVariant& variant, const Scaled& cost, const Limits& limits,
                  v1::Assessment* result) {
  const double frames = variant.cost().block_frames() > 0 ? variant.cost().block_frames() : 1;
  const double load = cost.us / frames * variant.sample_rate_hz() / 1e6;
  result->set_load(load);
  const double period_us = kHostBlockFrames / kHostRateHz * 1e6;
  const std::string figures = base::StrCat(
      "a stream takes ", Percent(load), " of a core at 48000 Hz in blocks of 256 frames (",
      FigureText(load * period_us / 1000), " of ", FigureText(period_us / 1000), " ms), and ",
      base::BytesInWords(result->memory_bytes()), " of memory");
  if (load <= limits.direct) {
    result->set_verdict(v1::VERDICT_RUNS);
    result->set_reason(base::StrCat("runs: ", figures));
  } else if (load <= limits.pipelined) {
    result->set_verdict(v1::VERDICT_PIPELINED_ONLY);
    result->set_reason(base::StrCat("runs pipelined only: ", figures, "; above ",
                                    Percent(limits.direct),
                                    " its result is not waited for, so it comes a block later"));
  } else {
    result->set_verdict(v1::VERDICT_TOO_HEAVY);
    result->set_reason(base::StrCat("too heavy: ", figures, "; above ", Percent(limits.pipelined),
                                    " it cannot keep up"));
  }
}

void AssessNotes(const v1::RepositoryEntry& entry, const Scaled& cost, const Limits& limits,
                 v1::Assessment* result) {
  const double cells = 1e6 / cost.us;
  result->set_cells_per_second(cells);
  std::string figures = base::StrCat(FigureText(cells), " cells a second");
  const v1::NotesSignature& notes = entry.notes();
  if (notes.steps_per_quarter() > 0) {
    // A cell a step and voice, at most.
    const double of_8_bars = 8.0 * 4 * notes.steps_per_quarter() * std::max(1, notes.voices_size());
    result->set_seconds_for_8_bars(of_8_bars / cells);
    base::StrAppend(&figures, ", 8 bars in ", FigureText(result->seconds_for_8_bars()),
                    " s at most");
  }
  base::StrAppend(&figures, ", and ", base::BytesInWords(result->memory_bytes()), " of memory");
  const bool slow = result->seconds_for_8_bars() > limits.job_s;
  result->set_verdict(slow ? v1::VERDICT_TOO_HEAVY : v1::VERDICT_RUNS);
  result->set_reason(base::StrCat(slow ? "too heavy: " : "runs: ", figures,
                                  slow ? base::StrCat("; more than ", FigureText(limits.job_s),
                                                      " s for 8 bars is too long to wait")
                                       : ""));
}

}  // namespace

Scaled Scale(const v1::Cost& cost, v1::Task task, bool measured_here, const v1::Machine& machine) {
  if (cost.microseconds_per_block() <= 0) return {0, v1::EVIDENCE_UNSPECIFIED, ""};
  if (measured_here) {
    return {cost.microseconds_per_block(), v1::EVIDENCE_MEASURED_HERE, "measured here"};
  }
  const std::string where =
      cost.measured_on().empty() ? "a machine that is not named" : cost.measured_on();
  const double here = task == v1::TASK_NOTES ? machine.cell_us() : machine.block_us();
  if (cost.benchmark_us() > 0 && here > 0) {
    return {cost.microseconds_per_block() * here / cost.benchmark_us(), v1::EVIDENCE_SCALED,
            base::StrCat("estimated from ", where)};
  }
  return {cost.microseconds_per_block(), v1::EVIDENCE_STATED,
          base::StrCat("as on ", where, ", whose speed is not known")};
}

v1::Assessment Assess(const Subject& subject, const v1::Machine& machine, const Limits& limits) {
  const v1::RepositoryEntry& entry = subject.entry;
  v1::Assessment result;
  if (subject.variant >= entry.variants_size()) {
    result.set_reason("not known: it has no variant");
    return result;
  }
  const v1::RepositoryVariant& variant = entry.variants(subject.variant);
  const bool here = subject.measured_here.contains(variant.id());
  const Scaled cost = Scale(variant.cost(), entry.task(), here, machine);
  result.set_variant(variant.id());
  result.set_evidence(cost.evidence);
  result.set_evidence_in_words(cost.in_words);
  result.set_memory_bytes(ModelBytes(variant) + model::ExecutorBytes(variant.executor()));
  if (FitsMemory(machine, limits, &result)) {
    if (cost.us <= 0) {
      result.set_reason(base::StrCat(
          "not known: its costs are not stated; ",
          subject.source.empty()
              ? base::StrCat("continuoctl models measure ", entry.id(), " measures them")
              : "they are measured when it is installed"));
      return result;
    }
    if (entry.task() == v1::TASK_NOTES) {
      AssessNotes(entry, cost, limits, &result);
    } else {
      AssessEffect(variant, cost, limits, &result);
    }
  }
  if (!cost.in_words.empty()) {
    result.set_reason(base::StrCat(result.reason(), " (", cost.in_words, ")"));
  }
  return result;
}

std::string FigureText(double value) { return absl::StrFormat("%.3g", value); }

}  // namespace continuo::fit
