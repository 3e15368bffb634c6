// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/counted_calls.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <string>

namespace continuo::counted {
namespace {

long kill_at = 0;
long calls = 0;

// By path: descriptors come again.
std::map<std::string, bool>& Dirty() {
  static auto* const dirty = new std::map<std::string, bool>();
  return *dirty;
}

std::string PathOf(int fd) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  char path[4096];
  const ssize_t size = readlink(link, path, sizeof path);
  return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : std::string();
}

// True where this call is the last one.
bool IsLast() { return ++calls == kill_at; }

void Die() {
  ::kill(::getpid(), SIGKILL);
  ::pause();
}

template <typename Function>
Function Real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

void Wrote(int fd) {
  const std::string path = PathOf(fd);
  if (path.find("-shm") == std::string::npos && path.rfind("/", 0) == 0) Dirty()[path] = true;
}

template <typename Call>
ssize_t Write(int fd, size_t bytes, Call call) {
  if (IsLast()) {
    (void)call(bytes / 2);
    Die();
  }
  Wrote(fd);
  return call(bytes);
}

}  // namespace

void KillAt(long call) { kill_at = call; }
long Calls() { return calls; }

std::string Unsynced() {
  std::string text;
  for (const auto& [path, dirty] : Dirty()) text += dirty ? path + " " : "";
  return text;
}

}  // namespace continuo::counted

using namespace continuo::counted;

extern "C" {

ssize_t write(int fd, const void* data, size_t bytes) {
  static auto* const real = Real<ssize_t (*)(int, const void*, size_t)>("write");
  if (fd < 3) return real(fd, data, bytes);
  return Write(fd, bytes, [&](size_t part) { return real(fd, data, part); });
}

ssize_t pwrite64(int fd, const void* data, size_t bytes, off64_t offset) {
  static auto* const real = Real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return Write(fd, bytes, [&](size_t part) { return real(fd, data, part, offset); });
}

ssize_t pwrite(int fd, const void* data, size_t bytes, off_t offset) {
  return pwrite64(fd, data, bytes, offset);
}

int fsync(int fd) {
  static auto* const real = Real<int (*)(int)>("fsync");
  if (IsLast()) Die();
  Dirty()[PathOf(fd)] = false;
  return real(fd);
}

int fdatasync(int fd) {
  static auto* const real = Real<int (*)(int)>("fdatasync");
  if (IsLast()) Die();
  Dirty()[PathOf(fd)] = false;
  return real(fd);
}

int ftruncate64(int fd, off64_t length) noexcept {
  static auto* const real = Real<int (*)(int, off64_t)>("ftruncate64");
  if (IsLast()) Die();
  return real(fd, length);
}

int ftruncate(int fd, off_t length) noexcept { return ftruncate64(fd, length); }

int rename(const char* from, const char* to) noexcept {
  static auto* const real = Real<int (*)(const char*, const char*)>("rename");
  if (IsLast()) Die();
  return real(from, to);
}

int unlink(const char* path) noexcept {
  static auto* const real = Real<int (*)(const char*)>("unlink");
  if (IsLast()) Die();
  Dirty().erase(path);
  return real(path);
}

int mkdir(const char* path, mode_t mode) noexcept {
  static auto* const real = Real<int (*)(const char*, mode_t)>("mkdir");
  if (IsLast()) Die();
  return real(path, mode);
}

int open64(const char* path, int flags, ...) {
  static auto* const real = Real<int (*)(const char*, int, ...)>("open64");
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
    if (IsLast()) Die();
  }
  return real(path, flags, mode);
}

int open(const char* path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  return open64(path, flags, mode);
}

}  // extern "C"
