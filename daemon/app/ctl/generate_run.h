// SPDX-License-Identifier: Apache-2.0
// One request for notes, from the command line to the file: what `generate` and its relatives,
// `history vary` and `jobs watch` share.
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "continuo/v1/generation_service.grpc.pb.h"
#include "daemon/app/ctl/context.h"
#include "shared/midi/song.h"

namespace continuo::ctl {

struct GenerateArguments {
  v1::GenerateRequest request;
  std::string input;
  std::string output;
  std::string png;
  std::string bars;   // "3-4", of infill
  std::string voice;  // of infill
  std::string meter;  // "6/8"
  std::string range;  // "C4-A5", or in numbers
  std::string priority;
  std::vector<std::string> macros;
  std::uint64_t seed = 0;
  double density = 0;
  double variation = 0;
  std::size_t track = 0;  // of OUT, where it is a clip; counted from 1
  bool has_seed = false;
  bool has_density = false;
  bool has_variation = false;
  bool all = false;
  bool force = false;
  bool dry_run = false;
};

// Adds what every verb that makes notes has.
void AddCommonOptions(CLI::App* verb, const std::shared_ptr<GenerateArguments>& arguments);

// The request, all of its words read: UsageError names the option.
[[nodiscard]] v1::GenerateRequest BuildRequest(const GenerateArguments& arguments);
// Makes it, shows how it goes, writes the files. Ctrl-C cancels, unless it is detached.
[[nodiscard]] ExitCode Generate(const Context& context, const GenerateArguments& arguments);

// A candidate's MIDI file as a song. Throws Failed where the daemon sent none.
[[nodiscard]] midi::Song SongOf(const v1::GenerationCandidate& candidate);
// "3-4" or "3".
[[nodiscard]] v1::Region ParseRegion(const std::string& option, const std::string& text);

}  // namespace continuo::ctl
