// SPDX-License-Identifier: Apache-2.0
// Calls to a daemon as a test needs them: with a deadline, and a stream that is attached.
#pragma once

#include <grpcpp/client_context.h>

#include <chrono>
#include <memory>
#include <string>

#include "continuo/v1/daemon_service.grpc.pb.h"
#include "continuo/v1/model_service.grpc.pb.h"
#include "continuo/v1/stream_service.grpc.pb.h"

namespace continuo::test {

inline constexpr std::chrono::seconds kCallDeadline{30};  // a watchdog for hangs

inline void SetDeadline(grpc::ClientContext* context) {
  context->set_deadline(std::chrono::system_clock::now() + kCallDeadline);
}

// Call(&v1::ModelService::Stub::GetModel, stub, request, &response).
template <typename Method, typename Stub, typename Request, typename Response>
grpc::Status Call(Method method, Stub& stub, const Request& request, Response* response) {
  grpc::ClientContext context;
  SetDeadline(&context);
  return (stub.*method)(&context, request, response);
}

inline v1::OpenStreamRequest GoodStream() {
  v1::OpenStreamRequest request;
  request.set_model_id("fake-gain");
  request.set_sample_rate_hz(48000);
  request.set_channels(2);
  request.set_maximum_block_frames(256);
  request.set_client_name("test");
  return request;
}

class AttachedStream {
 public:
  explicit AttachedStream(const std::shared_ptr<grpc::Channel>& channel,
                          const v1::OpenStreamRequest& request = GoodStream())
      : stub_(v1::StreamService::NewStub(channel)) {
    v1::OpenStreamResponse opened;
    status_ = Call(&v1::StreamService::Stub::OpenStream, *stub_, request, &opened);
    if (!status_.ok()) return;
    id_ = opened.stream_id();
    SetDeadline(&context_);
    call_ = stub_->AttachStream(&context_);
    v1::AttachStreamRequest first;
    first.set_stream_id(id_);
    call_->Write(first);
  }
  ~AttachedStream() {
    if (!call_) return;
    context_.TryCancel();
    static_cast<void>(Finish());
  }
  AttachedStream(const AttachedStream&) = delete;
  AttachedStream& operator=(const AttachedStream&) = delete;

  // The next event that is no heartbeat; an empty one where the call has ended.
  v1::StreamEvent Next() {
    v1::StreamEvent event;
    while (call_->Read(&event)) {
      if (!event.has_heartbeat()) return event;
    }
    return {};
  }

  void Confirm(std::uint32_t generation) {
    v1::AttachStreamRequest request;
    request.set_segment_mapped(generation);
    call_->Write(request);
  }

  // The status that the call ends with; reads what is left.
  grpc::Status Finish() {
    v1::StreamEvent event;
    while (call_->Read(&event)) {
    }
    const grpc::Status status = call_->Finish();
    call_.reset();
    return status;
  }

  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] const grpc::Status& status() const { return status_; }
  [[nodiscard]] v1::StreamService::Stub& stub() { return *stub_; }
  grpc::ClientReaderWriter<v1::AttachStreamRequest, v1::StreamEvent>& call() { return *call_; }

 private:
  std::unique_ptr<v1::StreamService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::AttachStreamRequest, v1::StreamEvent>> call_;
  grpc::Status status_;
  std::uint64_t id_ = 0;
};

}  // namespace continuo::test
