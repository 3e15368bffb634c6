// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/stored_numbers.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/executor/fused/fields.h"
#include "daemon/executor/fused/transformer_net.h"

namespace continuo::executor::fused {
namespace {

constexpr int kLargestInt8 = 127;
constexpr const char* kParts[] = {".scale", ".mask", ".shape"};

template <typename Value>
void Append(Value value, std::string* bytes) {
  for (std::size_t i = 0; i < sizeof(Value); ++i) {
    bytes->push_back(static_cast<char>(value >> (8 * i) & 255U));
  }
}

std::uint32_t WordAt(absl::string_view bytes, std::size_t index) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    word |= std::uint32_t{static_cast<unsigned char>(bytes[4 * index + i])} << (8 * i);
  }
  return word;
}

std::uint16_t FloatToBfloat(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = bits + 0x7fffU + (bits >> 16 & 1U);
  // The largest finite number does not become infinite.
  constexpr std::uint32_t kInfinite = 0x7f80U;
  const std::uint32_t half = rounded >> 16;
  return static_cast<std::uint16_t>((half & 0x7fffU) >= kInfinite ? (half & 0x8000U) | 0x7f7fU
                                                                  : half);
}

const char* DtypeOf(Numbers numbers) {
  switch (numbers) {
    case Numbers::kFloat32:
      return "F32";
    case Numbers::kFloat16:
      return "F16";
    case Numbers::kBfloat16:
      return "BF16";
    case Numbers::kInt8:
      return "I8";
  }
  return "F32";
}

std::uint64_t GroupSize(std::uint64_t elements, std::uint64_t groups) {
  return (elements + groups - 1) / groups;
}

// One a group: its largest magnitude becomes 127.
std::vector<float> ScalesOf(const std::vector<float>& values, std::uint32_t groups) {
  std::vector<float> scales(groups, 0.0F);
  const std::uint64_t size = GroupSize(values.size(), groups);
  for (std::size_t i = 0; i < values.size(); ++i) {
    float& scale = scales[i / size];
    scale = std::max(scale, std::abs(values[i]) / kLargestInt8);
  }
  return scales;
}

absl::Status Wrong(const std::string& name, const std::string& found, const std::string& expected) {
  return absl::InvalidArgumentError(
      absl::StrCat("tensor ", Shown(name), ": is ", found, ", expected ", expected));
}

const Tensor* Find(const Safetensors& file, const std::string& name) {
  const auto found = file.tensors.find(name);
  return found == file.tensors.end() ? nullptr : &found->second;
}

std::uint64_t CountOf(const std::vector<std::uint32_t>& shape) {
  std::uint64_t count = 1;
  for (const std::uint32_t n : shape) count *= n;
  return count;
}

std::string InWords(const Tensor& tensor) {
  return absl::StrCat(tensor.dtype, " ", ShapeText(tensor.shape));
}

// What is stored, one after the other, without scales.
std::vector<float> Raw(const Tensor& tensor) {
  const std::uint64_t count = CountOf(tensor.shape);
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (tensor.dtype == "F32") {
      values[i] = std::bit_cast<float>(WordAt(tensor.bytes, i));
    } else if (tensor.dtype == "F16") {
      const std::uint16_t half = HalfAt(tensor.bytes, i);
      // Infinite, or not a number: HalfToFloat knows neither.
      values[i] = (half & 0x7c00U) == 0x7c00U ? std::nanf("") : HalfToFloat(half);
    } else if (tensor.dtype == "BF16") {
      values[i] = std::bit_cast<float>(std::uint32_t{HalfAt(tensor.bytes, i)} << 16);
    } else {
      values[i] = static_cast<float>(static_cast<signed char>(tensor.bytes[i]));
    }
  }
  return values;
}

