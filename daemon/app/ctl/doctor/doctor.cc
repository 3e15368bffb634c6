// SPDX-License-Identifier: Apache-2.0
// continuoctl doctor: is this machine fit, and what would help?
#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "daemon/app/ctl/doctor/finding.h"
#include "daemon/app/ctl/json.h"

namespace continuo::ctl {
namespace {

const char* Word(Level level) {
  switch (level) {
    case Level::kOk:
      return "ok";
    case Level::kNote:
      return "note";
    case Level::kProblem:
      return "problem";
  }
  return "";
}

Findings ExamineAll(const Context& context) {
  Findings all;
  const auto add = [&all](const Findings& findings) {
    all.insert(all.end(), findings.begin(), findings.end());
  };
  add(ExamineCpu());
  add(ExamineRealTime());
  add(ExamineSharedMemory());
  add(ExamineInference());
  add(ExamineGpu());
  add(ExamineLmms());
  add(ExamineDirectories(context));
  add(ExamineDaemon(context));  // last: gRPC has threads, and the others fork
  return all;
}

void Print(const Findings& findings) {
  for (const Finding& finding : findings) {
    fmt::print("{:<8} {:<14} {}\n", Word(finding.level), finding.topic, finding.text);
    if (!finding.remedy.empty()) fmt::print("{:<8} {:<14} -> {}\n", "", "", finding.remedy);
  }
}

ExitCode Run(const Context& context) {
  const Findings findings = ExamineAll(context);
  const auto problems = std::count_if(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.level == Level::kProblem;
  });
  if (context.json) {
    Json list = Json::array();
    for (const Finding& finding : findings) {
      list.push_back({{"level", Word(finding.level)},
                      {"topic", finding.topic},
                      {"text", finding.text},
                      {"remedy", finding.remedy}});
    }
    PrintJson({{"problems", problems}, {"findings", list}});
  } else {
    Print(findings);
    fmt::print("\n{}\n", problems == 0   ? "no problem found"
                         : problems == 1 ? "1 problem found"
                                         : fmt::format("{} problems found", problems));
  }
  return problems == 0 ? ExitCode::kOk : ExitCode::kFailed;
}

}  // namespace

void AddDoctor(CLI::App& app, Context& context) {
  CLI::App* verb = app.add_subcommand(
      "doctor", "Examine this machine, and say what would help (starts nothing)");
  verb->callback([&context] { context.action = [&context] { return Run(context); }; });
}

}  // namespace continuo::ctl
