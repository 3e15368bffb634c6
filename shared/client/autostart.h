// SPDX-License-Identifier: Apache-2.0
// Starting the daemon from a client, where nothing else has.
#pragma once

#include <filesystem>
#include <string>

namespace continuo::client {

class Errand;

// Folder of the program or library that this code was linked into; empty if it is not known.
[[nodiscard]] std::filesystem::path OwnFolder();

// Path of the daemon to start: $CONTINUO_DAEMON, `continuod` beside this program
// or library or in its prefix's bin, else in $PATH; empty if none.
[[nodiscard]] std::string FindDaemon();

// Starts the daemon and returns when it is serving (it goes to the background by
// itself) or has failed, or when the errand is cancelled; what has been started then goes on by
// itself, or has not begun. Empty on success, also when another client was faster; else one
// sentence for people.
[[nodiscard]] std::string StartDaemon(const std::string& socket_path, const Errand& errand);

}  // namespace continuo::client
