// SPDX-License-Identifier: Apache-2.0
// How likely a model has a song that is there already: the same figure that a candidate of
// Generate is told of itself, so that the two can be compared.
//
// Problem: a cell is far easier to guess between given notes than after none. So each way of
// asking is a situation of its own, and a song is heard in all that its model knows:
//
//   melody, drums, harmony from nothing   all of it is written
//   harmony          the highest track is given
//   continue         the first half of the bars is given
//   infill           the bars before and after the middle half are given
//   vary, humanize   the song is given, as the task takes it
//
// Nothing else is told than a request without any field would tell: tempo, signature, and where
// notes are given the key that is found in them.
// Threads: any, one at a time for one decoder's sequences, which are made here.
#pragma once

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "continuo/v1/generation_service.pb.h"
#include "continuo/v1/model.pb.h"
#include "daemon/executor/decoder.h"
#include "daemon/generate/composer.h"
#include "shared/midi/song.h"

namespace continuo::generate {

// "melody", "harmony from nothing", …
[[nodiscard]] std::string SituationOf(const v1::GenerateRequest& request);
// Those of the tasks that a model lists.
[[nodiscard]] std::vector<std::string> SituationsOf(const v1::NotesSignature& model);

// Mean log likelihood of a cell in nats, one a song; none where the song does not fit the
// situation (it ends before its bars do, it lacks a voice).
using SongLikelihoods = std::vector<std::optional<double>>;

// Of songs of `bars` bars, 2 or more for CONTINUE. UNIMPLEMENTED for a situation that is none;
// what the decoder refuses.
[[nodiscard]] absl::StatusOr<SongLikelihoods> LikelihoodsOf(absl::Span<const midi::Song> songs,
                                                            std::uint32_t bars,
                                                            const std::string& situation,
                                                            const Composer& composer,
                                                            const executor::Decoder& decoder);

}  // namespace continuo::generate
