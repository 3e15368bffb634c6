// SPDX-License-Identifier: Apache-2.0
// continuoctl generate, harmonize, groove, continue, infill, vary, humanize: notes by request.
#include <memory>

#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/generate_run.h"

namespace continuo::ctl {
namespace {

using Arguments = std::shared_ptr<GenerateArguments>;

Arguments AddVerb(CLI::App& app, Context& context, const char* name, const char* what,
                  v1::GenerationTask task, CLI::App** verb) {
  auto arguments = std::make_shared<GenerateArguments>();
  *verb = app.add_subcommand(name, what);
  (*verb)->callback([&context, arguments, task] {
    context.action = [&context, arguments, task] {
      arguments->request.set_task(task);
      return Generate(context, *arguments);
    };
  });
  return arguments;
}

void AddInput(CLI::App* verb, const Arguments& arguments) {
  verb->add_option("input", arguments->input, ".mid, or LMMS's .mmp, .mmpz, .xpt, .xptz")
      ->required()
      ->type_name("IN");
}

void AddLength(CLI::App* verb, const Arguments& arguments, const char* what) {
  verb->add_option_function<std::uint32_t>(
      "--bars", [arguments](std::uint32_t bars) { arguments->request.set_bars(bars); }, what);
}

}  // namespace

void AddGenerate(CLI::App& app, Context& context) {
  CLI::App* generate = app.add_subcommand("generate", "Make something new");
  generate->require_subcommand(1);
  CLI::App* verb = nullptr;
  Arguments arguments = AddVerb(*generate, context, "melody", "A new melody with chords",
                                v1::GENERATION_TASK_MELODY, &verb);
  AddLength(verb, arguments, "Its length, 1 to 64 (default 4)");
  AddCommonOptions(verb, arguments);
  arguments = AddVerb(*generate, context, "drums", "A new drum pattern, as `groove` does",
                      v1::GENERATION_TASK_DRUMS, &verb);
  AddLength(verb, arguments, "Its length, 1 to 64 (default 4)");
  AddCommonOptions(verb, arguments);
  arguments = AddVerb(app, context, "harmonize", "Write the voices that a melody lacks",
                      v1::GENERATION_TASK_HARMONY, &verb);
  AddInput(verb, arguments);
  AddCommonOptions(verb, arguments);
  arguments =
      AddVerb(app, context, "groove", "Make a drum pattern", v1::GENERATION_TASK_DRUMS, &verb);
  AddLength(verb, arguments, "Its length, 1 to 64 (default 4)");
  AddCommonOptions(verb, arguments);
  arguments = AddVerb(app, context, "continue", "Write what comes after",
                      v1::GENERATION_TASK_CONTINUE, &verb);
  AddInput(verb, arguments);
  AddLength(verb, arguments, "Bars more, 1 to 64 (default 4)");
  AddCommonOptions(verb, arguments);
  arguments = AddVerb(app, context, "infill", "Write some bars anew, between those that stay",
                      v1::GENERATION_TASK_INFILL, &verb);
  AddInput(verb, arguments);
  verb->add_option("--bars", arguments->bars, "Which, counted from 1: 3-4")
      ->required()
      ->type_name("N-N");
  verb->add_option("--voice", arguments->voice, "Of this voice alone: soprano, bass, snare …")
      ->type_name("NAME");
  AddCommonOptions(verb, arguments);
  arguments = AddVerb(app, context, "vary", "Write it again, somewhat otherwise",
                      v1::GENERATION_TASK_VARY, &verb);
  AddInput(verb, arguments);
  verb->add_option_function<double>(
      "--variation",
      [arguments](double share) {
        arguments->variation = share;
        arguments->has_variation = true;
      },
      "The share that may change, 0 to 1 (default 0.3)");
  AddCommonOptions(verb, arguments);
  arguments = AddVerb(app, context, "humanize", "Velocities and timing for a drum pattern",
                      v1::GENERATION_TASK_HUMANIZE, &verb);
  AddInput(verb, arguments);
  AddCommonOptions(verb, arguments);
}

}  // namespace continuo::ctl
