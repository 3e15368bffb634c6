// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/torch/foreign_model.h"

#include <absl/status/status.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "daemon/executor/torch/nn_module.h"
#include "daemon/executor/torch/torch_support.h"

namespace continuo::executor {
namespace {

constexpr std::uint32_t kMostCalls = 8;  // a block, whatever its parameters do

// How it is called; the same for all streams.
struct Plan {
  std::string path;
  NnMethod method;  // of a plain module: forward, without ratios
  bool batched = true;
  bool is_sound = true;  // on both sides; else latents
  std::uint32_t chunk_frames = 0;
  std::vector<NnAttribute> attributes;
  std::vector<std::vector<std::size_t>> rows;  // of each attribute's values, in Block::parameters
  Description description;
};

class ForeignState final : public State {
 public:
  ForeignState(const torch::jit::Module& module, const Plan& plan)
      : pristine_(module),
        plan_(plan),
        gathered_(plan.description.input_channels, std::vector<float>(plan.chunk_frames)),
        made_(plan.description.output_channels, std::vector<float>(plan.chunk_frames)) {
    Renew();
  }

  ProcessError Process(const Block& block) noexcept override {
    try {
      const c10::InferenceMode inference;
      if (failed_) Renew();
      if (plan_.chunk_frames == 0) {
        CallFromStepToStep(block);
      } else {
        Gather(block);
      }
      return ProcessError::kNone;
    } catch (...) {
      failed_ = true;
      return ProcessError::kFailed;
    }
  }

  void Reset() noexcept override {
    try {
      const c10::InferenceMode inference;
      Renew();
    } catch (...) {
      failed_ = true;
    }
  }

 private:
  // To the state of rest: a fresh copy.
  void Renew() {
    failed_ = true;
    module_ = CopyForOneStream(pristine_, plan_.path);
    last_values_.assign(plan_.attributes.size(), {});
    for (auto& channel : gathered_) std::fill(channel.begin(), channel.end(), 0.0F);
    for (auto& channel : made_) std::fill(channel.begin(), channel.end(), 0.0F);
    place_ = 0;
    failed_ = false;
  }

  void SetAttributes(const Block& block, std::uint32_t frame) {
    for (std::size_t a = 0; a < plan_.attributes.size(); ++a) {
      std::vector<double> values;
      for (const std::size_t row : plan_.rows[a]) values.push_back(block.parameters[row][frame]);
      if (values == last_values_[a]) continue;
      SetNnAttribute(module_, plan_.attributes[a], values);
      last_values_[a] = std::move(values);
    }
  }

  // Whether a value jumps at the frame: where it is spread (Parameter::smoothing_ms) it moves in
  // the frames around, too, and a call for each of them would be too slow.
  [[nodiscard]] bool StepsAt(const Block& block, std::uint32_t frame) const {
    for (const auto& rows : plan_.rows) {
      for (const std::size_t row : rows) {
        const float* const at = block.parameters[row] + frame;
        const bool last = frame + 1 == block.frames;
        if (at[0] != at[-1] && (last || at[1] == at[0]) && (frame < 2 || at[-1] == at[-2])) {
          return true;
        }
      }
    }
    return false;
  }

  // One value a call: so a call ends where a value jumps.
  void CallFromStepToStep(const Block& block) {
    std::vector<const float*> in(plan_.description.input_channels);
    std::vector<float*> out(plan_.description.output_channels);
    std::uint32_t calls = 0;
    for (std::uint32_t done = 0; done < block.frames;) {
      std::uint32_t end = done + 1;
      while (end < block.frames && (calls + 1 == kMostCalls || !StepsAt(block, end))) ++end;
      for (std::size_t c = 0; c < in.size(); ++c) in[c] = block.in[c] + done;
      for (std::size_t c = 0; c < out.size(); ++c) out[c] = block.out[c] + done;
      SetAttributes(block, end - 1);
      Call(in.data(), end - done, out.data());
      done = end;
      ++calls;
    }
  }

