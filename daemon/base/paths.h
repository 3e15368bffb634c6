// SPDX-License-Identifier: Apache-2.0
// Where things lie: the user's directories (XDG Base Directory Specification 0.8)
// and those of this installation.
//
// Threads: [any-thread] as long as nobody changes the environment meanwhile.
// None of the functions that return a path creates it.
#pragma once

#include <absl/status/status.h>

#include <string>
#include <vector>

namespace continuo::base {

// $XDG_RUNTIME_DIR/continuo, else /tmp/continuo-<uid>: sockets and locks.
[[nodiscard]] std::string RuntimeDir();
// $XDG_DATA_HOME/continuo, else ~/.local/share/continuo: the user's own models.
[[nodiscard]] std::string DataDir();
// $XDG_CONFIG_HOME/continuo, else ~/.config/continuo.
[[nodiscard]] std::string ConfigDir();
// $XDG_STATE_HOME/continuo, else ~/.local/state/continuo: logs.
[[nodiscard]] std::string StateDir();

// `path` with a leading "~/" (or a bare "~") replaced by the user's home.
[[nodiscard]] std::string ExpandHome(const std::string& path);

// Makes the directory, and its parents, with mode 0700; takes reading from others
// where it exists. FAILED_PRECONDITION, leaving it as it is, where somebody else
// owns it, others may write to it (whatever it holds may be theirs), or it is a
// symbolic link or no directory.
[[nodiscard]] absl::Status EnsurePrivateDir(const std::string& path);

// <prefix> of the running program <prefix>/bin/x; the build tree counts as one.
[[nodiscard]] std::string InstalledPrefix();
// Executor modules: $CONTINUO_MODULE_DIR, else the first that exists of
// <prefix>/<libdir>/continuo as configured (lib/<multiarch> on Debian) and
// <prefix>/lib/continuo.
[[nodiscard]] std::string ModuleDir();
// Names of the executor modules there, sorted.
[[nodiscard]] std::vector<std::string> InstalledExecutors();
// Models that came with the installation: <prefix>/share/continuo/models.
[[nodiscard]] std::string BuiltinModelDir();
// Directories to look for models in, best first: those of $CONTINUO_MODEL_PATH
// (colon-separated), `configured`, DataDir()/models, BuiltinModelDir().
[[nodiscard]] std::vector<std::string> ModelPath(const std::vector<std::string>& configured = {});

}  // namespace continuo::base
