// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/audio_input.h"

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>

#include "daemon/app/ctl/failure.h"
#include "shared/ipc/segment_layout.h"

namespace continuo::ctl {
namespace {

int OpenRegular(const std::string& path) {
  // Not waiting: a named pipe nobody writes to would hold the open for ever.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) throw BadInput(path, std::strerror(errno));
  struct stat status {};
  const bool known = fstat(fd, &status) == 0;
  if (known && S_ISREG(status.st_mode) && status.st_size > 0) return fd;
  close(fd);
  if (known && S_ISDIR(status.st_mode)) throw BadInput(path, "is a directory; name a file in it");
  if (known && S_ISREG(status.st_mode)) throw BadInput(path, "is empty: it has 0 bytes");
  throw BadInput(path, "is not a regular file; record it to one first");
}

bool CanHoldNonFinite(int format) {
  const int kind = format & SF_FORMAT_SUBMASK;
  return kind == SF_FORMAT_FLOAT || kind == SF_FORMAT_DOUBLE;
}

}  // namespace

AudioInput::AudioInput(const std::string& path) : path_(path) {
  file_.reset(sf_open_fd(OpenRegular(path), SFM_READ, &info_, SF_TRUE));
  if (file_ == nullptr) {
    throw BadInput(path,
                   fmt::format("is not an audio file ({}); give a WAV, FLAC, AIFF or Ogg file",
                               sf_strerror(nullptr)));
  }
  if (info_.frames <= 0) throw BadInput(path, "has 0 frames: there is nothing to process");
  if (channels() > ipc::kMaxChannels) {
    throw BadInput(path, fmt::format("has {} channels, and a stream may have {}; split it first",
                                     channels(), ipc::kMaxChannels));
  }
  if (rate_hz() < ipc::kMinSampleRateHz || rate_hz() > ipc::kMaxSampleRateHz) {
    throw BadInput(path,
                   fmt::format("has {} Hz, and a stream may have {} to {}; resample it first",
                               info_.samplerate, ipc::kMinSampleRateHz, ipc::kMaxSampleRateHz));
  }
}

void AudioInput::Rewind() {
  if (sf_seek(file_.get(), 0, SEEK_SET) != 0) throw BadInput(path_, sf_strerror(file_.get()));
}

void AudioInput::Read(float* samples, std::uint32_t frames) {
  if (sf_readf_float(file_.get(), samples, frames) != frames) {
    throw BadInput(path_, fmt::format("ends early: its header promises {} frames", info_.frames));
  }
}

std::optional<AudioInput::NonFinite> AudioInput::FindNonFinite() {
  if (!CanHoldNonFinite(info_.format)) return std::nullopt;
  constexpr std::uint32_t kChunkFrames = 65536;
  std::vector<float> samples(std::size_t{kChunkFrames} * channels());
  for (std::uint64_t frame = 0; frame < frames(); frame += kChunkFrames) {
    const auto count =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(kChunkFrames, frames() - frame));
    Read(samples.data(), count);
    for (std::size_t i = 0; i < std::size_t{count} * channels(); ++i) {
      if (std::isfinite(samples[i])) continue;
      return NonFinite{frame + i / channels(), static_cast<std::uint32_t>(i % channels())};
    }
  }
  Rewind();
  return std::nullopt;
}

}  // namespace continuo::ctl
