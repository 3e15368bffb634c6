// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/nam_activation.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

#include <array>
#include <utility>

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

constexpr float kUsualSlope = 0.01F;
constexpr double kMaximumSlope = 1e3, kMaximumBound = 1e6;

constexpr std::array<std::pair<absl::string_view, Activation>, 12> kNames = {{
    {"Tanh", Activation::kTanh},
    {"ReLU", Activation::kRelu},
    {"LeakyReLU", Activation::kLeaky},
    {"PReLU", Activation::kLeaky},
    {"Sigmoid", Activation::kSigmoid},
    {"SiLU", Activation::kSilu},
    {"Hardtanh", Activation::kHardTanh},
    {"Hardswish", Activation::kHardSwish},
    {"Softsign", Activation::kSoftSign},
    {"LeakyHardtanh", Activation::kLeakyHardTanh},
    {"LeakyHardTanh", Activation::kLeakyHardTanh},
    {"Fasttanh", Activation::kFastTanh},
}};

Activation KindOf(const std::string& name) {
  for (const auto& [known, kind] : kNames) {
    if (name == known) return kind;
  }
  return Activation::kNone;
}

constexpr char kExpected[] =
    "Tanh, ReLU, LeakyReLU, PReLU, Sigmoid, SiLU, Hardtanh, Hardswish, Softsign, LeakyHardtanh or "
    "Fasttanh";

float Slope(FieldReader& fields, const char* name) {
  return static_cast<float>(fields.Number(name, kUsualSlope, -kMaximumSlope, kMaximumSlope));
}

std::vector<float> ReadNumbers(FieldReader& fields, Activation kind, bool is_prelu,
                               std::uint32_t rows) {
  if (kind == Activation::kLeakyHardTanh) {
    const double low = fields.Number("min_val", -1.0, -kMaximumBound, kMaximumBound);
    const double high = fields.Number("max_val", 1.0, low, kMaximumBound);
    return {static_cast<float>(low), static_cast<float>(high), Slope(fields, "min_slope"),
            Slope(fields, "max_slope")};
  }
  if (kind != Activation::kLeaky) return {};
  const float one = Slope(fields, "negative_slope");
  if (!is_prelu || !fields.Has("negative_slopes")) return {one};
  std::vector<float> slopes = fields.Numbers("negative_slopes", kMaximumSlope);
  if (slopes.size() != rows) {
    fields.Fail("negative_slopes", absl::StrCat("a list of ", slopes.size()), absl::StrCat(rows));
  }
  return slopes;
}

}  // namespace

ActivationConfig ReadActivation(const json& value, const std::string& path, std::uint32_t rows,
                                absl::Status& status) {
  if (value.is_object()) {
    FieldReader fields(value, path, status);
    const std::string name = fields.Text("type");
    const Activation kind = KindOf(name);
    if (kind == Activation::kNone) fields.Fail("type", name, kExpected);
    std::vector<float> numbers = ReadNumbers(fields, kind, name == "PReLU", rows);
    fields.NoOthers();
    return {kind, std::move(numbers)};
  }
  const std::string name = value.is_string() ? value.get<std::string>() : Shown(value);
  const Activation kind = KindOf(name);
  if (kind == Activation::kNone && status.ok()) {
    status =
        absl::InvalidArgumentError(absl::StrCat(path, ": is ", name, ", expected ", kExpected));
  }
  if (kind == Activation::kLeaky) return {kind, {kUsualSlope}};
  if (kind == Activation::kLeakyHardTanh) return {kind, {-1.0F, 1.0F, kUsualSlope, kUsualSlope}};
  return {kind, {}};
}

ActivationAt PlaceActivation(const ActivationConfig& config, std::uint32_t rows,
                             ProgramBuilder& builder) {
  if (config.numbers.empty()) return {config.kind, kNowhere};
  std::vector<float> numbers = config.numbers;
  if (config.kind == Activation::kLeaky && numbers.size() == 1) numbers.resize(rows, numbers[0]);
  numbers.resize(ProgramBuilder::Filled(static_cast<std::uint32_t>(numbers.size())), 0.0F);
  return {config.kind, builder.AddNumbers(numbers)};
}

}  // namespace continuo::executor::fused
