// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/midi_file.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <filesystem>

#include "daemon/app/ctl/failure.h"
#include "daemon/app/ctl/json.h"
#include "daemon/base/read_file.h"
#include "daemon/base/str_cat.h"
#include "shared/midi/lmms_reader.h"
#include "shared/midi/lmms_writer.h"
#include "shared/midi/qt_compress.h"
#include "shared/midi/rescale.h"
#include "shared/midi/smf_reader.h"
#include "shared/midi/smf_writer.h"

namespace continuo::ctl {
namespace {

std::string EndingOf(const std::string& path) {
  std::string ending = std::filesystem::path(path).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return ending;
}

std::size_t OnlyTrack(const midi::Song& song, const std::string& path) {
  std::vector<std::string> with_notes;
  std::size_t only = 0;
  for (std::size_t i = 0; i < song.tracks.size(); ++i) {
    if (song.tracks[i].notes.empty()) continue;
    only = i;
    with_notes.push_back(std::to_string(i + 1));
  }
  if (with_notes.size() == 1) return only;
  throw UsageError(fmt::format(
      "{}: a clip holds one track, and {}; {}", path,
      with_notes.empty() ? "none has notes"
                         : "several have notes: " + fmt::format("{}", fmt::join(with_notes, ", ")),
      with_notes.empty() ? "nothing was written"
                         : "name one with --track, or write a project (.mmp)"));
}

}  // namespace

SongFile ReadSongFile(const std::string& path) {
  const absl::StatusOr<std::string> bytes =
      base::ReadFile(path, std::max(midi::kMaxSmfBytes, midi::kMaxLmmsBytes));
  if (!bytes.ok()) throw BadInput(path, std::string(bytes.status().message()));
  SongFile file;
  const bool lmms = bytes->compare(0, 4, "MThd") != 0 &&
                    (bytes->find("<lmms-project") != std::string::npos ||
                     bytes->find("<multimedia-project") != std::string::npos ||
                     EndingOf(path) == ".mmpz" || EndingOf(path) == ".xptz");
  absl::StatusOr<midi::Song> song =
      lmms ? midi::ReadLmms(*bytes, &file.remarks) : midi::ReadSmf(*bytes, &file.remarks);
  if (!song.ok()) throw BadInput(path, std::string(song.status().message()));
  file.song = *std::move(song);
  return file;
}

std::string SongFileBytes(const std::string& path, const midi::Song& song,
                          std::optional<std::size_t> track, std::vector<std::string>* remarks) {
  const std::string ending = EndingOf(path);
  absl::StatusOr<std::string> bytes;
  if (ending == ".mid" || ending == ".midi" || ending == ".smf") {
    midi::Song written = song;
    if (track) written.tracks = {song.tracks.at(*track)};
    bytes = midi::WriteSmf(written);
  } else if (ending == ".mmp" || ending == ".mmpz") {
    midi::Song written = song;
    if (track) written.tracks = {song.tracks.at(*track)};
    bytes = midi::WriteLmmsProject(written, remarks);
  } else if (ending == ".xpt" || ending == ".xptz") {
    bytes = midi::WriteLmmsClip(song, track ? *track : OnlyTrack(song, path), remarks);
  } else {
    throw UsageError(fmt::format(
        "{}: '{}' is no ending of a file that can be written; .mid, .mmp, .mmpz, .xpt or .xptz is "
        "expected",
        path, ending));
  }
  if (!bytes.ok()) {
    throw Refused(bytes.status().code() == absl::StatusCode::kOutOfRange ? "out_of_range"
                                                                         : "invalid_argument",
                  fmt::format("{}: {}", path, base::MessageOf(bytes.status())));
  }
  return ending.back() == 'z' ? midi::QtCompress(*bytes) : *std::move(bytes);
}

std::string Printable(const std::string& name) {
  // nlohmann's writer replaces what is no UTF-8; control characters are left to us.
  std::string text = Json(name).dump(-1, ' ', false, Json::error_handler_t::replace);
  text = Json::parse(text).get<std::string>();
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return text;
}

std::vector<std::string> SongPathsOf(const std::vector<std::string>& inputs) {
  std::vector<std::string> files;
  for (const std::string& input : inputs) {
    std::error_code error;
    if (!std::filesystem::is_directory(input, error)) {
      files.push_back(input);
      continue;
    }
    const std::size_t first = files.size();
    for (std::filesystem::recursive_directory_iterator at(input, error), end; !error && at != end;
         at.increment(error)) {
      const std::string ending = at->path().extension();
      if (at->is_regular_file(error) && (ending == ".mid" || ending == ".midi")) {
        files.push_back(at->path());
      }
    }
    if (error) throw BadInput(input, error.message());
    std::sort(files.begin() + static_cast<std::ptrdiff_t>(first), files.end());
  }
  return files;
}

std::vector<midi::Song> ReadSongFiles(const std::vector<std::string>& paths) {
  std::vector<midi::Song> songs;
  for (const std::string& file : paths) songs.push_back(ReadSongFile(file).song);
  return songs;
}

}  // namespace continuo::ctl
