// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/acceptor.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/base/str_cat.h"
#include "daemon/base/thread.h"

namespace continuo::service {
namespace {

namespace fs = std::filesystem;

// When descriptors or memory are short: nobody is helped by asking again at once.
constexpr int kPauseMs = 100;

// Who may speak to the daemon: its own user, and root, who may do anything anyway.
bool IsAllowed(int connection) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  if (peer.uid == ::geteuid() || peer.uid == 0) return true;
  base::Log("service").warn("a connection from process {} of user {} was refused", peer.pid,
                            peer.uid);
  return false;
}

std::string NameOf(int fd) {
  struct stat info {};
  ::fstat(fd, &info);
  return base::StrCat("socket:[", info.st_ino, "]");
}

}  // namespace

Acceptor::Acceptor(base::UniqueFd listener, OnConnection on_connection)
    : listener_(std::move(listener)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      on_connection_(std::move(on_connection)),
      thread_([this] { Run(); }) {}

Acceptor::~Acceptor() { Stop(); }

void Acceptor::Stop() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
  thread_.join();
  listener_.Reset();
}

void Acceptor::Run() {
  base::NameThread("accept");
  pollfd watched[] = {{listener_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
  for (;;) {
    if (::poll(watched, 2, -1) < 0 && errno != EINTR) return;
    if ((watched[1].revents & POLLIN) != 0) return;
    if (watched[0].revents == 0) continue;
    base::UniqueFd connection(
        ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!connection.valid()) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        base::Log("service").error("a connection cannot be accepted: {}", std::strerror(errno));
        ::poll(&watched[1], 1, kPauseMs);
      }
      continue;
    }
    if (!IsAllowed(connection.get())) continue;
    Note(connection.get());
    ++accepted_;
    on_connection_(std::move(connection));
  }
}

void Acceptor::Note(int connection) {
  const std::lock_guard lock(mutex_);
  open_.insert(NameOf(connection));
  if (open_.size() < forget_at_) return;
  ForgetClosed();
  forget_at_ = std::max(forget_at_, 2 * open_.size());
}

std::size_t Acceptor::open_connections() {
  const std::lock_guard lock(mutex_);
  ForgetClosed();
  return open_.size();
}

// With the lock held, so that what is let in meanwhile is not taken for closed.
void Acceptor::ForgetClosed() {
  std::set<std::string> held;
  std::error_code error;
  fs::directory_iterator entries("/proc/self/fd", error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code closed_meanwhile;
    held.insert(fs::read_symlink(entries->path(), closed_meanwhile).string());
  }
  std::erase_if(open_, [&](const std::string& name) { return !held.contains(name); });
}

}  // namespace continuo::service
