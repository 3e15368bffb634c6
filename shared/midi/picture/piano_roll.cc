// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/picture/piano_roll.h"

#include <absl/strings/str_cat.h>
#include <cairo.h>

#include <algorithm>
#include <array>
#include <memory>

#include "shared/midi/meter_map.h"
#include "shared/midi/scale.h"

namespace continuo::midi {
namespace {

constexpr double kLeft = 44;  // pixels: room for the names of pitches
constexpr double kTop = 20;   // for the numbers of bars
constexpr double kFontSize = 11;
constexpr int kLeastPitches = 14;

struct Colour {
  double red, green, blue;
};

constexpr Colour kPaper{0.98, 0.98, 0.97};
constexpr Colour kBlackKeyLane{0.93, 0.93, 0.92};
constexpr Colour kBarLine{0.45, 0.45, 0.45};
constexpr Colour kBeatLine{0.84, 0.84, 0.83};
constexpr Colour kInk{0.2, 0.2, 0.2};
// Okabe and Ito's palette, told apart by colour-blind eyes.
constexpr std::array<Colour, 7> kTracks{{{0.00, 0.45, 0.70},
                                         {0.84, 0.37, 0.00},
                                         {0.00, 0.62, 0.45},
                                         {0.80, 0.47, 0.65},
                                         {0.34, 0.71, 0.91},
                                         {0.90, 0.62, 0.00},
                                         {0.35, 0.35, 0.35}}};

struct SurfaceCloser {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
struct CairoCloser {
  void operator()(cairo_t* cairo) const { cairo_destroy(cairo); }
};

class Drawing {
 public:
  Drawing(const Song& song, const PictureOptions& options)
      : song_(song),
        meters_(song),
        surface_(cairo_image_surface_create(CAIRO_FORMAT_RGB24, options.width, options.height)),
        cairo_(cairo_create(surface_.get())),
        width_(options.width - kLeft),
        height_(options.height - kTop),
        end_(std::max<Tick>(meters_.BarLineFrom(EndOf(song)), 1)) {
    FindPitches();
  }

  absl::StatusOr<std::string> Png() {
    Lanes();
    Lines();
    for (std::size_t i = 0; i < song_.tracks.size(); ++i) Notes(i);
    Names();
    std::string png;
    const auto append = [](void* to, const unsigned char* data, unsigned size) {
      static_cast<std::string*>(to)->append(reinterpret_cast<const char*>(data), size);
      return CAIRO_STATUS_SUCCESS;
    };
    cairo_status_t status = cairo_status(cairo_.get());
    if (status == CAIRO_STATUS_SUCCESS) {
      status = cairo_surface_write_to_png_stream(surface_.get(), append, &png);
    }
    if (status != CAIRO_STATUS_SUCCESS) {
      return absl::InternalError(absl::StrCat("drawing: ", cairo_status_to_string(status)));
    }
    return png;
  }

 private:
  // The octaves that have notes, and no fewer than one or so.
  void FindPitches() {
    lowest_ = 127;
    highest_ = 0;
    for (const Track& track : song_.tracks) {
      for (const Note& note : track.notes) {
        lowest_ = std::min<int>(lowest_, note.pitch);
        highest_ = std::max<int>(highest_, note.pitch);
      }
    }
    if (lowest_ > highest_) lowest_ = highest_ = 60;
    while (highest_ - lowest_ + 1 < kLeastPitches) {
      --lowest_;
      ++highest_;
    }
    --lowest_;
    ++highest_;
  }

  [[nodiscard]] double X(Tick time) const {
    return kLeft + width_ * static_cast<double>(time) / static_cast<double>(end_);
  }
  [[nodiscard]] double Lane() const { return height_ / (highest_ - lowest_ + 1); }
  [[nodiscard]] double Y(int pitch) const { return kTop + (highest_ - pitch) * Lane(); }
  void Set(const Colour& colour, double alpha = 1) {
    cairo_set_source_rgba(cairo_.get(), colour.red, colour.green, colour.blue, alpha);
  }
  void Box(double x, double y, double width, double height) {
    cairo_rectangle(cairo_.get(), x, y, width, height);
    cairo_fill(cairo_.get());
  }

