// SPDX-License-Identifier: Apache-2.0
// What a sanitizer says in any process of a test goes into one pipe: packaging/sanitize reads it.
//
// Problem: daemon and runners are processes of their own. Most are killed, so no exit code tells; a
// daemon in the background has no stderr, a confined runner may make no file, and one that reads a
// foreign file may not even write to one that is open. A pipe opened before all that is left.
// Use: LD_PRELOAD, with SANITIZER_PIPE naming the pipe. Without a sanitizer: nothing.
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using SetReportFd = void (*)(void*);

int pipe_fd = -1;

// AddressSanitizer's and UBSan's are two, each with a descriptor of its own.
std::vector<SetReportFd>& Sanitizers() {
  static auto* const found = new std::vector<SetReportFd>;
  return *found;
}

int Collect(dl_phdr_info* library, std::size_t /*size*/, void* names) {
  const std::string name = library->dlpi_name;
  if (name.find("san.so") != std::string::npos) {
    static_cast<std::vector<std::string>*>(names)->push_back(name);
  }
  return 0;
}

// To a process that has forked the descriptor is its parent's: it would open another.
void Report() {
  for (const SetReportFd set : Sanitizers()) {
    set(reinterpret_cast<void*>(static_cast<std::intptr_t>(pipe_fd)));
  }
}

__attribute__((constructor)) void Begin() {
  const char* const pipe = std::getenv("SANITIZER_PIPE");
  if (pipe == nullptr) return;
  std::vector<std::string> names;
  dl_iterate_phdr(&Collect, &names);
  for (const std::string& name : names) {
    void* const library = dlopen(name.c_str(), RTLD_LAZY | RTLD_NOLOAD);
    void* const set = library == nullptr ? nullptr : dlsym(library, "__sanitizer_set_report_fd");
    if (set != nullptr) Sanitizers().push_back(reinterpret_cast<SetReportFd>(set));
  }
  if (Sanitizers().empty()) return;
  pipe_fd = open(pipe, O_WRONLY | O_CLOEXEC);
  if (pipe_fd < 0) {
    std::perror(pipe);
    std::abort();  // nobody would hear what is found
  }
  Report();
  pthread_atfork(nullptr, nullptr, &Report);
}

}  // namespace

// UBSan begins with its first report, and would set itself to write to where its options say.
extern "C" void __sanitizer_set_report_path(const char* /*path*/) {}
