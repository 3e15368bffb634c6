// SPDX-License-Identifier: Apache-2.0
// Asks RTKit for one thread, as the runner does, and prints what came of it:
//   before=0 status='OK' after=10 main=0
#include <unistd.h>

#include <cstdio>
#include <future>
#include <string>
#include <thread>

#include "daemon/app/runner/realtime_kit.h"
#include "daemon/base/realtime_priority.h"

int main() {
  using continuo::base::RealtimePriorityOf;
  std::promise<pid_t> known;
  std::promise<void> end;
  std::thread audio([&] {
    known.set_value(::gettid());
    end.get_future().wait();
  });
  const pid_t thread = known.get_future().get();
  const int before = RealtimePriorityOf(thread);
  const absl::Status status = continuo::runner::MakeThreadRealtime(thread, 10);
  std::printf("before=%d status='%s' after=%d main=%d\n", before, status.ToString().c_str(),
              RealtimePriorityOf(thread), RealtimePriorityOf(0));
  end.set_value();
  audio.join();
}
