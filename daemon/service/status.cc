// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/status.h"

#include <string>

namespace continuo::service {
namespace {

// Headers may have 8 KiB, and a byte takes up to three there.
constexpr std::size_t kMaxWordsBytes = 2048;

static_assert(static_cast<int>(absl::StatusCode::kInvalidArgument) == grpc::INVALID_ARGUMENT);
static_assert(static_cast<int>(absl::StatusCode::kUnauthenticated) == grpc::UNAUTHENTICATED);

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  std::string message(status.message());
  if (message.size() > kMaxWordsBytes) {
    // Not within a character: a continuation byte of UTF-8 begins with the bits 10.
    std::size_t end = kMaxWordsBytes;
    while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0) == 0x80) --end;
    message.resize(end);
    message += "…";
  }
  return {static_cast<grpc::StatusCode>(status.code()), message};
}

}  // namespace continuo::service
