// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/torch/nn_module.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "daemon/executor/torch/torch_support.h"

namespace continuo::executor {
namespace {

constexpr std::int64_t kMaxChannels = 8;
constexpr std::size_t kMaxValues = 64;
constexpr char kSuffix[] = "_params";

// What `getter` lists, else the stems of the attributes that end in _params and for which
// there is a method `prefix` + stem.
std::vector<std::string> Names(torch::jit::Module& module, const char* getter,
                               const std::string& prefix) {
  if (const auto method = module.find_method(getter)) return ToTexts((*method)({}));
  std::vector<std::string> names;
  const auto& type = *module.type();
  for (std::size_t i = 0; i < type.numAttributes(); ++i) {
    const std::string& attribute = type.getAttributeName(i);
    const std::size_t end = attribute.rfind(kSuffix);
    if (end == std::string::npos || end + sizeof kSuffix - 1 != attribute.size()) continue;
    const std::string stem = attribute.substr(0, end);
    if (module.find_method(prefix + stem)) names.push_back(stem);
  }
  return names;
}

std::vector<std::int64_t> Params(const torch::jit::Module& module, const std::string& name) {
  return module.hasattr(name + kSuffix) ? ToIntegers(module.attr(name + kSuffix))
                                        : std::vector<std::int64_t>();
}

// [a-z][a-z0-9_]{0,63}, unlike all others.
std::string ParameterId(const std::string& name, std::set<std::string>* taken) {
  std::string id;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool kept = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    id += upper ? static_cast<char>(c - 'A' + 'a') : kept ? c : '_';
  }
  if (id.empty() || id[0] < 'a' || id[0] > 'z') id.insert(0, "p_");
  id.resize(std::min<std::size_t>(id.size(), 60));
  std::string unique = id;
  for (int i = 2; !taken->insert(unique).second; ++i) unique = absl::StrCat(id, "_", i);
  return unique;
}

void ReadMethods(torch::jit::Module& module, NnModule* found) {
  for (const std::string& name : Names(module, "get_methods", "")) {
    const std::vector<std::int64_t> params = Params(module, name);
    if (!module.find_method(name) || params.size() != 4) {
      found->notes.push_back(absl::StrCat("method '", name, "' is left out: it has no ", name,
                                          "_params of 4 numbers"));
      continue;
    }
    const NnMethod method{name, params[0], params[1], params[2], params[3]};
    const auto good_ratio = [](std::int64_t r) { return r >= 1 && r <= kMaxNnRatio; };
    if (!good_ratio(method.in_ratio) || !good_ratio(method.out_ratio)) {
      found->notes.push_back(absl::StrCat("method '", name, "' is left out: its ratios are ",
                                          method.in_ratio, " and ", method.out_ratio,
                                          ", outside 1 to ", kMaxNnRatio));
      continue;
    }
    found->highest_ratio = std::max({found->highest_ratio, method.in_ratio, method.out_ratio});
    const auto good_channels = [](std::int64_t c) { return c >= 1 && c <= kMaxChannels; };
    if (!good_channels(method.in_channels) || !good_channels(method.out_channels)) {
      found->notes.push_back(absl::StrCat("method '", name, "' is left out: it has ",
                                          method.in_channels, " inputs and ", method.out_channels,
                                          " outputs, a stream has 1 to ", kMaxChannels));
      continue;
    }
    found->methods.push_back(method);
  }
  std::stable_partition(found->methods.begin(), found->methods.end(),
                        [](const NnMethod& method) { return method.name == "forward"; });
  // A call takes a multiple of all ratios, not of the highest alone.
  for (auto method = found->methods.begin(); method != found->methods.end();) {
    if (found->highest_ratio % method->in_ratio == 0 &&
        found->highest_ratio % method->out_ratio == 0) {
      ++method;
      continue;
    }
    found->notes.push_back(absl::StrCat("method '", method->name, "' is left out: its ratios ",
                                        method->in_ratio, " and ", method->out_ratio,
                                        " do not divide the highest, ", found->highest_ratio));
    method = found->methods.erase(method);
  }
}

void ReadAttributes(torch::jit::Module& module, NnModule* found) {
  std::set<std::string> taken;
  std::size_t values = 0;
  for (const std::string& name : Names(module, "get_attributes", "set_")) {
    const auto leave_out = [&](const std::string& why) {
      found->notes.push_back(absl::StrCat("attribute '", name, "' is left out: ", why));
    };
    const std::vector<std::int64_t> kinds = Params(module, name);
    if (kinds.empty() || !module.find_method("set_" + name) || !module.find_method("get_" + name)) {
      leave_out(absl::StrCat("it lacks ", name, "_params, get_", name, " or set_", name));
      continue;
    }
    if (std::any_of(kinds.begin(), kinds.end(), [](std::int64_t k) { return k < 0 || k > 2; })) {
      leave_out("it is a text, and parameters are numbers");
      continue;
    }
    if (values + kinds.size() > kMaxValues) {
      leave_out(absl::StrCat("a model has at most ", kMaxValues, " parameters"));
      continue;
    }
    NnAttribute attribute;
    attribute.name = name;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      const std::string own = kinds.size() == 1 ? name : absl::StrCat(name, "_", i + 1);
      std::string shown = own;
      std::replace(shown.begin(), shown.end(), '_', ' ');
      attribute.values.push_back(
          {ParameterId(own, &taken), shown, static_cast<NnKind>(kinds[i]), 0});
    }
    const std::vector<double> at_first = GetNnAttribute(module, attribute);
    if (at_first.size() != attribute.values.size()) {
      leave_out(absl::StrCat("get_", name, " does not give ", kinds.size(), " numbers"));
      continue;
    }
    for (std::size_t i = 0; i < at_first.size(); ++i) attribute.values[i].at_first = at_first[i];
    values += kinds.size();
    found->attributes.push_back(std::move(attribute));
  }
}

}  // namespace

