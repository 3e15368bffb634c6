// SPDX-License-Identifier: Apache-2.0
// The fields of a model.json against those of the schema.
#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/str_cat.h"
#include "daemon/model/lint.h"

namespace continuo::model {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using Json = nlohmann::json;

constexpr int kMaxDepth = 16;
constexpr std::size_t kMaxName = 64;

// How many letters have to be changed, added or left out (Levenshtein).
std::size_t Distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::string Nearest(const Descriptor& type, const std::string& name) {
  std::string best;
  std::size_t least = name.size() / 2 + 1;
  for (int i = 0; i < type.field_count(); ++i) {
    const std::size_t distance = Distance(name, type.field(i)->name());
    if (distance < least) {
      least = distance;
      best = type.field(i)->name();
    }
  }
  return best.empty() ? "" : base::StrCat("; '", best, "' is meant?");
}

const FieldDescriptor* FieldOf(const Descriptor& type, const std::string& name) {
  const FieldDescriptor* const field = type.FindFieldByName(name);
  return field != nullptr ? field : type.FindFieldByCamelcaseName(name);
}

void Walk(const Json& json, const Descriptor& type, const std::string& path, int depth,
          std::vector<v1::Finding>* findings) {
  if (!json.is_object() || depth > kMaxDepth) return;
  for (const auto& [name, value] : json.items()) {
    const std::string shown = name.substr(0, kMaxName);
    const std::string at = path.empty() ? shown : base::StrCat(path, ".", shown);
    const FieldDescriptor* const field = FieldOf(type, name);
    if (field == nullptr) {
      AddFinding(v1::SEVERITY_ERROR, at,
                 base::StrCat("is not a field of the schema", Nearest(type, shown)), findings);
      continue;
    }
    if (field->is_map() || field->message_type() == nullptr) continue;
    if (!field->is_repeated()) {
      Walk(value, *field->message_type(), at, depth + 1, findings);
    } else if (value.is_array()) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        Walk(value[i], *field->message_type(), base::StrCat(at, "[", i, "]"), depth + 1, findings);
      }
    }
  }
}

}  // namespace

void FindUnknownFields(std::string_view json, std::vector<v1::Finding>* findings) {
  const Json document = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!document.is_discarded()) {
    Walk(document, *v1::ModelManifest::descriptor(), "", 0, findings);
  }
}

}  // namespace continuo::model
