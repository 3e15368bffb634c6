// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/audio_output.h"

#include <fcntl.h>
#include <signal.h>
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "daemon/app/ctl/failure.h"
#include "daemon/app/ctl/output_file.h"

namespace continuo::ctl {
namespace {

// The hidden file's name for the signal handler; empty where there is none. It is
// changed only while the signals are blocked.
char g_hidden[PATH_MAX];

void RemoveAndEnd(int signal_number) {
  if (g_hidden[0] != '\0') unlink(g_hidden);
  static constexpr char kWords[] = "continuoctl: interrupted, nothing was written\n";
  (void)!write(STDERR_FILENO, kWords, sizeof(kWords) - 1);
  raise(signal_number);  // SA_RESETHAND: this ends the program as the sender meant it
}

void InstallHandlers() {
  struct sigaction action {};
  action.sa_handler = RemoveAndEnd;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
}

int Container(const OutputFormat& format) {
  constexpr std::uint64_t kWavLimitBytes = 0xFFFF0000;
  const std::uint64_t bytes = format.frames * format.channels * sizeof(float);
  return bytes < kWavLimitBytes ? SF_FORMAT_WAV : SF_FORMAT_RF64;
}

}  // namespace

AudioOutput::AudioOutput(const std::string& path, const OutputFormat& format)
    : path_(ResolvedOutput(path)), format_(format) {
  const std::filesystem::path place(path_);
  std::string name = fmt::format("{}/.{}.XXXXXX", DirectoryOf(path_), place.filename().string());
  if (name.size() >= sizeof(g_hidden)) throw BadOutput(path_, std::strerror(ENAMETOOLONG));
  {
    const SignalsBlocked blocked;
    InstallHandlers();
    fd_ = mkostemp(name.data(), O_CLOEXEC);
    if (fd_ < 0) throw BadOutput(path_, std::strerror(errno));
    std::memcpy(g_hidden, name.c_str(), name.size() + 1);
    hidden_ = name;
  }
  SF_INFO info{};
  info.samplerate = static_cast<int>(format.rate_hz);
  info.channels = static_cast<int>(format.channels);
  info.format = Container(format) | format.encoding;
  file_.reset(sf_open_fd(fd_, SFM_WRITE, &info, SF_FALSE));
  if (file_ == nullptr) throw BadOutput(path_, sf_strerror(nullptr));
  // The PEAK chunk carries the time of day: the same sound would not be the same bytes.
  sf_command(file_.get(), SFC_SET_ADD_PEAK_CHUNK, nullptr, SF_FALSE);
  sf_command(file_.get(), SFC_SET_CLIPPING, nullptr, SF_TRUE);
}

AudioOutput::~AudioOutput() {
  file_.reset();
  if (fd_ >= 0) close(fd_);
  const SignalsBlocked blocked;
  if (!hidden_.empty()) unlink(hidden_.c_str());
  g_hidden[0] = '\0';
}

void AudioOutput::Write(const float* samples, std::uint64_t frames) {
  if (format_.encoding != SF_FORMAT_FLOAT) {
    for (std::uint64_t i = 0; i < frames * format_.channels; ++i) {
      if (std::abs(samples[i]) > 1.0F) ++clipped_;
    }
  }
  const auto count = static_cast<sf_count_t>(frames);
  errno = 0;
  if (sf_writef_float(file_.get(), samples, count) != count) {
    throw BadOutput(path_, errno != 0 ? std::strerror(errno) : sf_strerror(file_.get()));
  }
}

void AudioOutput::Commit() {
  file_.reset();
  if (fchmod(fd_, OutputMode(path_)) != 0 || fsync(fd_) != 0) {
    throw BadOutput(path_, std::strerror(errno));
  }
  const SignalsBlocked blocked;
  if (rename(hidden_.c_str(), path_.c_str()) != 0) throw BadOutput(path_, std::strerror(errno));
  hidden_.clear();
  g_hidden[0] = '\0';
}

}  // namespace continuo::ctl
