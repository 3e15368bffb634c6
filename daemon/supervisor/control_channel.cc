// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/control_channel.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "daemon/base/datagram.h"
#include "daemon/base/str_cat.h"

namespace continuo::supervisor {
namespace {

// The system's limit for a datagram is about 200 KiB, so nothing longer arrives.
constexpr std::size_t kReceiveBytes = 256U << 10;
// A runner that reads nothing for so many messages hangs.
constexpr std::size_t kMaxQueued = 8192;

}  // namespace

ControlChannel::ControlChannel(EventLoop* loop, int socket, Handlers handlers)
    : loop_(loop), socket_(socket), handlers_(std::move(handlers)) {
  loop_->Watch(socket_, EPOLLIN, [this](std::uint32_t events) {
    if ((events & EPOLLOUT) != 0) Flush();
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) ReadAll();
  });
}

ControlChannel::~ControlChannel() {
  if (!broken_) loop_->Unwatch(socket_);
}

void ControlChannel::Send(const internal::ToRunner& message) {
  if (broken_) return;
  if (queue_.size() >= kMaxQueued) {
    Break(base::StrCat("it has not read ", queue_.size(), " messages"));
    return;
  }
  Outgoing next{message.SerializeAsString(), {}};
  if (next.bytes.size() > base::kMaxDatagramBytes) {
    absl::StatusOr<base::UniqueFd> file = base::MakeSealedFile(next.bytes);
    if (!file.ok()) return Break(std::string(file.status().message()));
    internal::ToRunner enclosing;
    enclosing.set_in_file(true);
    next = {enclosing.SerializeAsString(), *std::move(file)};
  }
  queue_.push_back(std::move(next));
  if (queue_.size() == 1) Flush();
}

void ControlChannel::Flush() {
  while (!broken_ && !queue_.empty()) {
    const Outgoing& next = queue_.front();
    if (base::SendDatagram(socket_, next.bytes, next.file.get(), MSG_NOSIGNAL | MSG_DONTWAIT) >=
        0) {
      queue_.pop_front();
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      loop_->Rewatch(socket_, EPOLLIN | EPOLLOUT);
      return;
    } else if (errno == EMSGSIZE) {
      Break(base::StrCat("a message of ", next.bytes.size(), " bytes is too long for its socket"));
    } else if (errno != EINTR) {
      // It has gone; what it said before is still to be read, and its end to be told.
      queue_.clear();
    }
  }
  if (!broken_) loop_->Rewatch(socket_, EPOLLIN);
}

void ControlChannel::ReadAll() {
  buffer_.resize(kReceiveBytes);
  while (!broken_) {
    base::UniqueFd file;
    const ssize_t size = base::ReceiveDatagram(socket_, buffer_.data(), buffer_.size(),
                                               MSG_DONTWAIT | MSG_TRUNC, &file);
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) Break(std::strerror(errno));
      return;
    }
    if (size == 0) {
      Break("");
      return;
    }
    if (static_cast<std::size_t>(size) > buffer_.size()) {
      Break(base::StrCat("it sent ", size, " bytes that are no message"));
      return;
    }
    if (!Handle({buffer_.data(), static_cast<std::size_t>(size)}, file)) return;
  }
}

bool ControlChannel::Handle(std::string_view bytes, const base::UniqueFd& file) {
  internal::FromRunner message;
  bool good = message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  if (good && message.in_file()) {
    const absl::StatusOr<std::string> enclosed = base::ReadSealedFileUntrusted(file.get());
    good = enclosed.ok() && message.ParseFromString(*enclosed) && !message.in_file();
  }
  if (good) {
    handlers_.message(message);
  } else {
    Break(base::StrCat("it sent ", bytes.size(), " bytes that are no message"));
  }
  return good;
}

void ControlChannel::Break(const std::string& why) {
  if (std::exchange(broken_, true)) return;
  loop_->Unwatch(socket_);
  queue_.clear();
  handlers_.broken(why);
}

}  // namespace continuo::supervisor