// Its elements at their places, zeros between.
absl::Status Spread(const Safetensors& file, const std::string& name, const Tensor& mask,
                    std::uint64_t maximum, PlainTensor* tensor) {
  const Tensor* const shape = Find(file, name + ".shape");
  if (shape == nullptr || shape->dtype != "U32" || shape->shape.size() != 1 ||
      shape->shape[0] > 8) {
    return Wrong(name + ".shape", shape == nullptr ? "missing" : InWords(*shape),
                 "U32 [1 to 8], as there is a mask");
  }
  std::uint64_t count = 1;
  std::vector<std::uint32_t> dimensions;
  for (std::uint32_t d = 0; d < shape->shape[0]; ++d) {
    const std::uint32_t n = WordAt(shape->bytes, d);
    if (n == 0 || n > maximum / count) {
      return Wrong(name + ".shape", absl::StrCat("a dimension of ", n),
                   absl::StrCat("counts whose product is at most ", maximum));
    }
    count *= n;
    dimensions.push_back(n);
  }
  if (mask.dtype != "U8" || mask.bytes.size() != (count + 7) / 8) {
    return Wrong(name + ".mask", InWords(mask), absl::StrCat("U8 [", (count + 7) / 8, "]"));
  }
  std::vector<float> spread(count, 0.0F);
  std::size_t next = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if ((static_cast<unsigned char>(mask.bytes[i / 8]) >> (i % 8) & 1U) == 0) continue;
    if (next == tensor->values.size()) break;
    spread[i] = tensor->values[next++];
  }
  std::uint64_t set = 0;
  for (const char byte : mask.bytes) set += std::popcount(static_cast<unsigned char>(byte));
  // Where no bit is set, one element is stored all the same: a tensor has one at least.
  if (tensor->values.size() != std::max<std::uint64_t>(set, 1)) {
    return Wrong(name, absl::StrCat(tensor->values.size(), " elements"),
                 absl::StrCat(std::max<std::uint64_t>(set, 1), ", one a bit of its mask"));
  }
  tensor->shape = std::move(dimensions);
  tensor->values = std::move(spread);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Numbers> NumbersOf(const std::string& precision) {
  if (precision == "fp32") return Numbers::kFloat32;
  if (precision == "fp16") return Numbers::kFloat16;
  if (precision == "bf16") return Numbers::kBfloat16;
  if (precision == "int8") return Numbers::kInt8;
  return absl::InvalidArgumentError(
      absl::StrCat("precision: is '", precision, "', expected fp32, fp16, bf16 or int8"));
}

std::uint16_t FloatToHalf(float value) {
  constexpr float kLargest = 65504.0F;
  const float magnitude = std::min(std::abs(value), kLargest);
  const auto sign = static_cast<std::uint32_t>(std::signbit(value) ? 0x8000U : 0U);
  int exponent = 0;
  const float fraction = std::frexp(magnitude, &exponent);
  // Zero too, whose exponent is said to be 0.
  if (exponent < -13 ||
      magnitude ==
          0.0F) {  // subnormal: steps of 2^-24; one that is rounded up to 2^-14 fits as well
    return static_cast<std::uint16_t>(
        sign | static_cast<std::uint32_t>(std::lrint(std::ldexp(magnitude, 24))));
  }
  const auto rounded = static_cast<std::uint32_t>(std::lrint(fraction * 2048.0F));  // 1024 to 2048
  return static_cast<std::uint16_t>(
      sign | ((static_cast<std::uint32_t>(exponent + 14) << 10) + (rounded - 1024)));
}

void Store(const std::string& name, const PlainTensor& tensor, const Storing& how,
           StoredFile* file) {
  const std::size_t count = tensor.values.size();
  StoredFile::Stored stored{DtypeOf(how.numbers), tensor.shape, {}};
  std::vector<float> scales;
  if (how.numbers == Numbers::kInt8) {
    scales = ScalesOf(tensor.values, how.groups);
    StoredFile::Stored scale{"F32", {how.groups}, {}};
    for (const float value : scales) Append(std::bit_cast<std::uint32_t>(value), &scale.bytes);
    file->tensors[name + ".scale"] = std::move(scale);
  }
  const std::size_t zeros =
      static_cast<std::size_t>(std::count(tensor.values.begin(), tensor.values.end(), 0.0F));
  const std::size_t bytes_each = how.numbers == Numbers::kFloat32 ? 4
                                 : how.numbers == Numbers::kInt8  ? 1
                                                                  : 2;
  const bool sparse = how.sparse && zeros * bytes_each > (count + 7) / 8 + 64;
  std::string mask((count + 7) / 8, '\0');
  const std::uint64_t group = how.numbers == Numbers::kInt8 ? GroupSize(count, how.groups) : 1;
  const auto put = [&](std::size_t i) {
    const float value = tensor.values[i];
    switch (how.numbers) {
      case Numbers::kFloat32:
        Append(std::bit_cast<std::uint32_t>(value), &stored.bytes);
        break;
      case Numbers::kFloat16:
        Append(FloatToHalf(value), &stored.bytes);
        break;
      case Numbers::kBfloat16:
        Append(FloatToBfloat(value), &stored.bytes);
        break;
      case Numbers::kInt8: {
        const float scale = scales[i / group];
        stored.bytes.push_back(static_cast<char>(scale > 0 ? std::lround(value / scale) : 0));
        break;
      }
    }
  };
  for (std::size_t i = 0; i < count; ++i) {
    if (sparse && tensor.values[i] == 0.0F) continue;
    put(i);
    mask[i / 8] = static_cast<char>(static_cast<unsigned char>(mask[i / 8]) | 1U << (i % 8));
  }
  if (sparse) {
    if (stored.bytes.empty()) put(0);
    stored.shape = {static_cast<std::uint32_t>(stored.bytes.size() / bytes_each)};
    StoredFile::Stored shape{"U32", {static_cast<std::uint32_t>(tensor.shape.size())}, {}};
    for (const std::uint32_t n : tensor.shape) Append(n, &shape.bytes);
    file->tensors[name + ".shape"] = std::move(shape);
    const auto mask_bytes = static_cast<std::uint32_t>(mask.size());
    file->tensors[name + ".mask"] = {"U8", {mask_bytes}, std::move(mask)};
  }
  file->tensors[name] = std::move(stored);
}

