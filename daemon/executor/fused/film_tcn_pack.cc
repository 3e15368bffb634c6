// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/film_tcn_pack.h"

#include "daemon/executor/fused/placing.h"

namespace continuo::executor::fused {
namespace {

// W[out][in][tap] → taps, each in fours [out / 4][in][4].
void PackFours(const float* from, std::uint32_t outputs, std::uint32_t inputs, std::uint32_t taps,
               float* to) {
  for (std::uint32_t tap = 0; tap < taps; ++tap) {
    for (std::uint32_t o = 0; o < outputs; ++o) {
      for (std::uint32_t i = 0; i < inputs; ++i) {
        const std::size_t at = (std::size_t{o / 4} * inputs + i) * 4 + o % 4;
        to[std::size_t{tap} * outputs * inputs + at] =
            from[(std::size_t{o} * inputs + i) * taps + tap];
      }
    }
  }
}

// Room for the lanes before a row's first frame, and rows an odd number of cache lines apart.
void PlaceRing(FilmTcnLayer& layer, Arrangement& memory) {
  const std::uint32_t past = (layer.taps - 1) * layer.dilation;
  layer.ring_frames = static_cast<std::uint32_t>(RoundUp(past + kTileFrames, kMaximumLanes));
  layer.ring_stride = OddLines(kMaximumLanes + layer.ring_frames + kTileFrames + kMaximumLanes);
  layer.ring_at = memory.Place(layer.ring_stride * layer.inputs) + kMaximumLanes;
}

void PlaceMemory(const FilmTcnShape& shape, PackedFilmTcn& net) {
  FilmTcnPlan& plan = net.plan;
  Arrangement& memory = net.memory;
  for (FilmTcnLayer& layer : net.layers) PlaceRing(layer, memory);
  const std::size_t gains = std::size_t{2} * plan.layer_count * plan.channels;
  plan.features_at = memory.Place(std::size_t{shape.features} * kTileFrames);
  plan.knobs_at = memory.Place(std::size_t{plan.knobs} * kTileFrames);
  plan.result_at = memory.Place(kTileFrames);
  plan.hidden_at = memory.Place(std::size_t{plan.hidden} * kTileFrames);
  plan.gains_at = memory.Place(gains * kTileFrames);
  plan.still_gains_at = memory.Place(gains);
}

void PackWeights(const float* from, PackedFilmTcn& net) {
  FilmTcnPlan& plan = net.plan;
  Arrangement places;
  const std::uint32_t gains = 2 * plan.layer_count * plan.channels;
  for (FilmTcnLayer& layer : net.layers) {
    layer.conv_at = places.Place(std::size_t{plan.channels} * layer.inputs * layer.taps);
  }
  plan.knob_at = places.Place(std::size_t{plan.hidden} * plan.knobs);
  plan.knob_bias_at = places.Place(plan.hidden);
  plan.film_at = places.Place(std::size_t{gains} * plan.hidden);
  plan.film_bias_at = places.Place(gains);
  net.weights = AlignedFloats(places.size());
  const auto take = [&](std::size_t at, std::uint32_t outputs, std::uint32_t inputs,
                        std::uint32_t taps) {
    PackFours(from, outputs, inputs, taps, net.weights.data() + at);
    from += std::size_t{outputs} * inputs * taps;
  };
  for (const FilmTcnLayer& layer : net.layers) {
    take(layer.conv_at, plan.channels, layer.inputs, layer.taps);
  }
  take(plan.knob_at, plan.hidden, plan.knobs, 1);
  take(plan.knob_bias_at, plan.hidden, 1, 1);
  take(plan.film_at, gains, plan.hidden, 1);
  take(plan.film_bias_at, gains, 1, 1);
}

}  // namespace

std::size_t FilmTcnShape::WeightCount() const {
  const std::size_t c = channels, h = hidden;
  std::size_t count = h * knobs + h + 2 * layers.size() * c * (h + 1);
  for (std::size_t l = 0; l < layers.size(); ++l) count += c * inputs(l) * layers[l].taps;
  return count;
}

PackedFilmTcn PackFilmTcn(const FilmTcnShape& shape, const float* weights) {
  PackedFilmTcn net;
  net.layers = shape.layers;
  for (std::size_t l = 0; l < net.layers.size(); ++l) net.layers[l].inputs = shape.inputs(l);
  net.plan.channels = shape.channels;
  net.plan.hidden = shape.hidden;
  net.plan.knobs = shape.knobs;
  net.plan.layer_count = static_cast<std::uint32_t>(net.layers.size());
  PlaceMemory(shape, net);
  PackWeights(weights, net);
  net.plan.layers = net.layers.data();
  net.plan.weights = net.weights.data();
  return net;
}

}  // namespace continuo::executor::fused
