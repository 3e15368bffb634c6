// SPDX-License-Identifier: Apache-2.0
// The rules of a manifest's parameters: each for itself, then what they say of each other.
#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "daemon/model/checks.h"
#include "daemon/model/parameters.h"

namespace continuo::model {
namespace {

using Manifest = v1::ModelManifest;

void CheckParameter(const std::string& field, const v1::Parameter& parameter, Checks* checks) {
  checks->Id(field + ".id", parameter.id(), '_', false);
  checks->Name(field + ".name", parameter.name());
  checks->Text(field + ".unit", parameter.unit(), kMaxNameBytes);
  checks->Require(std::isfinite(parameter.minimum()), field, ".minimum is not a finite number");
  checks->Require(std::isfinite(parameter.maximum()), field, ".maximum is not a finite number");
  checks->Require(parameter.minimum() < parameter.maximum(), field, ".minimum is ",
                  parameter.minimum(), ", not below maximum ", parameter.maximum());
  checks->Range(field + ".default_value", parameter.default_value(), parameter.minimum(),
                parameter.maximum());
  checks->Enum(field + ".curve", parameter.curve(), v1::Curve_descriptor());
  checks->Require(parameter.curve() != v1::CURVE_LOGARITHMIC || parameter.minimum() > 0, field,
                  ".minimum is ", parameter.minimum(), "; a logarithmic curve needs one above 0");
  checks->Enum(field + ".level", parameter.level(), v1::Level_descriptor());
  checks->Text(field + ".description", parameter.description(), kMaxTextBytes);
  checks->Range(field + ".smoothing_ms", parameter.smoothing_ms(), 0.0, kMaxSmoothingMs);
  checks->Range("the number of " + field + ".former_ids", parameter.former_ids_size(), 0,
                kMaxFormerIds);
  checks->Range("the number of " + field + ".conditions", parameter.conditions_size(), 0,
                kMaxConditions);
  checks->Range("the number of " + field + ".targets", parameter.targets_size(), 0, kMaxParameters);
  checks->Require(!IsMacro(parameter) || parameter.smoothing_ms() == 0, field, ".smoothing_ms is ",
                  parameter.smoothing_ms(), "; a macro has none, what it moves has its own");
}

// By the id of today: inside one manifest there is no other version to be kind to.
int IndexOf(const Manifest& manifest, const std::string& id) {
  const auto& all = manifest.parameters();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.id() == id; });
  return found == all.end() ? -1 : static_cast<int>(found - all.begin());
}

// Index of `id`, another parameter than `index`; -1 has been told of.
int IndexOfOther(const Manifest& manifest, const std::string& field, const std::string& id,
                 int index, Checks* checks) {
  const int found = IndexOf(manifest, id);
  checks->Require(found >= 0, field, " '", id, "' is no parameter of the model");
  checks->Require(found != index, field, " '", id, "' is the parameter itself");
  return found == index ? -1 : found;
}

// With the macro at its default nothing moves, so an end that is the default itself is fixed.
void CheckEnd(const std::string& field, float end, float macro_end, const v1::Parameter& macro,
              const v1::Parameter& moved, Checks* checks) {
  checks->Range(field, end, moved.minimum(), moved.maximum());
  checks->Require(macro.default_value() != macro_end || end == moved.default_value(), field, " is ",
                  end, "; there the macro is at its default and moves nothing, so it takes ",
                  moved.default_value());
}

void CheckTarget(const std::string& field, const v1::MacroTarget& target, int macro_index,
                 const Manifest& manifest, std::set<std::string>* moved, Checks* checks) {
  const std::string name = field + ".parameter";
  checks->Enum(field + ".curve", target.curve(), v1::Curve_descriptor());
  const int index = IndexOfOther(manifest, name, target.parameter(), macro_index, checks);
  if (index < 0) return;
  const v1::Parameter& parameter = manifest.parameters(index);
  const v1::Parameter& macro = manifest.parameters(macro_index);
  checks->Require(!IsMacro(parameter), name, " '", parameter.id(), "' is a macro itself");
  checks->Require(moved->insert(parameter.id()).second, name, " '", parameter.id(),
                  "' is moved twice");
  CheckEnd(field + ".from", target.from(), macro.minimum(), macro, parameter, checks);
  CheckEnd(field + ".to", target.to(), macro.maximum(), macro, parameter, checks);
  checks->Require(target.curve() != v1::CURVE_LOGARITHMIC ||
                      (target.from() > 0 && target.to() > 0 && parameter.default_value() > 0),
                  field, ".curve is logarithmic, from ", target.from(), " by the default ",
                  parameter.default_value(), " to ", target.to(), "; it needs all above 0");
}

