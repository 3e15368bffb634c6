// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "daemon/base/processor_time.h"

namespace continuo::base {
namespace {

double OwnSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

TEST_CASE("ProcessorTime: of this process it is what the system accounts to it") {
  volatile double sum = 0;
  const double until = OwnSeconds() + 0.1;
  while (OwnSeconds() < until) sum = sum + 1;
  // The file counts in steps of 10 ms, user and kernel each.
  const double before = OwnSeconds();
  const double read = ReadProcessorSeconds(::getpid());
  const double after = OwnSeconds();
  CHECK(read > 0.07);
  CHECK(read >= before - 0.03);
  CHECK(read <= after + 0.03);
}

TEST_CASE("ProcessorTime: of a process that is not there it is none") {
  CHECK(ReadProcessorSeconds(0x7FFFFFFF) == 0);
}

TEST_CASE("ProcessorTime: every core has been busy for a part of its time") {
  const auto cores = ReadCoreTimes();
  CHECK(cores.size() == static_cast<std::size_t>(::sysconf(_SC_NPROCESSORS_ONLN)));
  for (const auto& [core, time] : cores) {
    CHECK(time.busy > 0);
    CHECK(time.busy <= time.all);
  }
  const auto later = ReadCoreTimes();
  for (const auto& [core, time] : cores) CHECK(later.at(core).all >= time.all);
}

}  // namespace
}  // namespace continuo::base
