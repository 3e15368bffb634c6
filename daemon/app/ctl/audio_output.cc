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

namespace continuo::ctl {
namespace {

namespace fs = std::filesystem;

// The hidden file's name for the signal handler; empty where there is none. It is
// changed only while the signals are blocked.
char g_hidden[PATH_MAX];

void RemoveAndEnd(int signal_number) {
  if (g_hidden[0] != '\0') unlink(g_hidden);
  static constexpr char kWords[] = "continuoctl: interrupted, nothing was written\n";
  (void)!write(STDERR_FILENO, kWords, sizeof(kWords) - 1);
  raise(signal_number);  // SA_RESETHAND: this ends the program as the sender meant it
}

// Blocks the ending signals while the handler's knowledge and the disk differ.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
    pthread_sigmask(SIG_BLOCK, &signals, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

void InstallHandlers() {
  struct sigaction action {};
  action.sa_handler = RemoveAndEnd;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
}

// A link is written through, not replaced.
std::string Resolved(const std::string& path) {
  std::error_code error;
  const fs::path resolved = fs::canonical(path, error);
  return error ? path : resolved.string();
}

fs::path DirectoryOf(const std::string& path) {
  const fs::path parent = fs::path(path).parent_path();
  return parent.empty() ? "." : parent;
}

mode_t ModeFor(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) return status.st_mode & 07777;
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

int Container(const OutputFormat& format) {
  constexpr std::uint64_t kWavLimitBytes = 0xFFFF0000;
  const std::uint64_t bytes = format.frames * format.channels * sizeof(float);
  return bytes < kWavLimitBytes ? SF_FORMAT_WAV : SF_FORMAT_RF64;
}

}  // namespace

void CheckOutput(const std::string& path, const std::string& input, bool force) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) throw BadOutput(path, std::strerror(errno));
    const fs::path directory = DirectoryOf(path);
    std::error_code error;
    if (!fs::is_directory(directory, error)) {
      throw BadOutput(path,
                      fmt::format("there is no directory {}; make it first", directory.string()));
    }
    return;
  }
  struct stat source {};
  if (stat(input.c_str(), &source) == 0 && source.st_dev == status.st_dev &&
      source.st_ino == status.st_ino) {
    throw BadOutput(path, "is the input file itself; name another output");
  }
  if (S_ISDIR(status.st_mode)) throw BadOutput(path, "is a directory; name a file in it");
  if (!S_ISREG(status.st_mode)) throw BadOutput(path, "is not a regular file; name another output");
  if (!force) throw BadOutput(path, "is there already; name another output, or give --force");
}

AudioOutput::AudioOutput(const std::string& path, const OutputFormat& format)
    : path_(Resolved(path)), format_(format) {
  const fs::path place(path_);
  std::string name =
      fmt::format("{}/.{}.XXXXXX", DirectoryOf(path_).string(), place.filename().string());
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
  if (fchmod(fd_, ModeFor(path_)) != 0 || fsync(fd_) != 0) {
    throw BadOutput(path_, std::strerror(errno));
  }
  const SignalsBlocked blocked;
  if (rename(hidden_.c_str(), path_.c_str()) != 0) throw BadOutput(path_, std::strerror(errno));
  hidden_.clear();
  g_hidden[0] = '\0';
}

}  // namespace continuo::ctl