  // Frame by frame into the chunk; what comes out is the chunk before, chunk - 1 frames late.
  void Gather(const Block& block) {
    const std::uint32_t chunk = plan_.chunk_frames;
    for (std::uint32_t done = 0; done < block.frames;) {
      const std::uint32_t count = std::min(block.frames - done, chunk - place_);
      for (std::size_t c = 0; c < gathered_.size(); ++c) {
        std::copy_n(block.in[c] + done, count, gathered_[c].begin() + place_);
      }
      const bool full = place_ + count == chunk;
      const std::uint32_t old = full ? count - 1 : count;  // frames that the last result covers
      for (std::size_t c = 0; c < made_.size(); ++c) {
        std::copy_n(made_[c].begin() + place_ + 1, old, block.out[c] + done);
      }
      if (full) {
        SetAttributes(block, done + count - 1);
        std::vector<const float*> in;
        std::vector<float*> out;
        for (const auto& channel : gathered_) in.push_back(channel.data());
        for (auto& channel : made_) out.push_back(channel.data());
        Call(in.data(), chunk, out.data());
        for (std::size_t c = 0; c < made_.size(); ++c) block.out[c][done + old] = made_[c][0];
      }
      place_ = full ? 0 : place_ + count;
      done += count;
    }
  }

  void Call(const float* const* in, std::uint32_t frames, float* const* out) {
    const NnMethod& method = plan_.method;
    at::Tensor x = Inputs(in, frames);
    if (method.in_ratio > 1) {
      x = x.slice(-1, 0, x.size(-1), method.in_ratio).contiguous();
    }
    const c10::IValue result = module_.get_method(method.name)({x});
    const at::Tensor y = result.toTensor().to(at::kFloat).contiguous();
    const std::int64_t values = frames / method.out_ratio;
    if (y.numel() != method.out_channels * values || y.size(-1) != values) {
      throw std::runtime_error("the output has another shape than it had");
    }
    const float* samples = y.data_ptr<float>();
    for (std::uint32_t c = 0; c < plan_.description.output_channels; ++c) {
      const bool spread = method.out_channels == 1 && plan_.is_sound;
      const bool silent = !spread && c >= method.out_channels;
      const float* row = samples + (spread || silent ? 0 : c * values);
      for (std::int64_t i = 0; i < values; ++i) {
        std::fill_n(out[c] + i * method.out_ratio, method.out_ratio, silent ? 0.0F : row[i]);
      }
    }
  }

  [[nodiscard]] at::Tensor Inputs(const float* const* in, std::uint32_t frames) const {
    const std::uint32_t channels = plan_.description.input_channels;
    if (plan_.method.in_channels == 1 && channels > 1 && plan_.is_sound) {
      return ToTensor(in, channels, frames, plan_.batched).mean(-2, /*keepdim=*/true);
    }
    return ToTensor(in, plan_.method.in_channels, frames, plan_.batched);
  }

  const torch::jit::Module pristine_;
  const Plan& plan_;
  torch::jit::Module module_;
  std::vector<std::vector<double>> last_values_;  // of each attribute; empty: not set yet
  std::vector<std::vector<float>> gathered_;      // [channel][frame of the chunk]
  std::vector<std::vector<float>> made_;
  std::uint32_t place_ = 0;  // frames gathered
  bool failed_ = true;       // the copy is spoilt
};

class ForeignModel final : public Model {
 public:
  ForeignModel(torch::jit::Module module, Plan plan)
      : module_(std::move(module)), plan_(std::move(plan)) {}

  [[nodiscard]] const Description& description() const override { return plan_.description; }

  absl::StatusOr<std::unique_ptr<State>> CreateState() override {
    try {
      const c10::InferenceMode inference;
      return std::make_unique<ForeignState>(module_, plan_);
    } catch (const std::exception& error) {
      return absl::InternalError(absl::StrCat("the module cannot be copied: ", Reason(error)));
    }
  }

