// SPDX-License-Identifier: Apache-2.0
// How continuoctl ends: the exit codes, and the one exception that carries them.
//
// Every verb throws a Failure where it cannot go on; main() alone catches it,
// prints it as text or as JSON, and ends with its code. docs/continuoctl.md
// lists the codes: they are part of the program's interface.
#pragma once

#include <grpcpp/support/status.h>

#include <stdexcept>
#include <string>

namespace continuo::ctl {

enum class ExitCode : int {
  kOk = 0,
  kFailed = 1,       // tried, and it did not work
  kUsage = 2,        // the command line makes no sense
  kUnreachable = 3,  // no daemon answers
  kRefused = 4,      // the daemon, or a model's manifest, says no
  kBadInput = 5,     // the input file
  kBadOutput = 6,    // the output file
};

class Failure : public std::runtime_error {
 public:
  // `word` is the stable name that scripts test, "bad_input".
  Failure(ExitCode exit_code, std::string word, const std::string& message)
      : std::runtime_error(message), exit_code_(exit_code), word_(std::move(word)) {}

  [[nodiscard]] ExitCode exit_code() const noexcept { return exit_code_; }
  [[nodiscard]] const std::string& word() const noexcept { return word_; }

 private:
  ExitCode exit_code_;
  std::string word_;
};

[[nodiscard]] Failure Failed(const std::string& message);
[[nodiscard]] Failure UsageError(const std::string& message);
[[nodiscard]] Failure Refused(const std::string& word, const std::string& message);
[[nodiscard]] Failure BadInput(const std::string& path, const std::string& what);
[[nodiscard]] Failure BadOutput(const std::string& path, const std::string& what);

// The daemon's answer as a Failure: its word is the gRPC code, "not_found".
[[nodiscard]] Failure FromStatus(const grpc::Status& status);

}  // namespace continuo::ctl
