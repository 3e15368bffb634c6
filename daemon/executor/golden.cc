// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/golden.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <utility>

#include "daemon/base/read_file.h"
#include "daemon/executor/player.h"

namespace continuo::executor {
namespace {

using nlohmann::json;

constexpr std::size_t kMaximumDescription = std::size_t{1} << 20;
constexpr std::size_t kMaximumVector = std::size_t{64} << 20;
constexpr std::uint32_t kBlock = 256, kCellsAtOnce = 32, kDrawnCells = 256;

absl::Status Wrong(const std::string& path, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
}

struct Case {
  json fields;
  std::string directory;
  std::string path;  // of the description
  bool own = false;  // the variant's
};

std::uint64_t Count(const Case& one, const char* name) {
  const auto found = one.fields.find(name);
  return found != one.fields.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

double Tolerance(const Case& one) {
  const auto found = one.fields.find("tolerance");
  return found != one.fields.end() && found->is_number() ? found->get<double>() : 0;
}

// `rate_hz` 0: any.
absl::StatusOr<Case> FindCase(const std::string& path, const std::string& variant,
                              std::uint32_t rate_hz) {
  const auto text = base::ReadFile(path, kMaximumDescription);
  if (!text.ok()) return text.status();
  const json description = json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!description.is_object() || !description.contains("cases") ||
      !description["cases"].is_array()) {
    return Wrong(path, "has no cases");
  }
  Case found;
  found.path = path;
  found.directory = path.substr(0, path.find_last_of('/') + 1);
  for (const json& one : description["cases"]) {
    if (!one.is_object()) continue;
    const json id = one.value("variant", json());
    const bool own = id.is_string() && id.get<std::string>() == variant;
    const json rate = one.value("sample_rate_hz", json());
    const bool fits = rate_hz == 0 || (rate.is_number_unsigned() && rate == rate_hz);
    if (!fits || (!own && !found.fields.is_null())) continue;
    found.fields = one;
    found.own = own;
    if (own) break;
  }
  if (found.fields.is_null()) {
    return absl::NotFoundError(absl::StrCat(path, ": has no case that fits ", variant));
  }
  return found;
}

template <typename Value>
absl::StatusOr<std::vector<Value>> ReadVector(const Case& one, const char* name) {
  const json file = one.fields.value(name, json());
  // Beside the description, and nowhere else.
  if (!file.is_string() || file.get<std::string>().find('/') != std::string::npos ||
      file.get<std::string>().empty()) {
    return Wrong(one.path, absl::StrCat(name, " is no file beside it"));
  }
  const auto bytes = base::ReadFile(one.directory + file.get<std::string>(), kMaximumVector);
  if (!bytes.ok()) return bytes.status();
  std::vector<Value> values(bytes->size() / sizeof(Value));
  std::memcpy(values.data(), bytes->data(), values.size() * sizeof(Value));
  return values;
}

// Settings from a frame on: each parameter's value, in the model's order.
using Settings = std::map<std::uint64_t, std::vector<float>>;

absl::StatusOr<Settings> ReadSettings(const Case& one, const std::vector<std::string>& ids,
                                      const std::vector<float>& defaults) {
  Settings settings{{0, defaults}};
  const json changes = one.fields.value("parameters", json::array());
  if (!changes.is_array()) return Wrong(one.path, "parameters is no list");
  std::vector<float> now = defaults;
  for (const json& change : changes) {
    if (!change.is_object() || !change.value("at_frame", json()).is_number_unsigned() ||
        !change.value("values", json()).is_object()) {
      return Wrong(one.path, "parameters has an entry without at_frame and values");
    }
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const json value = change["values"].value(ids[i], json());
      if (value.is_number()) now[i] = value.get<float>();
    }
    settings[change["at_frame"].get<std::uint64_t>()] = now;
  }
  return settings;
}

absl::StatusOr<double> Play(State& state, const std::vector<float>& in,
                            const std::vector<float>& expected, const Settings& settings) {
  double largest = 0;
  std::vector<float> out(kBlock);
  std::vector<std::vector<float>> rows(settings.begin()->second.size(), std::vector<float>(kBlock));
  std::vector<const float*> pointers;
  for (const auto& row : rows) pointers.push_back(row.data());
  auto next = settings.begin();
  for (std::size_t done = 0; done < in.size();) {
    while (next != settings.end() && next->first <= done) {
      for (std::size_t i = 0; i < rows.size(); ++i) {
        std::fill(rows[i].begin(), rows[i].end(), next->second[i]);
      }
      ++next;
    }
    std::size_t frames = std::min<std::size_t>(kBlock, in.size() - done);
    if (next != settings.end()) frames = std::min<std::size_t>(frames, next->first - done);
    // A key that there is not is the sound itself.
    const float* const from[] = {in.data() + done, in.data() + done};
    float* to = out.data();
    const Block block{from, &to, pointers.data(), static_cast<std::uint32_t>(frames)};
    if (state.Process(block) != ProcessError::kNone) {
      return absl::InvalidArgumentError("a block of the golden input fails");
    }
    for (std::size_t i = 0; i < frames; ++i) {
      const double difference = std::abs(static_cast<double>(out[i]) - expected[done + i]);
      // What is not a number is further away than anything.
      if (!(difference <= largest)) largest = std::isnan(difference) ? 1e9 : difference;
    }
    done += frames;
  }
  return largest;
}

struct Cells {
  std::vector<std::int32_t> grid, token, step, position;
  std::uint32_t steps = 0;
  std::size_t count = 0;
};

absl::Status Check(const Cells& cells, const DecoderShape& shape, const std::string& path) {
  const auto within = [](const std::vector<std::int32_t>& values,
                         const std::vector<std::uint32_t>& counts, std::size_t rows) {
    if (values.size() != rows * counts.size()) return false;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] < 0 || static_cast<std::uint32_t>(values[i]) >= counts[i % counts.size()]) {
        return false;
      }
    }
    return true;
  };
  const bool good = cells.steps >= 1 && cells.steps <= 4096 && cells.count >= 1 &&
                    cells.count <= (1U << 16) &&
                    within(cells.grid, shape.grid_fields, cells.steps) &&
                    within(cells.token, shape.token_fields, cells.count) &&
                    cells.step.size() == cells.count && cells.position.size() == cells.count &&
                    std::all_of(cells.step.begin(), cells.step.end(), [&](std::int32_t step) {
                      return step >= 0 && static_cast<std::uint32_t>(step) < cells.steps;
                    });
  if (good) return absl::OkStatus();
  return Wrong(path, "its grid, tokens or steps do not fit the network");
}

