// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/local_variants.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>

#include "daemon/base/paths.h"
#include "daemon/base/read_file.h"
#include "daemon/base/str_cat.h"
#include "daemon/model/durable.h"
#include "daemon/model/manifest.h"
#include "daemon/model/variant.h"

namespace continuo::model {
namespace {

namespace json = google::protobuf::util;

constexpr const char* kFile = "/variants.json";

// A name beside the file, no path.
bool IsName(const std::string& name) {
  return !name.empty() && name.front() != '.' && name.find('/') == std::string::npos;
}

}  // namespace

std::string LocalVariantsDirectory(const std::string& own_models,
                                   const v1::ModelManifest& manifest) {
  return base::StrCat(own_models, "/.variants/", manifest.id(), "/", manifest.version());
}

absl::StatusOr<internal::LocalVariants> ReadLocalVariants(const std::string& directory) {
  const std::string path = directory + kFile;
  internal::LocalVariants variants;
  const absl::StatusOr<std::string> text = base::ReadFile(path, kMaxManifestBytes);
  if (absl::IsNotFound(text.status())) return variants;
  if (!text.ok()) return text.status();
  json::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto parsed = json::JsonStringToMessage(*text, &variants, options);
  const bool good = parsed.ok() && variants.variants_size() <= kMaxVariants &&
                    std::all_of(variants.variants().begin(), variants.variants().end(),
                                [](const internal::LocalVariant& local) {
                                  return IsName(local.file().path()) &&
                                         local.variant().file() == local.file().path() &&
                                         !local.made_from_sha256().empty();
                                });
  if (good) return variants;
  return absl::DataLossError(
      base::StrCat(path, " is damaged; the variants made here do not count: remove ", directory,
                   " and make ", "them anew (continuoctl models optimize)"));
}

absl::Status WriteLocalVariants(const std::string& directory,
                                const internal::LocalVariants& variants) {
  if (absl::Status status = base::EnsurePrivateDir(directory); !status.ok()) return status;
  json::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.add_whitespace = true;
  std::string text;
  const auto printed = json::MessageToJsonString(variants, &text, options);
  if (!printed.ok()) return absl::InternalError(std::string(base::MessageOf(printed)));
  return ReplaceFile(directory + kFile, text);
}

std::string DigestOf(const v1::ModelManifest& manifest, const v1::Variant& variant) {
  const auto file = std::find_if(manifest.files().begin(), manifest.files().end(),
                                 [&](const v1::File& one) { return one.path() == variant.file(); });
  return file == manifest.files().end() ? "" : file->sha256();
}

Package WithLocalVariants(const Package& package, const std::string& directory,
                          const internal::LocalVariants& variants) {
  Package merged = package;
  for (const internal::LocalVariant& local : variants.variants()) {
    const v1::Variant* const original = FindVariant(package.manifest, local.made_from());
    if (original == nullptr || DigestOf(package.manifest, *original) != local.made_from_sha256() ||
        FindVariant(merged.manifest, local.variant().id()) != nullptr) {
      continue;
    }
    const std::string path = base::StrCat(directory, "/", local.file().path());
    v1::Variant* const added = merged.manifest.add_variants();
    *added = local.variant();
    added->set_file(path);
    v1::File* const file = merged.manifest.add_files();
    *file = local.file();
    file->set_path(path);
  }
  return merged;
}

}  // namespace continuo::model
