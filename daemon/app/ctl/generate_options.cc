// SPDX-License-Identifier: Apache-2.0
// The options of what makes notes, and the request that they come to.
#include <absl/strings/ascii.h>
#include <spdlog/fmt/fmt.h>

#include <cstdio>
#include <utility>

#include "daemon/app/ctl/generate_run.h"
#include "daemon/app/ctl/midi_file.h"
#include "shared/midi/scale.h"
#include "shared/midi/smf_writer.h"

namespace continuo::ctl {
namespace {

// The number of a pitch: "60" or "C4".
std::uint32_t ParsePitch(const std::string& text) {
  for (int pitch = 0; pitch < 128; ++pitch) {
    std::string name = midi::PitchName(pitch);
    if (text == name || text == std::to_string(pitch)) return static_cast<std::uint32_t>(pitch);
  }
  throw UsageError(fmt::format("--range: '{}' is no pitch; C4, F#3 or 0 to 127 is expected", text));
}

void SetRange(const std::string& text, v1::GenerateRequest* request) {
  // The hyphen after a digit: C-1 is a pitch, too.
  std::size_t between = 1;
  while (between < text.size() &&
         !(text[between] == '-' && absl::ascii_isdigit(text[between - 1]))) {
    ++between;
  }
  if (between + 1 >= text.size()) {
    throw UsageError(fmt::format("--range '{}': LOWEST-HIGHEST is expected, as C4-A5", text));
  }
  request->set_lowest_pitch(ParsePitch(text.substr(0, between)));
  request->set_highest_pitch(ParsePitch(text.substr(between + 1)));
}

void SetMeter(const std::string& text, v1::GenerateRequest* request) {
  unsigned numerator = 0;
  unsigned denominator = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%u/%u%c", &numerator, &denominator, &rest) != 2) {
    throw UsageError(fmt::format("--signature '{}': 3/4, 4/4, 6/8 … is expected", text));
  }
  request->set_signature_numerator(numerator);
  request->set_signature_denominator(denominator);
}

v1::JobPriority ParsePriority(const std::string& text) {
  if (text == "batch") return v1::JOB_PRIORITY_BATCH;
  if (text == "speculative") return v1::JOB_PRIORITY_SPECULATIVE;
  return v1::JOB_PRIORITY_INTERACTIVE;
}

void SetMacros(const std::vector<std::string>& macros, v1::GenerateRequest* request) {
  for (const std::string& macro : macros) {
    char name[64] = {};
    double value = 0;
    char rest = 0;
    if (std::sscanf(macro.c_str(), "%63[^=]=%lf%c", name, &value, &rest) != 2) {
      throw UsageError(fmt::format("--macro '{}': NAME=VALUE is expected, as busy=0.7", macro));
    }
    (*request->mutable_macros())[name] = value;
  }
}

}  // namespace

v1::Region ParseRegion(const std::string& option, const std::string& text) {
  unsigned first = 0;
  unsigned last = 0;
  char rest = 0;
  const int read = std::sscanf(text.c_str(), "%u-%u%c", &first, &last, &rest);
  if (read == 1) last = first;
  if (read < 1 || read > 2 || first < 1 || last < first) {
    throw UsageError(
        fmt::format("{} '{}': bars counted from 1, as 3 or 3-4, are expected", option, text));
  }
  v1::Region region;
  region.set_first_bar(first);
  region.set_last_bar(last);
  return region;
}

v1::GenerateRequest BuildRequest(const GenerateArguments& arguments) {
  v1::GenerateRequest request = arguments.request;
  if (arguments.has_seed) request.set_seed(arguments.seed);
  if (arguments.has_density) request.set_density(arguments.density);
  if (arguments.has_variation) request.set_variation(arguments.variation);
  if (!arguments.meter.empty()) SetMeter(arguments.meter, &request);
  if (!arguments.range.empty()) SetRange(arguments.range, &request);
  if (!arguments.priority.empty()) request.set_priority(ParsePriority(arguments.priority));
  SetMacros(arguments.macros, &request);
  if (!arguments.bars.empty()) {
    v1::Region* const region = request.add_regions();
    *region = ParseRegion("--bars", arguments.bars);
    region->set_voice(arguments.voice);
  }
  if (!arguments.input.empty()) {
    const SongFile file = ReadSongFile(arguments.input);
    absl::StatusOr<std::string> bytes = midi::WriteSmf(file.song);
    if (!bytes.ok()) throw BadInput(arguments.input, std::string(bytes.status().message()));
    request.set_input(*std::move(bytes));
  }
  return request;
}

