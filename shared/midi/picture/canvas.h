// SPDX-License-Identifier: Apache-2.0
// Pixels to draw on: boxes and text in colours, a PNG in the end. Not part of the library's
// interface.
#pragma once

#include <absl/status/statusor.h>
#include <cairo.h>

#include <memory>
#include <string>

namespace continuo::midi {

struct Colour {
  double red, green, blue;
};

struct Area {
  double x, y, width, height;
};

inline constexpr Colour kPaper{0.98, 0.98, 0.97};
inline constexpr Colour kInk{0.2, 0.2, 0.2};
inline constexpr double kFontSize = 11;

class Canvas {
 public:
  Canvas(int width, int height);

  void Fill(const Area& area, const Colour& colour, double alpha = 1);
  // A line of one pixel and a half, within the area.
  void Outline(const Area& area, const Colour& colour);
  // `y` is the baseline.
  void Text(double x, double y, const std::string& text, const Colour& colour = kInk,
            double size = kFontSize, bool bold = false);
  // Cut, with an ellipsis, to what fits into `width`.
  void TextWithin(double width, double x, double y, const std::string& text,
                  const Colour& colour = kInk, double size = kFontSize, bool bold = false);
  [[nodiscard]] absl::StatusOr<std::string> Png();

 private:
  struct SurfaceCloser {
    void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  };
  struct CairoCloser {
    void operator()(cairo_t* cairo) const { cairo_destroy(cairo); }
  };
  void Font(double size, bool bold);
  [[nodiscard]] double WidthOf(const std::string& text);
  const std::unique_ptr<cairo_surface_t, SurfaceCloser> surface_;
  const std::unique_ptr<cairo_t, CairoCloser> cairo_;
};

// OUT_OF_RANGE names what it is of.
[[nodiscard]] absl::Status CheckPixels(const char* what, int value, int least, int most);

}  // namespace continuo::midi
