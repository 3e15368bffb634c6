// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/generate_run.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "daemon/app/ctl/generate_view.h"
#include "daemon/app/ctl/interrupt.h"
#include "daemon/app/ctl/json.h"
#include "daemon/app/ctl/memory_notice.h"
#include "daemon/app/ctl/midi_file.h"
#include "daemon/app/ctl/output_file.h"
#include "daemon/app/ctl/proto_json.h"
#include "shared/midi/picture/comparison.h"
#include "shared/midi/picture/piano_roll.h"
#include "shared/midi/smf_reader.h"

namespace continuo::ctl {
namespace {

using Stub = v1::GenerationService::Stub;
namespace fs = std::filesystem;

// Of the number beside the name: "out.mid", "out-2.mid".
std::string Numbered(const std::string& path, std::size_t number) {
  if (number == 0) return path;
  const fs::path name(path);
  return (name.parent_path() /
          fmt::format("{}-{}{}", name.stem().string(), number + 1, name.extension().string()))
      .string();
}

// Best first.
std::vector<const v1::GenerationCandidate*> Ranked(
    const std::vector<v1::GenerationCandidate>& candidates, const v1::GenerateEvent::Done& done) {
  std::vector<const v1::GenerationCandidate*> ranked;
  for (const std::uint32_t index : done.ranking()) {
    for (const v1::GenerationCandidate& one : candidates) {
      if (one.index() == index) ranked.push_back(&one);
    }
  }
  return ranked;
}

std::string Picture(const std::vector<const v1::GenerationCandidate*>& ranked,
                    const v1::GenerationPlan& plan) {
  absl::StatusOr<std::string> png;
  if (ranked.size() == 1) {
    png = midi::PianoRollPng(SongOf(*ranked[0]));
  } else {
    std::vector<midi::ComparedSong> songs;
    for (const v1::GenerationCandidate* one : ranked) {
      songs.push_back({.song = SongOf(*one),
                       .title = fmt::format("candidate {}", one->index() + 1),
                       .details = fmt::format("{}, seed {}", ModelText(plan), one->seed()),
                       .score = one->quality().score()});
    }
    png = midi::ComparisonPng(std::move(songs));
  }
  if (!png.ok()) throw Failed(std::string(png.status().message()));
  return *std::move(png);
}

std::string OutputBytes(const std::string& path, const GenerateArguments& arguments,
                        const v1::GenerationCandidate& candidate,
                        std::vector<std::string>* remarks) {
  const std::string ending = fs::path(path).extension().string();
  if (arguments.track == 0 && (ending == ".mid" || ending == ".midi")) return candidate.midi();
  const midi::Song song = SongOf(candidate);
  std::optional<std::size_t> track;
  if (arguments.track > song.tracks.size()) {
    throw UsageError(fmt::format("--track {}: what was made has {} tracks, counted from 1",
                                 arguments.track, song.tracks.size()));
  }
  if (arguments.track > 0) track = arguments.track - 1;
  return SongFileBytes(path, song, track, remarks);
}

std::vector<std::string> WriteFiles(const GenerateArguments& arguments,
                                    const std::vector<v1::GenerationCandidate>& candidates,
                                    const v1::GenerateEvent::Done& done,
                                    const v1::GenerationPlan& plan) {
  const auto ranked = Ranked(candidates, done);
  if (ranked.empty()) throw Failed("the daemon sent no candidate");
  std::vector<std::string> written;
  std::vector<std::string> remarks;
  const std::size_t count = arguments.output.empty() ? 0 : arguments.all ? ranked.size() : 1;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string path = Numbered(arguments.output, i);
    WriteWholeFile(path, OutputBytes(path, arguments, *ranked[i], &remarks));
    written.push_back(path);
  }
  if (!arguments.png.empty()) {
    WriteWholeFile(arguments.png, Picture(ranked, plan));
    written.push_back(arguments.png);
  }
  for (const std::string& remark : remarks) fmt::print(stderr, "continuoctl: {}\n", remark);
  return written;
}

// Said before anything is made.
void CheckOutputs(const GenerateArguments& arguments) {
  if (arguments.request.detached() && !(arguments.output.empty() && arguments.png.empty())) {
    throw UsageError(
        "--detach: nobody waits to write a file; take it from the history later, "
        "with `continuoctl history export`");
  }
  const std::size_t count =
      arguments.all ? std::max<std::size_t>(1, arguments.request.candidates()) : 1;
  for (std::size_t i = 0; i < count && !arguments.output.empty(); ++i) {
    CheckOutput(Numbered(arguments.output, i), arguments.input, arguments.force);
  }
  if (!arguments.output.empty()) {
    // An ending that is none is known now.
    const std::string ending = fs::path(arguments.output).extension().string();
    constexpr const char* kEndings[] = {".mid", ".midi", ".smf", ".mmp", ".mmpz", ".xpt", ".xptz"};
    if (std::find(std::begin(kEndings), std::end(kEndings), ending) == std::end(kEndings)) {
      (void)SongFileBytes(arguments.output, midi::Song{}, std::nullopt, nullptr);
    }
  }
  if (!arguments.png.empty()) CheckOutput(arguments.png, arguments.input, arguments.force);
}

ExitCode Plan(const Context& context, const v1::GenerateRequest& request) {
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  constexpr double kTimeoutSeconds = 120;  // the model may have to be loaded
  const v1::GenerationPlan plan = Call(stub, &Stub::PlanGeneration, request, kTimeoutSeconds);
  if (context.json) {
    PrintJson(ToJson(plan));
    return ExitCode::kOk;
  }
  fmt::print("{}: {}, {} cells, about {:.0f} ms\n", TaskText(plan.request().task()),
             ModelText(plan), plan.cells(), plan.estimate_ms());
  for (const std::string& note : plan.notes()) fmt::print("  {}\n", note);
  v1::GenerateRequest shown = plan.request();
  shown.clear_input();
  fmt::print("{}", shown.DebugString());
  return ExitCode::kOk;
}

}  // namespace

