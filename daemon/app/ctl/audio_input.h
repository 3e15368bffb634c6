// SPDX-License-Identifier: Apache-2.0
// An audio file to read: anything libsndfile knows, checked before it is used.
#pragma once

#include <sndfile.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace continuo::ctl {

struct SndFileCloser {
  void operator()(SNDFILE* file) const { sf_close(file); }
};

class AudioInput {
 public:
  // Throws BadInput: not there, not readable, not audio, empty, more channels or
  // another rate than a stream can have.
  explicit AudioInput(const std::string& path);

  [[nodiscard]] std::uint64_t frames() const { return static_cast<std::uint64_t>(info_.frames); }
  [[nodiscard]] std::uint32_t channels() const {
    return static_cast<std::uint32_t>(info_.channels);
  }
  [[nodiscard]] std::uint32_t rate_hz() const {
    return static_cast<std::uint32_t>(info_.samplerate);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

  struct NonFinite {
    std::uint64_t frame;
    std::uint32_t channel;
  };
  // The first sample that is NaN or infinite; reads the file through where its
  // format can hold such a thing, and rewinds.
  [[nodiscard]] std::optional<NonFinite> FindNonFinite();

  void Rewind();
  // Interleaved; throws BadInput where the file has fewer than it says.
  void Read(float* samples, std::uint32_t frames);

 private:
  const std::string path_;
  SF_INFO info_{};
  std::unique_ptr<SNDFILE, SndFileCloser> file_;
};

}  // namespace continuo::ctl
