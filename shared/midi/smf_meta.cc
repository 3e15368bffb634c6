// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/smf_meta.h"

#include <absl/strings/str_cat.h>

#include <string>

namespace continuo::midi {
namespace {

std::uint8_t At(std::string_view data, std::size_t index) {
  return static_cast<std::uint8_t>(data[index]);
}

absl::Status SizeIs(std::string_view data, std::size_t size, const char* what) {
  if (data.size() == size) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(what, " of ", data.size(), " bytes; ", size, " are expected"));
}

absl::StatusOr<bool> KeepTempo(std::string_view data, Tick time, Song& song) {
  if (absl::Status status = SizeIs(data, 3, "a tempo"); !status.ok()) return status;
  const std::uint32_t us =
      std::uint32_t{At(data, 0)} << 16 | std::uint32_t{At(data, 1)} << 8 | At(data, 2);
  if (us == 0) {
    return absl::InvalidArgumentError(
        "a tempo of 0 microseconds a quarter; at least 1 is expected");
  }
  song.tempos.push_back({time, us});
  return true;
}

absl::StatusOr<bool> KeepMeter(std::string_view data, Tick time, Song& song) {
  if (absl::Status status = SizeIs(data, 4, "a time signature"); !status.ok()) return status;
  const int numerator = At(data, 0);
  const int power = At(data, 1);
  if (numerator == 0 || power > 6) {
    return absl::InvalidArgumentError(
        absl::StrCat("a time signature of ", numerator, " over 2 to the power of ", power,
                     "; 1 to 255 over a denominator of at most ", kMaxDenominator, " is expected"));
  }
  song.meters.push_back({time, numerator, 1 << power, At(data, 2), At(data, 3)});
  return true;
}

absl::StatusOr<bool> KeepKey(std::string_view data, Tick time, Song& song) {
  if (absl::Status status = SizeIs(data, 2, "a key signature"); !status.ok()) return status;
  // A signed byte.
  const int sharps = At(data, 0) < 0x80 ? At(data, 0) : At(data, 0) - 0x100;
  if (sharps < -7 || sharps > 7 || At(data, 1) > 1) {
    return absl::InvalidArgumentError(absl::StrCat("a key signature of ", sharps, " sharps, mode ",
                                                   int{At(data, 1)},
                                                   "; -7 to 7, mode 0 or 1, is expected"));
  }
  song.keys.push_back({time, sharps, data[1] == 1});
  return true;
}

}  // namespace

absl::StatusOr<bool> KeepMeta(std::uint8_t type, std::string_view data, Tick time, Song& song,
                              Track& track) {
  switch (type) {
    case kMetaTempo:
      return KeepTempo(data, time, song);
    case kMetaTimeSignature:
      return KeepMeter(data, time, song);
    case kMetaKeySignature:
      return KeepKey(data, time, song);
    case kMetaTrackName:
      if (time > 0 || !track.name.empty() || data.empty()) return false;
      track.name = data;
      return true;
    default:
      return false;
  }
}

}  // namespace continuo::midi
