// SPDX-License-Identifier: Apache-2.0
// Variants that were made on this machine of packages that were made elsewhere.
//
// Problem: a package is what its maker signed, file by file and digest by digest; what we make of
// it is not his. So nothing is added to it: variants made here lie beside the packages, in a hidden
// directory of the user's own models, each with its digest and that of the weights it was made of.
// They count for every installed version whose weights have that digest, wherever it lies, and for
// no other; with the last such version they are garbage.
// Layout:
//   <models>/.variants/<id>/<version>/variants.json   internal/fit.proto, LocalVariants
//   <models>/.variants/<id>/<version>/<file>          weights
// Threads: [any-thread]; no two may write at a time.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>

#include "continuo/internal/fit.pb.h"
#include "daemon/model/package.h"

namespace continuo::model {

// Where those of a package are, or would be.
[[nodiscard]] std::string LocalVariantsDirectory(const std::string& own_models,
                                                 const v1::ModelManifest& manifest);

// Of a directory as above; none where there is no file. A file that is damaged is an error.
[[nodiscard]] absl::StatusOr<internal::LocalVariants> ReadLocalVariants(
    const std::string& directory);
// The file has the old ones or the new ones, whatever happens.
[[nodiscard]] absl::Status WriteLocalVariants(const std::string& directory,
                                              const internal::LocalVariants& variants);

// Digest of the file of a variant, as the manifest has it; empty: none.
[[nodiscard]] std::string DigestOf(const v1::ModelManifest& manifest, const v1::Variant& variant);

// The package with those of `variants` that belong to its weights, as variants after its own, their
// files by absolute path. One whose id the package has itself is left out.
[[nodiscard]] Package WithLocalVariants(const Package& package, const std::string& directory,
                                        const internal::LocalVariants& variants);

}  // namespace continuo::model
