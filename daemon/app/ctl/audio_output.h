// SPDX-License-Identifier: Apache-2.0
// A WAV file to write: it appears under its name complete, or not at all.
//
// It is written beside its place under a hidden name, synced, and renamed. The
// hidden file is removed where the object ends without Commit(), and on SIGINT,
// SIGTERM and SIGHUP, which then end the program.
// Threads: one object at a time in a program; the signal handler knows its name.
#pragma once

#include <sndfile.h>

#include <cstdint>
#include <memory>
#include <string>

#include "daemon/app/ctl/audio_input.h"

namespace continuo::ctl {

struct OutputFormat {
  std::uint32_t rate_hz = 0;
  std::uint32_t channels = 0;
  std::uint64_t frames = 0;        // to come; decides between WAV and RF64 (above 4 GB)
  int encoding = SF_FORMAT_FLOAT;  // or SF_FORMAT_PCM_16, SF_FORMAT_PCM_24
};

class AudioOutput {
 public:
  AudioOutput(const std::string& path, const OutputFormat& format);  // throws BadOutput
  ~AudioOutput();
  AudioOutput(const AudioOutput&) = delete;
  AudioOutput& operator=(const AudioOutput&) = delete;

  // Interleaved; throws BadOutput, as when the disk is full.
  void Write(const float* samples, std::uint64_t frames);
  void Commit();

  // Samples beyond ±1 that an integer format had to clip.
  [[nodiscard]] std::uint64_t clipped() const { return clipped_; }

 private:
  const std::string path_;
  const OutputFormat format_;
  std::string hidden_;
  int fd_ = -1;
  std::unique_ptr<SNDFILE, SndFileCloser> file_;
  std::uint64_t clipped_ = 0;
};

}  // namespace continuo::ctl
