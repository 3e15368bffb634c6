// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/settings.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "daemon/app/ctl/failure.h"
#include "daemon/app/ctl/text.h"

namespace continuo::ctl {
namespace {

template <class List>
std::string Ids(const List& list) {
  std::vector<std::string> ids;
  for (const auto& item : list) ids.push_back(item.id());
  return ids.empty() ? "it has none" : "it has: " + Join(ids);
}

template <class List>
const typename List::value_type* Find(const List& list, const std::string& id) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&id](const auto& item) { return item.id() == id; });
  return found == list.end() ? nullptr : &*found;
}

void Put(Settings& settings, const std::string& id, float value) {
  const auto found = std::find_if(settings.begin(), settings.end(),
                                  [&id](const auto& setting) { return setting.first == id; });
  if (found == settings.end()) {
    settings.emplace_back(id, value);
  } else {
    found->second = value;
  }
}

}  // namespace

Settings ParseSettings(const std::vector<std::string>& texts) {
  Settings settings;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw UsageError(fmt::format("'{}': a setting is name=value, as in gain=0.5", text));
    }
    const std::string id = text.substr(0, equals);
    float value = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + equals + 1, end, value);
    if (read.ec != std::errc() || read.ptr != end || !std::isfinite(value)) {
      throw UsageError(fmt::format("{}: '{}' is not a number; write it as 0.5 or -12", id,
                                   text.substr(equals + 1)));
    }
    if (std::any_of(settings.begin(), settings.end(),
                    [&id](const auto& setting) { return setting.first == id; })) {
      throw UsageError(fmt::format("{}: is set twice", id));
    }
    settings.emplace_back(id, value);
  }
  return settings;
}

Settings CheckedSettings(const v1::ModelManifest& manifest, const std::string& preset,
                         const Settings& settings) {
  Settings checked;
  if (!preset.empty()) {
    const v1::Preset* found = Find(manifest.presets(), preset);
    if (found == nullptr) {
      throw Refused("not_found", fmt::format("the model '{}' has no preset '{}'; {}", manifest.id(),
                                             preset, Ids(manifest.presets())));
    }
    for (const auto& [id, value] : found->values()) Put(checked, id, value);
  }
  for (const auto& [id, value] : settings) {
    const v1::Parameter* parameter = Find(manifest.parameters(), id);
    if (parameter == nullptr) {
      throw Refused("not_found", fmt::format("the model '{}' has no parameter '{}'; {}",
                                             manifest.id(), id, Ids(manifest.parameters())));
    }
    if (value < parameter->minimum() || value > parameter->maximum()) {
      throw Refused(
          "out_of_range",
          fmt::format("{}={} is out of range: it goes from {} to {}{}{}", id, Number(value),
                      Number(parameter->minimum()), Number(parameter->maximum()),
                      parameter->unit().empty() ? "" : " ", parameter->unit()));
    }
    Put(checked, id, value);
  }
  return checked;
}

}  // namespace continuo::ctl
