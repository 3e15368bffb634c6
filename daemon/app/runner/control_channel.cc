// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/runner/control_channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>

namespace continuo::runner {
namespace {

// A manifest is at most 1 MiB as text, less as a message.
constexpr std::size_t kLargestMessageBytes = std::size_t{1} << 21;

}  // namespace

ControlChannel::ControlChannel(int fd) : fd_(fd), buffer_(kLargestMessageBytes) {}

ControlChannel::Received ControlChannel::Receive(int timeout_ms, internal::ToRunner* message) {
  pollfd ready{fd_, POLLIN, 0};
  const int polled = poll(&ready, 1, timeout_ms);
  if (polled == 0 || (polled < 0 && errno == EINTR)) return Received::kNothing;
  const ssize_t size = recv(fd_, buffer_.data(), buffer_.size(), 0);
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return Received::kNothing;
  if (size <= 0) return Received::kEnd;
  return message->ParseFromArray(buffer_.data(), static_cast<int>(size)) ? Received::kMessage
                                                                         : Received::kNothing;
}

void ControlChannel::Send(const internal::FromRunner& message) {
  const std::string bytes = message.SerializeAsString();
  const std::lock_guard lock(mutex_);
  while (send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0 && errno == EINTR) {
  }
}

}  // namespace continuo::runner