 private:
  const torch::jit::Module module_;  // never called
  const Plan plan_;
};

absl::Status Refuse(const LoadRequest& request, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(request.weights_path, ": ", what));
}

absl::Status ReadChunk(const LoadRequest& request, Plan* plan) {
  const auto option = request.options.find("chunk");
  if (option == request.options.end()) return absl::OkStatus();
  if (!absl::SimpleAtoi(option->second, &plan->chunk_frames) ||
      plan->chunk_frames > kMaxChunkFrames) {
    return Refuse(request, absl::StrCat("option chunk is '", option->second,
                                        "'; it takes a whole number up to ", kMaxChunkFrames));
  }
  return absl::OkStatus();
}

absl::Status CheckChannels(const LoadRequest& request, const Plan& plan) {
  const NnMethod& method = plan.method;
  const Description& description = plan.description;
  const std::int64_t larger = std::max(method.in_channels, method.out_channels);
  if (method.in_channels >= 1 && method.out_channels >= 1 && description.input_channels == larger &&
      description.output_channels == larger) {
    return absl::OkStatus();
  }
  return Refuse(
      request,
      absl::StrCat(method.name, " has ", method.in_channels, " inputs and ", method.out_channels,
                   " outputs, so the manifest has to say ", larger, " and ", larger, "; it says ",
                   description.input_channels, " and ", description.output_channels));
}

absl::Status PlanPlain(torch::jit::Module& module, const LoadRequest& request, Plan* plan) {
  const std::string& layout = request.options.at("layout");
  if (layout != "1ct" && layout != "ct") {
    return Refuse(request, absl::StrCat("option layout is '", layout, "'; it is 1ct or ct"));
  }
  if (!module.find_method("forward")) return Refuse(request, "it has no method 'forward'");
  if (!request.parameter_ids.empty()) {
    return Refuse(request, "a plain module has no parameters, the manifest has some");
  }
  plan->batched = layout == "1ct";
  plan->method = NnMethod{"forward", plan->description.input_channels, 1,
                          plan->description.output_channels, 1};
  for (const auto& [name, channels] : {std::pair("inputs", &plan->method.in_channels),
                                       std::pair("outputs", &plan->method.out_channels)}) {
    const auto option = request.options.find(name);
    if (option != request.options.end() && !absl::SimpleAtoi(option->second, channels)) {
      return Refuse(request, absl::StrCat("option ", name, " is no number"));
    }
  }
  return CheckChannels(request, *plan);
}

absl::Status PlanAttributes(const NnModule& found, const LoadRequest& request, Plan* plan) {
  std::map<std::string, std::size_t> rows;
  for (const std::string& id : request.parameter_ids) rows.emplace(id, rows.size());
  for (const NnAttribute& attribute : found.attributes) {
    std::vector<std::size_t> own;
    for (const NnValue& value : attribute.values) {
      const auto row = rows.find(value.parameter_id);
      if (row != rows.end()) own.push_back(row->second);
    }
    if (own.empty()) continue;  // the manifest leaves it at its first value
    if (own.size() != attribute.values.size()) {
      return Refuse(request,
                    absl::StrCat("attribute '", attribute.name, "' has ", attribute.values.size(),
                                 " values, the manifest ", own.size()));
    }
    plan->attributes.push_back(attribute);
    plan->rows.push_back(std::move(own));
  }
  return absl::OkStatus();
}

absl::Status PlanNn(torch::jit::Module& module, const LoadRequest& request, Plan* plan) {
  const NnModule found = ReadNnModule(module);
  const std::string& name = request.options.at("method");
  const auto method = std::find_if(found.methods.begin(), found.methods.end(),
                                   [&](const NnMethod& one) { return one.name == name; });
  if (method == found.methods.end()) {
    return Refuse(request, absl::StrCat("option method is '", name, "', which it has not"));
  }
  plan->method = *method;
  plan->is_sound = method->in_ratio == 1 && method->out_ratio == 1;
  if (absl::Status status = CheckChannels(request, *plan); !status.ok()) return status;
  const std::uint32_t chunk = plan->chunk_frames;
  if (found.highest_ratio > 1 && (chunk == 0 || chunk % found.highest_ratio != 0)) {
    return Refuse(request, absl::StrCat("option chunk is ", chunk, "; it takes a multiple of ",
                                        found.highest_ratio));
  }
  return PlanAttributes(found, request, plan);
}

}  // namespace

bool SetSampleRate(torch::jit::Module& module, std::uint32_t sample_rate_hz) {
  const auto method = module.find_method("set_sample_rate");
  if (!method) return false;
  const auto& arguments = method->function().getSchema().arguments();
  if (arguments.size() != 2) return false;  // itself, and the rate
  if (arguments[1].type()->kind() == c10::TypeKind::IntType) {
    (*method)({static_cast<std::int64_t>(sample_rate_hz)});
  } else if (arguments[1].type()->kind() == c10::TypeKind::FloatType) {
    (*method)({static_cast<double>(sample_rate_hz)});
  } else {
    return false;
  }
  return true;
}

absl::StatusOr<std::unique_ptr<Model>> MakeForeignModel(torch::jit::Module module,
                                                        const LoadRequest& request) {
  Plan plan;
  plan.path = request.weights_path;
  plan.description = request.description;
  absl::Status status = ReadChunk(request, &plan);
  if (status.ok()) {
    status = request.options.count("method") > 0 ? PlanNn(module, request, &plan)
                                                 : PlanPlain(module, request, &plan);
  }
  if (!status.ok()) return status;
  SetSampleRate(module, plan.description.sample_rate_hz);
  return std::make_unique<ForeignModel>(std::move(module), std::move(plan));
}

}  // namespace continuo::executor
