// SPDX-License-Identifier: Apache-2.0
// Measures the variants of a model on this machine, and makes new ones.
//
//   OptimizeModel: converting ─► measuring ─► within the stated error, and faster or smaller?
//                  <models>/.variants/.making-XXXXXX/       ─► renamed to …/<id>/<version>/
//
// Problem: converters and models crash, disks are full, clients go. What is kept is listed in one
// file, which is replaced as the last step; at the worst a hidden directory is left, which the next
// call removes.
// Threads: one call at a time, on a thread that may wait.
// Errors: nothing has changed then. CANCELLED; else what is wrong, with the model's name.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "continuo/v1/fit_service.pb.h"
#include "daemon/fit/assess.h"
#include "daemon/fit/figures.h"
#include "daemon/model/store.h"

namespace continuo::fit {

struct Watcher {
  std::function<void(const v1::FitProgress&)> progress;
  Cancelled cancelled;
};

class Workbench {
 public:
  // All outlive this object.
  Workbench(model::ModelStore* store, Figures* figures, Appraise appraise,
            const Limits& limits = {});

  [[nodiscard]] absl::StatusOr<v1::MeasuredModel> Measure(const v1::MeasureModelRequest& request,
                                                          const Watcher& watcher);
  [[nodiscard]] absl::StatusOr<v1::OptimizedModel> Optimize(const v1::OptimizeModelRequest& request,
                                                            const Watcher& watcher);

 private:
  // A variant of `manifest`, from what is known or anew.
  [[nodiscard]] absl::StatusOr<internal::FigureRecord> FigureOf(const model::Package& package,
                                                                const v1::Variant& variant,
                                                                bool again,
                                                                const Cancelled& cancelled);
  // The table of all variants of a package, as it is run.
  [[nodiscard]] absl::StatusOr<v1::MeasuredModel> Table(const model::Package& package,
                                                        const std::string& wish, bool again,
                                                        const Watcher& watcher);

  model::ModelStore* const store_;
  Figures* const figures_;
  const Appraise appraise_;
  const Limits limits_;
};

}  // namespace continuo::fit