std::string Serialise(const StoredFile& file) {
  nlohmann::json header;
  std::string data;
  for (const auto& [name, text] : file.metadata) header["__metadata__"][name] = text;
  for (const auto& [name, tensor] : file.tensors) {
    header[name] = {{"dtype", tensor.dtype},
                    {"shape", tensor.shape},
                    {"data_offsets", {data.size(), data.size() + tensor.bytes.size()}}};
    data += tensor.bytes;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string bytes;
  Append(std::uint64_t{text.size()}, &bytes);
  return bytes + text + data;
}

bool LooksLikeSafetensors(absl::string_view file) {
  if (file.size() < 10 || file[8] != '{') return false;
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    length |= std::uint64_t{static_cast<unsigned char>(file[i])} << (8 * i);
  }
  // Read as a number, any eight characters of a text are longer than a file.
  return length <= file.size() - 8;
}

std::vector<std::string> NamesOf(const Safetensors& file) {
  std::vector<std::string> names;
  for (const auto& entry : file.tensors) {
    const std::string& name = entry.first;
    const bool part = std::any_of(std::begin(kParts), std::end(kParts), [&](const char* suffix) {
      return absl::EndsWith(name, suffix) &&
             file.tensors.contains(name.substr(0, name.size() - std::strlen(suffix)));
    });
    if (!part) names.push_back(name);
  }
  return names;
}

absl::StatusOr<PlainTensor> Widen(const Safetensors& file, const std::string& name,
                                  std::uint64_t maximum) {
  const Tensor* const stored = Find(file, name);
  if (stored == nullptr) {
    return absl::NotFoundError(absl::StrCat("tensor ", Shown(name), ": is missing"));
  }
  if (stored->dtype != "F32" && stored->dtype != "F16" && stored->dtype != "BF16" &&
      stored->dtype != "I8") {
    return Wrong(name, InWords(*stored), "F32, F16, BF16 or I8");
  }
  PlainTensor tensor{stored->shape, Raw(*stored)};
  if (const Tensor* const mask = Find(file, name + ".mask"); mask != nullptr) {
    if (auto status = Spread(file, name, *mask, maximum, &tensor); !status.ok()) return status;
  }
  if (stored->dtype == "I8") {
    const Tensor* const scale = Find(file, name + ".scale");
    if (scale == nullptr || scale->dtype != "F32" || scale->shape.size() != 1 ||
        scale->shape[0] > tensor.values.size()) {
      return Wrong(name + ".scale", scale == nullptr ? "missing" : InWords(*scale),
                   absl::StrCat("F32 [1 to ", tensor.values.size(), "]"));
    }
    const std::vector<float> scales = Raw(*scale);
    const std::uint64_t group = GroupSize(tensor.values.size(), scales.size());
    for (std::size_t i = 0; i < tensor.values.size(); ++i) tensor.values[i] *= scales[i / group];
  }
  for (std::size_t i = 0; i < tensor.values.size(); ++i) {
    if (!std::isfinite(tensor.values[i])) {
      return Wrong(absl::StrCat(name, "[", i, "]"), "not finite", "a finite number");
    }
  }
  return tensor;
}

}  // namespace continuo::executor::fused