// The logits of one sequence.
absl::StatusOr<std::vector<float>> Decode(const Decoder& decoder, const Cells& cells) {
  const DecoderShape& shape = decoder.shape();
  const auto encoded = decoder.Encode(cells.grid, cells.steps);
  if (!encoded.ok()) return encoded.status();
  const auto sequence = decoder.CreateSequence();
  std::vector<float> logits(cells.count * shape.vocabulary);
  std::vector<Cell> batch;
  for (std::size_t i = 0; i < cells.count; ++i) {
    batch.push_back({sequence.get(), cells.token.data() + i * shape.token_fields.size(),
                     encoded->data() + static_cast<std::size_t>(cells.step[i]) * shape.width,
                     cells.position[i], logits.data() + i * shape.vocabulary});
    if (batch.size() < kCellsAtOnce && i + 1 < cells.count) continue;
    if (absl::Status status = decoder.Next(batch); !status.ok()) return status;
    batch.clear();
  }
  return logits;
}

double Largest(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(static_cast<double>(a[i]) - b[i]);
    if (!(difference <= largest)) largest = std::isnan(difference) ? 1e9 : difference;
  }
  return largest;
}

Cells Drawn(const DecoderShape& shape) {
  std::mt19937 engine(808);
  Cells cells;
  cells.steps = 64;
  cells.count = kDrawnCells;
  const auto fill = [&](std::vector<std::int32_t>* to, const std::vector<std::uint32_t>& counts,
                        std::size_t rows) {
    for (std::size_t i = 0; i < rows * counts.size(); ++i) {
      to->push_back(static_cast<std::int32_t>(engine() % counts[i % counts.size()]));
    }
  };
  fill(&cells.grid, shape.grid_fields, cells.steps);
  fill(&cells.token, shape.token_fields, cells.count);
  for (std::uint32_t i = 0; i < kDrawnCells; ++i) {
    cells.step.push_back(static_cast<std::int32_t>(i / 4));
    cells.position.push_back(static_cast<std::int32_t>(i));
  }
  return cells;
}

}  // namespace

