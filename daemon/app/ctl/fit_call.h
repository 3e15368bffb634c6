// SPDX-License-Identifier: Apache-2.0
// One call of FitService that tells of its steps.
#pragma once

#include <grpcpp/client_context.h>
#include <spdlog/fmt/fmt.h>

#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <string>

#include "continuo/v1/fit_service.grpc.pb.h"
#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/interrupt.h"
#include "daemon/app/ctl/progress.h"

namespace continuo::ctl {

[[nodiscard]] inline std::string StepInWords(const v1::FitProgress& progress) {
  if (progress.variant().empty()) return progress.step();
  return fmt::format("{} {} ({} of {})", progress.step(), progress.variant(), progress.done() + 1,
                     progress.total());
}

// begin(stub, context) gives the reader. Ctrl-C cancels. Throws what the daemon answers.
template <typename Response, typename Result, typename Begin>
Result CallWithSteps(const Context& context, const std::string& label, Begin begin) {
  Interrupt interrupt;
  const client::Connected connected = context.Connect();
  v1::FitService::Stub stub(connected.channel);
  Progress progress(label);
  std::mutex mutex;
  std::string step;
  const auto call = std::make_shared<grpc::ClientContext>();
  interrupt.Call([call] { call->TryCancel(); });
  Result result;
  auto answer = std::async(std::launch::async, [&] {
    const auto reader = begin(stub, call.get());
    Response response;
    while (reader->Read(&response)) {
      if (response.has_result()) result = response.result();
      const std::lock_guard lock(mutex);
      if (response.has_progress()) step = StepInWords(response.progress());
    }
    return reader->Finish();
  });
  while (answer.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready) {
    const std::lock_guard lock(mutex);
    progress.Turn(step);
  }
  const grpc::Status status = answer.get();
  interrupt.EndIfAsked();
  if (!status.ok()) throw FromStatus(status);
  return result;
}

}  // namespace continuo::ctl