bool IsNnModule(const torch::jit::Module& module) {
  const auto& type = *module.type();
  for (std::size_t i = 0; i < type.numAttributes(); ++i) {
    const std::string& attribute = type.getAttributeName(i);
    const std::size_t end = attribute.rfind(kSuffix);
    if (end == std::string::npos || end + sizeof kSuffix - 1 != attribute.size()) continue;
    if (module.find_method(attribute.substr(0, end)) &&
        ToIntegers(module.attr(attribute)).size() == 4) {
      return true;
    }
  }
  return false;
}

NnModule ReadNnModule(torch::jit::Module& module) {
  NnModule found;
  ReadMethods(module, &found);
  ReadAttributes(module, &found);
  for (const NnMethod& method : found.methods) {
    for (const char* side : {"input", "output"}) {
      const std::string name = absl::StrCat(method.name, "_", side, "_labels");
      if (!module.hasattr(name)) continue;
      std::string all;
      for (const std::string& label : ToTexts(module.attr(name))) {
        absl::StrAppend(&all, all.empty() ? "" : ", ", label);
      }
      if (!all.empty()) found.notes.push_back(absl::StrCat(method.name, " ", side, "s: ", all));
    }
  }
  return found;
}

std::vector<double> GetNnAttribute(torch::jit::Module& module, const NnAttribute& attribute) {
  const c10::IValue got = module.get_method("get_" + attribute.name)({});
  std::vector<double> numbers;
  const auto add = [&numbers](const c10::IValue& value) {
    if (const auto number = ToNumber(value); number && std::isfinite(*number)) {
      numbers.push_back(*number);
    }
  };
  if (got.isTuple()) {
    for (const c10::IValue& value : got.toTupleRef().elements()) add(value);
  } else if (got.isList()) {
    for (const c10::IValue& value : got.toListRef()) add(value);
  } else {
    add(got);
  }
  if (numbers.size() != attribute.values.size()) numbers.clear();
  return numbers;
}

void SetNnAttribute(torch::jit::Module& module, const NnAttribute& attribute,
                    const std::vector<double>& values) {
  std::vector<c10::IValue> arguments;
  for (std::size_t i = 0; i < attribute.values.size(); ++i) {
    switch (attribute.values[i].kind) {
      case NnKind::kBool:
        arguments.emplace_back(values[i] >= 0.5);
        break;
      case NnKind::kInt:
        arguments.emplace_back(static_cast<std::int64_t>(std::llround(values[i])));
        break;
      case NnKind::kFloat:
        arguments.emplace_back(values[i]);
        break;
    }
  }
  module.get_method("set_" + attribute.name)(std::move(arguments));
}

}  // namespace continuo::executor
