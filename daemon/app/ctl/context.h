// SPDX-License-Identifier: Apache-2.0
// What every verb of continuoctl shares: the global options, the way to the
// daemon, and where results go.
#pragma once

#include <grpcpp/client_context.h>

#include <CLI/App.hpp>
#include <chrono>
#include <functional>
#include <string>

#include "daemon/app/ctl/failure.h"
#include "daemon/app/ctl/json.h"
#include "shared/client/connection.h"

namespace continuo::ctl {

struct Context {
  bool json = false;
  std::string socket;  // empty: the default one
  bool no_autostart = false;
  // Set by the verb that was named on the command line.
  std::function<ExitCode()> action;

  [[nodiscard]] std::string SocketPath() const;
  // Starts the daemon where none answers, unless told not to.
  [[nodiscard]] client::Connected Connect() const;
  [[nodiscard]] client::Connected Connect(bool autostart) const;
};

inline constexpr const char* kClientName = "continuoctl " CONTINUO_VERSION;

// One JSON document, and nothing else, on standard output.
void PrintJson(const Json& document);

// One unary call with a deadline. Response Call(stub, &Stub::Method, request).
template <class Stub, class Request, class Response>
Response Call(Stub& stub,
              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
              const Request& request, double timeout_s = 10) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::milliseconds(static_cast<std::int64_t>(timeout_s * 1000)));
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) throw FromStatus(status);
  return response;
}

// The verbs, one file each. Each adds itself to the command line.
void AddStatus(CLI::App& app, Context& context);
void AddModels(CLI::App& app, Context& context);
void AddModelsImport(CLI::App& models, Context& context);
void AddModelsSearch(CLI::App& models, Context& context);
void AddModelsUpdate(CLI::App& models, Context& context);
void AddRepo(CLI::App& app, Context& context);
void AddProcess(CLI::App& app, Context& context);
void AddStream(CLI::App& app, Context& context);
void AddStreamBench(CLI::App& stream, Context& context);
void AddMidi(CLI::App& app, Context& context);
void AddProject(CLI::App& app, Context& context);
void AddGenerate(CLI::App& app, Context& context);
void AddJobs(CLI::App& app, Context& context);
void AddHistory(CLI::App& app, Context& context);
void AddHistoryCompare(CLI::App& history, Context& context);
void AddHistoryDerive(CLI::App& history, Context& context);
void AddBench(CLI::App& app, Context& context);
void AddTop(CLI::App& app, Context& context);
void AddEvents(CLI::App& app, Context& context);
void AddDoctor(CLI::App& app, Context& context);

}  // namespace continuo::ctl
