// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/transform/chain.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <numeric>

#include "shared/midi/transform/splice.h"

namespace continuo::midi {
namespace {

// The whole bars around the notes of these tracks.
Piece BarsAround(const Song& song, const std::vector<std::size_t>& tracks, const MeterMap& meters) {
  Tick begin = kMaxTick;
  Tick end = 0;
  for (const std::size_t index : tracks) {
    for (const Note& note : song.tracks[index].notes) {
      begin = std::min(begin, note.start);
      end = std::max(end, note.end());
    }
  }
  if (end == 0) return {};
  return {meters.BarStart(meters.PositionOf(begin).bar), meters.BarLineFrom(end)};
}

class Applier {
 public:
  Applier(Song song, std::vector<std::size_t> tracks)
      : song_(std::move(song)), tracks_(std::move(tracks)) {}

  absl::Status Step(const Stretch& stretch) { return Keep(Apply(stretch, std::move(song_))); }
  absl::Status Step(const Crop& crop) { return Keep(Apply(crop, std::move(song_))); }
  absl::Status Step(const Repeat& repeat) { return Keep(Apply(repeat, std::move(song_))); }

  template <class NoteTransform>
  absl::Status Step(const NoteTransform& transform) {
    const MeterMap meters(song_);
    const TempoMap tempos(song_);
    const Piece bars = BarsAround(song_, tracks_, meters);
    for (const std::size_t index : tracks_) {
      const Setting setting{meters,     tempos,   song_.ticks_per_quarter,
                            bars.begin, bars.end, static_cast<std::uint32_t>(index)};
      Track& track = song_.tracks[index];
      absl::StatusOr<Notes> notes = Apply(transform, setting, std::move(track.notes));
      if (!notes.ok()) return notes.status();
      track.notes = *std::move(notes);
    }
    Normalise(song_);
    return absl::OkStatus();
  }

  Song&& TakeSong() { return std::move(song_); }
  [[nodiscard]] const Song& song() const { return song_; }

 private:
  absl::Status Keep(absl::StatusOr<Song> song) {
    if (song.ok()) song_ = *std::move(song);
    return song.status();
  }

  Song song_;
  std::vector<std::size_t> tracks_;
};

}  // namespace

absl::StatusOr<Song> ApplyChain(const Chain& chain, Song song,
                                const std::vector<std::size_t>& tracks) {
  if (absl::Status status = CheckChain(chain); !status.ok()) return status;
  if (absl::Status status = Validate(song); !status.ok()) return status;
  std::vector<std::size_t> chosen = tracks;
  if (chosen.empty()) {
    chosen.resize(song.tracks.size());
    std::iota(chosen.begin(), chosen.end(), std::size_t{0});
  }
  for (const std::size_t index : chosen) {
    if (index >= song.tracks.size()) {
      return absl::OutOfRangeError(
          absl::StrCat("track ", index + 1, " of a song of ", song.tracks.size()));
    }
  }
  Applier applier(std::move(song), std::move(chosen));
  for (const Transform& transform : chain) {
    const char* name = std::visit([](const auto& t) { return t.kName; }, transform);
    absl::Status status =
        std::visit([&applier](const auto& t) { return applier.Step(t); }, transform);
    if (!status.ok()) return status;
    status = Validate(applier.song());
    if (!status.ok()) return absl::OutOfRangeError(absl::StrCat(name, ": ", status.message()));
  }
  return applier.TakeSong();
}

}  // namespace continuo::midi
