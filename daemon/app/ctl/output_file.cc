// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/output_file.h"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "daemon/app/ctl/failure.h"
#include "daemon/base/str_cat.h"
#include "shared/files/whole_file.h"

namespace continuo::ctl {
namespace {

namespace fs = std::filesystem;

}  // namespace

SignalsBlocked::SignalsBlocked() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, &before_);
}

std::string ResolvedOutput(const std::string& path) {
  std::error_code error;
  const fs::path resolved = fs::canonical(path, error);
  return error ? path : resolved.string();
}

std::string DirectoryOf(const std::string& path) {
  const fs::path parent = fs::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

mode_t OutputMode(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) return status.st_mode & 07777;
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

void CheckOutput(const std::string& path, const std::string& input, bool force) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) throw BadOutput(path, std::strerror(errno));
    const std::string directory = DirectoryOf(path);
    std::error_code error;
    if (!fs::is_directory(directory, error)) {
      throw BadOutput(path, fmt::format("there is no directory {}; make it first", directory));
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

void WriteWholeFile(const std::string& path, std::string_view bytes) {
  const std::string place = ResolvedOutput(path);
  const SignalsBlocked blocked;
  const absl::Status status = files::ReplaceFile(place, bytes, OutputMode(place));
  if (status.ok()) return;
  // "cannot write PATH: why"; BadOutput names the path.
  const std::string words(base::MessageOf(status));
  throw BadOutput(path, words.substr(words.rfind(": ") + 2));
}

}  // namespace continuo::ctl
