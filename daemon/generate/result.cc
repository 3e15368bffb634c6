// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/result.h"

#include <cmath>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/generate/key_text.h"
#include "shared/midi/smf_writer.h"
#include "shared/midi/transform/chain.h"

namespace continuo::generate {

midi::Song EmptySong(const MusicalContext& context, int ticks_per_quarter) {
  midi::Song song;
  song.ticks_per_quarter = ticks_per_quarter;
  const auto us_per_quarter = static_cast<std::uint32_t>(std::llround(60e6 / context.tempo_bpm));
  song.tempos.push_back({.time = 0, .us_per_quarter = us_per_quarter});
  if (context.input && !context.input->tempos.empty() &&
      context.input->tempos.front().us_per_quarter == us_per_quarter) {
    for (const midi::Tempo& tempo : context.input->tempos) {
      const midi::Tick time =
          midi::RoundedQuotient(tempo.time * ticks_per_quarter, context.input->ticks_per_quarter);
      if (time > song.tempos.back().time && time <= midi::kMaxTick) {
        song.tempos.push_back({.time = time, .us_per_quarter = tempo.us_per_quarter});
      }
    }
  }
  song.meters.push_back(context.meter);
  if (context.key) song.keys.push_back(SignatureOf(*context.key));
  return song;
}

absl::StatusOr<midi::Song> Transformed(const v1::GenerateRequest& request, midi::Song song) {
  midi::Normalise(song);
  if (request.transforms().empty()) return song;
  const absl::StatusOr<midi::Chain> chain = midi::ParseChain(request.transforms());
  if (!chain.ok()) return chain.status();
  return midi::ApplyChain(*chain, std::move(song));
}

absl::StatusOr<std::string> ResultBytes(const v1::GenerateRequest& request, midi::Song song) {
  absl::StatusOr<midi::Song> transformed = Transformed(request, std::move(song));
  if (!transformed.ok()) {
    return absl::Status(transformed.status().code(),
                        base::StrCat("transforms: ", base::MessageOf(transformed.status())));
  }
  // Format 1 has its maps in a track of their own.
  if (transformed->tracks.size() == 1) {
    transformed->tracks.insert(transformed->tracks.begin(), midi::Track{.name = {}});
  }
  midi::Normalise(*transformed);
  return midi::WriteSmf(*transformed);
}

}  // namespace continuo::generate
