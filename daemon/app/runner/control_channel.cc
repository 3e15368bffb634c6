// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/runner/control_channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>

#include "daemon/base/datagram.h"
#include "daemon/base/log.h"
#include "daemon/base/str_cat.h"

namespace continuo::runner {
namespace {

// The system's limit for a datagram is about 200 KiB; what is larger comes in a file.
constexpr std::size_t kLargestMessageBytes = std::size_t{256} << 10;

}  // namespace

ControlChannel::ControlChannel(int fd) : fd_(fd), buffer_(kLargestMessageBytes) {}

ControlChannel::Received ControlChannel::Receive(int timeout_ms, internal::ToRunner* message) {
  pollfd ready{fd_, POLLIN, 0};
  const int polled = poll(&ready, 1, timeout_ms);
  if (polled == 0 || (polled < 0 && errno == EINTR)) return Received::kNothing;
  base::UniqueFd file;
  const ssize_t size = base::ReceiveDatagram(fd_, buffer_.data(), buffer_.size(), 0, &file);
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return Received::kNothing;
  if (size <= 0) return Received::kEnd;
  if (!message->ParseFromArray(buffer_.data(), static_cast<int>(size))) return Received::kNothing;
  if (!message->in_file()) return Received::kMessage;
  const absl::StatusOr<std::string> enclosed = base::ReadSealedFileUntrusted(file.get());
  return enclosed.ok() && message->ParseFromString(*enclosed) ? Received::kMessage
                                                              : Received::kNothing;
}

void ControlChannel::Send(const internal::FromRunner& message) {
  std::string bytes = message.SerializeAsString();
  base::UniqueFd file;
  if (bytes.size() > base::kMaxDatagramBytes) {
    absl::StatusOr<base::UniqueFd> made = base::MakeSealedFile(bytes);
    if (!made.ok()) {
      base::Log("runner").critical("a message is lost: {}", base::MessageOf(made.status()));
      return;
    }
    file = *std::move(made);
    internal::FromRunner enclosing;
    enclosing.set_in_file(true);
    bytes = enclosing.SerializeAsString();
  }
  const std::lock_guard lock(mutex_);
  while (base::SendDatagram(fd_, bytes, file.get(), MSG_NOSIGNAL) < 0 && errno == EINTR) {
  }
}

}  // namespace continuo::runner
