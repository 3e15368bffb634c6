// SPDX-License-Identifier: Apache-2.0
// The user's directories, the socket's place, and the daemon itself, which is not
// started for this.
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "continuo/v1/model_service.grpc.pb.h"
#include "daemon/app/ctl/doctor/finding.h"
#include "daemon/app/ctl/text.h"
#include "daemon/base/paths.h"
#include "shared/client/autostart.h"

namespace continuo::ctl {
namespace {

namespace fs = std::filesystem;

// The nearest directory there is, from `path` upwards.
fs::path NearestExisting(fs::path path) {
  std::error_code error;
  while (!path.empty() && !fs::exists(path, error) && path.has_parent_path() &&
         path.parent_path() != path) {
    path = path.parent_path();
  }
  return path;
}

Finding ExamineSocketPlace(const std::string& socket) {
  constexpr std::size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;
  if (socket.size() > kLongest) {
    return {Level::kProblem, "socket",
            fmt::format("{} has {} bytes, and a Unix socket may have {}", socket, socket.size(),
                        kLongest),
            "name a shorter one with --socket or CONTINUO_SOCKET"};
  }
  const fs::path directory = fs::absolute(fs::path(socket)).parent_path();
  const fs::path existing = NearestExisting(directory);
  struct stat status {};
  if (stat(existing.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) ||
      access(existing.c_str(), W_OK | X_OK) != 0) {
    return {
        Level::kProblem, "socket",
        fmt::format("{}: {} is not a directory that you may write to", socket, existing.string()),
        "set XDG_RUNTIME_DIR to a directory of your own, or name another with --socket"};
  }
  if (existing == directory && status.st_uid != getuid() && (status.st_mode & S_ISVTX) == 0) {
    return {Level::kProblem, "socket", directory.string() + " belongs to another user",
            "remove it, or name another place with --socket"};
  }
  return {Level::kOk, "socket", socket, ""};
}

Finding ExamineDirectory(const char* topic, const std::string& directory) {
  const fs::path existing = NearestExisting(directory);
  std::error_code error;
  if (!fs::is_directory(existing, error)) {
    return {Level::kProblem, topic,
            fmt::format("{}: {} is not a directory", directory, existing.string()),
            "move it out of the way"};
  }
  if (access(existing.c_str(), W_OK | X_OK) != 0) {
    return {Level::kNote, topic, fmt::format("{}: may not be written to", directory),
            "make it yours, or set the XDG variable that names it"};
  }
  return {Level::kOk, topic,
          existing == fs::path(directory) ? directory : directory + " (made when needed)", ""};
}

Finding ExamineModels(const client::Connected& connected) {
  v1::ModelService::Stub stub(connected.channel);
  const auto models = Call(stub, &v1::ModelService::Stub::ListModels, v1::ListModelsRequest());
  if (models.refused_size() > 0) {
    return {Level::kProblem, "models",
            fmt::format("{} is refused: {}", models.refused(0).path(), models.refused(0).reason()),
            "repair or remove it; continuoctl models list names all of them"};
  }
  if (models.models_size() == 0) {
    return {Level::kNote, "models", "none is installed",
            fmt::format("put packages into {}/models", base::DataDir())};
  }
  std::vector<std::string> ids;
  for (const v1::ModelInfo& model : models.models()) ids.push_back(model.manifest().id());
  return {Level::kOk, "models", Join(ids), ""};
}

}  // namespace

Findings ExamineDirectories(const Context& context) {
  return {ExamineSocketPlace(context.SocketPath()), ExamineDirectory("data", base::DataDir()),
          ExamineDirectory("configuration", base::ConfigDir()),
          ExamineDirectory("state", base::StateDir())};
}

Findings ExamineDaemon(const Context& context) {
  try {
    const client::Connected connected = context.Connect(/*autostart=*/false);
    return {{Level::kOk, "daemon",
             fmt::format("continuod {} runs (process {})", connected.daemon_version,
                         connected.daemon_pid),
             ""},
            ExamineModels(connected)};
  } catch (const Failure& failure) {
    if (failure.exit_code() != ExitCode::kUnreachable) {
      return {
          {Level::kProblem, "daemon", failure.what(), "restart it: the versions have to match"}};
    }
  }
  const std::string daemon = client::FindDaemon();
  if (daemon.empty()) {
    return {{Level::kProblem, "daemon", "does not run, and no continuod was found to start",
             "install it, or name it in CONTINUO_DAEMON"}};
  }
  return {{Level::kOk, "daemon", "does not run; the first client starts " + daemon, ""}};
}

}  // namespace continuo::ctl