void CheckCondition(const std::string& field, const v1::Condition& condition, int index,
                    const Manifest& manifest, const std::set<std::string>& moved, Checks* checks) {
  const std::string name = field + ".parameter";
  const int other = IndexOfOther(manifest, name, condition.parameter(), index, checks);
  if (other < 0) return;
  const v1::Parameter& parameter = manifest.parameters(other);
  checks->Require(moved.count(parameter.id()) == 0, name, " '", parameter.id(),
                  "' is moved by a macro, so its own value does not decide");
  checks->Range(field + ".minimum", condition.minimum(), parameter.minimum(), parameter.maximum());
  checks->Range(field + ".maximum", condition.maximum(), parameter.minimum(), parameter.maximum());
  checks->Require(!(condition.minimum() > condition.maximum()), field, ".minimum is ",
                  condition.minimum(), ", above maximum ", condition.maximum());
}

// Whether what `index` depends on comes back to `start`.
bool LeadsBack(const Manifest& manifest, int start, int index, std::vector<bool>* seen) {
  for (const v1::Condition& condition : manifest.parameters(index).conditions()) {
    const int next = IndexOf(manifest, condition.parameter());
    if (next == start) return true;
    if (next < 0 || (*seen)[static_cast<std::size_t>(next)]) continue;
    (*seen)[static_cast<std::size_t>(next)] = true;
    if (LeadsBack(manifest, start, next, seen)) return true;
  }
  return false;
}

void CheckConditions(const std::string& field, int index, const Manifest& manifest,
                     const std::set<std::string>& moved, Checks* checks) {
  const auto& conditions = manifest.parameters(index).conditions();
  std::set<std::string> named;
  for (int k = 0; k < conditions.size(); ++k) {
    CheckCondition(field + At(".conditions", k), conditions[k], index, manifest, moved, checks);
    checks->Unique(field + At(".conditions", k) + ".parameter", conditions[k].parameter(), &named);
  }
  if (named.count(manifest.parameters(index).id()) != 0) return;  // has been told of
  std::vector<bool> seen(static_cast<std::size_t>(manifest.parameters_size()));
  checks->Require(!LeadsBack(manifest, index, index, &seen), field,
                  ".conditions lead back to the parameter itself");
}

void CheckIds(const Manifest& manifest, Checks* checks) {
  std::set<std::string> ids;
  for (int i = 0; i < manifest.parameters_size(); ++i) {
    checks->Unique(At("parameters", i) + ".id", manifest.parameters(i).id(), &ids);
  }
  // A former id belongs to one parameter, and is none of today's.
  for (int i = 0; i < manifest.parameters_size(); ++i) {
    for (int k = 0; k < manifest.parameters(i).former_ids_size(); ++k) {
      const std::string field = At("parameters", i) + At(".former_ids", k);
      checks->Id(field, manifest.parameters(i).former_ids(k), '_', false);
      checks->Unique(field, manifest.parameters(i).former_ids(k), &ids);
    }
  }
}

}  // namespace

void CheckParameterList(const Manifest& manifest, Checks* checks) {
  const std::size_t before = checks->all().size();
  for (int i = 0; i < manifest.parameters_size(); ++i) {
    CheckParameter(At("parameters", i), manifest.parameters(i), checks);
  }
  CheckIds(manifest, checks);
  if (checks->all().size() > before) return;  // ranges and ids are what the rest is held against
  std::set<std::string> moved;
  for (int i = 0; i < manifest.parameters_size(); ++i) {
    for (int k = 0; k < manifest.parameters(i).targets_size(); ++k) {
      CheckTarget(At("parameters", i) + At(".targets", k), manifest.parameters(i).targets(k), i,
                  manifest, &moved, checks);
    }
  }
  for (int i = 0; i < manifest.parameters_size(); ++i) {
    CheckConditions(At("parameters", i), i, manifest, moved, checks);
  }
}

}  // namespace continuo::model
