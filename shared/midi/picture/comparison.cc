// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/picture/comparison.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include <algorithm>
#include <set>

#include "shared/midi/note_identity.h"
#include "shared/midi/picture/canvas.h"
#include "shared/midi/picture/roll.h"
#include "shared/midi/rescale.h"

namespace continuo::midi {
namespace {

constexpr int kTicks = 960;
constexpr double kMargin = 12;
constexpr double kHeader = 50;
constexpr double kFooter = 26;
constexpr double kScoreWidth = 150;
constexpr double kTitleSize = 15;
constexpr Colour kGrey{0.42, 0.42, 0.42};
constexpr Colour kTrough{0.88, 0.88, 0.87};
constexpr Colour kScore{0.00, 0.45, 0.70};

using Identities = std::set<NoteIdentity>;

absl::Status Check(const std::vector<ComparedSong>& songs, const ComparisonOptions& options) {
  if (songs.empty() || songs.size() > kMaxCompared) {
    return absl::InvalidArgumentError(absl::StrCat(songs.size(), " songs cannot be compared; 1 to ",
                                                   kMaxCompared, " is expected"));
  }
  absl::Status status = CheckPixels("width", options.width, 400, 8192);
  if (status.ok()) status = CheckPixels("panel height", options.panel_height, 160, 2048);
  for (const ComparedSong& one : songs) {
    if (status.ok()) status = Validate(one.song);
  }
  return status;
}

void Header(const ComparedSong& one, const Area& area, Canvas* canvas) {
  const double room = area.width - (one.score ? kScoreWidth + kMargin : 0);
  canvas->TextWithin(room, area.x, area.y + 18, one.title, kInk, kTitleSize, true);
  canvas->TextWithin(room, area.x, area.y + 37, one.details, kGrey, 12);
  if (!one.score) return;
  const double score = std::clamp(*one.score, 0.0, 1.0);
  const double x = area.x + area.width - kScoreWidth;
  canvas->Text(x, area.y + 18, absl::StrFormat("score %.2f", score), kInk, 13, true);
  canvas->Fill({x, area.y + 27, kScoreWidth, 9}, kTrough);
  canvas->Fill({x, area.y + 27, kScoreWidth * score, 9}, kScore);
  // The median of the reference set.
  canvas->Fill({x + kScoreWidth / 2, area.y + 24, 1, 15}, kInk);
}

}  // namespace

absl::StatusOr<std::string> ComparisonPng(std::vector<ComparedSong> songs,
                                          const ComparisonOptions& options) {
  if (absl::Status status = Check(songs, options); !status.ok()) return status;
  RollScale scale;
  for (std::size_t i = 0; i < songs.size(); ++i) {
    absl::StatusOr<Rescaled> rescaled = Rescale(songs[i].song, kTicks);
    if (!rescaled.ok()) return rescaled.status();
    songs[i].song = std::move(rescaled->song);
    const RollScale own = RollScale::Of(songs[i].song);
    scale = i == 0 ? own : scale.With(own);
  }
  const int columns = songs.size() == 1 ? 1 : 2;
  const int rows = (static_cast<int>(songs.size()) + columns - 1) / columns;
  const bool pair = songs.size() == 2;
  const double footer = pair ? kFooter : kMargin;
  Canvas canvas(options.width, rows * options.panel_height + static_cast<int>(footer));
  const double panel_width = static_cast<double>(options.width) / columns;
  std::vector<Identities> notes;
  for (const ComparedSong& one : songs) {
    const std::vector<NoteIdentity> all = IdentitiesOf(one.song);
    notes.emplace_back(all.begin(), all.end());
  }
  for (std::size_t i = 0; i < songs.size(); ++i) {
    const auto column = static_cast<double>(i % static_cast<std::size_t>(columns));
    const auto row = static_cast<double>(i / static_cast<std::size_t>(columns));
    const Area panel{column * panel_width + kMargin, row * options.panel_height + kMargin / 2,
                     panel_width - 2 * kMargin, options.panel_height - kMargin};
    Header(songs[i], panel, &canvas);
    const Area roll{panel.x, panel.y + kHeader, panel.width, panel.height - kHeader};
    Roll::StandsOut stands_out;
    if (pair) {
      stands_out = [&other = notes[1 - i]](std::size_t, const Note& note) {
        return !other.contains(IdentityOf(note, kTicks));
      };
    }
    Roll(songs[i].song, scale, roll, &canvas).Draw(stands_out);
  }
  if (pair) {
    const auto shared = std::count_if(notes[0].begin(), notes[0].end(),
                                      [&](const auto& note) { return notes[1].contains(note); });
    canvas.Text(kMargin, rows * options.panel_height + 14,
                absl::StrCat("Outlined: notes that the other has not. Pale: the ", shared,
                             " notes that both have."),
                kGrey, 12);
  }
  return canvas.Png();
}

}  // namespace continuo::midi
