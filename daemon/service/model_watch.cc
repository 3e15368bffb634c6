// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/model_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/base/thread.h"

namespace continuo::service {
namespace {

namespace fs = std::filesystem;

// A copy of many files is one change: looked at when nothing has come for so long.
constexpr int kQuietMs = 100;
constexpr std::uint32_t kEvents =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB | IN_ONLYDIR;

}  // namespace

ModelWatch::ModelWatch(std::shared_ptr<model::ModelStore> store, supervisor::Observer* observer)
    : store_(std::move(store)),
      observer_(observer),
      notify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  // Watched before it is read: what comes in between is told.
  if (notify_.valid()) WatchAll();
  seen_generation_ = store_->List()->generation;
  if (notify_.valid()) thread_ = std::thread([this] { Run(); });
}

ModelWatch::~ModelWatch() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
  thread_.join();
}

std::shared_ptr<const model::Listing> ModelWatch::Look() {
  std::shared_ptr<const model::Listing> listing = store_->List();
  if (seen_generation_.exchange(listing->generation) != listing->generation) {
    observer_->OnModelsChanged();
  }
  return listing;
}

// As the store looks for packages: two levels below each directory. A watch that is there
// already stays as it is, and one whose directory has gone goes with it.
void ModelWatch::WatchAll() {
  const auto watch = [this](const fs::path& directory) {
    if (::inotify_add_watch(notify_.get(), directory.c_str(), kEvents) >= 0) return true;
    if (errno == ENOSPC) {
      base::Log("service").warn(
          "{} is not watched, since fs.inotify.max_user_watches is reached: changes of models "
          "show when they are listed",
          directory.string());
    }
    return false;
  };
  for (const std::string& root : store_->directories()) {
    std::error_code error;
    if (!watch(root)) {
      // It may be made later: the nearest directory that there is will tell.
      fs::path above = fs::path(root).parent_path();
      while (above.has_relative_path() && !fs::is_directory(above, error)) {
        above = above.parent_path();
      }
      watch(above);
      continue;
    }
    const auto each = [](const fs::path& directory, const auto& call) {
      std::error_code ignored;
      fs::directory_iterator entries(directory, ignored);
      for (; !ignored && entries != fs::directory_iterator(); entries.increment(ignored)) {
        std::error_code not_a_directory;
        if (entries->is_directory(not_a_directory)) call(entries->path());
      }
    };
    each(root, [&](const fs::path& outer) {
      watch(outer);
      each(outer, watch);
    });
  }
}

void ModelWatch::Run() {
  base::NameThread("models");
  pollfd watched[] = {{notify_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
  bool changed = false;
  for (;;) {
    const int ready = ::poll(watched, 2, changed ? kQuietMs : -1);
    if (ready < 0 && errno != EINTR) return;
    if ((watched[1].revents & POLLIN) != 0) return;
    if (ready > 0 && (watched[0].revents & POLLIN) != 0) {
      alignas(inotify_event) char events[4096];
      while (::read(notify_.get(), events, sizeof events) > 0) {
      }
      changed = true;
    } else if (ready == 0 && std::exchange(changed, false)) {
      WatchAll();
      Look();
    }
  }
}

}  // namespace continuo::service
