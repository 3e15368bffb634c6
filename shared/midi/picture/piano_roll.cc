// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/picture/piano_roll.h"

#include "shared/midi/picture/canvas.h"
#include "shared/midi/picture/roll.h"

namespace continuo::midi {

absl::StatusOr<std::string> PianoRollPng(const Song& song, const PictureOptions& options) {
  absl::Status status = CheckPixels("width", options.width, 200, 8192);
  if (status.ok()) status = CheckPixels("height", options.height, 120, 4096);
  if (status.ok()) status = Validate(song);
  if (!status.ok()) return status;
  Canvas canvas(options.width, options.height);
  const Area all{0, 0, static_cast<double>(options.width), static_cast<double>(options.height)};
  Roll(song, RollScale::Of(song), all, &canvas).Draw();
  return canvas.Png();
}

}  // namespace continuo::midi
