// SPDX-License-Identifier: Apache-2.0
// A network of models/common/grid_transformer.py with random weights, its file, and what it
// gives in double precision, written from the equations there.
#pragma once

#include <cmath>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace continuo::test {

struct TransformerConfig {
  std::uint32_t width = 16, heads = 2, hidden = 24, encoder_layers = 1, decoder_layers = 2;
  std::vector<std::uint32_t> grid_fields = {5, 3}, token_fields = {7, 4};
  std::uint32_t vocabulary = 11, grid_window = 4, token_window = 8;
};

inline std::uint16_t ToHalf(double value) {
  const unsigned sign = std::signbit(value) ? 0x8000U : 0U;
  int exponent = 0;
  const double fraction = std::frexp(std::abs(value), &exponent);
  if (exponent < -13) {
    return static_cast<std::uint16_t>(sign | unsigned(std::lrint(std::ldexp(std::abs(value), 24))));
  }
  const auto rounded = static_cast<unsigned>(std::lrint(fraction * 2048));  // 1024 to 2048
  return static_cast<std::uint16_t>(sign | ((unsigned(exponent + 14) << 10) + (rounded - 1024)));
}

inline double FromHalf(std::uint16_t half) {
  const int exponent = half >> 10 & 31, fraction = half & 1023;
  const double value =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  return (half & 0x8000) != 0 ? -value : value;
}

struct HalfTensor {
  std::vector<std::uint32_t> shape;
  std::vector<std::uint16_t> halves;
};

inline nlohmann::json ToJson(const TransformerConfig& c) {
  return {{"width", c.width},
          {"heads", c.heads},
          {"hidden", c.hidden},
          {"encoder_layers", c.encoder_layers},
          {"decoder_layers", c.decoder_layers},
          {"grid_fields", c.grid_fields},
          {"token_fields", c.token_fields},
          {"vocabulary", c.vocabulary},
          {"grid_window", c.grid_window},
          {"token_window", c.token_window}};
}

using Tensors = std::map<std::string, HalfTensor>;

inline Tensors RandomTensors(const TransformerConfig& c, unsigned seed) {
  std::mt19937 random(seed);
  Tensors tensors;
  const auto add = [&](const std::string& name, std::vector<std::uint32_t> shape, double mean,
                       double deviation) {
    std::size_t count = 1;
    for (const std::uint32_t n : shape) count *= n;
    std::normal_distribution<double> draw(mean, deviation);
    HalfTensor tensor{std::move(shape), {}};
    for (std::size_t i = 0; i < count; ++i) tensor.halves.push_back(ToHalf(draw(random)));
    tensors[name] = std::move(tensor);
  };
  const auto tables = [&](const std::string& part, const std::vector<std::uint32_t>& counts) {
    for (std::size_t f = 0; f < counts.size(); ++f) {
      add(part + "." + std::to_string(f) + ".weight", {counts[f], c.width}, 0, 0.5);
    }
  };
  const auto layers = [&](const std::string& part, std::uint32_t count) {
    const double wide = 1 / std::sqrt(double(c.width)), deep = 1 / std::sqrt(double(c.hidden));
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::string prefix = part + "." + std::to_string(i) + ".";
      add(prefix + "attention_gain", {c.width}, 1, 0.2);
      add(prefix + "qkv.weight", {3 * c.width, c.width}, 0, 1.5 * wide);
      add(prefix + "out.weight", {c.width, c.width}, 0, wide);
      add(prefix + "mlp_gain", {c.width}, 1, 0.2);
      add(prefix + "up.weight", {c.hidden, c.width}, 0, wide);
      add(prefix + "down.weight", {c.width, c.hidden}, 0, deep);
    }
  };
  tables("grid", c.grid_fields);
  tables("token", c.token_fields);
  layers("encoder", c.encoder_layers);
  layers("decoder", c.decoder_layers);
  add("output_gain", {c.width}, 1, 0.2);
  add("output.weight", {c.vocabulary, c.width}, 0, 1 / std::sqrt(double(c.width)));
  return tensors;
}

inline std::string WithLength(const std::string& header, const std::string& data) {
  std::string file(8, '\0');
  for (int i = 0; i < 8; ++i) file[i] = static_cast<char>(header.size() >> (8 * i) & 255);
  return file + header + data;
}

// A header to be changed, and the data behind it.
inline std::pair<nlohmann::json, std::string> Parts(const TransformerConfig& config,
                                                    const Tensors& tensors) {
  nlohmann::json header;
  header["__metadata__"]["config"] = ToJson(config).dump();
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t begin = data.size();
    for (const std::uint16_t half : tensor.halves) {
      data += static_cast<char>(half & 255);
      data += static_cast<char>(half >> 8);
    }
    header[name] = {
        {"dtype", "F16"}, {"shape", tensor.shape}, {"data_offsets", {begin, data.size()}}};
  }
  return {header, data};
}

inline std::string TransformerFile(const TransformerConfig& config, const Tensors& tensors) {
  const auto [header, data] = Parts(config, tensors);
  return WithLength(header.dump(), data);
}

class TransformerReference {
 public:
  using Row = std::vector<double>;

  TransformerReference(const TransformerConfig& config, const Tensors& tensors) : c_(config) {
    for (const auto& [name, tensor] : tensors) {
      for (const std::uint16_t half : tensor.halves) weights_[name].push_back(FromHalf(half));
    }
  }