midi::Song SongOf(const v1::GenerationCandidate& candidate) {
  absl::StatusOr<midi::Song> song = midi::ReadSmf(candidate.midi(), nullptr);
  if (!song.ok()) {
    throw Failed(fmt::format("candidate {}: {}", candidate.index() + 1,
                             std::string(song.status().message())));
  }
  return *std::move(song);
}

ExitCode Generate(const Context& context, const GenerateArguments& arguments) {
  CheckOutputs(arguments);
  const v1::GenerateRequest request = BuildRequest(arguments);
  if (arguments.dry_run) return Plan(context, request);
  Interrupt interrupt;
  const client::Connected connected = context.Connect();
  Stub stub(connected.channel);
  grpc::ClientContext call;
  interrupt.Call([&call] { call.TryCancel(); });
  const auto reader = stub.Generate(&call, request);
  GenerateView view(context.json);
  const auto notice = context.json ? nullptr : std::make_unique<MemoryNotice>(connected);
  v1::GenerateEvent event;
  v1::GenerationPlan plan;
  std::vector<v1::GenerationCandidate> candidates;
  v1::GenerateEvent::Done done;
  while (reader->Read(&event)) {
    if (notice && !event.has_queued()) notice->Stop();
    view.Show(event);
    if (event.has_started()) plan = event.started().plan();
    if (event.has_candidate()) {
      std::erase_if(candidates, [&event](const v1::GenerationCandidate& one) {
        return one.index() == event.candidate().index();
      });
      candidates.push_back(event.candidate());
    }
    if (event.has_done()) done = event.done();
    if (request.detached() && event.has_queued()) {
      view.Clear();
      if (!context.json) {
        fmt::print("it goes on by itself: continuoctl jobs watch {}\n", event.job_id());
      }
      call.TryCancel();
      (void)reader->Finish();
      return ExitCode::kOk;
    }
  }
  view.Clear();
  const grpc::Status status = reader->Finish();
  interrupt.EndIfAsked();
  if (!status.ok()) throw FromStatus(status);
  if (const auto ranked = Ranked(candidates, done); !ranked.empty()) {
    view.ShowChosen(SongOf(*ranked[0]));
  }
  const std::vector<std::string> written = arguments.output.empty() && arguments.png.empty()
                                               ? std::vector<std::string>()
                                               : WriteFiles(arguments, candidates, done, plan);
  if (context.json) {
    fmt::print("{}\n", Json({{"written", written}}).dump());
  } else {
    for (const std::string& path : written) fmt::print("{}\n", path);
    if (done.below_minimum() > 0) {
      fmt::print(stderr,
                 "continuoctl: {} candidates are below --minimum-score, after the last "
                 "attempt\n",
                 done.below_minimum());
    }
  }
  return ExitCode::kOk;
}

}  // namespace continuo::ctl
