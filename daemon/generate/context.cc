// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/context.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <string_view>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/generate/key_text.h"
#include "daemon/generate/macros.h"
#include "daemon/generate/request_checks.h"
#include "shared/midi/smf_reader.h"
#include "shared/midi/transform/chain.h"

namespace continuo::generate {
namespace {

using base::MessageOf;
using base::StrCat;

// What the notes of an input may leave by, above and below, when nothing else is said.
constexpr int kRangeSlack = 5;
constexpr std::size_t kMaxChordsText = 8192;

absl::Status In(const char* field, const absl::Status& status) {
  return absl::Status(status.code(), StrCat(field, ": ", MessageOf(status)));
}

bool NeedsInput(v1::GenerationTask task) {
  return task != v1::GENERATION_TASK_MELODY && task != v1::GENERATION_TASK_DRUMS;
}

// Decides field by field; each step may use what those before it have decided.
class Decision {
 public:
  Decision(const v1::GenerateRequest& request, const v1::NotesSignature& model,
           const ContextDefaults& defaults)
      : model_(model), defaults_(defaults) {
    context_.request = request;
  }

  absl::StatusOr<MusicalContext> Take() {
    for (const auto step :
         {&Decision::ReadInput, &Decision::DecideMeter, &Decision::DecideTempo,
          &Decision::DecideKey, &Decision::DecideSampling, &Decision::DecideScale,
          &Decision::DecideBars, &Decision::DecideRange, &Decision::DecideRegions}) {
      if (absl::Status status = (this->*step)(); !status.ok()) return status;
    }
    return std::move(context_);
  }

 private:
  [[nodiscard]] v1::GenerateRequest& request() { return context_.request; }
  void Tell(std::string note) { context_.notes.push_back(std::move(note)); }

  absl::Status ReadInput() {
    if (request().input().empty()) {
      // Harmony of no melody is all voices from nothing.
      const bool is_harmony = request().task() == v1::GENERATION_TASK_HARMONY;
      if (!NeedsInput(request().task()) || is_harmony) return absl::OkStatus();
      return absl::InvalidArgumentError(
          StrCat("input: is empty; \"", TaskName(request().task()), "\" works on a MIDI file"));
    }
    std::vector<std::string> remarks;
    absl::StatusOr<midi::Song> song = midi::ReadSmf(request().input(), &remarks);
    if (!song.ok()) return In("input", song.status());
    for (const std::string& remark : remarks) Tell(StrCat("input: ", remark));
    context_.facts = FactsOf(*song);
    context_.input = *std::move(song);
    if (context_.facts.notes == 0 && NeedsInput(request().task())) {
      return absl::InvalidArgumentError("input: has no notes");
    }
    return absl::OkStatus();
  }

  absl::Status DecideMeter() {
    const bool open =
        request().signature_numerator() == 0 && request().signature_denominator() == 0;
    if (open) {
      context_.meter = context_.facts.meter;
      if (context_.facts.has_meter) {
        Tell(StrCat("signature ", context_.meter.numerator, "/", context_.meter.denominator,
                    ", from the input"));
      }
      if (context_.facts.meter_changes) {
        Tell("the input changes its signature; bars are counted by its first one");
      }
    } else {
      if (absl::Status status = CheckSignature(request()); !status.ok()) return status;
      context_.meter.numerator = static_cast<int>(request().signature_numerator());
      context_.meter.denominator = static_cast<int>(request().signature_denominator());
    }
    request().set_signature_numerator(static_cast<std::uint32_t>(context_.meter.numerator));
    request().set_signature_denominator(static_cast<std::uint32_t>(context_.meter.denominator));
    if (context_.input) {
      // Bars by the signature that holds, whatever the input says.
      midi::Song counted = *context_.input;
      counted.meters = {context_.meter};
      context_.facts.bars = FactsOf(counted).bars;
    }
    return CheckSignature(request(), model_);
  }

  absl::Status DecideTempo() {
    if (request().tempo_bpm() == 0) {
      const bool found = context_.facts.has_tempo;
      // Input without a tempo is at the file format's own.
      request().set_tempo_bpm(context_.input ? context_.facts.tempo_bpm : defaults_.tempo_bpm);
      if (found) {
        Tell(StrCat("tempo ", std::round(100 * request().tempo_bpm()) / 100, ", from the input"));
        // Whatever a file says is possible there is kept in what is possible here.
        request().set_tempo_bpm(std::clamp(request().tempo_bpm(), kLowestTempo, kHighestTempo));
      }
    }
    context_.tempo_bpm = request().tempo_bpm();
    return CheckTempo(request());
  }

