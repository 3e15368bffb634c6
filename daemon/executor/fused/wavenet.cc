// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/wavenet.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

#include <array>
#include <string>
#include <utility>

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

constexpr std::uint32_t kMaximumArrays = 8, kMaximumLayers = 64, kMaximumChannels = 128;
constexpr std::uint32_t kMaximumTaps = 64, kMaximumDilation = 1U << 16;
constexpr std::size_t kMaximumStateFloats = std::size_t{1} << 24;

struct ArrayConfig {
  std::uint32_t inputs, channels, head_channels, taps;
  bool gated, head_bias;
  Activation activation;
  std::vector<std::uint32_t> dilations;

  [[nodiscard]] std::size_t WeightCount() const {
    const std::size_t c = channels, z = gated ? 2 * c : c;
    return c * inputs + dilations.size() * (z * c * taps + z + z + c * c + c) + head_channels * c +
           (head_bias ? head_channels : 0);
  }
};

Activation ReadActivation(FieldReader& fields) {
  constexpr std::array<std::pair<absl::string_view, Activation>, 5> kNames = {{
      {"Tanh", Activation::kTanh},
      {"ReLU", Activation::kRelu},
      {"Hardtanh", Activation::kHardTanh},
      {"Sigmoid", Activation::kSigmoid},
      {"LeakyReLU", Activation::kLeakyRelu},
  }};
  const std::string name = fields.Text("activation");
  for (const auto& [known, activation] : kNames) {
    if (name == known) return activation;
  }
  fields.Fail("activation", name, "Tanh, ReLU, Hardtanh, Sigmoid or LeakyReLU");
  return Activation::kTanh;
}

// `before`: nullptr for the first array. `is_last`: its head is the output.
ArrayConfig ReadArray(const json& object, const std::string& path, const ArrayConfig* before,
                      bool is_last, absl::Status& status) {
  FieldReader fields(object, path, status);
  ArrayConfig array{};
  array.inputs = fields.Exactly("input_size", before == nullptr ? 1 : before->channels);
  fields.Exactly("condition_size", 1);
  // The head of the array before is where this one's begins.
  array.channels = before == nullptr ? fields.Count("channels", 1, kMaximumChannels)
                                     : fields.Exactly("channels", before->head_channels);
  array.head_channels =
      is_last ? fields.Exactly("head_size", 1) : fields.Count("head_size", 1, kMaximumChannels);
  array.taps = fields.Count("kernel_size", 1, kMaximumTaps);
  array.activation = ReadActivation(fields);
  array.gated = fields.Flag("gated", false);
  array.head_bias = fields.Flag("head_bias", false);
  for (const json& dilation : fields.List("dilations", kMaximumLayers)) {
    const bool fits = dilation.is_number_unsigned() && dilation.get<std::uint64_t>() >= 1 &&
                      dilation.get<std::uint64_t>() <= kMaximumDilation;
    if (!fits) {
      fields.Fail(absl::StrCat("dilations[", array.dilations.size(), "]"), dilation.dump(),
                  absl::StrCat("1 to ", kMaximumDilation));
    }
    array.dilations.push_back(fits ? dilation.get<std::uint32_t>() : 1);
  }
  fields.NoOthers();
  return array;
}

absl::StatusOr<std::vector<ArrayConfig>> ReadConfig(const NamFile& file) {
  absl::Status status;
  FieldReader fields(file.config, "config", status);
  const json& list = fields.List("layers", kMaximumArrays);
  std::vector<ArrayConfig> arrays;
  for (std::size_t i = 0; i < list.size() && status.ok(); ++i) {
    arrays.push_back(ReadArray(list[i], absl::StrCat("config.layers[", i, "]"),
                               arrays.empty() ? nullptr : &arrays.back(), i + 1 == list.size(),
                               status));
  }
  fields.Nothing("head");
  fields.Unused("head_scale");  // the last weight overrides it
  fields.NoOthers();
  if (!status.ok()) return status;
  std::size_t expected = 1;
  for (const ArrayConfig& array : arrays) expected += array.WeightCount();
  if (file.weights.size() != expected) {
    return absl::InvalidArgumentError(
        absl::StrCat("weights: is a list of ", file.weights.size(), ", expected ", expected));
  }
  return arrays;
}

