// SPDX-License-Identifier: Apache-2.0
// The history: lists, marks, and records made again.
#include "continuo/v1/history_service.grpc.pb.h"
#include "shared/studio/recipe.h"
#include "shared/studio/studio_impl.h"
#include "shared/studio/wire.h"

namespace continuo::studio {
namespace {

constexpr std::uint32_t kPage = 100;

grpc::Status Fetch(const std::shared_ptr<grpc::Channel>& channel, Errand& errand,
                   const std::string& id, v1::GetRecordResponse* response) {
  const auto stub = v1::HistoryService::NewStub(channel);
  v1::GetRecordRequest request;
  request.set_id(id);
  return errand.Run(kAnswerTime, [&](grpc::ClientContext& context) {
    return stub->GetRecord(&context, request, response);
  });
}

}  // namespace

Studio::Call Studio::ListRecords(const RecordQuery& query, Then<RecordsAnswer> then) {
  v1::ListRecordsRequest request;
  request.set_query(query.words);
  request.set_task(ToProto(query.task));
  request.set_starred_only(query.starred_only);
  request.set_minimum_rating(static_cast<std::uint32_t>(query.minimum_rating));
  request.set_page_size(kPage);
  request.set_page_token(query.after);
  return impl_->Ask<RecordsAnswer>(
      [request](const auto& channel, Errand& errand) {
        RecordsAnswer answer;
        const auto stub = v1::HistoryService::NewStub(channel);
        v1::ListRecordsResponse response;
        const grpc::Status status = errand.Run(kAnswerTime, [&](grpc::ClientContext& context) {
          return stub->ListRecords(&context, request, &response);
        });
        if (!status.ok()) answer.problem = client::Describe(status);
        for (const v1::HistoryRecord& record : response.records()) {
          answer.records.push_back(FromProto(record));
        }
        answer.next = response.next_page_token();
        return answer;
      },
      std::move(then));
}

Studio::Call Studio::GetRecord(const std::string& id, Then<RecordAnswer> then) {
  return impl_->Ask<RecordAnswer>(
      [id](const auto& channel, Errand& errand) -> RecordAnswer {
        v1::GetRecordResponse response;
        const grpc::Status status = Fetch(channel, errand, id, &response);
        if (!status.ok()) return {{}, client::Describe(status)};
        return {FromProto(response.record()), ""};
      },
      std::move(then));
}

Studio::Call Studio::GetRecipe(const std::string& id, int candidate, Then<RecipeAnswer> then) {
  return impl_->Ask<RecipeAnswer>(
      [id, candidate](const auto& channel, Errand& errand) -> RecipeAnswer {
        v1::GetRecordResponse response;
        const grpc::Status status = Fetch(channel, errand, id, &response);
        if (!status.ok()) return {{}, client::Describe(status)};
        for (const v1::GenerationCandidate& one : response.record().candidates()) {
          if (static_cast<int>(one.index()) == candidate) {
            return {RecipeOf(response.record(), one), ""};
          }
        }
        return {{}, "record " + id + " has no candidate " + std::to_string(candidate + 1)};
      },
      std::move(then));
}

Studio::Call Studio::Mark(const std::string& id, const Marks& marks, Then<RecordAnswer> then) {
  v1::UpdateRecordRequest request;
  request.set_id(id);
  if (marks.starred) request.set_starred(*marks.starred);
  if (marks.rating) request.set_rating(static_cast<std::uint32_t>(*marks.rating));
  if (marks.chosen) request.set_rated_candidate(static_cast<std::uint32_t>(*marks.chosen));
  if (marks.title) request.set_title(*marks.title);
  return impl_->Ask<RecordAnswer>(
      [request](const auto& channel, Errand& errand) -> RecordAnswer {
        const auto stub = v1::HistoryService::NewStub(channel);
        v1::UpdateRecordResponse response;
        const grpc::Status status = errand.Run(kAnswerTime, [&](grpc::ClientContext& context) {
          return stub->UpdateRecord(&context, request, &response);
        });
        if (!status.ok()) return {{}, client::Describe(status)};
        return {FromProto(response.record()), ""};
      },
      std::move(then));
}

Studio::Call Studio::Remake(const std::string& id, Then<Making> then) {
  Making no_daemon;
  no_daemon.what = Making::What::kFailed;
  return impl_->Follow<Making>(
      no_daemon,
      [id](const auto& channel, Errand& errand, const auto& tell) {
        const auto stub = v1::HistoryService::NewStub(channel);
        v1::RegenerateRecordRequest request;
        request.set_id(id);
        MakingReader reader;
        Making last;
        const grpc::Status status = errand.Run(kNoDeadline, [&](grpc::ClientContext& context) {
          const auto stream = stub->RegenerateRecord(&context, request);
          v1::RegenerateEvent event;
          while (stream->Read(&event)) {
            Making making;
            if (event.has_progress()) making = reader.Read(event.progress());
            if (event.has_progress() && !making.ended()) tell(making);
            if (making.ended()) last = making;
            if (!event.finished()) continue;
            last.what = Making::What::kDone;
            last.identical = event.identical();
            last.difference = event.difference();
          }
          return stream->Finish();
        });
        if (status.ok() && last.ended()) return last;
        last = {};
        last.what = Making::What::kFailed;
        last.cancelled = errand.cancelled();
        last.problem = last.cancelled ? "cancelled" : client::Describe(status);
        return last;
      },
      std::move(then));
}

}  // namespace continuo::studio
