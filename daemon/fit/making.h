// SPDX-License-Identifier: Apache-2.0
// A hidden directory in which variants are made, and from which those that are kept are renamed to
// their place (daemon/model/local_variants.h).
// Threads: one at a time.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "continuo/internal/fit.pb.h"
#include "daemon/fit/figures.h"
#include "daemon/fit/plan.h"
#include "daemon/model/package.h"

namespace continuo::fit {

class MakingDirectory {
 public:
  // <variants>/.making-XXXXXX; those of processes that were killed are removed before.
  [[nodiscard]] static absl::StatusOr<MakingDirectory> Make(const std::string& variants);
  MakingDirectory(MakingDirectory&& other) noexcept : path_(std::exchange(other.path_, "")) {}
  MakingDirectory& operator=(MakingDirectory&&) = delete;
  ~MakingDirectory();  // removes it with all that is in it

  [[nodiscard]] const std::string& path() const { return path_; }

  // The weights of a variant in other numbers, as a file in here.
  [[nodiscard]] absl::StatusOr<internal::LocalVariant> Convert(const model::Package& package,
                                                               const Making& making,
                                                               const Appraise& appraise,
                                                               const Cancelled& cancelled) const;
  // Moves the files of `kept` to `directory`, lists them there after `others`, and removes those
  // that nobody lists any more.
  [[nodiscard]] absl::Status Keep(const std::string& directory,
                                  const internal::LocalVariants& others,
                                  const internal::LocalVariants& kept) const;

 private:
  explicit MakingDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// Those of `all` whose ids `other` does not have.
[[nodiscard]] internal::LocalVariants Without(const internal::LocalVariants& all,
                                              const internal::LocalVariants& other);

}  // namespace continuo::fit