// What is placed before the weights exist is filled in once they do.
class Packer {
 public:
  Packer(Arrangement& places, float* weights) : places_(places), weights_(weights) {}

  // W[outputs][inputs], its elements `step` apart, into fours of `outputs` filled up.
  std::size_t Fours(const float* from, std::uint32_t outputs, std::uint32_t inputs,
                    std::uint32_t step = 1, float scale = 1.0F) {
    const std::size_t at = places_.Place(RoundUp(outputs, 4) * inputs);
    PutFours(at, from, outputs, inputs, step, scale);
    return at;
  }
  void PutFours(std::size_t at, const float* from, std::uint32_t outputs, std::uint32_t inputs,
                std::uint32_t step, float scale = 1.0F) {
    if (weights_ == nullptr) return;
    for (std::size_t o = 0; o < outputs; ++o) {
      for (std::size_t i = 0; i < inputs; ++i) {
        weights_[at + (o / 4 * inputs + i) * 4 + o % 4] = from[(o * inputs + i) * step] * scale;
      }
    }
  }
  std::size_t Place(std::size_t floats) { return places_.Place(floats); }

 private:
  Arrangement& places_;
  float* weights_;  // nullptr: only places
};

// The rows of a gated convolution are two halves, each filled up to fours.
WaveNetLayer PackLayer(const ArrayConfig& config, std::uint32_t dilation, WeightCursor& cursor,
                       Packer& packer) {
  const std::uint32_t c = config.channels, halves = config.gated ? 2 : 1;
  const std::size_t filled = RoundUp(c, 4), half_floats = filled * c;
  WaveNetLayer layer{};
  layer.taps = config.taps;
  layer.dilation = dilation;
  const float* conv = cursor.Take(std::size_t{halves} * c * c * config.taps);
  layer.conv_at = packer.Place(halves * half_floats * config.taps);
  for (std::uint32_t tap = 0; tap < config.taps; ++tap) {
    for (std::uint32_t half = 0; half < halves; ++half) {
      packer.PutFours(layer.conv_at + (std::size_t{tap} * halves + half) * half_floats,
                      conv + std::size_t{half} * c * c * config.taps + tap, c, c, config.taps);
    }
  }
  for (std::size_t* at : {&layer.bias_at, &layer.mix_at}) {
    const float* rows = cursor.Take(std::size_t{halves} * c);
    *at = packer.Place(halves * filled);
    for (std::uint32_t half = 0; half < halves; ++half) {
      packer.PutFours(*at + half * filled, rows + std::size_t{half} * c, c, 1, 1);
    }
  }
  layer.join_at = packer.Fours(cursor.Take(std::size_t{c} * c), c, c);
  layer.join_bias_at = packer.Fours(cursor.Take(c), c, 1);
  return layer;
}

void PackArray(const ArrayConfig& config, bool is_last, float head_scale, WeightCursor& cursor,
               Packer& packer, WaveNet& net) {
  WaveNetArray array{};
  array.inputs = config.inputs;
  array.channels = config.channels;
  array.head_channels = config.head_channels;
  array.activation = config.activation;
  array.gated = config.gated;
  array.last = is_last;
  array.rechannel_at = packer.Fours(cursor.Take(std::size_t{config.channels} * config.inputs),
                                    config.channels, config.inputs);
  std::vector<WaveNetLayer> layers;
  for (const std::uint32_t dilation : config.dilations) {
    layers.push_back(PackLayer(config, dilation, cursor, packer));
  }
  const float scale = is_last ? head_scale : 1.0F;
  array.head_at = packer.Fours(cursor.Take(std::size_t{config.head_channels} * config.channels),
                               config.head_channels, config.channels, 1, scale);
  const std::uint32_t biases = config.head_bias ? config.head_channels : 0;
  array.head_bias_at = packer.Place(RoundUp(config.head_channels, 4));
  packer.PutFours(array.head_bias_at, cursor.Take(biases), biases, 1, 1, scale);
  net.layers.push_back(std::move(layers));
  net.arrays.push_back(array);
}

