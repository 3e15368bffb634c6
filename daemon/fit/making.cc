// SPDX-License-Identifier: Apache-2.0
#include "daemon/fit/making.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "daemon/base/paths.h"
#include "daemon/base/read_file.h"
#include "daemon/base/str_cat.h"
#include "daemon/model/durable.h"
#include "daemon/model/local_variants.h"
#include "daemon/model/manifest.h"
#include "daemon/model/sha256.h"
#include "daemon/model/variant.h"

namespace continuo::fit {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = ".making-";
constexpr std::size_t kMaxFileBytes = std::size_t{2} << 30;

// One daemon a user, and in it one call at a time: what is there was left by one that was killed.
void Sweep(const std::string& variants) {
  std::error_code error;
  for (fs::directory_iterator entries(variants, error);
       !error && entries != fs::directory_iterator(); entries.increment(error)) {
    if (entries->path().filename().string().rfind(kPrefix, 0) != 0) continue;
    std::error_code ignored;
    fs::remove_all(entries->path(), ignored);
  }
}

std::string FileName(const std::string& id, const std::string& sha256) {
  return base::StrCat(id, "-", sha256.substr(0, 12), ".safetensors");
}

}  // namespace

absl::StatusOr<MakingDirectory> MakingDirectory::Make(const std::string& variants) {
  if (absl::Status status = base::EnsurePrivateDir(variants); !status.ok()) return status;
  Sweep(variants);
  std::string path = base::StrCat(variants, "/", kPrefix, "XXXXXX");
  if (::mkdtemp(path.data()) == nullptr) {
    return model::SystemError(base::StrCat("cannot make a directory in ", variants));
  }
  return MakingDirectory(path);
}

MakingDirectory::~MakingDirectory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

absl::StatusOr<internal::LocalVariant> MakingDirectory::Convert(const model::Package& package,
                                                                const Making& making,
                                                                const Appraise& appraise,
                                                                const Cancelled& cancelled) const {
  const v1::Variant* const original = model::FindVariant(package.manifest, making.original);
  if (original == nullptr) {
    return absl::InternalError(base::StrCat("no variant '", making.original, "'"));
  }
  const std::string draft = base::StrCat(path_, "/", making.id);
  internal::Appraise request;
  internal::ConvertWeights* const convert = request.mutable_convert();
  convert->set_executor(model::ExecutorOf(package.manifest, *original));
  convert->set_path(model::PathIn(package.directory, original->file()));
  convert->set_output_path(draft);
  convert->set_precision(making.precision);
  convert->set_prune(making.prune);
  convert->set_sparse(true);  // where it is smaller so
  const auto answer = appraise(request, cancelled);
  if (!answer.ok()) return answer.status();
  const auto bytes = base::ReadFile(draft, kMaxFileBytes);
  if (!bytes.ok()) return bytes.status();
  model::Sha256 sha256;
  sha256.Update(bytes->data(), bytes->size());
  internal::LocalVariant local;
  local.set_made_from(original->id());
  local.set_made_from_sha256(model::DigestOf(package.manifest, *original));
  local.set_remark(answer->remark());
  v1::File* const file = local.mutable_file();
  file->set_size_bytes(bytes->size());
  file->set_sha256(sha256.Finish());
  file->set_path(FileName(making.id, file->sha256()));
  std::error_code error;
  fs::rename(draft, path_ + "/" + file->path(), error);
  if (error) return absl::InternalError(base::StrCat(draft, ": ", error.message()));
  v1::Variant* const variant = local.mutable_variant();
  *variant = *original;
  variant->set_id(making.id);
  variant->set_file(file->path());
  variant->set_precision(making.precision);
  variant->set_weights_bytes(bytes->size());
  variant->clear_cost();
  variant->clear_error();
  for (const auto& [name, value] : answer->options()) (*variant->mutable_options())[name] = value;
  return local;
}

absl::Status MakingDirectory::Keep(const std::string& directory,
                                   const internal::LocalVariants& others,
                                   const internal::LocalVariants& kept) const {
  if (others.variants_size() + kept.variants_size() > model::kMaxVariants) {
    return absl::ResourceExhaustedError(base::StrCat("more than ", model::kMaxVariants,
                                                     " variants would be kept; remove ", directory,
                                                     " and make those that are wanted"));
  }
  if (absl::Status status = base::EnsurePrivateDir(directory); !status.ok()) return status;
  internal::LocalVariants all = others;
  std::set<std::string> names = {"variants.json"};
  for (const internal::LocalVariant& local : others.variants()) names.insert(local.file().path());
  for (const internal::LocalVariant& local : kept.variants()) {
    const std::string& name = local.file().path();
    std::error_code error;
    fs::rename(path_ + "/" + name, directory + "/" + name, error);
    if (error) return absl::InternalError(base::StrCat(directory, ": ", error.message()));
    names.insert(name);
    *all.add_variants() = local;
  }
  if (absl::Status status = model::SyncDirectory(directory); !status.ok()) return status;
  if (absl::Status status = model::WriteLocalVariants(directory, all); !status.ok()) return status;
  std::error_code error;
  for (fs::directory_iterator entries(directory, error);
       !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code ignored;
    if (!names.contains(entries->path().filename().string())) {
      fs::remove(entries->path(), ignored);
    }
  }
  return absl::OkStatus();
}

internal::LocalVariants Without(const internal::LocalVariants& all,
                                const internal::LocalVariants& other) {
  internal::LocalVariants rest;
  for (const internal::LocalVariant& local : all.variants()) {
    const bool there =
        std::any_of(other.variants().begin(), other.variants().end(),
                    [&](const auto& one) { return one.variant().id() == local.variant().id(); });
    if (!there) *rest.add_variants() = local;
  }
  return rest;
}

}  // namespace continuo::fit