absl::StatusOr<Deviation> CompareWithGolden(Model& model, const std::vector<std::string>& ids,
                                            const std::vector<float>& defaults,
                                            const std::string& path, const std::string& variant) {
  const auto found = FindCase(path, variant, model.description().sample_rate_hz);
  if (!found.ok()) return found.status();
  if (model.description().input_channels > 2 || model.description().output_channels != 1) {
    return absl::NotFoundError(path +
                               ": golden output is compared of one channel and its key alone");
  }
  const auto in = ReadVector<float>(*found, "input");
  if (!in.ok()) return in.status();
  const auto expected = ReadVector<float>(*found, "expected");
  if (!expected.ok()) return expected.status();
  if (in->empty() || in->size() != expected->size()) {
    return Wrong(path, "input and expected are not of one length");
  }
  const auto settings = ReadSettings(*found, ids, defaults);
  if (!settings.ok()) return settings.status();
  const auto state = model.CreateState();
  if (!state.ok()) return state.status();
  const auto difference = Play(**state, *in, *expected, *settings);
  if (!difference.ok()) return Wrong(path, std::string(difference.status().message()));
  return Deviation{*difference, found->own ? Tolerance(*found) : 0};
}

absl::StatusOr<Deviation> CompareWithGolden(const Decoder& decoder, const std::string& path,
                                            const std::string& variant) {
  const auto found = FindCase(path, variant, 0);
  if (!found.ok()) return found.status();
  Cells cells;
  cells.steps =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(Count(*found, "steps"), 1U << 20));
  cells.count = Count(*found, "cells");
  for (const auto& [name, values] :
       {std::pair("grid", &cells.grid), std::pair("token", &cells.token),
        std::pair("step", &cells.step), std::pair("position", &cells.position)}) {
    auto read = ReadVector<std::int32_t>(*found, name);
    if (!read.ok()) return read.status();
    *values = *std::move(read);
  }
  const auto expected = ReadVector<float>(*found, "logits");
  if (!expected.ok()) return expected.status();
  if (absl::Status status = Check(cells, decoder.shape(), path); !status.ok()) return status;
  const auto logits = Decode(decoder, cells);
  if (!logits.ok()) return logits.status();
  if (logits->size() != expected->size()) return Wrong(path, "logits do not fit the network");
  return Deviation{Largest(*logits, *expected), found->own ? Tolerance(*found) : 0};
}

absl::StatusOr<Deviation> CompareWith(Model& original, Model& model,
                                      const std::vector<float>& parameters) {
  const Signal noise = Noise(model.description().input_channels,
                             std::min<std::uint32_t>(model.description().sample_rate_hz, 1U << 20));
  const auto expected = Player(original, parameters).PlayAnew(noise, kBlock);
  if (!expected.ok()) return expected.status();
  const auto found = Player(model, parameters).PlayAnew(noise, kBlock);
  if (!found.ok()) return found.status();
  return Deviation{Difference(*expected, *found) * Peak(*expected), 0};
}

absl::StatusOr<Deviation> CompareWith(const Decoder& original, const Decoder& decoder) {
  if (original.shape().grid_fields != decoder.shape().grid_fields ||
      original.shape().token_fields != decoder.shape().token_fields ||
      original.shape().vocabulary != decoder.shape().vocabulary) {
    return absl::InvalidArgumentError("the two networks have not the same fields");
  }
  const Cells cells = Drawn(decoder.shape());
  const auto expected = Decode(original, cells);
  if (!expected.ok()) return expected.status();
  const auto found = Decode(decoder, cells);
  if (!found.ok()) return found.status();
  return Deviation{Largest(*expected, *found), 0};
}

}  // namespace continuo::executor