  // [step][width]
  std::vector<Row> Encode(const std::vector<std::vector<std::int32_t>>& grid) const {
    std::vector<Row> x;
    for (const auto& fields : grid) x.push_back(Embedded(Row(c_.width, 0.0), "grid", fields));
    const auto steps = static_cast<std::int64_t>(x.size());
    for (std::uint32_t l = 0; l < c_.encoder_layers; ++l) {
      const std::string name = "encoder." + std::to_string(l) + ".";
      std::vector<Row> q, k, v;
      for (std::int64_t t = 0; t < steps; ++t) Project(name, x[t], double(t), q, k, v);
      for (std::int64_t t = 0; t < steps; ++t) {
        const auto first = std::max<std::int64_t>(0, t - c_.grid_window);
        const auto end = std::min<std::int64_t>(steps, t + c_.grid_window + 1);
        Finish(name, x[t], Attended(q[t], k, v, first, end));
      }
    }
    return x;
  }

  struct Past {
    std::vector<std::vector<Row>> keys, values;  // [layer][cell]
  };
  Row Next(const std::vector<std::int32_t>& token, const Row& encoded, double position,
           Past& past) const {
    past.keys.resize(c_.decoder_layers);
    past.values.resize(c_.decoder_layers);
    Row x = Embedded(encoded, "token", token);
    for (std::uint32_t l = 0; l < c_.decoder_layers; ++l) {
      const std::string name = "decoder." + std::to_string(l) + ".";
      std::vector<Row> q;
      Project(name, x, position, q, past.keys[l], past.values[l]);
      const auto end = static_cast<std::int64_t>(past.keys[l].size());
      const auto first = std::max<std::int64_t>(0, end - c_.token_window);
      Finish(name, x, Attended(q[0], past.keys[l], past.values[l], first, end));
    }
    return Times("output.weight", Normal(x, "output_gain"));
  }

 private:
  const Row& W(const std::string& name) const { return weights_.at(name); }
  Row Embedded(Row x, const std::string& part, const std::vector<std::int32_t>& fields) const {
    for (std::size_t f = 0; f < fields.size(); ++f) {
      const Row& table = W(part + "." + std::to_string(f) + ".weight");
      for (std::size_t i = 0; i < x.size(); ++i) x[i] += table[fields[f] * x.size() + i];
    }
    return x;
  }
  Row Normal(const Row& x, const std::string& gain) const {
    double squares = 0;
    for (const double value : x) squares += value * value;
    const double scale = 1 / std::sqrt(squares / double(x.size()) + 1e-5);
    Row out(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) out[i] = W(gain)[i] * x[i] * scale;
    return out;
  }
  Row Times(const std::string& name, const Row& x) const {
    const Row& w = W(name);
    Row out(w.size() / x.size(), 0.0);
    for (std::size_t r = 0; r < out.size(); ++r) {
      for (std::size_t i = 0; i < x.size(); ++i) out[r] += w[r * x.size() + i] * x[i];
    }
    return out;
  }
  Row Turned(Row x, double position) const {
    const std::size_t size = c_.width / c_.heads, half = size / 2;
    for (std::size_t h = 0; h < c_.heads; ++h) {
      for (std::size_t i = 0; i < half; ++i) {
        const double angle = position * std::pow(10000.0, -2.0 * double(i) / double(size));
        double &a = x[h * size + i], &b = x[h * size + i + half];
        const double turned = a * std::cos(angle) - b * std::sin(angle);
        b = b * std::cos(angle) + a * std::sin(angle);
        a = turned;
      }
    }
    return x;
  }
  void Project(const std::string& name, const Row& x, double position, std::vector<Row>& q,
               std::vector<Row>& k, std::vector<Row>& v) const {
    const Row all = Times(name + "qkv.weight", Normal(x, name + "attention_gain"));
    const auto part = [&](std::uint32_t p) {
      return Row(all.begin() + p * c_.width, all.begin() + (p + 1) * c_.width);
    };
    q.push_back(Turned(part(0), position));
    k.push_back(Turned(part(1), position));
    v.push_back(part(2));
  }
  Row Attended(const Row& q, const std::vector<Row>& k, const std::vector<Row>& v,
               std::int64_t first, std::int64_t end) const {
    const std::size_t size = c_.width / c_.heads;
    Row out(c_.width, 0.0);
    for (std::size_t h = 0; h < c_.heads; ++h) {
      Row score;
      for (std::int64_t s = first; s < end; ++s) {
        double sum = 0;
        for (std::size_t i = 0; i < size; ++i) sum += q[h * size + i] * k[s][h * size + i];
        score.push_back(sum / std::sqrt(double(size)));
      }
      double largest = score[0], total = 0;
      for (const double s : score) largest = std::max(largest, s);
      for (double& s : score) total += s = std::exp(s - largest);
      for (std::int64_t s = first; s < end; ++s) {
        for (std::size_t i = 0; i < size; ++i) {
          out[h * size + i] += score[s - first] / total * v[s][h * size + i];
        }
      }
    }
    return out;
  }
  void Finish(const std::string& name, Row& x, const Row& attended) const {
    Add(x, Times(name + "out.weight", attended));
    Row h = Times(name + "up.weight", Normal(x, name + "mlp_gain"));
    for (double& value : h) value = value > 0 ? value * value : 0;
    Add(x, Times(name + "down.weight", h));
  }
  static void Add(Row& x, const Row& y) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i];
  }

  const TransformerConfig c_;
  std::map<std::string, Row> weights_;
};

}  // namespace continuo::test
