// SPDX-License-Identifier: Apache-2.0
// Any TorchScript module is refused or gives a model that plays; what InspectModule finds, the
// executor takes. Modules are put together from the bytes: attributes of any kind and number under
// the names that are looked for, methods out of pieces. LibTorch's own reader of files is not in
// here: what comes through it is read in a process of its own (docs/architecture.md).
#include <ATen/Parallel.h>
#include <c10/util/Logging.h>
#include <fuzzer/FuzzedDataProvider.h>
#include <torch/script.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "daemon/executor/torch/foreign_model.h"
#include "daemon/executor/torch/inspect.h"
#include "daemon/executor/torch/native_model.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using continuo::executor::Inspection;
using Bytes = FuzzedDataProvider;

std::string Number(Bytes& bytes) { return std::to_string(bytes.ConsumeIntegralInRange(-2, 40)); }

double AnyDouble(Bytes& bytes) {
  constexpr double kOdd[] = {0,
                             0.5,
                             44100,
                             1e300,
                             -1e9,
                             std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN()};
  return bytes.ConsumeBool() ? bytes.PickValueInArray(kOdd) : bytes.ConsumeFloatingPoint<double>();
}

std::int64_t AnyInteger(Bytes& bytes) {
  return bytes.ConsumeProbability<float>() < 0.9F
             ? bytes.ConsumeIntegralInRange<std::int64_t>(0, 16)
             : bytes.ConsumeIntegral<std::int64_t>();
}

void AddAttribute(torch::jit::Module& module, const std::string& name, Bytes& bytes) {
  if (module.hasattr(name)) return;
  std::vector<std::int64_t> numbers(bytes.ConsumeIntegralInRange<std::size_t>(0, 5));
  for (auto& number : numbers) number = AnyInteger(bytes);
  switch (bytes.ConsumeIntegralInRange(0, 7)) {
    case 0:
      return module.register_attribute(name, c10::StringType::get(),
                                       bytes.ConsumeRandomLengthString(8));
    case 1:
      return module.register_attribute(name, c10::FloatType::get(), AnyDouble(bytes));
    case 2:
      return module.register_attribute(name, c10::IntType::get(), AnyInteger(bytes));
    case 3:
      return module.register_attribute(name, c10::BoolType::get(), bytes.ConsumeBool());
    case 4:
      return module.register_attribute(
          name, c10::ListType::ofStrings(),
          c10::List<std::string>({bytes.ConsumeRandomLengthString(8), "encode"}));
    case 5:
      return module.register_attribute(name, c10::ListType::ofInts(), numbers);
    default:
      return module.register_buffer(name, torch::tensor(numbers, at::kLong));
  }
}

// What becomes of `x`.
std::string Shaped(Bytes& bytes) {
  switch (bytes.ConsumeIntegralInRange(0, 9)) {
    case 0:
      return "x[:, :, ::" + Number(bytes) + "]";
    case 1:
      return "x.repeat(1, " + Number(bytes) + ", 1)";
    case 2:
      return "x.repeat_interleave(" + Number(bytes) + ", -1)";
    case 3:
      return "x.new_zeros([" + Number(bytes) + ", " + Number(bytes) + ", x.size(-1)])";
    case 4:
      return "x.to(torch.float64) * " + Number(bytes);
    case 5:
      return "x.mean(1, keepdim=True)";
    case 6:
      return "x.to(torch.int32)";
    case 7:
      return "x.squeeze(0)";
    case 8:
      return "x.reshape(1, -1, " + Number(bytes) + ").reshape(1, 1, -1)";
    default:
      return "x";
  }
}

std::string Given(Bytes& bytes) {
  const std::string number = std::to_string(bytes.ConsumeIntegralInRange(-3, 90)) + ".5";
  switch (bytes.ConsumeIntegralInRange(0, 6)) {
    case 0:
      return "(" + number + ", True)";
    case 1:
      return "[" + number + ", 2.0]";
    case 2:
      return "\"text\"";
    case 3:
      return "torch.zeros([" + Number(bytes) + "])";
    case 4:
      return "float(\"nan\")";
    case 5:
      return "None";
    default:
      return number;
  }
}