  absl::Status DecideKey() {
    if (!request().key().empty()) {
      const absl::StatusOr<midi::Key> key = ParseKeyText(request().key());
      if (!key.ok()) return In("key", key.status());
      context_.key = *key;
    } else if (context_.facts.key && request().task() != v1::GENERATION_TASK_DRUMS) {
      context_.key = context_.facts.key;
      Tell(StrCat("key ", KeyInWords(*context_.key),
                  context_.facts.key_is_written ? ", from the input's key signature"
                                                : ", found in the input's notes"));
    }
    if (!context_.key) return absl::OkStatus();
    request().set_key(midi::FormatKey(*context_.key));
    // A mode that is neither of the two keys is meant as the notes to use.
    if (request().scale().empty() && context_.key->scale != "major" &&
        context_.key->scale != "minor") {
      request().set_scale(std::string(context_.key->scale));
    }
    return absl::OkStatus();
  }

  absl::Status DecideSampling() {
    ApplyMacros(defaults_.sampler, !defaults_.writes_timing, &request());
    if (request().temperature() == 0) request().set_temperature(defaults_.sampler.temperature);
    if (request().top_p() == 0) request().set_top_p(defaults_.sampler.top_p);
    if (!request().has_variation()) request().set_variation(context_.variation);
    if (request().candidates() == 0) request().set_candidates(1);
    if (request().attempts() == 0) request().set_attempts(4);
    context_.sampler = {request().temperature(), request().top_p()};
    context_.variation = request().variation();
    if (request().has_density()) context_.density = request().density();
    if (defaults_.writes_timing) {
      const auto macro = [this](const char* name) -> std::optional<double> {
        const auto found = request().macros().find(name);
        if (found == request().macros().end()) return std::nullopt;
        return found->second;
      };
      context_.swing = macro("swing");
      context_.human = macro("human");
    }
    return absl::OkStatus();
  }

  absl::Status DecideScale() {
    if (request().scale().empty()) return absl::OkStatus();
    if (midi::ScaleBits(request().scale()) == 0) {
      return absl::InvalidArgumentError(StrCat("scale: '",
                                               std::string_view(request().scale()).substr(0, 40),
                                               "' is none of ", midi::ScaleNames()));
    }
    if (!context_.key) {
      return absl::InvalidArgumentError(
          "scale: needs a key, and none is given nor found in the input");
    }
    context_.pitch_classes = PitchClasses(midi::Key{context_.key->tonic, request().scale()});
    return absl::OkStatus();
  }

  absl::Status DecideBars() {
    std::vector<ChordBar> chords;
    if (!request().chords().empty()) {
      if (request().chords().size() > kMaxChordsText) {
        return absl::InvalidArgumentError(StrCat("chords: ", request().chords().size(),
                                                 " bytes; at most ", kMaxChordsText,
                                                 " are possible"));
      }
      absl::StatusOr<std::vector<ChordBar>> parsed = ParseChords(request().chords());
      if (!parsed.ok()) return In("chords", parsed.status());
      chords = *std::move(parsed);
    }
    const std::uint32_t most = LongestOf(model_);
    if (request().bars() == 0) request().set_bars(OpenBars(chords.size(), most));
    if (absl::Status status = CheckBars(request(), most); !status.ok()) return status;
    context_.bars = request().bars();
    if (chords.empty()) return absl::OkStatus();
    if (chords.size() > context_.bars) {
      return absl::InvalidArgumentError(StrCat("chords: are ", chords.size(), " bars, and ",
                                               context_.bars, " are to be written"));
    }
    for (std::size_t i = 0; chords.size() < context_.bars; ++i) {
      const ChordBar again = chords[i];
      chords.push_back(again);
    }
    request().set_chords(FormatChords(chords));
    context_.chords = std::move(chords);
    return absl::OkStatus();
  }

