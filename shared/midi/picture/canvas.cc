// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/picture/canvas.h"

#include <absl/strings/str_cat.h>

namespace continuo::midi {

Canvas::Canvas(int width, int height)
    : surface_(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height)),
      cairo_(cairo_create(surface_.get())) {
  cairo_set_source_rgb(cairo_.get(), kPaper.red, kPaper.green, kPaper.blue);
  cairo_paint(cairo_.get());
}

void Canvas::Fill(const Area& area, const Colour& colour, double alpha) {
  cairo_set_source_rgba(cairo_.get(), colour.red, colour.green, colour.blue, alpha);
  cairo_rectangle(cairo_.get(), area.x, area.y, area.width, area.height);
  cairo_fill(cairo_.get());
}

void Canvas::Outline(const Area& area, const Colour& colour) {
  constexpr double kLine = 1.5;
  cairo_set_source_rgb(cairo_.get(), colour.red, colour.green, colour.blue);
  cairo_set_line_width(cairo_.get(), kLine);
  cairo_rectangle(cairo_.get(), area.x + kLine / 2, area.y + kLine / 2, area.width - kLine,
                  area.height - kLine);
  cairo_stroke(cairo_.get());
}

void Canvas::Font(double size, bool bold) {
  cairo_select_font_face(cairo_.get(), "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                         bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cairo_.get(), size);
}

void Canvas::Text(double x, double y, const std::string& text, const Colour& colour, double size,
                  bool bold) {
  cairo_set_source_rgb(cairo_.get(), colour.red, colour.green, colour.blue);
  Font(size, bold);
  cairo_move_to(cairo_.get(), x, y);
  cairo_show_text(cairo_.get(), text.c_str());
}

double Canvas::WidthOf(const std::string& text) {
  cairo_text_extents_t extents{};
  cairo_text_extents(cairo_.get(), text.c_str(), &extents);
  return extents.x_advance;
}

void Canvas::TextWithin(double width, double x, double y, const std::string& text,
                        const Colour& colour, double size, bool bold) {
  Font(size, bold);
  std::string shown = text;
  for (std::size_t end = text.size(); end > 0 && WidthOf(shown) > width;) {
    // Not within a character of UTF-8.
    do --end;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80);
    shown = text.substr(0, end) + "…";
  }
  Text(x, y, shown, colour, size, bold);
}

absl::StatusOr<std::string> Canvas::Png() {
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

absl::Status CheckPixels(const char* what, int value, int least, int most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return absl::OutOfRangeError(
      absl::StrCat(what, " is ", value, " pixels; ", least, " to ", most, " is expected"));
}

}  // namespace continuo::midi
