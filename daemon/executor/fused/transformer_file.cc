// SPDX-License-Identifier: Apache-2.0
#include <absl/strings/str_cat.h>

#include <set>
#include <utility>

#include "daemon/executor/fused/fields.h"
#include "daemon/executor/fused/safetensors.h"
#include "daemon/executor/fused/stored_numbers.h"
#include "daemon/executor/fused/transformer_net.h"

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

constexpr std::uint32_t kMaximumWidth = 1024, kMaximumHeads = 64, kMaximumHidden = 8192;
constexpr std::uint32_t kMaximumLayers = 64, kMaximumFields = 64, kMaximumValues = 65536;
constexpr std::uint32_t kMaximumWindow = 8192;
// Of one sequence: 256 MiB.
constexpr std::uint64_t kMaximumCacheFloats = std::uint64_t{1} << 26;

std::vector<std::uint32_t> ReadCounts(FieldReader& fields, const char* name) {
  std::vector<std::uint32_t> counts;
  for (const json& value : fields.List(name, kMaximumFields)) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() < 1 ||
        value.get<std::uint64_t>() > kMaximumValues) {
      fields.Fail(absl::StrCat(name, "[", counts.size(), "]"), Shown(value),
                  absl::StrCat("1 to ", kMaximumValues));
      return {};
    }
    counts.push_back(value.get<std::uint32_t>());
  }
  return counts;
}

struct Config {
  std::vector<std::uint32_t> grid_fields, token_fields;
  std::uint32_t encoder_layers = 0, decoder_layers = 0;
};

absl::Status ReadConfig(const std::string& text, TransformerNet& net, Config& config) {
  const auto document = ParseDocument(text);
  if (!document.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("__metadata__.config: ", document.status().message()));
  }
  absl::Status status;
  FieldReader fields(*document, "__metadata__.config", status);
  net.width = fields.Count("width", 2, kMaximumWidth);
  net.heads = fields.Count("heads", 1, kMaximumHeads);
  net.hidden = fields.Count("hidden", 1, kMaximumHidden);
  net.vocabulary = fields.Count("vocabulary", 1, kMaximumValues);
  net.grid_window = fields.Count("grid_window", 0, kMaximumWindow);
  net.token_window = fields.Count("token_window", 1, kMaximumWindow);
  config.encoder_layers = fields.Count("encoder_layers", 0, kMaximumLayers);
  config.decoder_layers = fields.Count("decoder_layers", 1, kMaximumLayers);
  config.grid_fields = ReadCounts(fields, "grid_fields");
  config.token_fields = ReadCounts(fields, "token_fields");
  fields.NoOthers();
  if (status.ok() && net.width % (2 * net.heads) != 0) {
    fields.Fail("heads", absl::StrCat(net.heads),
                absl::StrCat("a count that divides the width of ", net.width, " evenly, in pairs"));
  }
  const std::uint64_t cache =
      2 * std::uint64_t{config.decoder_layers} * net.width * net.token_window;
  if (status.ok() && cache > kMaximumCacheFloats) {
    fields.Fail("token_window",
                absl::StrCat(net.token_window, ", ", cache, " keys and values a sequence"),
                absl::StrCat("at most ", kMaximumCacheFloats));
  }
  return status;
}

// Takes tensors out of the file by name; the first error stays.
class TensorReader {
 public:
  TensorReader(const Safetensors& file, const base::MappedFile* mapped, TransformerNet& net,
               absl::Status& status)
      : file_(file), mapped_(mapped), net_(net), status_(status) {}

  HalfMatrix Matrix(const std::string& name, std::uint32_t outputs, std::uint32_t inputs) {
    const HalfMatrix matrix{outputs, inputs, Take(name, {outputs, inputs})};
    GiveBack();
    return matrix;
  }
  std::vector<float> Floats(const std::string& name, const std::vector<std::uint32_t>& shape) {
    const absl::string_view halves = Take(name, shape);
    std::vector<float> floats(halves.size() / 2);
    for (std::size_t i = 0; i < floats.size(); ++i) floats[i] = HalfToFloat(HalfAt(halves, i));
    GiveBack();
    return floats;
  }
  // A tensor that nobody asked for changes what the network is: refused.
  void NoOthers() {
    for (const std::string& name : NamesOf(file_)) {
      if (status_.ok() && !taken_.contains(name)) {
        const Tensor& tensor = file_.tensors.at(name);
        Fail(name, absl::StrCat(tensor.dtype, " ", ShapeText(tensor.shape)), "no such tensor");
      }
    }
  }
  [[nodiscard]] std::uint64_t elements() const { return elements_; }

