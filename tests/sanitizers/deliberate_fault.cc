// SPDX-License-Identifier: Apache-2.0
// Commits the fault that it is told, where it is hardest to hear of: packaging/sanitize first shows
// that it does.
//
//   deliberate_fault race|heap|overflow|leak
//
// The faulty process has no terminal, may not write to a file, and takes its exit code with it.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <limits>
#include <string_view>
#include <thread>

namespace {

// Volatile, and in memory: the compiler is to leave the fault as it is.
volatile int value = std::numeric_limits<int>::max();

void Commit(std::string_view fault) {
  if (fault == "race") {
    std::thread other([] { value = 1; });
    value = 2;
    other.join();
  } else if (fault == "heap") {
    const auto* const gone = static_cast<volatile int*>(std::malloc(sizeof(int)));
    std::free(const_cast<int*>(gone));
    value = *gone;
  } else if (fault == "overflow") {
    value = value + 1;
  } else if (fault == "leak") {
    // Many: the last one's address may be left on the stack.
    for (int i = 0; i < 100; ++i) value = *static_cast<volatile int*>(std::calloc(1, sizeof(int)));
    std::exit(EXIT_SUCCESS);  // where leaks are looked for
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return EXIT_FAILURE;
  const pid_t child = fork();
  if (child < 0) return EXIT_FAILURE;
  if (child == 0) {
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    const rlimit none{0, 0};
    setrlimit(RLIMIT_FSIZE, &none);
    Commit(argv[1]);
    raise(SIGKILL);
  }
  return waitpid(child, nullptr, 0) == child ? EXIT_SUCCESS : EXIT_FAILURE;
}
