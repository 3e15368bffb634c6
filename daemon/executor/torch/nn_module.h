// SPDX-License-Identifier: Apache-2.0
// The conventions of modules made for nn~, as data:
//
//   M_params       for each method M: [in channels, in ratio, out channels, out ratio];
//                  M takes and gives tensors (1, channels, frames / ratio)
//   get_methods()  their names; else all that have M_params
//   A_params       for each attribute A: the kinds of its values (0 bool, 1 int, 2 float, 3 text)
//   get_A(), set_A(values…)
//   get_attributes()
//   M_input_labels, M_output_labels
//   set_sample_rate(rate)
//
// Every call takes a multiple of the highest ratio of all methods.
// Trust: the module is from anybody; what is out of its bounds is left out with a note.
#pragma once

#include <torch/script.h>

#include <cstdint>
#include <string>
#include <vector>

namespace continuo::executor {

struct NnMethod {
  std::string name;
  std::int64_t in_channels = 0;
  std::int64_t in_ratio = 1;
  std::int64_t out_channels = 0;
  std::int64_t out_ratio = 1;
};

enum class NnKind : std::uint8_t { kBool = 0, kInt = 1, kFloat = 2 };

// One number of an attribute; attributes of several have several.
struct NnValue {
  std::string parameter_id;
  std::string name;
  NnKind kind = NnKind::kFloat;
  double at_first = 0;
};

struct NnAttribute {
  std::string name;
  std::vector<NnValue> values;
};

struct NnModule {
  std::vector<NnMethod> methods;  // `forward` first, if there is one
  std::vector<NnAttribute> attributes;
  std::int64_t highest_ratio = 1;
  std::vector<std::string> notes;
};

inline constexpr std::int64_t kMaxNnRatio = 65536;

[[nodiscard]] bool IsNnModule(const torch::jit::Module& module);
// Throws what the module throws.
[[nodiscard]] NnModule ReadNnModule(torch::jit::Module& module);

// Numbers of get_A(); empty where they are not as many as the attribute has.
[[nodiscard]] std::vector<double> GetNnAttribute(torch::jit::Module& module,
                                                 const NnAttribute& attribute);
void SetNnAttribute(torch::jit::Module& module, const NnAttribute& attribute,
                    const std::vector<double>& values);

}  // namespace continuo::executor