  void Lanes() {
    Set(kPaper);
    cairo_paint(cairo_.get());
    constexpr unsigned kBlackKeys = 0b010101001010;  // from C upwards
    Set(kBlackKeyLane);
    for (int pitch = std::max(lowest_, 0); pitch <= highest_; ++pitch) {
      if ((kBlackKeys >> pitch % kPitchesPerOctave & 1) != 0) Box(kLeft, Y(pitch), width_, Lane());
    }
  }

  // Lines and numbers as far as they can be told apart.
  void Lines() {
    const std::int64_t bars = meters_.PositionOf(end_ - 1).bar + 1;
    const double bar_width = width_ / static_cast<double>(bars);
    std::int64_t step = 1;
    while (bar_width * static_cast<double>(step) < 8) step *= 2;
    std::int64_t numbered = step;
    while (bar_width * static_cast<double>(numbered) < 36) numbered *= 2;
    for (std::int64_t bar = 0; bar < bars; bar += step) {
      const Tick start = meters_.BarStart(bar);
      const int beats = meters_.MeterAt(start).numerator;
      if (step == 1 && bar_width / beats >= 6) {
        Set(kBeatLine);
        for (int beat = 1; beat < beats; ++beat) {
          const Tick time = meters_.TickOf({bar, beat, 0});
          if (time < meters_.BarStart(bar + 1)) Box(X(time), kTop, 1, height_);
        }
      }
      Set(kBarLine);
      Box(X(start), kTop, 1, height_);
      if (bar % numbered == 0) Text(X(start) + 3, kTop - 6, std::to_string(bar + 1));
    }
  }

  void Notes(std::size_t track) {
    const Colour& colour = kTracks[track % kTracks.size()];
    const double inset = std::min(1.0, Lane() / 6);
    for (const Note& note : song_.tracks[track].notes) {
      Set(colour, 0.35 + 0.65 * note.velocity / 127);
      const double x = X(note.start);
      Box(x, Y(note.pitch) + inset, std::max(X(note.end()) - x - 1, 1.5), Lane() - 2 * inset);
    }
  }

  void Names() {
    for (int pitch = std::max(lowest_, 0); pitch <= std::min(highest_, 127); ++pitch) {
      if (pitch % kPitchesPerOctave == 0) Text(8, Y(pitch) + Lane() / 2 + 4, PitchName(pitch));
    }
  }

  void Text(double x, double y, const std::string& text) {
    Set(kInk);
    cairo_select_font_face(cairo_.get(), "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo_.get(), kFontSize);
    cairo_move_to(cairo_.get(), x, y);
    cairo_show_text(cairo_.get(), text.c_str());
  }

  const Song& song_;
  const MeterMap meters_;
  const std::unique_ptr<cairo_surface_t, SurfaceCloser> surface_;
  const std::unique_ptr<cairo_t, CairoCloser> cairo_;
  const double width_;
  const double height_;
  const Tick end_;
  int lowest_ = 0;
  int highest_ = 0;
};

absl::Status CheckSize(const char* what, int value, int least, int most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return absl::OutOfRangeError(
      absl::StrCat(what, " is ", value, " pixels; ", least, " to ", most, " is expected"));
}

}  // namespace

absl::StatusOr<std::string> PianoRollPng(const Song& song, const PictureOptions& options) {
  if (absl::Status status = CheckSize("width", options.width, 200, 8192); !status.ok())
    return status;
  if (absl::Status status = CheckSize("height", options.height, 120, 4096); !status.ok())
    return status;
  if (absl::Status status = Validate(song); !status.ok()) return status;
  return Drawing(song, options).Png();
}

}  // namespace continuo::midi