void AddCommonOptions(CLI::App* verb, const std::shared_ptr<GenerateArguments>& arguments) {
  using R = v1::GenerateRequest;
  const auto add_text = [&](const char* name, auto store, const char* what, const char* type) {
    verb->add_option_function<std::string>(
            name,
            [arguments, store](const std::string& value) { store(&arguments->request, value); },
            what)
        ->type_name(type);
  };
  add_text(
      "--model", [](R* r, const std::string& v) { r->set_model(v); },
      "The model (default: the one that suits)", "ID[@VERSION]");
  add_text(
      "--key", [](R* r, const std::string& v) { r->set_key(v); }, "Dm, F#, Bb minor", "KEY");
  add_text(
      "--scale", [](R* r, const std::string& v) { r->set_scale(v); },
      "No notes outside it: major, minor, dorian …", "NAME");
  add_text(
      "--chords", [](R* r, const std::string& v) { r->set_chords(v); },
      "Chords in bars: \"Dm | G7 | C A7 | Dm\"", "TEXT");
  add_text(
      "--style", [](R* r, const std::string& v) { r->set_style(v); },
      "A style that the model's card lists", "NAME");
  add_text(
      "--apply", [](R* r, const std::string& v) { r->set_transforms(v); },
      "Transforms for the result, as `midi transform` takes them", "TEXT");
  verb->add_option_function<double>(
      "--tempo", [arguments](double v) { arguments->request.set_tempo_bpm(v); },
      "Quarters a minute");
  verb->add_option("--signature", arguments->meter, "3/4, 4/4, 5/4, 6/8")->type_name("N/N");
  verb->add_option("--range", arguments->range, "Pitches that may be written, as C4-A5")
      ->type_name("LOW-HIGH");
  verb->add_option_function<double>(
      "--density",
      [arguments](double v) {
        arguments->density = v;
        arguments->has_density = true;
      },
      "Few notes to many, 0 to 1");
  verb->add_option_function<std::uint64_t>(
      "--seed",
      [arguments](std::uint64_t v) {
        arguments->seed = v;
        arguments->has_seed = true;
      },
      "The same seed gives the same notes (default: one is drawn, and told)");
  verb->add_option_function<std::uint32_t>(
      "--candidates", [arguments](std::uint32_t v) { arguments->request.set_candidates(v); },
      "How many to choose from, 1 to 16 (default 1)");
  verb->add_option_function<double>(
      "--temperature", [arguments](double v) { arguments->request.set_temperature(v); },
      "Calm to adventurous, 0.1 to 2 (default: the model's)");
  verb->add_option_function<double>(
      "--top-p", [arguments](double v) { arguments->request.set_top_p(v); },
      "Draw from the likeliest values that make up this share");
  verb->add_option_function<double>(
      "--minimum-score", [arguments](double v) { arguments->request.set_minimum_score(v); },
      "Make candidates below it anew, 0 to 1");
  verb->add_option_function<std::uint32_t>(
      "--attempts", [arguments](std::uint32_t v) { arguments->request.set_attempts(v); },
      "… so many times at most (default 4)");
  verb->add_option("--macro", arguments->macros,
                   "busy, adventure, swing or human, 0 to 1, as busy=0.7; may be given many times")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  verb->add_option("--priority", arguments->priority, "interactive (default), batch, speculative")
      ->check(CLI::IsMember({"interactive", "batch", "speculative"}));
  verb->add_flag_callback(
      "--detach", [arguments] { arguments->request.set_detached(true); },
      "Go on without this program; see `jobs` and `history`");
  verb->add_flag_callback(
      "--fresh", [arguments] { arguments->request.set_fresh(true); },
      "Make it anew even where the same was made before");
  verb->add_flag("--dry-run", arguments->dry_run, "Say what it would come to, and make nothing");
  verb->add_option("-o,--output", arguments->output,
                   "The best one, as its ending says: .mid, .mmp, .mmpz, .xpt, .xptz")
      ->type_name("OUT");
  verb->add_option("--png", arguments->png, "A picture: a piano roll, or all candidates")
      ->type_name("OUT.png");
  verb->add_option("--track", arguments->track, "The track for OUT, counted from 1")
      ->type_name("N");
  verb->add_flag("--all", arguments->all, "Write every candidate: OUT, OUT-2, OUT-3 …");
  verb->add_flag("--force", arguments->force, "Replace what exists");
}

}  // namespace continuo::ctl
