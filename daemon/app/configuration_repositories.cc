// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/configuration_repositories.h"

#include <algorithm>

#include "daemon/app/configuration_kinds.h"
#include "daemon/base/paths.h"
#include "daemon/base/str_cat.h"

namespace continuo::app {
namespace {

using repository::Source;

constexpr char kTakesTables[] = "it takes tables [[repository]] with name, url and key";
constexpr std::size_t kMaxTextBytes = 4095;

// One text, or where `keys` are read an array of some.
bool ReadText(const toml::node& node, std::string* text) {
  const auto* value = node.as_string();
  if (value == nullptr || value->get().size() > kMaxTextBytes) return false;
  // It would reach logs and terminals.
  const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  if (std::any_of(value->get().begin(), value->get().end(), control)) return false;
  *text = value->get();
  return true;
}

bool ReadKeys(const toml::node& node, std::vector<std::string>* keys) {
  const auto* array = node.as_array();
  if (array == nullptr) return ReadText(node, &keys->emplace_back());
  if (array->size() > repository::kMaxKeys) return false;
  return std::all_of(array->begin(), array->end(), [keys](const toml::node& entry) {
    return ReadText(entry, &keys->emplace_back());
  });
}

// Empty: taken.
std::string ReadField(std::string_view name, const toml::node& node, Source* source) {
  const auto not_text = [&node] {
    return base::StrCat("is ", TypeName(node), "; it takes a short string of printable characters");
  };
  if (name == "name") return ReadText(node, &source->name) ? "" : not_text();
  if (name == "url") {
    if (!ReadText(node, &source->url)) return not_text();
    source->url = base::ExpandHome(source->url);
    return {};
  }
  if (name == "ca_file") {
    if (!ReadText(node, &source->ca_file)) return not_text();
    source->ca_file = base::ExpandHome(source->ca_file);
    const bool absolute = source->ca_file.empty() || source->ca_file.front() == '/';
    return absolute ? "" : "is no absolute path";
  }
  if (name == "key") {
    return ReadKeys(node, &source->keys)
               ? ""
               : base::StrCat("is ", TypeName(node),
                              "; it takes such a string, or an array of up to ",
                              repository::kMaxKeys);
  }
  return "is not known; a repository has name, url, key and ca_file";
}

std::optional<RepositoryFault> ReadOne(const toml::table& table, const std::string& prefix,
                                       Configuration* configuration) {
  Source source;
  for (const auto& [name, node] : table) {
    const std::string wrong = ReadField(name.str(), node, &source);
    if (!wrong.empty()) {
      return RepositoryFault{name.source().begin.line,
                             base::StrCat(prefix, ".", std::string_view(name.str())), wrong};
    }
  }
  const auto line = table.source().begin.line;
  if (const absl::Status status = repository::CheckSource(source); !status.ok()) {
    // "url 'http://a/' does not …": the first word is the key.
    const std::string message(base::MessageOf(status));
    const std::size_t end = std::min(message.find(' '), message.size());
    return RepositoryFault{line, base::StrCat(prefix, ".", message.substr(0, end)),
                           message.substr(std::min(end + 1, message.size()))};
  }
  const auto same = [&source](const Source& other) { return other.name == source.name; };
  const auto& known = configuration->repositories;
  if (std::any_of(known.begin(), known.end(), same)) {
    return RepositoryFault{line, prefix + ".name",
                           base::StrCat("'", source.name, "' is there twice")};
  }
  configuration->repositories.push_back(std::move(source));
  return std::nullopt;
}

}  // namespace

std::optional<RepositoryFault> ReadRepositories(const toml::node& node,
                                                Configuration* configuration) {
  const auto line = node.source().begin.line;
  const auto* array = node.as_array();
  if (array == nullptr) {
    return RepositoryFault{line, "repository",
                           base::StrCat("is ", TypeName(node), "; ", kTakesTables)};
  }
  if (array->size() > repository::kMaxSources) {
    return RepositoryFault{
        line, "repository",
        base::StrCat("has ", array->size(), " entries; the limit is ", repository::kMaxSources)};
  }
  for (std::size_t i = 0; i < array->size(); ++i) {
    const std::string prefix = base::StrCat("repository[", i, "]");
    const auto* table = array->get(i)->as_table();
    if (table == nullptr) {
      return RepositoryFault{line, prefix,
                             base::StrCat("is ", TypeName(*array->get(i)), "; ", kTakesTables)};
    }
    if (auto fault = ReadOne(*table, prefix, configuration)) return fault;
  }
  return std::nullopt;
}

std::string RepositoryExample() {
  return "\n# Repositories of models, each a table of its own, the first asked first. The key is\n"
         "# the public one of who signs it; `url` may be a directory.\n"
         "# [[repository]]\n"
         "# name = \"example\"\n"
         "# url = \"https://models.example.org/continuo/\"\n"
         "# key = \"ed25519:…\"\n";
}

}  // namespace continuo::app
