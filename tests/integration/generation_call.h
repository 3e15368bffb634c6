// SPDX-License-Identifier: Apache-2.0
// A call of Generate as a test needs it.
#pragma once

#include <grpcpp/client_context.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "continuo/v1/generation_service.grpc.pb.h"
#include "tests/integration/daemon_stream.h"

namespace continuo::test {

inline v1::GenerateRequest NotesRequest(std::uint64_t seed,
                                        const std::string& model = "fake-notes") {
  v1::GenerateRequest request;
  request.set_task(v1::GENERATION_TASK_MELODY);
  request.set_model(model);
  request.set_seed(seed);
  request.set_bars(4);
  return request;
}

class GenerateCall {
 public:
  GenerateCall(const std::shared_ptr<grpc::Channel>& channel, const v1::GenerateRequest& request,
               std::chrono::milliseconds deadline = kCallDeadline)
      : stub_(v1::GenerationService::NewStub(channel)) {
    context_.set_deadline(std::chrono::system_clock::now() + deadline);
    reader_ = stub_->Generate(&context_, request);
  }
  // Reads on to the first event of this kind, and keeps all; false at the end.
  bool ReadTo(v1::GenerateEvent::WhatCase kind) {
    v1::GenerateEvent event;
    while (reader_->Read(&event)) {
      events.push_back(event);
      if (event.what_case() == kind) return true;
    }
    return false;
  }
  grpc::Status Finish() {
    static_cast<void>(ReadTo(v1::GenerateEvent::WHAT_NOT_SET));
    return reader_->Finish();
  }
  void Cancel() { context_.TryCancel(); }
  [[nodiscard]] std::string job_id() const { return events.empty() ? "" : events[0].job_id(); }
  [[nodiscard]] const v1::GenerateEvent* Last(v1::GenerateEvent::WhatCase kind) const {
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
      if (event->what_case() == kind) return &*event;
    }
    return nullptr;
  }
  // MIDI of the candidates, by index.
  [[nodiscard]] std::vector<std::string> Candidates() const {
    std::vector<std::string> all;
    for (const auto& event : events) {
      if (!event.has_candidate()) continue;
      all.resize(std::max<std::size_t>(all.size(), event.candidate().index() + 1));
      all[event.candidate().index()] = event.candidate().midi();
    }
    return all;
  }

  std::vector<v1::GenerateEvent> events;

 private:
  std::unique_ptr<v1::GenerationService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::GenerateEvent>> reader_;
};

inline std::vector<v1::Job> Jobs(const std::shared_ptr<grpc::Channel>& channel) {
  const auto stub = v1::GenerationService::NewStub(channel);
  v1::ListJobsResponse response;
  const grpc::Status status =
      Call(&v1::GenerationService::Stub::ListJobs, *stub, v1::ListJobsRequest(), &response);
  // No answer is not the answer that there are none.
  if (!status.ok()) throw std::runtime_error("ListJobs: " + status.error_message());
  return {response.jobs().begin(), response.jobs().end()};
}

// Queued or running, predictions not counted.
inline std::size_t LiveJobs(const std::shared_ptr<grpc::Channel>& channel) {
  std::size_t live = 0;
  for (const v1::Job& job : Jobs(channel)) {
    const bool ended = job.state() >= v1::JOB_STATE_DONE;
    live += !ended && job.priority() != v1::JOB_PRIORITY_SPECULATIVE ? 1U : 0U;
  }
  return live;
}

}  // namespace continuo::test