// A state's memory. A row begins with room for the lanes before its first frame, and
// rows are an odd number of cache lines apart, or all channels would meet in one set.
absl::Status ArrangeMemory(WaveNet& net) {
  Arrangement places;
  std::uint32_t widest = 1;
  for (std::size_t a = 0; a < net.arrays.size(); ++a) {
    const auto filled = static_cast<std::uint32_t>(RoundUp(net.arrays[a].channels, 4));
    widest = std::max(
        {widest, filled, static_cast<std::uint32_t>(RoundUp(net.arrays[a].head_channels, 4))});
    for (WaveNetLayer& layer : net.layers[a]) {
      const std::uint32_t past = (layer.taps - 1) * layer.dilation;
      net.field_frames += past;
      layer.ring_frames = static_cast<std::uint32_t>(RoundUp(past + kTileFrames, kMaximumLanes));
      std::size_t lines =
          (kMaximumLanes + layer.ring_frames + kTileFrames + kMaximumLanes) / kMaximumLanes;
      lines += 1 - lines % 2;
      layer.ring_stride = lines * kMaximumLanes;
      layer.ring_at = places.Place(layer.ring_stride * filled) + kMaximumLanes;
      ++net.layer_count;
    }
  }
  net.plan.input_at = places.Place(kTileFrames);
  for (std::size_t* at :
       {&net.plan.z_at, &net.plan.x_at, &net.plan.head_at, &net.plan.next_head_at}) {
    *at = places.Place(std::size_t{widest} * kTileFrames);
  }
  net.memory_floats = places.size();
  if (net.memory_floats > kMaximumStateFloats) {
    return absl::InvalidArgumentError(absl::StrCat("config.layers: a stream would need ",
                                                   net.memory_floats, " floats, expected at most ",
                                                   kMaximumStateFloats));
  }
  return absl::OkStatus();
}

absl::StatusOr<WaveNet> Pack(const NamFile& file) {
  const auto configs = ReadConfig(file);
  if (!configs.ok()) return configs.status();
  WaveNet net;
  // Twice: to know the size, then to fill it.
  for (const bool fill : {false, true}) {
    Arrangement places;
    Packer packer(places, fill ? net.weights.data() : nullptr);
    WeightCursor cursor(file.weights);
    net.layers.clear();
    net.arrays.clear();
    for (std::size_t i = 0; i < configs->size(); ++i) {
      PackArray((*configs)[i], i + 1 == configs->size(), file.weights.back(), cursor, packer, net);
    }
    if (!fill) net.weights = AlignedFloats(places.size());
  }
  if (auto status = ArrangeMemory(net); !status.ok()) return status;
  for (std::size_t a = 0; a < net.arrays.size(); ++a) {
    net.arrays[a].layers = net.layers[a].data();
    net.arrays[a].layer_count = static_cast<std::uint32_t>(net.layers[a].size());
  }
  net.plan.arrays = net.arrays.data();
  net.plan.array_count = static_cast<std::uint32_t>(net.arrays.size());
  net.plan.weights = net.weights.data();
  return net;
}

class WaveNetNetwork final : public Network {
 public:
  WaveNetNetwork(WaveNet net, const Kernels& kernels) : net_(std::move(net)), kernels_(kernels) {}
  [[nodiscard]] std::uint32_t warm_up_frames() const override { return net_.field_frames + 1; }
  [[nodiscard]] Memory AtStart() const override {
    return {AlignedFloats(net_.memory_floats), std::vector<std::uint32_t>(net_.layer_count, 0), {}};
  }
  void Run(Memory& memory, const Block& block) const noexcept override {
    kernels_.wavenet(net_.plan, memory.floats.data(), memory.words.data(), block.in[0],
                     block.out[0], block.frames);
  }

 private:
  WaveNet net_;
  const Kernels& kernels_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Network>> MakeWaveNet(const NamFile& file, const Kernels& kernels) {
  auto net = Pack(file);
  if (!net.ok()) return net.status();
  return std::make_unique<WaveNetNetwork>(*std::move(net), kernels);
}

}  // namespace continuo::executor::fused
