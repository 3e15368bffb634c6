// SPDX-License-Identifier: Apache-2.0
// The picture of a piano roll, looked at pixel by pixel.
#include <cairo.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "shared/midi/picture/piano_roll.h"

namespace continuo::midi {
namespace {

// Blue less red of a pixel: the first track is blue, the second orange, all else grey.
int Blueness(const std::string& png, int x, int y) {
  struct Reader {
    const char* next;
    std::size_t left;
  } reader{png.data(), png.size()};
  const auto read = [](void* from, unsigned char* data, unsigned size) {
    auto& source = *static_cast<Reader*>(from);
    if (size > source.left) return CAIRO_STATUS_READ_ERROR;
    std::memcpy(data, source.next, size);
    source.next += size;
    source.left -= size;
    return CAIRO_STATUS_SUCCESS;
  };
  cairo_surface_t* surface = cairo_image_surface_create_from_png_stream(read, &reader);
  REQUIRE(cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS);
  const unsigned char* row =
      cairo_image_surface_get_data(surface) + y * cairo_image_surface_get_stride(surface);
  std::uint32_t pixel = 0;
  std::memcpy(&pixel, row + x * 4, sizeof pixel);
  cairo_surface_destroy(surface);
  return static_cast<int>(pixel & 0xFF) - static_cast<int>(pixel >> 16 & 0xFF);
}

// Two bars: the first half of each has a note, of the lower pitch in the first track.
Song TwoBars() {
  Song song;
  song.tracks.resize(2);
  song.tracks[0].notes = {{.start = 0, .length = 960, .pitch = 50, .velocity = 127}};
  song.tracks[1].notes = {{.start = 1920, .length = 960, .pitch = 70, .velocity = 127}};
  song.tracks[1].end = 3840;
  Normalise(song);
  return song;
}

TEST_CASE("Picture: notes are where their time and pitch are, in their track's colour") {
  const PictureOptions options{.width = 844, .height = 250};
  const std::string png = *PianoRollPng(TwoBars(), options);
  // 800 pixels for 3840 ticks from x = 44, 230 for the pitches 49 to 71 from y = 20: ten each.
  const int low = 20 + (71 - 50) * 10 + 5;
  const int high = 20 + (71 - 70) * 10 + 5;
  CHECK(Blueness(png, 44 + 100, low) > 100);
  CHECK(Blueness(png, 44 + 300, low) < 10);
  CHECK(Blueness(png, 44 + 500, low) < 10);
  CHECK(Blueness(png, 44 + 500, high) < -100);
  CHECK(std::abs(Blueness(png, 44 + 100, high)) < 10);
}

TEST_CASE("Picture: the same song gives the same bytes, an empty one a picture too") {
  CHECK(*PianoRollPng(TwoBars()) == *PianoRollPng(TwoBars()));
  CHECK(PianoRollPng(Song()).ok());
}

TEST_CASE("Picture: a size that is none is refused") {
  CHECK(PianoRollPng(Song(), {.width = 199}).status().message() ==
        "width is 199 pixels; 200 to 8192 is expected");
  CHECK(PianoRollPng(Song(), {.height = 5000}).status().message() ==
        "height is 5000 pixels; 120 to 4096 is expected");
}

}  // namespace
}  // namespace continuo::midi
