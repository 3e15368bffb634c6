// SPDX-License-Identifier: Apache-2.0
// What models and executors have been seen to take here, kept from one daemon to the next, and
// what is expected of those that were never loaded.
//
// A figure belongs to the bytes of the weights (their digest), the variant and the executor. A
// machine that packs weights in another way takes another amount: what is measured replaces what
// was known, each time.
// Threads: none of its own.
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <map>
#include <string>

#include "continuo/v1/model.pb.h"
#include "daemon/memory/budget.h"

namespace continuo::memory {

// What is expected of weights in a file of so many bytes. How each loads: docs/memory.md.
[[nodiscard]] Need EstimatedNeed(const std::string& executor, bool notes, std::uint64_t file_bytes);
[[nodiscard]] Need EstimatedNeed(const v1::ModelManifest& manifest, const v1::Variant& variant);

// How weights are held: all of them, or layer by layer from their file.
enum class Holding : std::uint8_t { kResident, kStreamed };
// Whether its executor can do the latter. Never what plays in real time.
[[nodiscard]] bool CanStream(const v1::ModelManifest& manifest, const v1::Variant& variant);

class Figures {
 public:
  // An empty path: nothing is kept. A file that cannot be read or parsed is as if empty.
  explicit Figures(const std::string& path);

  // Measured, else estimated from the size of the file.
  [[nodiscard]] Need NeedOf(const v1::ModelManifest& manifest, int variant,
                            Holding holding = Holding::kResident) const;
  void Measured(const v1::ModelManifest& manifest, int variant, const Need& need,
                Holding holding = Holding::kResident);

  // What a process of this kind, and no model, takes: an executor and what it is for, "fused jobs".
  [[nodiscard]] std::uint64_t BaseOf(const std::string& kind) const;
  void MeasuredBase(const std::string& kind, std::uint64_t bytes);

  // The file with what is new since the last call; empty: nothing is, or no path was given.
  // To be written without a lock: that waits for the disk.
  [[nodiscard]] std::string TakeChanged();

 private:
  void Take(std::uint64_t* known, std::uint64_t now);

  const bool kept_;
  std::map<std::string, Need> models_;
  std::map<std::string, std::uint64_t> bases_;
  bool changed_ = false;
};

// What TakeChanged() has given; readers see the old file or this one.
[[nodiscard]] absl::Status WriteFigures(const std::string& path, const std::string& text);

}  // namespace continuo::memory
