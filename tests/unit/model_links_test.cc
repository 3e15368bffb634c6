// SPDX-License-Identifier: Apache-2.0
// What parameters say of each other: conditions and macros.
#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <vector>

#include "daemon/model/lint.h"
#include "daemon/model/manifest.h"
#include "daemon/model/parameters.h"
#include "model_sample.h"

namespace continuo::model {
namespace {

using M = v1::ModelManifest;

v1::Parameter* AddParameter(M* manifest, const std::string& id) {
  v1::Parameter* added = manifest->add_parameters();
  *added = manifest->parameters(0);
  added->clear_conditions();
  added->clear_targets();
  added->set_id(id);
  return added;
}

void AddTarget(v1::Parameter* macro, const std::string& parameter, float from, float to,
               v1::Curve curve = v1::CURVE_LINEAR) {
  v1::MacroTarget* target = macro->add_targets();
  target->set_parameter(parameter);
  target->set_from(from);
  target->set_to(to);
  target->set_curve(curve);
}

void AddCondition(v1::Parameter* parameter, const std::string& asked, float minimum,
                  float maximum) {
  v1::Condition* condition = parameter->add_conditions();
  condition->set_parameter(asked);
  condition->set_minimum(minimum);
  condition->set_maximum(maximum);
}

// gain 0..10 (5), cutoff 20..20000 (1000, by ratio), mode 0..10 (5), detail 0..10 (5) where mode
// is 1..2, and grit 0..10 (5) over gain and cutoff.
M Linked() {
  M manifest = SampleManifest();
  AddParameter(&manifest, "mode");
  AddCondition(AddParameter(&manifest, "detail"), "mode", 1, 2);
  v1::Parameter* grit = AddParameter(&manifest, "grit");
  AddTarget(grit, "gain", 2, 9);
  AddTarget(grit, "cutoff", 100, 8000, v1::CURVE_LOGARITHMIC);
  return manifest;
}

enum { kGain, kCutoff, kMode, kDetail, kGrit };

std::string Refusal(const M& manifest) {
  const auto parsed = ParseManifest(JsonOf(manifest), "model.json");
  return parsed.ok() ? "accepted" : std::string(parsed.status().message());
}

TEST_CASE("ParseManifest: conditions and macros come through unchanged") {
  const auto parsed = ParseManifest(JsonOf(Linked()), "model.json");
  REQUIRE(parsed.status() == absl::OkStatus());
  CHECK(JsonOf(*parsed) == JsonOf(Linked()));
  CHECK(IsMacro(parsed->parameters(kGrit)));
  CHECK(!IsMacro(parsed->parameters(kGain)));
  CHECK(ResolveParameters(*parsed, {}).value() == std::vector<float>{5, 1000, 5, 5, 5});
}

struct Fault {
  void (*make)(M&);
  const char* message;
};

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

v1::Condition& First(M& m) { return *m.mutable_parameters(kDetail)->mutable_conditions(0); }
v1::MacroTarget& Target(M& m, int index) {
  return *m.mutable_parameters(kGrit)->mutable_targets(index);
}

const Fault kFaults[] = {
    {[](M& m) { First(m).set_parameter("tone"); },
     "parameters[3].conditions[0].parameter 'tone' is no parameter of the model"},
    {[](M& m) { First(m).clear_parameter(); },
     "parameters[3].conditions[0].parameter '' is no parameter of the model"},
    {[](M& m) { First(m).set_parameter("detail"); },
     "parameters[3].conditions[0].parameter 'detail' is the parameter itself"},
    {[](M& m) { First(m).set_parameter("gain"); },
     "parameters[3].conditions[0].parameter 'gain' is moved by a macro"},
    {[](M& m) { First(m).set_minimum(-1); },
     "parameters[3].conditions[0].minimum is -1, below minimum 0"},
    {[](M& m) { First(m).set_maximum(11); },
     "parameters[3].conditions[0].maximum is 11, above maximum 10"},
    {[](M& m) { First(m).set_maximum(0.5F); },
     "parameters[3].conditions[0].minimum is 1, above maximum 0.5"},
    {[](M& m) { First(m).set_minimum(kNan); },
     "parameters[3].conditions[0].minimum is not a finite number"},
    {[](M& m) { AddCondition(m.mutable_parameters(kDetail), "mode", 3, 4); },
     "parameters[3].conditions[1].parameter 'mode' is there twice"},
    {[](M& m) {
       while (m.parameters(kDetail).conditions_size() < 9) {
         AddCondition(m.mutable_parameters(kDetail), "mode", 1, 2);
       }
     },
     "the number of parameters[3].conditions is 9, above maximum 8"},
    {[](M& m) { AddCondition(m.mutable_parameters(kMode), "detail", 1, 2); },
     "parameters[2].conditions lead back to the parameter itself"},
    {[](M& m) {
       AddCondition(m.mutable_parameters(kMode), "grit", 1, 2);
       AddCondition(m.mutable_parameters(kGrit), "detail", 1, 2);
     },
     "parameters[2].conditions lead back to the parameter itself"},
    {[](M& m) { Target(m, 0).set_parameter("tone"); },
     "parameters[4].targets[0].parameter 'tone' is no parameter of the model"},
    {[](M& m) { Target(m, 0).set_parameter("grit"); },
     "parameters[4].targets[0].parameter 'grit' is the parameter itself"},
    {[](M& m) { Target(m, 1).set_parameter("gain"); },
     "parameters[4].targets[1].parameter 'gain' is moved twice"},
    {[](M& m) { AddTarget(AddParameter(&m, "warmth"), "cutoff", 20, 2000); },
     "parameters[5].targets[0].parameter 'cutoff' is moved twice"},
    {[](M& m) { AddTarget(AddParameter(&m, "all"), "grit", 0, 10); },
     "parameters[5].targets[0].parameter 'grit' is a macro itself"},
    {[](M& m) { Target(m, 0).set_from(-0.5F); },
     "parameters[4].targets[0].from is -0.5, below minimum 0"},
    {[](M& m) { Target(m, 0).set_to(10.5F); },
     "parameters[4].targets[0].to is 10.5, above maximum 10"},
    {[](M& m) { Target(m, 0).set_to(kNan); }, "parameters[4].targets[0].to is not a finite number"},
    {[](M& m) { Target(m, 0).clear_curve(); }, "parameters[4].targets[0].curve is missing"},
    {[](M& m) {
       Target(m, 0).set_from(0);
       Target(m, 0).set_curve(v1::CURVE_LOGARITHMIC);
     },
     "parameters[4].targets[0].curve is logarithmic, from 0 by the default 5 to 9"},
    {[](M& m) { m.mutable_parameters(kGrit)->set_default_value(0); },
     "parameters[4].targets[0].from is 2; there the macro is at its default and moves nothing, so "
     "it takes 5"},
    {[](M& m) { m.mutable_parameters(kGrit)->set_default_value(10); },
     "parameters[4].targets[0].to is 9; there the macro is at its default"},
    {[](M& m) { m.mutable_parameters(kGrit)->set_smoothing_ms(20); },
     "parameters[4].smoothing_ms is 20; a macro has none"},
    {[](M& m) {
       while (m.parameters(kGrit).targets_size() < 65) {
         AddTarget(m.mutable_parameters(kGrit), "gain", 2, 9);
       }
     },
     "the number of parameters[4].targets is 65, above maximum 64"},
    // A macro is one of the 64.
    {[](M& m) {
       for (int i = m.parameters_size(); i < 65; ++i) AddParameter(&m, "p" + std::to_string(i));
     },
     "the number of parameters is 65, above maximum 64"},
};

TEST_CASE("ParseManifest: each rule for conditions and macros names its field") {
  const auto& fault = GENERATE(from_range(std::begin(kFaults), std::end(kFaults)));
  M manifest = Linked();
  fault.make(manifest);
  CAPTURE(fault.message);
  // Not by way of JSON, which has no NaN.
  const absl::Status status = ValidateManifest(manifest);
  CHECK_THAT(std::string(status.message()), Catch::StartsWith(fault.message));
}

TEST_CASE("ParseManifest: what is at the limits of conditions and macros is accepted") {
  M manifest = Linked();
  Target(manifest, 0).set_from(0);
  Target(manifest, 0).set_to(10);
  First(manifest).set_minimum(0);
  First(manifest).set_maximum(0);
  AddCondition(manifest.mutable_parameters(kDetail), "grit", 10, 10);  // a macro's own value
  AddCondition(manifest.mutable_parameters(kCutoff), "detail", 0, 10);
  CHECK(Refusal(manifest) == "accepted");
  manifest.mutable_parameters(kGrit)->set_default_value(0);
  Target(manifest, 0).set_from(5);
  Target(manifest, 1).set_from(1000);
  CHECK(Refusal(manifest) == "accepted");
}

TEST_CASE("ParseManifest: as many conditions as there may be are soon followed") {
  M manifest = SampleManifest();
  for (int i = 2; i < kMaxParameters; ++i) {
    v1::Parameter* added = AddParameter(&manifest, "p" + std::to_string(i));
    for (int k = std::max(2, i - kMaxConditions); k < i; ++k) {
      AddCondition(added, "p" + std::to_string(k), 1, 2);
    }
  }
  CHECK(Refusal(manifest) == "accepted");
}

std::string LintOf(const M& manifest) {
  std::vector<v1::Finding> findings;
  v1::ModelManifest read;
  (void)LintText(JsonOf(manifest), &read, &findings);
  std::string text;
  for (const v1::Finding& finding : findings) {
    text += (finding.severity() == v1::SEVERITY_ERROR ? "E " : "W ") + finding.field() + "|" +
            finding.message() + "\n";
  }
  return text;
}

TEST_CASE("lint: macros and conditions that do nothing are told of, faults have their field") {
  CHECK_THAT(LintOf(Linked()), !Catch::Contains("conditions") && !Catch::Contains("targets"));
  M manifest = Linked();
  Target(manifest, 0).set_from(5);
  Target(manifest, 0).set_to(5);
  First(manifest).set_minimum(0);
  First(manifest).set_maximum(10);
  const std::string idle = LintOf(manifest);
  CHECK_THAT(idle, Catch::Contains("W parameters[4].targets[0]|moves nothing: from and to are the "
                                   "default of 'gain'"));
  CHECK_THAT(idle, Catch::Contains("W parameters[3].conditions[0]|always holds: it is the whole "
                                   "range of 'mode'"));
  Target(manifest, 1).set_to(1e6F);
  First(manifest).set_parameter("gone");
  const std::string wrong = LintOf(manifest);
  CHECK_THAT(wrong, Catch::Contains("E parameters[4].targets[1].to|is 1e+06, above maximum 20000"));
  CHECK_THAT(wrong, Catch::Contains("E parameters[3].conditions[0].parameter|'gone' is no"));
}

TEST_CASE("lint: a manifest of nothing but links is soon told of") {
  M manifest = SampleManifest();
  for (int i = 0; i < 2000; ++i) {
    v1::Parameter* added = manifest.add_parameters();
    added->set_id("p" + std::to_string(i));
    for (int k = 0; k < 10; ++k) {
      AddCondition(added, "nothing", 0, 0);
      AddTarget(added, "nothing", 0, 0);
    }
  }
  CHECK_THAT(LintOf(manifest),
             Catch::Contains("E parameters|their number is 2002, above maximum 64"));
}

}  // namespace
}  // namespace continuo::model
