// SPDX-License-Identifier: Apache-2.0
// Any bytes are refused with the key, or are a reference set by which a song gets a score in 0
// to 1, and whose own text reads as the same set.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "daemon/generate/quality.h"
#include "daemon/generate/reference.h"
#include "tests/unit/generate_songs.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace generate = continuo::generate;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto reference = generate::Reference::Parse(text);
  if (!reference.ok()) {
    if (reference.status().message().empty()) std::abort();
    return 0;
  }
  const auto again = generate::Reference::Parse(reference->Json());
  if (!again.ok() || again->Json() != reference->Json()) std::abort();
  // The first situation that it has, if any.
  const auto& heard = reference->lengths().front().heard;
  const generate::SongLikelihood likelihood{heard.empty() ? "melody" : heard.begin()->first, -1};
  std::vector<generate::Q> hits;
  for (int i = 0; i < 16; ++i) hits.push_back({i * 0.5, 0.25, i % 4 == 2 ? 38 : 36});
  const auto drums = generate::SongOf({generate::TrackOf(hits, continuo::midi::kDrumChannel)});
  for (const continuo::midi::Song& song : {generate::Walk(size), drums}) {
    const double score = generate::Assess(song, &*reference, likelihood).score();
    if (!(score >= 0 && score <= 1)) std::abort();
  }
  return 0;
}
