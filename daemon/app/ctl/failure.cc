// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/failure.h"

#include "shared/client/connection.h"

namespace continuo::ctl {
namespace {

const char* Word(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
      return "invalid_argument";
    case grpc::StatusCode::NOT_FOUND:
      return "not_found";
    case grpc::StatusCode::ALREADY_EXISTS:
      return "already_exists";
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
      return "permission_denied";
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return "resource_exhausted";
    case grpc::StatusCode::FAILED_PRECONDITION:
      return "failed_precondition";
    case grpc::StatusCode::OUT_OF_RANGE:
      return "out_of_range";
    case grpc::StatusCode::UNIMPLEMENTED:
      return "unimplemented";
    default:
      return nullptr;
  }
}

}  // namespace

Failure Failed(const std::string& message) { return {ExitCode::kFailed, "failed", message}; }

Failure UsageError(const std::string& message) { return {ExitCode::kUsage, "usage", message}; }

Failure Refused(const std::string& word, const std::string& message) {
  return {ExitCode::kRefused, word, message};
}

Failure BadInput(const std::string& path, const std::string& what) {
  return {ExitCode::kBadInput, "bad_input", path + ": " + what};
}

Failure BadOutput(const std::string& path, const std::string& what) {
  return {ExitCode::kBadOutput, "bad_output", path + ": " + what};
}

Failure FromStatus(const grpc::Status& status) {
  const std::string message =
      status.error_message().empty() ? client::Describe(status) : status.error_message();
  if (const char* word = Word(status.error_code())) return Refused(word, message);
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    return {ExitCode::kUnreachable, "unreachable", message};
  }
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return {ExitCode::kUnreachable, "unreachable",
            "the daemon does not answer in time: " + message};
  }
  return Failed(client::Describe(status));
}

}  // namespace continuo::ctl