  std::uint32_t OpenBars(std::size_t chords, std::uint32_t most) {
    const auto has =
        static_cast<std::uint32_t>(std::min<std::int64_t>(context_.facts.bars, 1 << 20));
    if (has == 0 || (chords > 0 && !NeedsInput(request().task()))) {
      return chords > 0 ? static_cast<std::uint32_t>(chords) : std::min(defaults_.bars, most);
    }
    if (has > most) {
      Tell(StrCat("the input has ", has, " bars, of which ", most, " can be worked on at once"));
    } else {
      Tell(StrCat("bars ", has, ", as the input has"));
    }
    return std::min(has, most);
  }

  absl::Status DecideRange() {
    if (request().lowest_pitch() > 0 && request().highest_pitch() == 0) {
      request().set_highest_pitch(127);
    }
    const bool open = request().highest_pitch() == 0;
    if (open && InputHasItsVoices()) {
      const int lowest = std::max(context_.facts.lowest_pitch - kRangeSlack, 0);
      const int highest = std::min(context_.facts.highest_pitch + kRangeSlack, 127);
      request().set_lowest_pitch(static_cast<std::uint32_t>(lowest));
      request().set_highest_pitch(static_cast<std::uint32_t>(highest));
      Tell(StrCat("pitches ", midi::PitchName(lowest), " to ", midi::PitchName(highest),
                  ", about those of the input"));
    }
    if (request().highest_pitch() == 0) return absl::OkStatus();
    if (absl::Status status = CheckRange(request()); !status.ok()) return status;
    context_.lowest_pitch = static_cast<int>(request().lowest_pitch());
    context_.highest_pitch = static_cast<int>(request().highest_pitch());
    for (int pitch = context_.lowest_pitch; pitch <= context_.highest_pitch; ++pitch) {
      if (context_.MayWrite(pitch)) return absl::OkStatus();
    }
    return absl::InvalidArgumentError(StrCat("scale: no note of ", request().scale(),
                                             " lies between lowest_pitch ", context_.lowest_pitch,
                                             " and highest_pitch ", context_.highest_pitch));
  }

  // Whether what is written is of the kind that is there, so that its range says something.
  bool InputHasItsVoices() {
    const v1::GenerationTask task = request().task();
    if (!context_.input || context_.facts.drums ||
        (task != v1::GENERATION_TASK_CONTINUE && task != v1::GENERATION_TASK_INFILL &&
         task != v1::GENERATION_TASK_VARY)) {
      return false;
    }
    const auto voices =
        std::count_if(context_.input->tracks.begin(), context_.input->tracks.end(),
                      [](const midi::Track& track) { return !track.notes.empty(); });
    return voices >= model_.voices_size();
  }

  absl::Status DecideRegions() {
    if (request().task() == v1::GENERATION_TASK_INFILL && request().regions().empty()) {
      return absl::InvalidArgumentError(
          "regions: is empty; \"infill\" writes the bars named there");
    }
    // Those that are there may all be named, though not all can be worked on at once.
    const auto bars = static_cast<std::uint32_t>(std::max<std::int64_t>(
        context_.bars, std::min<std::int64_t>(context_.facts.bars, 1 << 20)));
    for (const v1::Region& region : request().regions()) {
      if (absl::Status status = CheckRegion(region, bars, model_); !status.ok()) return status;
      context_.regions.push_back(
          {.begin = region.first_bar() - 1, .end = region.last_bar(), .voice = region.voice()});
    }
    return absl::OkStatus();
  }

  const v1::NotesSignature& model_;
  const ContextDefaults& defaults_;
  MusicalContext context_;
};

}  // namespace

absl::StatusOr<MusicalContext> DecideContext(const v1::GenerateRequest& request,
                                             const v1::NotesSignature& model,
                                             const ContextDefaults& defaults) {
  if (absl::Status status = CheckTask(request, model); !status.ok()) return status;
  if (absl::Status status = CheckNumbers(request); !status.ok()) return status;
  if (absl::Status status = CheckStyle(request, model); !status.ok()) return status;
  if (absl::Status status = CheckMacros(request); !status.ok()) return status;
  if (const auto chain = midi::ParseChain(request.transforms());
      !request.transforms().empty() && !chain.ok()) {
    return In("transforms", chain.status());
  }
  return Decision(request, model, defaults).Take();
}

}  // namespace continuo::generate