void AddMethods(torch::jit::Module& module, Bytes& bytes) {
  std::string source;
  for (const char* name : {"forward", "encode"}) {
    if (bytes.ConsumeIntegralInRange(0, 7) == 7) continue;
    source += std::string("def ") + name + "(self, x):\n    return " + Shaped(bytes) + "\n";
  }
  for (const char* name : {"gain", "mode"}) {
    if (!bytes.ConsumeBool()) continue;
    source += std::string("def get_") + name + "(self):\n    return " + Given(bytes) + "\n";
    const char* kind = bytes.PickValueInArray({"float", "int", "bool", "str"});
    source += std::string("def set_") + name + "(self, v: " + kind + ") -> int:\n    return 0\n";
  }
  if (bytes.ConsumeProbability<float>() < 0.2F) {
    source += "def get_methods(self):\n    return [\"encode\", \"" +
              std::string(bytes.PickValueInArray({"forward", "no", "gain"})) + "\"]\n";
  }
  if (bytes.ConsumeProbability<float>() < 0.2F) {
    source +=
        "def set_sample_rate(self, rate: int) -> int:\n    return rate // " + Number(bytes) + "\n";
  }
  if (source.find("def forward") == std::string::npos) {
    source += "def initial_state(self):\n    return [torch.zeros([" + Number(bytes) +
              "])]\ndef forward(self, x, parameters, state: List[Tensor]):\n    return (" +
              Shaped(bytes) + ", state)\n";
  }
  module.define(source);
}

// One block of frames that no chunk divides.
void Play(continuo::executor::Model& model, const Inspection& found) {
  constexpr std::uint32_t kFrames = 67;
  auto state = model.CreateState();
  if (!state.ok()) return;  // its tensors lie in one another, and there is no file
  const std::vector<float> in(kFrames, 0.25F);
  std::vector<std::vector<float>> rows(found.description.output_channels,
                                       std::vector<float>(kFrames));
  std::vector<float*> out;
  for (auto& row : rows) out.push_back(row.data());
  const std::vector<const float*> from(found.description.input_channels, in.data());
  const std::vector<const float*> knobs(found.parameters.size(), in.data());
  // A module may refuse a block; it must not spoil anything.
  for (int block = 0; block < 3; ++block) {
    static_cast<void>((*state)->Process({from.data(), out.data(), knobs.data(), kFrames}));
  }
  (*state)->Reset();
}

void Try(const torch::jit::Module& module) {
  const auto found = continuo::executor::InspectModule(module, "fuzzed");
  if (!found.ok()) return;
  for (const Inspection& one : *found) {
    continuo::executor::LoadRequest request;
    request.weights_path = "fuzzed";
    request.description = one.description;
    request.options = one.options;
    for (const auto& parameter : one.parameters) request.parameter_ids.push_back(parameter.id);
    const bool foreign = one.options.count("method") > 0 || one.options.count("layout") > 0;
    auto model = foreign ? continuo::executor::MakeForeignModel(module, request)
                         : continuo::executor::MakeNativeModel(module, request);
    if (!model.ok()) std::abort();
    Play(**model, one);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool once = [] {
    at::set_num_threads(1);
    c10::SetStackTraceFetcher([] { return std::string(); });  // most of the time, otherwise
    torch::jit::getProfilingMode() = false;
    return true;
  }();
  static_cast<void>(once);
  Bytes bytes(data, size);
  try {
    const c10::InferenceMode inference;
    torch::jit::Module module("Fuzzed");
    for (const char* name : {"forward_params", "encode_params", "gain_params", "mode_params"}) {
      if (bytes.ConsumeProbability<float>() < 0.7F) AddAttribute(module, name, bytes);
    }
    while (bytes.ConsumeBool()) {
      AddAttribute(module,
                   bytes.PickValueInArray({"sample_rate", "sr", "license", "author", "name",
                                           "forward_input_labels", "weights"}),
                   bytes);
    }
    AddMethods(module, bytes);
    Try(module);
  } catch (const std::exception&) {
    // As the executor does: LibTorch's own word that the module is none.
  }
  return 0;
}