 private:
  void GiveBack() {
    if (mapped_ != nullptr) mapped_->GiveBack();
  }
  absl::string_view Take(const std::string& name, const std::vector<std::uint32_t>& shape) {
    if (!status_.ok()) return {};
    const auto found = file_.tensors.find(name);
    const std::string expected = absl::StrCat("F16 ", ShapeText(shape));
    if (found == file_.tensors.end()) return Fail(name, "missing", expected);
    const Tensor& tensor = found->second;
    taken_.insert(name);
    if (tensor.dtype != "F16" || file_.tensors.contains(name + ".mask")) {
      return TakeWidened(name, shape, expected);
    }
    if (tensor.shape != shape) {
      return Fail(name, absl::StrCat(tensor.dtype, " ", ShapeText(tensor.shape)), expected);
    }
    for (std::size_t i = 0; i < tensor.bytes.size() / 2; ++i) {
      constexpr std::uint16_t kExponent = 0x7c00;  // all of it: infinite, or not a number
      if ((HalfAt(tensor.bytes, i) & kExponent) == kExponent) {
        return Fail(absl::StrCat(name, "[", i, "]"), "not finite", "a finite number");
      }
    }
    elements_ += tensor.bytes.size() / 2;
    return tensor.bytes;
  }
  absl::string_view TakeWidened(const std::string& name, const std::vector<std::uint32_t>& shape,
                                const std::string& expected) {
    const auto widened = Widen(file_, name);
    if (!widened.ok()) {
      status_ = absl::InvalidArgumentError(widened.status().message());
      return {};
    }
    if (widened->shape != shape) {
      return Fail(name, absl::StrCat(file_.tensors.at(name).dtype, " ", ShapeText(widened->shape)),
                  expected);
    }
    auto halves = std::make_unique<std::string>();
    halves->reserve(2 * widened->values.size());
    for (const float value : widened->values) {
      const std::uint16_t half = FloatToHalf(value);
      halves->push_back(static_cast<char>(half & 0xffU));
      halves->push_back(static_cast<char>(half >> 8));
    }
    elements_ += widened->values.size();
    net_.widened.push_back(std::move(halves));
    return *net_.widened.back();
  }
  absl::string_view Fail(const std::string& name, const std::string& found,
                         const std::string& expected) {
    status_ = absl::InvalidArgumentError(
        absl::StrCat("tensor ", Shown(name), ": is ", found, ", expected ", expected));
    return {};
  }

  const Safetensors& file_;
  const base::MappedFile* const mapped_;
  TransformerNet& net_;
  absl::Status& status_;
  std::set<std::string> taken_;
  std::uint64_t elements_ = 0;
};

std::vector<TransformerLayer> ReadLayers(TensorReader& tensors, const char* part,
                                         std::uint32_t count, const TransformerNet& net) {
  std::vector<TransformerLayer> layers(count);
  const std::uint32_t d = net.width;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string prefix = absl::StrCat(part, ".", i, ".");
    TransformerLayer& layer = layers[i];
    layer.attention_gain = tensors.Floats(prefix + "attention_gain", {d});
    layer.qkv = tensors.Matrix(prefix + "qkv.weight", 3 * d, d);
    layer.out = tensors.Matrix(prefix + "out.weight", d, d);
    layer.mlp_gain = tensors.Floats(prefix + "mlp_gain", {d});
    layer.up = tensors.Matrix(prefix + "up.weight", net.hidden, d);
    layer.down = tensors.Matrix(prefix + "down.weight", d, net.hidden);
  }
  return layers;
}

std::vector<std::vector<float>> ReadTables(TensorReader& tensors, const char* part,
                                           const std::vector<std::uint32_t>& counts,
                                           std::uint32_t width) {
  std::vector<std::vector<float>> tables;
  for (const std::uint32_t count : counts) {
    tables.push_back(
        tensors.Floats(absl::StrCat(part, ".", tables.size(), ".weight"), {count, width}));
  }
  return tables;
}

}  // namespace

absl::StatusOr<TransformerNet> ReadTransformer(absl::string_view file,
                                               const base::MappedFile* mapped) {
  auto read = ReadSafetensors(file);
  if (!read.ok()) return read.status();
  const auto config_text = read->metadata.find("config");
  if (config_text == read->metadata.end()) {
    return absl::InvalidArgumentError(
        "__metadata__.config: is missing, expected the network's configuration as JSON");
  }
  TransformerNet net;
  Config config;
  if (auto status = ReadConfig(config_text->second, net, config); !status.ok()) return status;
  absl::Status status;
  TensorReader tensors(*read, mapped, net, status);
  const std::uint32_t d = net.width;
  net.grid = ReadTables(tensors, "grid", config.grid_fields, d);
  net.token = ReadTables(tensors, "token", config.token_fields, d);
  net.encoder = ReadLayers(tensors, "encoder", config.encoder_layers, net);
  net.decoder = ReadLayers(tensors, "decoder", config.decoder_layers, net);
  net.output_gain = tensors.Floats("output_gain", {d});
  net.output = tensors.Matrix("output.weight", net.vocabulary, d);
  tensors.NoOthers();
  if (!status.ok()) return status;
  net.parameter_count = tensors.elements();
  read->metadata.erase("config");
  net.metadata = std::move(read->metadata);
  return net;
}

}  // namespace continuo::executor::fused
