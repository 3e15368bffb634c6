// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/midi_roll.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "shared/midi/meter_map.h"
#include "shared/midi/scale.h"

namespace continuo::ctl {
namespace {

using midi::Tick;

constexpr std::size_t kLabelWidth = 5;
constexpr int kColumnsPerQuarter = 4;
constexpr std::size_t kMostColumnsPerBar = 256;

enum class Cell : std::uint8_t { kNone, kStart, kHeld };

// Bars that stand side by side. Cells are [pitch][column]; each bar begins with a
// column for its line.
class System {
 public:
  System(const midi::Song& song, const midi::MeterMap& meters, std::int64_t first,
         std::int64_t last)
      : quarter_(song.ticks_per_quarter) {
    for (std::int64_t bar = first; bar <= last; ++bar) {
      bars_.push_back({bar, meters.BarStart(bar), meters.BarStart(bar + 1), width_});
      width_ += BarWidth(song, meters, bar);
    }
    cells_.assign(kPitches, std::vector<Cell>(width_, Cell::kNone));
  }

  static std::size_t BarWidth(const midi::Song& song, const midi::MeterMap& meters,
                              std::int64_t bar) {
    return 1 + ColumnsOf(meters.BarStart(bar + 1) - meters.BarStart(bar), song.ticks_per_quarter);
  }

  void Add(const midi::Note& note) {
    for (const Bar& bar : bars_) {
      const Tick begin = std::max(note.start, bar.begin);
      const Tick end = std::min(note.end(), bar.end);
      if (begin >= end) continue;
      const std::size_t most = ColumnsOf(bar.end - bar.begin, quarter_);
      const std::size_t first = std::min(Column(begin - bar.begin), most - 1);
      const std::size_t last = std::min(Column(end - 1 - bar.begin), most - 1);
      for (std::size_t column = first; column <= last; ++column) {
        Cell& cell = cells_[note.pitch][bar.column + 1 + column];
        if (column == first && begin == note.start) {
          cell = Cell::kStart;
        } else if (cell == Cell::kNone) {
          cell = Cell::kHeld;
        }
      }
    }
  }

  // Rows from `highest` to `lowest`.
  [[nodiscard]] std::string Text(int lowest, int highest, bool unicode) const {
    std::string head(kLabelWidth + width_, ' ');
    for (const Bar& bar : bars_) {
      const std::string number = std::to_string(bar.number + 1);
      for (std::size_t k = 0; k < number.size(); ++k) {
        const std::size_t at = kLabelWidth + bar.column + k;
        if (at < head.size()) head[at] = number[k];
      }
    }
    std::string text = head + "\n";
    for (int pitch = highest; pitch >= lowest; pitch -= unicode ? 2 : 1) {
      text += Label(pitch, unicode);
      for (std::size_t column = 0; column < width_; ++column) {
        text += unicode ? Blocks(pitch, column) : Plain(pitch, column);
      }
      text += '\n';
    }
    return text;
  }

  static constexpr int kPitches = 128;

 private:
  struct Bar {
    std::int64_t number;
    Tick begin;
    Tick end;
    std::size_t column;
  };

  [[nodiscard]] std::size_t Column(Tick ticks) const {
    return static_cast<std::size_t>(ticks * kColumnsPerQuarter / quarter_);
  }
  static std::size_t ColumnsOf(Tick ticks, Tick quarter) {
    const Tick columns = (ticks * kColumnsPerQuarter + quarter - 1) / quarter;
    return std::min(static_cast<std::size_t>(columns), kMostColumnsPerBar);
  }
  [[nodiscard]] bool IsLine(std::size_t column) const {
    return std::any_of(bars_.begin(), bars_.end(),
                       [column](const Bar& bar) { return bar.column == column; });
  }
  // The C's are named.
  static std::string Label(int pitch, bool two) {
    const int named = pitch % 12 == 0 ? pitch : two && (pitch - 1) % 12 == 0 ? pitch - 1 : -1;
    return fmt::format("{:<{}}", named < 0 ? "" : midi::PitchName(named), kLabelWidth);
  }
  [[nodiscard]] const char* Plain(int pitch, std::size_t column) const {
    if (IsLine(column)) return "|";
    const Cell cell = cells_[static_cast<std::size_t>(pitch)][column];
    return cell == Cell::kStart ? "o" : cell == Cell::kHeld ? "-" : " ";
  }
  [[nodiscard]] const char* Blocks(int pitch, std::size_t column) const {
    if (IsLine(column)) return "│";
    const bool upper = cells_[static_cast<std::size_t>(pitch)][column] != Cell::kNone;
    const bool lower =
        pitch > 0 && cells_[static_cast<std::size_t>(pitch - 1)][column] != Cell::kNone;
    return upper ? (lower ? "█" : "▀") : lower ? "▄" : " ";
  }

  Tick quarter_;
  std::size_t width_ = 0;
  std::vector<Bar> bars_;
  std::vector<std::vector<Cell>> cells_;
};

std::vector<midi::Note> NotesOf(const midi::Song& song, const RollView& view, Tick begin,
                                Tick end) {
  std::vector<midi::Note> notes;
  for (std::size_t i = 0; i < song.tracks.size(); ++i) {
    if (!IsShown(view, i)) continue;
    for (const midi::Note& note : song.tracks[i].notes) {
      if (note.start < end && note.end() > begin) notes.push_back(note);
    }
  }
  return notes;
}

}  // namespace

bool IsShown(const RollView& view, std::size_t track) {
  return view.tracks.empty() ||
         std::find(view.tracks.begin(), view.tracks.end(), track) != view.tracks.end();
}

std::string TextRoll(const midi::Song& song, const RollView& view) {
  const midi::MeterMap meters(song);
  const std::vector<midi::Note> notes =
      NotesOf(song, view, meters.BarStart(view.first_bar), meters.BarStart(view.last_bar + 1));
  if (notes.empty()) return "no notes in these bars\n";
  const auto [low, high] = std::minmax_element(
      notes.begin(), notes.end(),
      [](const midi::Note& a, const midi::Note& b) { return a.pitch < b.pitch; });
  // Of two pitches a row the upper one is odd, so that each system has the same rows.
  const int highest = view.unicode ? high->pitch | 1 : high->pitch;
  std::string text;
  for (std::int64_t first = view.first_bar; first <= view.last_bar;) {
    std::int64_t last = first;
    std::size_t width = kLabelWidth + System::BarWidth(song, meters, first);
    while (last < view.last_bar && width + System::BarWidth(song, meters, last + 1) <= view.width) {
      width += System::BarWidth(song, meters, ++last);
    }
    System system(song, meters, first, last);
    for (const midi::Note& note : notes) system.Add(note);
    if (!text.empty()) text += '\n';
    text += system.Text(low->pitch, highest, view.unicode);
    first = last + 1;
  }
  return text;
}

}  // namespace continuo::ctl
