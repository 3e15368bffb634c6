// SPDX-License-Identifier: Apache-2.0
// The GRU of `opto` over many programmes at once, and the gradient of its weights, for training
// (gru.py): torch.nn.GRU's equations with sixteen programmes in the lanes of a vector. A network
// as small as this leaves torch with little to do but to begin and end operations.
//
// Weights are those of the model's file: W_ih[3H][2], W_hh[3H][H], b_ih[3H], b_hh[3H] (gates r, z,
// n), head[H], its bias. Arrays are [programme][step], the programmes a multiple of sixteen.
#include <cmath>

namespace {

constexpr int kLanes = 16, kHidden = 16, kRows = 3 * kHidden, kInputs = 2;

typedef float Lanes __attribute__((vector_size(sizeof(float) * kLanes)));

template <typename T>
struct Weights {
  T by_input[kRows][kInputs];
  T by_hidden[kRows][kHidden];
  T input_bias[kRows];
  T hidden_bias[kRows];
  T head[kHidden];
  T head_bias;
};
constexpr int kWeights = sizeof(Weights<float>) / sizeof(float);

// What the way back needs of a step: the state before it, the gates, and what the hidden units
// give to the third.
struct Step {
  Lanes before[kHidden], reset[kHidden], keep[kHidden], fresh[kHidden], heard[kHidden];
};

// x becomes 1 / (1 + e^(-scale x)).
void Sigmoid(Lanes* values, float scale) {
  auto* const x = reinterpret_cast<float*>(values);
  for (int i = 0; i < kHidden * kLanes; ++i) x[i] = 1 / (1 + std::exp(-scale * x[i]));
}

Lanes Gather(const float* first, long apart) {
  Lanes out;
  for (int lane = 0; lane < kLanes; ++lane) out[lane] = first[lane * apart];
  return out;
}

void Forward(const Weights<float>& w, Step& step, const Lanes* in, Lanes* h) {
  Lanes from_input[kRows], from_hidden[kRows];
  for (int row = 0; row < kRows; ++row) {
    from_input[row] = w.input_bias[row] + w.by_input[row][0] * in[0] + w.by_input[row][1] * in[1];
    Lanes sum = w.hidden_bias[row] + w.by_hidden[row][0] * h[0];
    for (int i = 1; i < kHidden; ++i) sum += w.by_hidden[row][i] * h[i];
    from_hidden[row] = sum;
  }
  for (int i = 0; i < kHidden; ++i) {
    step.before[i] = h[i];
    step.reset[i] = from_input[i] + from_hidden[i];
    step.keep[i] = from_input[kHidden + i] + from_hidden[kHidden + i];
    step.heard[i] = from_hidden[2 * kHidden + i];
  }
  Sigmoid(step.reset, 1);
  Sigmoid(step.keep, 1);
  for (int i = 0; i < kHidden; ++i) {
    step.fresh[i] = from_input[2 * kHidden + i] + step.reset[i] * step.heard[i];
  }
  Sigmoid(step.fresh, 2);
  for (int i = 0; i < kHidden; ++i) {
    step.fresh[i] = 2.0F * step.fresh[i] - 1.0F;  // tanh
    h[i] = step.fresh[i] + step.keep[i] * (h[i] - step.fresh[i]);
  }
}

// dh: the gradient of the state after the step, which becomes that of the state before it.
void Backward(const Weights<float>& w, const Step& step, const Lanes* in, Lanes d_sum, Lanes* dh,
              Weights<Lanes>& g) {
  Lanes by_input[kRows], by_hidden[kRows];
  g.head_bias += d_sum;
  for (int i = 0; i < kHidden; ++i) {
    const Lanes reset = step.reset[i], keep = step.keep[i], fresh = step.fresh[i];
    const Lanes change = step.before[i] - fresh;
    g.head[i] += (fresh + keep * change) * d_sum;
    const Lanes d = dh[i] + w.head[i] * d_sum;
    dh[i] = d * keep;
    const Lanes d_fresh = d * (1.0F - keep) * (1.0F - fresh * fresh);
    by_input[i] = d_fresh * step.heard[i] * reset * (1.0F - reset);
    by_input[kHidden + i] = d * change * keep * (1.0F - keep);
    by_input[2 * kHidden + i] = d_fresh;
    by_hidden[i] = by_input[i];
    by_hidden[kHidden + i] = by_input[kHidden + i];
    by_hidden[2 * kHidden + i] = d_fresh * reset;
  }
  for (int row = 0; row < kRows; ++row) {
    g.input_bias[row] += by_input[row];
    for (int j = 0; j < kInputs; ++j) g.by_input[row][j] += by_input[row] * in[j];
    g.hidden_bias[row] += by_hidden[row];
    for (int i = 0; i < kHidden; ++i) {
      g.by_hidden[row][i] += by_hidden[row] * step.before[i];
      dh[i] += w.by_hidden[row][i] * by_hidden[row];
    }
  }
}

}  // namespace

extern "C" {

long StepBytes() { return sizeof(Step); }

// h [programmes][H] goes from the state before the first step to that after the last one. tape:
// `steps` Steps for every sixteen programmes.
void RunForward(int programmes, int steps, const float* weights, const float* u, float* h,
                float* sums, void* tape) {
  const auto& w = *reinterpret_cast<const Weights<float>*>(weights);
  for (int first = 0; first < programmes; first += kLanes) {
    auto* const taken = static_cast<Step*>(tape) + long{first} / kLanes * steps;
    Lanes state[kHidden];
    for (int i = 0; i < kHidden; ++i) state[i] = Gather(h + first * kHidden + i, kHidden);
    for (int t = 0; t < steps; ++t) {
      const float* const at = u + (long{first} * steps + t) * kInputs;
      const Lanes in[] = {Gather(at, long{steps} * kInputs), Gather(at + 1, long{steps} * kInputs)};
      Forward(w, taken[t], in, state);
      Lanes sum = w.head_bias + w.head[0] * state[0];
      for (int i = 1; i < kHidden; ++i) sum += w.head[i] * state[i];
      for (int lane = 0; lane < kLanes; ++lane) sums[(long{first} + lane) * steps + t] = sum[lane];
    }
    for (int i = 0; i < kHidden; ++i) {
      for (int lane = 0; lane < kLanes; ++lane) h[(first + lane) * kHidden + i] = state[i][lane];
    }
  }
}

// d_weights, of the size of the weights, is overwritten.
void RunBackward(int programmes, int steps, const float* weights, const float* u,
                 const float* d_sums, const void* tape, float* d_weights) {
  const auto& w = *reinterpret_cast<const Weights<float>*>(weights);
  Weights<Lanes> g{};
  for (int first = 0; first < programmes; first += kLanes) {
    const auto* const taken = static_cast<const Step*>(tape) + long{first} / kLanes * steps;
    Lanes dh[kHidden] = {};
    for (int t = steps - 1; t >= 0; --t) {
      const float* const at = u + (long{first} * steps + t) * kInputs;
      const Lanes in[] = {Gather(at, long{steps} * kInputs), Gather(at + 1, long{steps} * kInputs)};
      Backward(w, taken[t], in, Gather(d_sums + long{first} * steps + t, steps), dh, g);
    }
  }
  const auto* const sums = reinterpret_cast<const Lanes*>(&g);
  for (int i = 0; i < kWeights; ++i) {
    d_weights[i] = 0;
    for (int lane = 0; lane < kLanes; ++lane) d_weights[i] += sums[i][lane];
  }
}

}  // extern "C"
