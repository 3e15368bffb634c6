// SPDX-License-Identifier: Apache-2.0
// Connection, plans and generation.
#include "shared/studio/studio.h"

#include "continuo/v1/generation_service.grpc.pb.h"
#include "shared/studio/studio_impl.h"
#include "shared/studio/wire.h"

namespace continuo::studio {
namespace {

Making Failed(const grpc::Status& status, const Errand& errand) {
  Making making;
  making.what = Making::What::kFailed;
  making.cancelled = errand.cancelled();
  making.problem = making.cancelled ? "cancelled" : client::Describe(status);
  return making;
}

Making NoDaemon() {
  Making making;
  making.what = Making::What::kFailed;
  return making;
}

Link::Tell Posted(const Studio::Post& post, const Studio::Listener& listener) {
  return {[post, then = listener.link](const LinkState& state) {
            post([then, state] { then(state); });
          },
          [post, then = listener.models_changed] { post(then); },
          [post, then = listener.record_added](const std::string& id) {
            post([then, id] { then(id); });
          }};
}

}  // namespace

Studio::Impl::Impl(std::string client_name, Post given, Listener listener)
    : post(std::move(given)), link(std::move(client_name), Posted(post, listener)) {}

Studio::Studio(std::string client_name, Post post, Listener listener)
    : impl_(std::make_unique<Impl>(std::move(client_name), std::move(post), std::move(listener))) {}

Studio::~Studio() = default;

void Studio::Cancel(Call call) { impl_->errands.Cancel(call); }

Studio::Call Studio::MakePlan(const Request& request, Then<PlanAnswer> then) {
  return impl_->Ask<PlanAnswer>(
      [proto = ToProto(request)](const auto& channel, Errand& errand) -> PlanAnswer {
        const auto stub = v1::GenerationService::NewStub(channel);
        v1::GenerationPlan plan;
        const grpc::Status status = errand.Run(kAnswerTime, [&](grpc::ClientContext& context) {
          return stub->PlanGeneration(&context, proto, &plan);
        });
        if (!status.ok()) return {{}, client::Describe(status)};
        return {FromProto(plan), ""};
      },
      std::move(then));
}

Studio::Call Studio::Generate(const Request& request, Then<Making> then) {
  return impl_->Follow<Making>(
      NoDaemon(),
      [proto = ToProto(request)](const auto& channel, Errand& errand, const auto& tell) {
        const auto stub = v1::GenerationService::NewStub(channel);
        MakingReader reader;
        Making done;
        const grpc::Status status = errand.Run(kNoDeadline, [&](grpc::ClientContext& context) {
          const auto stream = stub->Generate(&context, proto);
          v1::GenerateEvent event;
          while (stream->Read(&event)) {
            Making making = reader.Read(event);
            if (making.ended()) {
              done = std::move(making);
            } else {
              tell(std::move(making));
            }
          }
          return stream->Finish();
        });
        return status.ok() && done.ended() ? done : Failed(status, errand);
      },
      std::move(then));
}

Request Derive(const Record& record, const Candidate& candidate, Task task) {
  const Request& made = record.plan.request;
  Request request;
  request.task = task;
  request.input = candidate.midi;
  request.parent_record = record.id;
  request.model = record.plan.model;
  request.key = made.key;
  request.scale = made.scale;
  request.style = made.style;
  return request;
}

}  // namespace continuo::studio
